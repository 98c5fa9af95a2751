"""Cold compartments: cold goods ride there and nowhere else, every engine keeps to their room, who is left hears so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.model.agreements import Direction, Temperature
from services.model.day import Day, PlanSettings
from services.model.errors import Violation
from services.model.plan import Plan, UnservedReason
from services.route.checker import Law, check
from services.route.day_index import DayIndex
from services.route.engines.arcs import dimensions, limits
from services.route.engines.engine import Compartment, Effort, Engine, Load, OnBest, Room, RunProblem, RunSolution
from services.route.engines.ortools import solve_with_ortools
from services.route.engines.pyvrp import solve_with_pyvrp
from services.route.planner import plan_day
from services.route.roads.of_day import choose_roads
from services.route.room import room_for, room_on
from services.route.unserved import explain_unserved
from services.validation import day_violations
from tests.builders import VILLAGES, small_consignment, small_day
from tests.engines import InProcessEngine

CHILLED, FROZEN, AMBIENT = Temperature.CHILLED, Temperature.FROZEN, Temperature.AMBIENT
COLD_VAN = {"temperatures": (AMBIENT, CHILLED), "cold_capacity_g": 5_000, "cold_capacity_ml": 20_000}


class PyvrpEngine:
    """The engine without its child."""

    def solve(
        self, problem: RunProblem, effort: Effort, _: Any, on_best: OnBest, start: RunSolution | None = None
    ) -> RunSolution | None:
        return solve_with_pyvrp(problem, effort, on_best, start)


class OrtoolsEngine:
    """The engine without its child."""

    def solve(
        self, problem: RunProblem, effort: Effort, _: Any, on_best: OnBest, start: RunSolution | None = None
    ) -> RunSolution | None:
        return solve_with_ortools(problem, effort, on_best, start)


def day_of(*temperatures: Temperature, vans: int = 2, sizes: Sequence[int] = (), **van: Any) -> Day:
    """A consignment of 3 kg and 9 L, or so many grams, for each temperature; only by vans like this, no lines."""
    goods = tuple(
        small_consignment(
            consignment_id=f"C{i}",
            temperature=temperature,
            village_code=VILLAGES[i % 2],
            node_ids=(f"V-{i % 2 + 1}",),
            parcel_ids=(),
            weight_g=sizes[i] if sizes else 3_000,
        )
        for i, temperature in enumerate(temperatures)
    )
    day = small_day(consignments=goods)
    fleet = tuple(replace(v, **{**COLD_VAN, "owner": "EXP-A", **van}) for v in day.county.vehicles[:vans])
    sets = tuple(
        replace(
            s, admissions=tuple(replace(day.admission_sets[0].admissions[0], resource_id=v.vehicle_id) for v in fleet)
        )
        for s in day.admission_sets
    )
    return replace(day, county=replace(day.county, vehicles=fleet, lines=()), admission_sets=sets)


def planned(day: Day, engine: Engine | None = None, **changes: Any) -> Plan:
    settings_ = replace(PlanSettings(iterations=20, cores=1, compare=False), **changes)
    return plan_day(day, settings_, engine or InProcessEngine(), lambda: False, lambda *_: None).plan


def test_what_its_compartment_has_no_room_for_rides_on_another_trip() -> None:
    assert len(planned(day_of(CHILLED, AMBIENT, AMBIENT, max_trips=1)).runs) == 1
    plan = planned(day_of(CHILLED, CHILLED, AMBIENT, max_trips=1))
    assert len(plan.runs) == 2
    assert plan.unserved == ()
    assert {max(stop.cold_load_g for stop in run.stops) for run in plan.runs} == {3_000}
    # The main hold of the same van would have been large enough.
    roomy = day_of(CHILLED, CHILLED, AMBIENT, max_trips=1, cold_capacity_g=None, cold_capacity_ml=None)
    assert len(planned(roomy).runs) == 1


def test_the_compartment_is_room_beside_the_main_hold() -> None:
    # Six kilograms in a van for four and a half, of which three are chilled; pieces count together.
    assert planned(day_of(CHILLED, AMBIENT, vans=1, max_trips=1, capacity_g=4_500)).unserved == ()
    assert len(planned(day_of(AMBIENT, AMBIENT, vans=1, max_trips=1, capacity_g=4_500)).unserved) == 1
    assert len(planned(day_of(CHILLED, AMBIENT, vans=1, max_trips=1, capacity_pieces=3)).unserved) == 1


@pytest.mark.parametrize("engine", [PyvrpEngine(), OrtoolsEngine()])
def test_other_engines_hold_it_too(engine: Engine) -> None:
    # ``plan_day`` refuses a plan that the checker does not pass.
    plan = planned(day_of(CHILLED, CHILLED, AMBIENT, AMBIENT, max_trips=2), engine)
    assert plan.unserved == ()
    assert max(stop.cold_load_g for run in plan.runs for stop in run.stops) == 3_000
    left = planned(day_of(CHILLED, CHILLED, AMBIENT, vans=1, max_trips=1), engine).unserved
    assert len(left) == 1


def test_every_carrier_alone_has_vehicles_with_compartments_too() -> None:
    settings_ = PlanSettings(iterations=20, cores=1)
    result = plan_day(day_of(CHILLED, CHILLED, AMBIENT), settings_, InProcessEngine(), lambda: False, lambda *_: None)
    assert result.comparison is not None
    assert [(one.unserved, one.consignments) for one in result.comparison.alone] == [(0, 3)]


def test_what_does_not_fit_a_compartment_is_told_so() -> None:
    (left,) = planned(day_of(CHILLED, sizes=[6_500])).unserved
    assert left.reason is UnservedReason.TOO_LARGE
    assert left.detail == "超过最大可用车辆 VAN-A 冷藏隔间：还差 1.5 kg"
    (left,) = planned(day_of(AMBIENT, sizes=[701_500])).unserved
    assert left.detail == "超过最大可用车辆 VAN-A：还差 1.5 kg"


def test_that_compartments_are_full_is_told_only_where_they_are() -> None:
    (left,) = planned(day_of(CHILLED, CHILLED, vans=1, max_trips=1)).unserved
    assert left.detail == "VAN-A 等 1 辆可用车辆的冷藏隔间均已装满：增大冷藏隔间或增加一辆冷藏车可送达"
    (left,) = planned(day_of(CHILLED, CHILLED, vans=1, max_trips=1, capacity_pieces=3, cold_capacity_g=9_000)).unserved
    assert "隔间" not in left.detail
    day = day_of(CHILLED)
    roads = choose_roads(day).matrix(day.county.network.nodes)
    assert "隔间" not in explain_unserved(DayIndex.of(day), roads, day.consignments[0]).detail


def test_a_load_beyond_the_compartment_breaks_its_law_and_beside_it_the_vehicles() -> None:
    day = day_of(CHILLED, CHILLED, AMBIENT, vans=1, max_trips=1, cold_capacity_g=6_000)
    plan = planned(day)
    assert check(day, plan) == []

    def laws(**changes: Any) -> set[Law]:
        vans = tuple(replace(van, **changes) for van in day.county.vehicles)
        return {one.law for one in check(replace(day, county=replace(day.county, vehicles=vans)), plan)}

    assert laws(cold_capacity_g=5_999) == {Law.COLD_COMPARTMENT}
    assert laws(cold_capacity_ml=17_999) == {Law.COLD_COMPARTMENT}
    assert laws(capacity_g=3_000, capacity_ml=9_000, capacity_pieces=6) == set()
    assert laws(capacity_g=2_999) == laws(capacity_ml=8_999) == laws(capacity_pieces=5) == {Law.VEHICLE_CAPACITY}
    # Without the compartment all ride together, and nothing is stated of it.
    assert laws(cold_capacity_g=None, cold_capacity_ml=None) == {Law.COLD_COMPARTMENT}
    (run,) = plan.runs
    for field in ("cold_load_g", "cold_load_ml"):
        stops = tuple(replace(stop, **{field: getattr(stop, field) + 1}) for stop in run.stops)
        assert {one.law for one in check(day, replace(plan, runs=(replace(run, stops=stops),)))} == {
            Law.COLD_COMPARTMENT
        }


def test_cold_goods_picked_up_on_the_way_count_at_every_leg() -> None:
    day = day_of(CHILLED, CHILLED, vans=1, max_trips=1)
    turned = (day.consignments[0], replace(day.consignments[1], direction=Direction.OUTBOUND))
    plan = planned(replace(day, consignments=turned))
    # One out, the other back: never both in the compartment.
    assert plan.unserved == ()
    assert max(stop.cold_load_g for stop in plan.runs[0].stops) == 3_000


def test_half_a_compartment_and_one_for_what_nobody_keeps_are_refused() -> None:
    def found(**van: Any) -> list[Violation]:
        return list(day_violations(day_of(AMBIENT, vans=1, **van)))

    at = "county.vehicles[0]"
    assert found() == []
    assert [v.path for v in found(cold_capacity_g=None)] == [f"{at}.cold_capacity_g"]
    assert [v.path for v in found(cold_capacity_ml=0)] == [f"{at}.cold_capacity_ml"]
    assert [v.path for v in found(cold_capacity_ml=-1)] == [f"{at}.cold_capacity_ml"]
    assert [v.path for v in found(cold_temperatures=())] == [f"{at}.cold_temperatures"]
    assert [str(v.message) for v in found(cold_temperatures=(AMBIENT,))] == ["AMBIENT is not cold"]
    assert [v.path for v in found(cold_temperatures=(CHILLED, FROZEN))] == [f"{at}.cold_temperatures[1]"]
    none = {"cold_capacity_g": None, "cold_capacity_ml": None}
    assert [v.path for v in found(**none, cold_temperatures=(FROZEN,))] == [f"{at}.cold_temperatures"]
    assert found(**none) == []


def test_the_room_for_one_class_is_where_it_rides() -> None:
    (van, *_) = day_of(AMBIENT, temperatures=(AMBIENT, CHILLED, FROZEN)).county.vehicles
    assert room_for(van, CHILLED) == Room(5_000, 20_000, 450)
    assert room_for(van, FROZEN) == room_for(van, AMBIENT) == Room(700_000, 4_500_000, 450)
    assert room_on(van).compartment == Compartment(5_000, 20_000, frozenset({CHILLED}))


amounts = st.integers(0, 4)
classes = st.sampled_from([frozenset({CHILLED}), frozenset({FROZEN}), frozenset({CHILLED, FROZEN})])
rooms = st.builds(Room, amounts, amounts, amounts, st.none() | st.builds(Compartment, amounts, amounts, classes))
parts = st.tuples(*[st.integers(0, 2)] * 6)


@given(rooms, st.lists(rooms, max_size=3), parts, amounts)
@settings(max_examples=400)
def test_a_load_fits_where_it_is_within_every_dimension(
    room: Room, others: list[Room], part: tuple[int, ...], pieces: int
) -> None:
    ambient_g, ambient_ml, *cold = part
    load = Load(ambient_g + cold[0] + cold[2], ambient_ml + cold[1] + cold[3], pieces, *cold)
    found = {one.compartment.classes for one in (room, *others) if one.compartment}
    apart = tuple(sorted(found, key=sorted))
    within = all(amount <= most for amount, most in zip(dimensions(load, apart), limits(room, apart), strict=True))
    assert load.fits(room) == within
