"""Cells freed of what input methods, web pages and spreadsheets leave around a value."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
# Full-width signs and the several spaces; not all of NFKC, which would make 1² the number 12.
_HALF_WIDTH: Final = {0xFF01 + i: 0x21 + i for i in range(94)} | dict.fromkeys((0x00A0, 0x202F, 0x3000), " ")
_GUARD: Final = re.compile(r'="(.*)"|=\'(.*)\'', re.DOTALL)
_QUOTES: Final = "'‘’"
_GUARDS: Final = frozenset(f"={_QUOTES}")


def half_width(cell: str) -> str:
    """Write full-width letters, digits and signs as ASCII and drop characters that show nothing.

    >>> half_width("ＹＴ１２３－４")
    'YT123-4'
    """
    return cell if cell.isascii() else _INVISIBLE.sub("", cell).translate(_HALF_WIDTH)


def unguarded(cell: str) -> str:
    """Take a value out of what makes a spreadsheet keep it as text, in half-width characters.

    >>> unguarded('="0012"'), unguarded("'0012")
    ('0012', '0012')
    """
    text = half_width(cell).strip()
    if text[:1] not in _GUARDS and text[-1:] not in _GUARDS:
        return text
    if match := _GUARD.fullmatch(text):
        text = (match[1] or match[2] or "").strip()
    return text.strip(_QUOTES).strip()


def heading_key(heading: str) -> str:
    """Reduce a column's heading to what tells it from others: no spaces, stars, case or kinds of bracket.

    >>> heading_key("＊ 重量 （㎏）") == heading_key("重量(KG)")
    True
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", heading))
    return "".join(text.split()).strip("*").casefold()


def shown_heading(heading: str) -> str:
    """Give a heading for messages: brackets and spaces as everybody writes them, on one line."""
    return " ".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", heading)).split())
