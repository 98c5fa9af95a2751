"""Nodes keep what they have room for and are visited when they open."""

from __future__ import annotations

import pytest

from services.route.checker import Law, check
from tests.plans import Case, sample_case


def details(case: Case, law: Law) -> list[str]:
    return [f"{broken.subject} {broken.detail}" for broken in check(case.day, case.plan) if broken.law is law]


@pytest.mark.parametrize(("limit", "kept"), [("max_pieces", 12), ("max_volume_ml", 36_000)])
def test_what_runs_and_trips_bring_is_added_up(limit: str, kept: int) -> None:
    """C0 and C3 come to V0 by van, C4 and C6 by bus and post, each three pieces and nine litres."""
    assert sample_case().with_node("V0", **{limit: kept}).laws() == set()
    full = sample_case().with_node("V0", **{limit: kept - 1})
    assert full.laws() == {Law.NODE_STORAGE}
    unit = "pieces" if limit == "max_pieces" else "ml"
    assert details(full, Law.NODE_STORAGE) == [f"V0 is to keep {kept} {unit}, it has room for {kept - 1}"]


def test_what_goes_out_is_not_kept() -> None:
    """Of what is handed over at V1, two come in: C2 by van and C8 by the own line."""
    assert sample_case().with_node("V1", max_pieces=6).laws() == set()
    assert sample_case().with_node("HUB", max_pieces=0, max_volume_ml=0).laws() == set()


@pytest.mark.parametrize("node_id", ["HUB", "V0", "BS"])
def test_nobody_calls_at_a_node_on_a_day_when_it_is_closed(node_id: str) -> None:
    """The day is a Monday."""
    assert sample_case().with_node(node_id, open_weekdays=(1,)).laws() == set()
    assert sample_case().with_node(node_id, open_weekdays=()).laws() == set()
    assert sample_case().with_node(node_id, open_weekdays=(2, 7)).laws() == {Law.NODE_CLOSED}


def test_every_run_booking_and_shuttle_that_calls_there_is_named() -> None:
    closed = sample_case().with_node("BS", open_weekdays=(2, 3))
    found = details(closed, Law.NODE_CLOSED)
    assert found == [
        "B0 is at BS on weekday 1, open on 2, 3",
        "B1 is at BS on weekday 1, open on 2, 3",
        "BUS-O is at BS on weekday 1, open on 2, 3",
        "BUS-R is at BS on weekday 1, open on 2, 3",
    ]


def test_a_vehicle_may_pass_a_closed_node_where_it_hands_nothing_over() -> None:
    assert sample_case().with_node("PO", open_weekdays=(7,)).laws() == set()
