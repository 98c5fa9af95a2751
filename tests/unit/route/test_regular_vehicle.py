"""A village's regular vehicle: it alone calls while it is in the fleet, and is a class of its own to every engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.model.agreements import Direction
from services.model.consignments import ResourceKind
from services.model.day import Day, PlanSettings
from services.model.network import NodeKind
from services.model.plan import Plan, UnservedReason
from services.route.checker import Law, check
from services.route.day_index import DayIndex
from services.route.insertion import Fleet
from services.route.planner import plan_day
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.route.run_task import make_run_task
from services.route.tours import TourMeter
from services.validation import day_violations
from tests.builders import small_day
from tests.engines import InProcessEngine
from tests.random_days import last_mile_days, random_days


def planned(day: Day, **changes: Any) -> Plan:
    wanted = replace(PlanSettings(iterations=20, cores=1, compare=False, use_lines=False), **changes)
    return plan_day(day, wanted, InProcessEngine(), lambda: False, lambda *_: None).plan


def twins(regulars: dict[str, str], count: int = 3) -> Day:
    """A day of express company A alone, with vans that are alike and regular vehicles at some nodes."""
    day = small_day()
    van = day.county.vehicles[0]
    vans = tuple(replace(van, vehicle_id=f"VAN-{i}", fixed_fen=0, max_trips=1) for i in range(count))
    nodes = tuple(replace(n, regular_vehicle=regulars.get(n.node_id, "")) for n in day.county.network.nodes)
    opened = day.admission_sets[0].admissions
    admissions = (
        *(a for a in opened if a.kind is not ResourceKind.VEHICLE),
        *(replace(opened[0], resource_id=van.vehicle_id) for van in vans),
    )
    goods = tuple(
        replace(c, carrier_id="EXP-A", admission_set_id="AS-A", direction=Direction.INBOUND) for c in day.consignments
    )
    county = replace(day.county, vehicles=vans, network=replace(day.county.network, nodes=nodes))
    sets = (replace(day.admission_sets[0], admissions=admissions),)
    return replace(day, county=county, consignments=goods, admission_sets=sets)


def callers(plan: Plan) -> dict[str, str]:
    return {stop.node_id: run.vehicle_id for run in plan.runs for stop in run.stops if stop.drop}


def test_the_regular_vehicle_calls_where_another_would_be_as_good() -> None:
    for vehicle_id in ("VAN-0", "VAN-1", "VAN-2"):
        assert callers(planned(twins({"V-2": vehicle_id}))) == dict.fromkeys(("V-1", "V-2", "V-3"), vehicle_id)
    apart = planned(twins({"V-1": "VAN-2", "V-2": "VAN-1"}))
    assert (callers(apart)["V-1"], callers(apart)["V-2"]) == ("VAN-2", "VAN-1")


def test_only_regular_vehicles_are_classes_of_their_own() -> None:
    day = twins({"V-1": "VAN-2", "V-2": "GONE"}, 4)
    index = DayIndex.of(day)
    matrix = choose_roads(day).matrix(nodes_on_roads(day))
    assert index.regulars == {"VAN-2"}
    task = make_run_task(index, matrix, day.consignments, {})
    assert sorted(task.classes) == [("VAN-0", "VAN-1", "VAN-3"), ("VAN-2",)]
    fleet = Fleet(index, TourMeter(index, matrix), {})
    assert len(set(fleet.kinds)) == 2


def test_a_regular_vehicle_that_is_not_in_the_fleet_leaves_the_node_to_any() -> None:
    day = twins({"V-1": "GONE"})
    assert day_violations(day) == []
    assert planned(day).unserved == ()
    assert planned(day) == planned(twins({}))


def test_who_may_not_use_the_regular_vehicle_is_told() -> None:
    day = small_day()
    nodes = tuple(replace(n, regular_vehicle="VAN-B" if n.village_code else "") for n in day.county.network.nodes)
    day = replace(day, county=replace(day.county, network=replace(day.county.network, nodes=nodes)))
    left = {one.consignment_id: one for one in planned(day).unserved}
    assert set(left) == {"C-1", "C-2"}
    assert left["C-1"].reason is UnservedReason.NO_ADMISSIBLE_RESOURCE
    assert "固定车辆 VAN-B" in left["C-1"].detail
    # A trip is no run: it goes on bringing what it brought.
    assert {b.consignment_id for b in planned(day, use_lines=True).bookings} == {"C-1", "C-2"}


def test_a_regular_vehicle_that_is_full_is_named() -> None:
    day = twins({"V-1": "VAN-1", "V-2": "VAN-1", "V-3": "VAN-1"})
    vans = tuple(replace(van, capacity_pieces=3) for van in day.county.vehicles)
    left = planned(replace(day, county=replace(day.county, vehicles=vans))).unserved
    assert len(left) == 2
    assert {one.reason for one in left} == {UnservedReason.FLEET_EXHAUSTED}
    assert all("固定车辆 VAN-1 已排满" in one.detail for one in left)


def test_another_vehicle_than_the_regular_one_breaks_a_law() -> None:
    plan = planned(twins({"V-2": "VAN-1"}))
    assert {one.law for one in check(twins({"V-2": "VAN-0"}), plan)} == {Law.REGULAR_VEHICLE}
    assert check(twins({"V-2": "GONE"}), plan) == []


def test_each_carrier_alone_sends_whom_it_likes() -> None:
    day = twins({"V-1": "VAN-2"})
    wanted = PlanSettings(iterations=10, cores=1, use_lines=False)
    compared = plan_day(day, wanted, InProcessEngine(), lambda: False, lambda *_: None).comparison
    assert compared is not None
    assert [one.unserved for one in compared.alone] == [0]


def test_the_hub_has_no_regular_vehicle() -> None:
    day = twins({"HUB": "VAN-1"})
    assert day.county.network.nodes[0].kind is NodeKind.HUB
    assert [v.path for v in day_violations(day)] == ["county.network.nodes[0].regular_vehicle"]


@given(random_days() | last_mile_days(), st.data())
@settings(max_examples=40, deadline=None)
def test_runs_of_regular_vehicles_pass_the_checker(day: Day, data: st.DataObject) -> None:
    names = st.sampled_from([vehicle.vehicle_id for vehicle in day.county.vehicles])
    nodes = tuple(
        replace(n, regular_vehicle=data.draw(names)) if n.village_code else n for n in day.county.network.nodes
    )
    day = replace(day, county=replace(day.county, network=replace(day.county.network, nodes=nodes)))
    wanted = PlanSettings(iterations=10, cores=1)
    plan = plan_day(day, wanted, InProcessEngine(), lambda: False, lambda *_: None).plan
    regular = {node.node_id: node.regular_vehicle for node in nodes}
    for run in plan.runs:
        assert all(regular[s.node_id] == run.vehicle_id for s in run.stops if s.drop and regular[s.node_id])
