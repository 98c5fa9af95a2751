"""What may be asked of bagging."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.model.bags import BagRules
from services.model.day import Day
from services.model.errors import Violation

MAX_BAG_G: Final = 1_000_000
MAX_BAG_ML: Final = 1_000_000
MAX_PIECES: Final = 1_000_000


def rules_violations(rules: BagRules) -> Iterator[Violation]:
    """Report limits of a bag that no bag has."""
    for name, limits in (("normal", rules.normal), ("fragile", rules.fragile)):
        for unit, value, most in (("g", limits.weight_g, MAX_BAG_G), ("ml", limits.volume_ml, MAX_BAG_ML)):
            if not 1 <= value <= most:
                field = "weight_g" if unit == "g" else "volume_ml"
                yield Violation(f"rules.{name}.{field}", f"must be from 1 to {most} {unit}, not {value}")


def pieces_violations(day: Day) -> Iterator[Violation]:
    """Report a day with more pieces than are packed in one call, each being looked at by itself."""
    pieces = sum(consignment.pieces for consignment in day.consignments)
    if pieces > MAX_PIECES:
        yield Violation("consignments", f"have {pieces} pieces, more than the {MAX_PIECES} that are packed in one call")
