"""Parcels held back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.model.day import Day
from services.model.errors import Violation
from services.model.held import HeldReason
from services.validation.fields import amount_violations, id_violations, printable_violation, quoted
from services.validation.phones import holds_phone

MAX_HELD_TEXT: Final = 500
# What is wrong with a row: another row of the same parcel may be good.
_OF_THE_ROW: Final = (HeldReason.DUPLICATE, HeldReason.MALFORMED, HeldReason.RELABEL_REFUSED)


def held_violations(day: Day) -> Iterator[Violation]:
    """Report held parcels that cannot be, and those that are consigned as well.

    A parcel may have a bad row, or one too many, beside the row that counts; otherwise it is held or goes.
    """
    yield from id_violations([str(parcel.row) for parcel in day.held], "held", "row")
    consigned = {parcel_id for one in day.consignments for parcel_id in one.parcel_ids}
    for index, parcel in enumerate(day.held):
        path = f"held[{index}]"
        yield from amount_violations(parcel, path)
        for name in ("waybill", "carrier", "detail"):
            yield from printable_violation(getattr(parcel, name), f"{path}.{name}", MAX_HELD_TEXT)
        if holds_phone(parcel.detail):
            yield Violation(f"{path}.detail", "holds a telephone number")
        for place, code in enumerate(parcel.candidates):
            yield from printable_violation(code, f"{path}.candidates[{place}]")
        if parcel.reason not in _OF_THE_ROW and parcel.parcel_id in consigned:
            yield Violation(path, f"{quoted(parcel.parcel_id)} is held and consigned at once")
