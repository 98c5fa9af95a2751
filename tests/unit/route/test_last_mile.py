"""A trip to a township and a small vehicle from there: what is offered, what is planned, what is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.model.agreements import Agreement, CooperationModel, Sharing, Temperature
from services.model.consignments import Admission, ResourceKind
from services.model.day import Day
from services.model.lines import StopTime
from services.model.plan import UnservedReason, last_mile_runs
from services.route.day_index import DayIndex
from services.route.last_mile import enumerate_last_mile
from services.route.roads.of_day import choose_roads, nodes_on_roads
from tests.last_mile import HANDLING_S, HOME_S, OUT_S, last_mile_day, last_mile_plan


def offered(day: Day) -> list[tuple[str, str, str]]:
    index, matrix = DayIndex.of(day), choose_roads(day).matrix(nodes_on_roads(day))
    return [(o.consignment.consignment_id, o.trip.trip_id, o.station) for o in enumerate_last_mile(index, matrix)]


def with_station(day: Day, **changes: Any) -> Day:
    nodes = tuple(replace(n, **changes) if n.node_id == "TS" else n for n in day.county.network.nodes)
    return replace(day, county=replace(day.county, network=replace(day.county.network, nodes=nodes)))


def test_goods_ride_to_the_station_and_on_from_there_both_ways() -> None:
    plan = last_mile_plan(last_mile_day())
    (run,) = plan.runs
    assert (run.vehicle_id, plan.unserved) == ("TRI", ())
    assert {(b.consignment_id, b.board_node, b.alight_node) for b in plan.bookings} == {
        ("C-1", "HUB", "TS"),
        ("C-2", "HUB", "TS"),
        ("C-3", "TS", "HUB"),
    }
    assert set(last_mile_runs(plan)) == {"C-1", "C-2", "C-3"}
    assert run.stops[0].node_id == run.stops[-1].node_id == "TS"


def test_the_run_waits_for_the_trip_out_and_is_back_before_the_trip_home() -> None:
    (run,) = last_mile_plan(last_mile_day()).runs
    first, last = run.stops[0], run.stops[-1]
    assert first.start_s >= OUT_S + 1_800 + HANDLING_S
    assert last.departure_s <= HOME_S - HANDLING_S
    assert {"C-1", "C-2"} == set(first.take)
    assert last.drop == ("C-3",)


@pytest.mark.parametrize(
    ("day", "left"),
    [
        (last_mile_day(), {"C-1", "C-2", "C-3"}),
        (last_mile_day(capacity_pieces=1), set()),
        (last_mile_day(max_distance_m=1_000), set()),
        (last_mile_day(temperatures=(Temperature.FROZEN,)), set()),
        (with_station(last_mile_day(), open_weekdays=(2,)), set()),
        (with_station(last_mile_day(), max_pieces=50), set()),
        (with_station(last_mile_day(), closes_s=40_000), {"C-1", "C-2"}),
    ],
    ids=["as it is", "too small", "too far", "not cold", "closed today", "limited storage", "closes before the trip"],
)
def test_only_what_the_station_and_its_vehicle_can_do_is_offered(day: Day, left: set[str]) -> None:
    assert {name for name, _, _ in offered(day)} == left


def test_nothing_is_offered_whose_rest_of_the_way_uses_up_another_agreement_s_pieces() -> None:
    day = last_mile_day(owner="EXP-B")
    limited = Agreement("AG-9", CooperationModel.EXPRESS, ("EXP-A",), "EXP-B", Sharing.TARIFF, max_pieces_per_day=99)
    county = replace(day.county, agreements=(*day.county.agreements, limited))
    (admitted,) = day.admission_sets
    others = tuple(a for a in admitted.admissions if a.resource_id != "TRI")
    opened = replace(admitted, admissions=(*others, Admission(ResourceKind.VEHICLE, "TRI", "AG-9")))
    day = replace(day, county=county, admission_sets=(opened,))
    assert offered(day) == []
    unlimited = tuple(replace(a, max_pieces_per_day=None) for a in county.agreements)
    assert len(offered(replace(day, county=replace(county, agreements=unlimited)))) == 3


def test_what_is_too_late_for_the_trip_home_stays() -> None:
    day = last_mile_day(shift_start_s=HOME_S - HANDLING_S - 1_000)
    plan = last_mile_plan(day)
    assert {u.consignment_id for u in plan.unserved} >= {"C-3"}
    assert all(isinstance(u.reason, UnservedReason) and u.detail for u in plan.unserved)


def test_where_no_vehicle_may_do_the_rest_only_collected_bookings_are_left() -> None:
    # The tricycle could not even load while its station is open; the line stops at the village of the second, too.
    day = with_station(last_mile_day(), service_s=50_000)
    (line,) = day.county.lines
    out, home = line.trips
    further = replace(out, stop_times=(*out.stop_times, StopTime("V-2", 33_600, 33_600)))
    county = replace(day.county, lines=(replace(line, trips=(further, home)),))
    plan = last_mile_plan(replace(day, county=county))
    assert {(b.consignment_id, b.alight_node) for b in plan.bookings} == {("C-2", "V-2")}
    assert plan.runs == ()
    assert {u.consignment_id for u in plan.unserved} == {"C-1", "C-3"}


def test_a_station_whose_vehicle_cannot_load_in_time_is_left_out_beside_vehicles_that_can_drive() -> None:
    day = with_station(last_mile_day(), service_s=50_000)
    van = replace(day.county.vehicles[0], vehicle_id="VAN", depot="HUB")
    (admitted,) = day.admission_sets
    opened = replace(admitted, admissions=(*admitted.admissions, Admission(ResourceKind.VEHICLE, "VAN")))
    county = replace(day.county, vehicles=(*day.county.vehicles, van))
    plan = last_mile_plan(replace(day, county=county, admission_sets=(opened,)))
    assert [run.vehicle_id for run in plan.runs] == ["VAN"]
    assert (plan.bookings, plan.unserved) == ((), ())
