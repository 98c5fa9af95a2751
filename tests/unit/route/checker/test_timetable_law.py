"""Bookings keep to the timetable, and shuttles to the bookings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.route.checker import Law
from tests.plans import sample_case


@pytest.mark.parametrize(("board", "alight"), [(1, 1), (2, 0), (-1, 1), (0, 3), (0, 10**9)])
def test_goods_board_before_they_alight_at_stops_that_there_are(board: int, alight: int) -> None:
    case = sample_case().with_booking("OWN-O", board_index=board, alight_index=alight)
    assert Law.TRIP_TIMES in case.laws()


def test_a_trip_leaves_when_the_timetable_says() -> None:
    booking = sample_case().booking("POST-R")
    later = {"departure_s": booking.departure_s + 60, "ready_by_s": booking.ready_by_s + 60}
    assert sample_case().with_booking("POST-R", **later).laws() == {Law.TRIP_TIMES}


def test_goods_are_ready_for_handling() -> None:
    departure_s = sample_case().booking("POST-R").departure_s
    assert sample_case().with_booking("POST-R", ready_by_s=departure_s).laws() == {Law.TRIP_TIMES}


def test_a_trip_belongs_to_its_line() -> None:
    assert sample_case().with_booking("POST-R", line_id="BUS").laws() == {Law.TRIP_TIMES}


def test_a_village_is_open_when_goods_are_brought_to_a_trip() -> None:
    first = min(b.ready_by_s for b in sample_case().plan.bookings if b.board_node == "V1")
    case = sample_case().with_plan(bookings=tuple(b for b in sample_case().plan.bookings if b.board_node == "V1"))
    assert Law.TRIP_TIMES not in case.with_node("V1", opens_s=first).laws()
    assert Law.TRIP_TIMES in case.with_node("V1", opens_s=first + 1).laws()


def test_a_village_is_open_until_goods_can_be_fetched() -> None:
    last = max(b.available_s for b in sample_case().plan.bookings if b.alight_node == "V0")
    assert sample_case().with_node("V0", closes_s=last).laws() == set()
    assert sample_case().with_node("V0", closes_s=last - 1).laws() == {Law.TRIP_TIMES}


def test_goods_are_available_after_handling() -> None:
    arrival_s = sample_case().booking("OWN-O").arrival_s
    assert sample_case().with_booking("OWN-O", available_s=arrival_s).laws() == {Law.TRIP_TIMES}


def test_a_shuttle_is_at_the_station_in_time_for_handling() -> None:
    shuttle = sample_case().shuttle("BUS-O")
    early = {"departure_s": shuttle.departure_s - 60, "arrival_s": shuttle.arrival_s - 60}
    late = {"departure_s": shuttle.departure_s + 1, "arrival_s": shuttle.arrival_s + 1}
    assert sample_case().with_shuttle("BUS-O", **early).laws() == set()
    assert sample_case().with_shuttle("BUS-O", **late).laws() == {Law.SHUTTLE}


def test_a_shuttle_home_waits_for_the_goods() -> None:
    shuttle = sample_case().shuttle("BUS-R")
    early = {"departure_s": shuttle.departure_s - 1, "arrival_s": shuttle.arrival_s - 1}
    assert sample_case().with_shuttle("BUS-R", **early).laws() == {Law.SHUTTLE}


def test_a_shuttle_keeps_the_hubs_and_the_stations_hours() -> None:
    shuttle = sample_case().shuttle("BUS-R")
    assert sample_case().with_node("BS", closes_s=shuttle.departure_s).laws() == set()
    assert sample_case().with_node("BS", closes_s=shuttle.departure_s - 1).laws() == {Law.SHUTTLE}
    arrival_s = sample_case().shuttle("BUS-O").arrival_s
    assert sample_case().with_node("BS", opens_s=arrival_s).laws() == set()
    assert sample_case().with_node("BS", opens_s=arrival_s + 1).laws() == {Law.SHUTTLE}
    assert Law.SHUTTLE in sample_case().with_node("HUB", closes_s=shuttle.arrival_s - 1).laws()


def test_a_trip_has_one_shuttle_each_way() -> None:
    shuttles = sample_case().plan.shuttles
    case = sample_case().with_plan(shuttles=(*shuttles, replace(shuttles[0], consignment_ids=("C5",))))
    assert Law.SHUTTLE in case.laws()


def test_a_shuttle_carries_something() -> None:
    assert Law.SHUTTLE in sample_case().with_shuttle("BUS-O", consignment_ids=()).laws()
