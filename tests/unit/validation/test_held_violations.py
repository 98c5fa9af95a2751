"""A parcel is held or goes; a bad row of a parcel that goes is neither lost nor refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.model.day import Day
from services.model.held import HeldParcel, HeldReason
from services.validation import day_violations
from tests.builders import small_day

HELD = HeldParcel(7, "W7", "EXP-A", HeldReason.PROHIBITED, "品类: 烟花爆竹属禁寄物品")


def day(*changes: dict[str, Any]) -> Day:
    return replace(small_day(), held=tuple(replace(HELD, **({"row": 7 + i} | c)) for i, c in enumerate(changes)))


def paths(*changes: dict[str, Any]) -> set[str]:
    return {violation.path for violation in day_violations(day(*changes))}


def test_held_parcels_beside_consigned_ones_are_sound() -> None:
    assert paths({}, {"waybill": "W8", "candidates": ("220282100201",)}) == set()


@pytest.mark.parametrize("reason", [HeldReason.DUPLICATE, HeldReason.MALFORMED, HeldReason.RELABEL_REFUSED])
def test_a_bad_row_of_a_consigned_parcel_is_sound(reason: HeldReason) -> None:
    assert paths({"waybill": "1", "reason": reason}) == set()


@pytest.mark.parametrize("reason", [HeldReason.PROHIBITED, HeldReason.CHECKS_MISSING, HeldReason.VILLAGE_UNKNOWN])
def test_a_parcel_that_is_held_and_consigned_is_refused(reason: HeldReason) -> None:
    assert paths({"waybill": "1", "reason": reason}) == {"held[0]"}


def test_a_row_is_held_once() -> None:
    assert paths({}, {"row": 7}) == {"held[1].row"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"row": -1}, "held[0].row"),
        ({"waybill": "a\x00b"}, "held[0].waybill"),
        ({"carrier": "x" * 501}, "held[0].carrier"),
        ({"detail": "\x1b[2J"}, "held[0].detail"),
        ({"candidates": ("220282100201", "\x07")}, "held[0].candidates[1]"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_path(changes: dict[str, Any], path: str) -> None:
    assert paths(changes) == {path}
