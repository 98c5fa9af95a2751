"""Mobile numbers in texts that go into papers and stores."""

from __future__ import annotations

import re
from typing import Final

# Only mobile numbers as people write them: a landline cannot be told from an id.
_MOBILE: Final = re.compile(r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}(?![0-9])")
_WIDE: Final = str.maketrans("０１２３４５６７８９", "0123456789")


def holds_phone(text: str) -> bool:
    """Whether a text holds what must be a mobile number.

    >>> holds_phone("东村服务站 139-1234-5678"), holds_phone("220282100201"), holds_phone("１３９１２３４５６７８")
    (True, False, True)
    """
    return _MOBILE.search(text.translate(_WIDE)) is not None
