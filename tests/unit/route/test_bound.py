"""A bound of a day by hand: what it costs at least, what it counts and what it lets off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.model.day import Day, PlanSettings
from services.model.network import RoadPair
from services.model.plan import Bound, BoundMethod, Plan
from services.route.bound import BoundEffort, bound_plan, effort_for, gap_permille, lower_bound
from services.route.bound.kinds import kinds_of
from services.route.bound.options import index_with_all_nodes, possible_options
from services.route.bound.program import Program
from services.route.bound.ways import shortest_ways
from services.route.planner import plan_day
from tests.builders import VILLAGES, small_consignment, small_day
from tests.engines import InProcessEngine
from tests.last_mile import last_mile_day, last_mile_plan

EFFORT = BoundEffort(rounds=40)


def planned(day: Day, **changes: Any) -> Plan:
    settings = replace(PlanSettings(iterations=20, cores=1, compare=False), **changes)
    return plan_day(day, settings, InProcessEngine(), lambda: False, lambda *_: None).plan


def crowded_day(consignments: int) -> Day:
    """So many consignments of the small county's, village by village: too many to enumerate."""
    goods = tuple(
        small_consignment(
            consignment_id=f"C-{i}", village_code=VILLAGES[i % 2], node_ids=(f"V-{i % 2 + 1}",), parcel_ids=()
        )
        for i in range(consignments)
    )
    return small_day(consignments=goods)


def uneven_day() -> Day:
    """The small county without three nodes in a row, where to pass the middle one would save a metre by rounding."""
    day = small_day()
    nodes = tuple(
        replace(node, lat=42.96 + i * i / 500) if node.village_code else node
        for i, node in enumerate(day.county.network.nodes)
    )
    return replace(day, county=replace(day.county, network=replace(day.county.network, nodes=nodes)))


def test_a_small_plan_is_proved_the_best() -> None:
    day = uneven_day()
    plan = planned(day)
    bound = bound_plan(day, plan, EFFORT, lambda: False)
    assert bound == Bound(plan.cost.total_fen, 0, BoundMethod.ENUMERATION, is_exact=True)


def test_the_last_mile_is_bounded_with_its_trips() -> None:
    day = last_mile_day()
    plan = last_mile_plan(day)
    assert any(run.vehicle_id == "TRI" for run in plan.runs)
    assert bound_plan(day, plan, EFFORT, lambda: False).lower_fen == plan.cost.total_fen


def test_more_than_a_dozen_consignments_are_bounded_by_the_flow() -> None:
    day = crowded_day(14)
    plan = planned(day)
    bound = bound_plan(day, plan, EFFORT, lambda: False)
    assert bound.method is BoundMethod.FLOW
    assert 0.9 * plan.cost.total_fen < bound.lower_fen <= plan.cost.total_fen


def test_a_worse_plan_has_a_wider_gap_to_the_same_bound() -> None:
    day = uneven_day()
    best = planned(day)
    best_fen = best.cost.total_fen
    worse = replace(best, cost=replace(best.cost, vehicles_fen=best.cost.vehicles_fen + 5_000))
    bound = bound_plan(day, worse, EFFORT, lambda: False)
    assert (bound.lower_fen, bound.is_exact) == (best_fen, True)
    assert bound.gap_permille == gap_permille(best_fen + 5_000, best_fen) > 0


def test_a_bound_that_is_stopped_is_still_one() -> None:
    day = crowded_day(14)
    plan = planned(day)
    assert bound_plan(day, plan, EFFORT, lambda: True).lower_fen == 0
    times = iter(range(1_000))
    assert bound_plan(day, plan, BoundEffort(40, 5.0), lambda: False, lambda: next(times)).lower_fen >= 0


def test_effort_follows_the_plan_s() -> None:
    assert effort_for(PlanSettings(time_budget_s=9)).seconds == pytest.approx(6.0)
    assert effort_for(PlanSettings(time_budget_s=600)).seconds == 20.0
    assert effort_for(PlanSettings(iterations=40)) == BoundEffort(10)
    assert effort_for(PlanSettings(iterations=10**6)) == BoundEffort(30)


