"""Each consignment once: carried, booked or unserved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.model.plan import Booking
from services.route.checker import Law, check
from tests.plans import Case, sample_case


def _details(case: Case, law: Law = Law.CONSERVATION) -> list[str]:
    return [f"{b.subject} {b.detail}" for b in check(case.day, case.plan) if b.law is law]


def test_a_plan_that_serves_everything_once_is_not_refused() -> None:
    assert check(sample_case().day, sample_case().plan) == []


def test_a_lost_consignment_is_named() -> None:
    case = sample_case().with_plan(unserved=sample_case().plan.unserved[1:])
    assert _details(case) == ["C9 is lost"]


def test_a_consignment_is_not_carried_and_left_behind() -> None:
    unserved = sample_case().plan.unserved
    case = sample_case().with_plan(unserved=(*unserved, replace(unserved[0], consignment_id="C0")))
    assert _details(case) == ["C0 has 2 fates: run R-VAN-T, unserved"]


def test_a_parcel_is_in_one_consignment() -> None:
    case = sample_case().with_consignment("C1", parcel_ids=("EXP-A/0",))
    assert case.laws() == {Law.CONSERVATION}


def test_outbound_goods_end_at_the_hub() -> None:
    stops = sample_case().run().stops
    hub, after = stops[4], stops[5]
    assert hub.drop == ("C1",)
    assert after.node_id == "V1"
    case = sample_case().with_stop(4, drop=()).with_stop(5, drop=("C1", *after.drop))
    assert "R-VAN-T carries C1 between V1 and V1" in _details(case)


def test_a_drop_comes_after_its_take() -> None:
    case = sample_case().with_stop(2, drop=()).with_stop(1, drop=("C0",))
    assert "R-VAN-T drops C0 at stop 1, takes it at stop 1" in _details(case)


def test_a_vehicle_makes_one_run() -> None:
    case = sample_case().with_run("VAN-A", vehicle_id="VAN-T")
    assert "VAN-T names 2 runs, as a vehicle, and should name one" in _details(case)


def test_a_run_carries_something() -> None:
    case = sample_case().with_run("VAN-A", carriages=())
    assert "R-VAN-A carries nothing" in _details(case)


def test_goods_for_a_bus_need_its_shuttle() -> None:
    case = sample_case().with_plan(shuttles=sample_case().plan.shuttles[1:])
    assert _details(case) == ["C4 0 shuttles HUB -> BS of trip BUS-O carry it, 1 should"]


def test_a_shuttle_carries_only_what_its_trip_brings() -> None:
    case = sample_case().with_shuttle("BUS-O", consignment_ids=("C4", "C0"))
    assert case.laws() == {Law.CONSERVATION}


def test_a_trip_from_the_hub_needs_no_shuttle() -> None:
    booking: Booking = sample_case().booking("POST-O")
    assert booking.board_node == "HUB"
    assert all(shuttle.trip_id != "POST-O" for shuttle in sample_case().plan.shuttles)


@pytest.mark.parametrize(
    "change", [{"county_id": "other"}, {"service_date": sample_case().day.service_date.replace(year=2027)}]
)
def test_a_plan_of_another_day_is_refused(change: dict[str, Any]) -> None:
    assert sample_case().with_plan(**change).laws() == {Law.REFERENCE}


def test_an_unknown_name_is_refused_once_for_what_it_is() -> None:
    case = sample_case().with_booking("BUS-O", trip_id="BUS-X")
    assert "B0 names trip 'BUS-X', which the day does not know" in _details(case, Law.REFERENCE)


@pytest.mark.parametrize("times", [0, 2])
def test_a_run_lists_what_it_carries_once(times: int) -> None:
    first, *others = sample_case().run("VAN-A").carriages
    case = sample_case().with_run("VAN-A", carriages=(*[first] * times, *others))
    assert f"R-VAN-A lists C3 {times} times among its carriages" in _details(case)


def test_a_booking_reaches_the_consignments_own_village() -> None:
    case = sample_case().with_consignment("C4", node_ids=("V1",))
    assert case.laws() == {Law.CONSERVATION}


def test_a_run_reaches_the_consignments_own_village() -> None:
    case = sample_case().with_consignment("C3", node_ids=("V1",))
    assert case.laws() == {Law.CONSERVATION}


def test_a_station_needs_a_transfer_to_the_hub() -> None:
    case = sample_case().with_network(transfers=sample_case().day.county.network.transfers[1:])
    assert _details(case) == ["B0 needs a transfer HUB -> BS: there is none"]
