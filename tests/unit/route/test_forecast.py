"""What is on time, case by case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.model.agreements import Direction
from services.model.consignments import Admission, AdmissionSet, ResourceKind
from services.model.day import Day, Noise, PlanSettings
from services.model.forecast import Forecast
from services.model.network import Node
from services.model.plan import Plan, Unserved, UnservedReason, Waiting
from services.route.forecast import forecast_plan
from services.route.planner import plan_day
from tests.builders import VILLAGES, small_consignment, small_day
from tests.engines import InProcessEngine
from tests.last_mile import last_mile_day, last_mile_plan

QUIET = Noise(**dict.fromkeys(Noise.__dataclass_fields__, 0))


def van_day(**van: Any) -> Day:
    """One van; something in to V-1 and V-2, something out of V-3; ``van`` changes the van."""
    day = small_day()
    vehicle = replace(day.county.vehicles[0], **van)
    goods = [
        small_consignment(consignment_id=f"C-{v}", village_code=VILLAGES[v - 1], node_ids=(f"V-{v}",), parcel_ids=())
        for v in (1, 2)
    ]
    out = small_consignment(
        consignment_id="OUT",
        direction=Direction.OUTBOUND,
        village_code=VILLAGES[2],
        node_ids=("V-3",),
        pieces=4,
        parcel_ids=(),
    )
    sets = (AdmissionSet("AS-A", (Admission(ResourceKind.VEHICLE, "VAN-A"),)),)
    county = replace(day.county, vehicles=(vehicle,), lines=())
    return replace(day, county=county, consignments=(*goods, out), admission_sets=sets)


def planned(day: Day) -> Plan:
    within = PlanSettings(iterations=10, cores=1, compare=False, forecast_days=0)
    return plan_day(day, within, InProcessEngine(), lambda: False, lambda *_: None, with_ways=False).plan


def with_nodes(day: Day, **changes: dict[str, Any]) -> Day:
    def changed(node: Node) -> Node:
        return replace(node, **changes.get(node.node_id.replace("-", ""), {}))

    network = day.county.network
    network = replace(network, nodes=tuple(changed(node) for node in network.nodes))
    return replace(day, county=replace(day.county, network=network))


def quiet(day: Day, plan: Plan, **changes: Any) -> Forecast:
    return forecast_plan(day, plan, PlanSettings(forecast_days=100, noise=replace(QUIET, **changes)))


def stop_at(plan: Plan, node_id: str) -> Any:
    return next(stop for run in plan.runs for stop in run.stops if stop.node_id == node_id)


def on_time_at(forecast: Forecast, plan: Plan, node_id: str) -> int:
    runs = {run.run_id: run for run in plan.runs}
    return next(s.on_time_permille for s in forecast.stops if runs[s.run_id].stops[s.stop_index].node_id == node_id)


@pytest.mark.parametrize(("before_s", "permille"), [(0, 1_000), (1, 0)])
def test_a_call_is_on_time_that_leaves_its_usual_handling_before_the_node_closes(before_s: int, permille: int) -> None:
    day = van_day()
    plan = planned(day)
    closes_s = stop_at(plan, "V-2").departure_s - before_s
    forecast = quiet(with_nodes(day, V2={"closes_s": closes_s}), plan)
    assert on_time_at(forecast, plan, "V-2") == permille
    assert on_time_at(forecast, plan, "V-1") == 1_000
    assert forecast.on_time_permille == (1_000 if permille else 750)


@pytest.mark.parametrize(("before_s", "permille"), [(0, 1_000), (1, 0)])
def test_a_delivery_is_on_time_that_begins_by_the_due_time(before_s: int, permille: int) -> None:
    day = van_day()
    plan = planned(day)
    due_by_s = stop_at(plan, "V-1").start_s - before_s
    assert on_time_at(quiet(with_nodes(day, V1={"due_by_s": due_by_s}), plan), plan, "V-1") == permille


def test_a_pick_up_has_no_due_time() -> None:
    day = with_nodes(van_day(), V3={"due_by_s": 25_200})
    plan = planned(day)
    assert on_time_at(quiet(day, plan), plan, "V-3") == 1_000


@pytest.mark.parametrize("limit", ["max_work_s", "shift_end_s"])
def test_what_a_driver_brings_after_his_hours_is_late(limit: str) -> None:
    day = van_day()
    plan = planned(day)
    run = plan.runs[0]
    end_s = run.stops[-1].departure_s
    value = end_s if limit == "shift_end_s" else end_s - run.stops[0].start_s
    for spare_s, permille in ((0, 1_000), (-1, 0)):
        changes: dict[str, Any] = {limit: value + spare_s}
        vehicle = replace(day.county.vehicles[0], **changes)
        short = replace(day, county=replace(day.county, vehicles=(vehicle,)))
        forecast = quiet(short, plan)
        assert forecast.runs[0].within_hours_permille == permille
        # What was picked up comes to the hub too late; what was delivered on the way did not.
        assert forecast.on_time_permille == (1_000 if permille else 500)


def test_what_is_unserved_is_late_and_what_waits_is_not_due() -> None:
    day = van_day()
    plan = planned(day)
    extra = [
        small_consignment(consignment_id=name, pieces=4, parcel_ids=(), wait_fen=100 if name == "WAITS" else None)
        for name in ("LEFT", "WAITS")
    ]
    day = replace(day, consignments=(*day.consignments, *extra))
    left = (Unserved("LEFT", UnservedReason.FLEET_EXHAUSTED, "x"),)
    forecast = quiet(day, replace(plan, unserved=left, waiting=(Waiting("WAITS", 100, 0, "x"),)))
    assert (forecast.due_pieces, forecast.late_pieces) == (12, 4)
    assert (forecast.on_time_permille, forecast.bad_day_permille) == (667, 667)


def test_a_day_without_anything_due_is_on_time() -> None:
    day = replace(small_day(), consignments=())
    plan = planned(day)
    forecast = quiet(day, plan)
    assert (forecast.on_time_permille, forecast.due_pieces, forecast.stops) == (1_000, 0, ())


def test_a_promise_is_the_planned_time_and_the_tolerance() -> None:
    day = van_day()
    plan = planned(day)
    day = replace(
        day, county=replace(day.county, vehicles=tuple(replace(v, max_work_s=None) for v in day.county.vehicles))
    )
    strict, lenient = (
        forecast_plan(day, plan, PlanSettings(forecast_days=1_000, promise_tolerance_s=tolerance))
        for tolerance in (0, 14_400)
    )
    middle = [stop.promise_permille for stop in strict.stops if 0 < stop.stop_index < len(plan.runs[0].stops) - 1]
    assert all(200 < permille < 800 for permille in middle)
    assert {stop.promise_permille for stop in lenient.stops} == {1_000}


def test_goods_that_miss_their_trip_are_late() -> None:
    day = last_mile_day()
    plan = last_mile_plan(day)
    assert any(booking.trip_id == "HOME" for booking in plan.bookings)
    home = next(b for b in plan.bookings if b.trip_id == "HOME")
    run = next(run for run in plan.runs if any(home.consignment_id in stop.drop for stop in run.stops))
    unloads = next(stop for stop in run.stops if home.consignment_id in stop.drop)
    for spare_s, permille in ((0, 1_000), (-1, 0)):
        lines = tuple(
            replace(
                line,
                trips=tuple(
                    replace(
                        trip,
                        handling_s=trip.stop_times[0].departure_s - unloads.departure_s - spare_s,
                    )
                    if trip.trip_id == "HOME"
                    else trip
                    for trip in line.trips
                ),
            )
            for line in day.county.lines
        )
        forecast = quiet(replace(day, county=replace(day.county, lines=lines)), plan)
        (found,) = (one for one in forecast.bookings if one.booking_id == home.booking_id)
        assert (found.caught_permille, found.on_time_permille) == (permille, permille)


def test_what_is_stranded_is_late_whatever_part_of_its_way_went_well() -> None:
    day = last_mile_day()
    plan = last_mile_plan(day)
    (booking, *_) = plan.bookings
    stranded = Unserved(booking.consignment_id, UnservedReason.STRANDED, "x")
    forecast = quiet(day, replace(plan, unserved=(stranded,)))
    told = {one.booking_id: one.on_time_permille for one in forecast.bookings}
    assert told.pop(booking.booking_id) == 0
    assert set(told.values()) == {1_000}
    assert forecast.late_pieces == next(
        c.pieces for c in day.consignments if c.consignment_id == booking.consignment_id
    )


def test_the_last_mile_waits_for_a_late_trip_and_so_do_its_villages() -> None:
    day = last_mile_day()
    plan = last_mile_plan(day)
    punctual, late = quiet(day, plan), quiet(day, plan, freight_delay_s=1_800)
    first = {forecast.stops[0].late_s for forecast in (punctual, late)}
    assert len(first) == 2
    assert max(first) - min(first) > 3_600
    assert all(one.caught_permille == 1_000 for one in punctual.bookings)
