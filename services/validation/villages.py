"""The gazetteer 村名录."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from services.model.errors import Violation
from services.model.network import Village
from services.validation.fields import id_violations, text_violations

MAX_VILLAGES: Final = 50_000  # five provinces' worth: namesakes are looked for in the neighbourhood


def village_violations(villages: Sequence[Village]) -> Iterator[Violation]:
    """Report what is wrong with a gazetteer."""
    if len(villages) > MAX_VILLAGES:
        yield Violation("villages", f"has {len(villages)} entries, more than {MAX_VILLAGES}")
        return
    yield from id_violations([village.code for village in villages], "villages", "code")
    for index, village in enumerate(villages):
        path = f"villages[{index}]"
        yield from text_violations(village, path)
        for name in ("name", "township", "county"):
            if not getattr(village, name).strip():
                yield Violation(f"{path}.{name}", "is empty")