@pytest.mark.parametrize("prices", [(1.0, 0.0), (0.5, 0.5), (7.0, -3.0), (0.0, 0.0), (-1.0, 2.0)])
def test_whatever_prices_rows_have_they_prove_a_bound(prices: tuple[float, float]) -> None:
    program = Program()
    x, y = program.column(2.0, 4.0), program.column(3.0, 4.0)
    program.at_least(3.0, [(x, 1.0), (y, 1.0)])
    program.at_most(2.0, [(x, 1.0)])
    solved = program.solve()
    assert solved is not None
    assert solved.value == pytest.approx(7.0)
    assert program.safe_bound(solved.prices) == pytest.approx(7.0)
    assert program.safe_bound(np.array(prices)) <= 7.0
    assert program.safe_bound(solved.prices, [-2.0]) == pytest.approx(5.0)


def test_rows_kept_aside_count_once_they_are_broken() -> None:
    program = Program()
    x = program.column(1.0, 9.0)
    program.if_broken(5.0, [(x, 1.0)])
    program.if_broken(-1.0, [(x, 1.0)])
    first = program.solve()
    assert first is not None
    assert first.value == 0.0
    assert program.add_broken(first.point, 0.01, 10) == 1
    second = program.solve()
    assert second is not None
    assert second.value == pytest.approx(5.0)
    assert program.add_broken(second.point, 0.01, 10) == 0


def test_a_way_over_another_node_is_taken_where_it_is_shorter() -> None:
    day = small_day()
    names = [node.node_id for node in day.county.network.nodes]
    pairs = tuple(
        RoadPair(a, b, 9_000 if {a, b} == {"HUB", "V-2"} else 4_000, 300) for a in names for b in names if a != b
    )
    network = replace(day.county.network, road_pairs=pairs)
    ways = shortest_ways(replace(day, county=replace(day.county, network=network)))
    hub, village = ways.position["HUB"], ways.position["V-2"]
    assert ways.distance_m[hub, village] == 8_000
    assert ways.duration_s[hub, village] == 300
    assert not ways.is_straight[hub, village]
    assert ways.is_straight[hub, ways.position["V-1"]]


def test_a_kind_is_as_cheap_as_its_cheapest_and_as_large_as_its_largest() -> None:
    day = small_day()
    vans = tuple(
        replace(van, vehicle_id=f"{van.vehicle_id}{i}", fixed_fen=12_000 + i, capacity_pieces=100 + i)
        for van in day.county.vehicles
        for i in range(3)
    )
    day = replace(day, county=replace(day.county, vehicles=vans))
    kinds = kinds_of(index_with_all_nodes(day), shortest_ways(day), nodes=10_000)
    assert len(kinds) == 2
    assert sum(len(kind.vehicles) for kind in kinds) == len(vans)
    for kind in kinds:
        assert kind.fixed_fen == min(v.fixed_fen for v in kind.vehicles)
        assert kind.room[2] == max(v.capacity_pieces for v in kind.vehicles)
    assert len(kinds_of(index_with_all_nodes(day), shortest_ways(day), nodes=3)) == 3


def test_a_shuttle_may_wait_until_the_station_opens() -> None:
    day = small_day()
    nodes = tuple(replace(n, opens_s=35_500) if n.node_id == "BS" else n for n in day.county.network.nodes)
    trip = day.county.lines[0].trips[0]
    back = replace(
        trip,
        stop_times=tuple(replace(s, node_id=n) for s, n in zip(trip.stop_times, ("V-3", "BS", "V-1"), strict=True)),
    )
    back = replace(
        back,
        stop_times=(
            replace(back.stop_times[0], arrival_s=33_000, departure_s=33_000),
            replace(back.stop_times[1], arrival_s=34_000, departure_s=34_000),
        ),
    )
    lines = (replace(day.county.lines[0], trips=(back,)),)
    county = replace(day.county, network=replace(day.county.network, nodes=nodes), lines=lines)
    options = list(possible_options(index_with_all_nodes(replace(day, county=county)), ()))
    assert [(o.consignment.consignment_id, o.alight.node_id) for o in options] == [("C-3", "BS")]


def test_what_nothing_can_carry_is_left_at_its_price() -> None:
    day = small_day()
    day = replace(day, county=replace(day.county, vehicles=(), lines=()))
    bound = lower_bound(day, EFFORT, lambda: False)
    assert bound.lower_fen == 3 * (20_000 + 2 * 1_000)
