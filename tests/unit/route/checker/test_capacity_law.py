"""Vehicles and trips carry no more than they can, in each of three units."""

from __future__ import annotations

import pytest

from services.route.checker import Law, check
from tests.plans import Case, sample_case


@pytest.mark.parametrize(("field", "peak"), [("capacity_g", 4_321), ("capacity_ml", 9_000), ("capacity_pieces", 3)])
def test_a_full_vehicle_takes_no_more(field: str, peak: int) -> None:
    assert sample_case().with_vehicle(**{field: peak}).laws() == set()
    assert sample_case().with_vehicle(**{field: peak - 1}).laws() == {Law.VEHICLE_CAPACITY}


@pytest.mark.parametrize("field", ["load_g", "load_ml", "load_pieces"])
def test_the_stated_load_is_the_true_one(field: str) -> None:
    assert sample_case().with_stop(2, **{field: 1}).laws() == {Law.VEHICLE_CAPACITY}


def _second_on_the_bus(board_index: int) -> Case:
    """Move the own line's booking to the bus, which is full with C4 from BS to V0, whatever other laws say of it."""
    return sample_case().with_booking("OWN-O", trip_id="BUS-O", board_index=board_index, alight_index=2)


@pytest.mark.parametrize(("field", "amount"), [("capacity_g", 4_321), ("capacity_ml", 9_000), ("capacity_pieces", 3)])
def test_a_full_trip_takes_no_more_pieces(field: str, amount: int) -> None:
    assert sample_case().with_trip("BUS-O", **{field: amount}).laws() == set()
    assert sample_case().with_trip("BUS-O", **{field: amount - 1}).laws() == {Law.TRIP_CAPACITY}


def test_room_that_one_consignment_leaves_the_next_may_use() -> None:
    assert Law.TRIP_CAPACITY not in _second_on_the_bus(1).laws()
    assert Law.TRIP_CAPACITY in _second_on_the_bus(0).laws()


def test_only_the_segment_that_is_over_is_named() -> None:
    case = _second_on_the_bus(0).with_trip("BUS-O", capacity_g=10**9, capacity_ml=10**9)
    over = [b.detail for b in check(case.day, case.plan) if b.law is Law.TRIP_CAPACITY]
    assert over == ["carries 6 pieces after stop 0 (BS), it has room for 3"]


def test_a_trip_refuses_a_piece_that_is_too_heavy() -> None:
    assert sample_case().with_trip("OWN-O", max_piece_g=1_441).laws() == set()
    assert sample_case().with_trip("OWN-O", max_piece_g=1_440).laws() == {Law.TRIP_PIECE_LIMIT}
    assert sample_case().with_trip("OWN-O", max_piece_g=0).laws() == {Law.TRIP_PIECE_LIMIT}


def test_a_trip_refuses_a_piece_that_is_too_large() -> None:
    assert sample_case().with_trip("OWN-O", max_piece_ml=3_000).laws() == set()
    assert sample_case().with_trip("OWN-O", max_piece_ml=2_999).laws() == {Law.TRIP_PIECE_LIMIT}


@pytest.mark.parametrize(("unit", "over"), [("g", 4_321), ("ml", 9_000), ("pieces", 3)])
def test_mail_goes_first_on_the_posts_trips(unit: str, over: int) -> None:
    """On POST-O mail takes 9 of each, and C6 all the rest."""
    more = sample_case().with_trip("POST-O", **{f"mail_{unit}": 10})
    assert more.laws() == {Law.TRIP_CAPACITY}
    detail = next(b.detail for b in check(more.day, more.plan))
    assert detail.endswith(f"it has room for {over - 1} ({over + 9} less 10 of mail)")
    assert sample_case().with_trip("POST-O", **{f"mail_{unit}": 0}).laws() == set()


def test_mail_goes_first_in_vehicles() -> None:
    assert sample_case().with_vehicle(mail_pieces=1).laws() == {Law.VEHICLE_CAPACITY}
    assert sample_case().with_vehicle(mail_pieces=1, capacity_pieces=4).laws() == set()
