"""Closed roads: which ways they close, what goes round them, what is cut off, and what the checker refuses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.files.manifests import manifests
from services.model.day import Day, PlanSettings
from services.model.network import ClosedRoad, Node, NodeKind, RoadPair
from services.model.plan import Plan, UnservedReason
from services.route.checker import Law, check
from services.route.engines.engine import Effort, OnBest, RunProblem, RunSolution, ShouldStop
from services.route.engines.ortools import solve_with_ortools
from services.route.engines.pyvrp import solve_with_pyvrp
from services.route.planner import plan_day
from services.route.roads.closed import OpenRoads, closed_ways
from services.route.roads.of_day import choose_roads
from services.route.roads.source import NO_WAY_M, NO_WAY_S
from services.route.roads.table import TableRoads
from services.settlement.coalition_day import Means, coalition_day
from services.settlement.sharing import Ridden
from services.validation import day_violations
from tests.builders import small_day
from tests.engines import InProcessEngine
from tests.random_days import closings, last_mile_days, random_days

SETTINGS = PlanSettings(iterations=20, cores=1, compare=False)
# Between V-1 (126.80) and V-2 (126.85), from far in the south to just north of the villages.
BRIDGE = ClosedRoad("永安大桥", from_lon=126.82, from_lat=42.0, to_lon=126.82, to_lat=42.98)
RIVER = replace(BRIDGE, name="松江河", to_lat=44.0)


@dataclass(frozen=True, slots=True)
class OtherEngine:
    """An engine without its child."""

    solver: Any

    def solve(
        self,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        if not problem.demands:  # as the engine has it
            return RunSolution((), 0)
        found: RunSolution | None = self.solver(problem, effort, on_best, start)
        return found


def closed(*roads: ClosedRoad, day: Day | None = None, **changes: Any) -> Day:
    day = day or small_day()
    network = replace(day.county.network, closed_roads=roads, **changes)
    return replace(day, county=replace(day.county, network=network))


def planned(day: Day, engine: Any = None) -> Plan:
    return plan_day(day, SETTINGS, engine or InProcessEngine(), lambda: False, lambda *_: None).plan


def legs(plan: Plan) -> list[tuple[str, ...]]:
    return [(a.node_id, *b.via, b.node_id) for run in plan.runs for a, b in pairwise(run.stops)]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Node], tuple[RoadPair, ...], tuple[ClosedRoad, ...]]:
    nodes = [Node(f"N{i}", NodeKind.VILLAGE_SHOP, f"N{i}", 126.0, 42.0) for i in range(draw(st.integers(2, 5)))]
    ends = list(permutations([node.node_id for node in nodes], 2))
    amount = st.integers(0, 6)
    pairs = tuple(RoadPair(a, b, draw(amount), draw(amount)) for a, b in ends)
    shut = draw(st.lists(st.sampled_from(ends), min_size=1))
    return nodes, pairs, tuple(ClosedRoad("", a, b, draw(st.booleans())) for a, b in shut)


@given(tables())
def test_a_closed_way_is_the_quickest_over_open_ones_and_others_stay(
    table: tuple[list[Node], tuple[RoadPair, ...], tuple[ClosedRoad, ...]],
) -> None:
    nodes, pairs, roads = table
    names = [node.node_id for node in nodes]
    matrix = OpenRoads(TableRoads(pairs), roads).matrix(nodes)
    length = {(p.from_node, p.to_node): (p.duration_s, p.distance_m) for p in pairs}
    shut = {(r.from_node, r.to_node) for r in roads} | {(r.to_node, r.from_node) for r in roads if not r.one_way}
    for (start, end), straight in length.items():
        at = matrix.position[start], matrix.position[end]
        found = int(matrix.duration_s[at]), int(matrix.distance_m[at])
        via = matrix.via(start, end)
        if (start, end) not in shut:
            assert (found, via) == (straight, ())
            continue
        rest = [name for name in names if name not in (start, end)]
        ways = [
            tuple(pairwise((start, *middle, end))) for n in range(1, len(rest) + 1) for middle in permutations(rest, n)
        ]
        added = [
            (sum(length[leg][0] for leg in way), sum(length[leg][1] for leg in way))
            for way in ways
            if shut.isdisjoint(way)
        ]
        assert found == min(added, default=(NO_WAY_S, NO_WAY_M))
        assert matrix.is_way(*at) == bool(added)
        if added:
            taken = list(pairwise((start, *via, end)))
            assert shut.isdisjoint(taken)
            assert (sum(length[leg][0] for leg in taken), sum(length[leg][1] for leg in taken)) == found


points = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda p: (126 + p[0] / 1000, 42 + p[1] / 1000))


@given(st.lists(points, min_size=2, max_size=4), points, points)
def test_a_way_is_closed_where_it_meets_a_line(places: list[tuple[float, float]], c: Any, d: Any) -> None:
    """The reference draws both as parts of straight lines and looks at their boxes, exactly."""
    if c == d:
        return
    nodes = [Node(str(i), NodeKind.VILLAGE_SHOP, "", *place) for i, place in enumerate(places)]
    line = ClosedRoad("", from_lon=c[0], from_lat=c[1], to_lon=d[0], to_lat=d[1])
    shut = closed_ways(nodes, [line])
    for i, j in permutations(range(len(places)), 2):
        assert shut[i, j] == _share_a_point(*map(_exact, (places[i], places[j], c, d)))


def _exact(point: tuple[float, float]) -> tuple[Fraction, Fraction]:
    return Fraction(round(point[0] * 1000)), Fraction(round(point[1] * 1000))


def _share_a_point(a: Any, b: Any, c: Any, d: Any) -> bool:
    def side(p: Any, q: Any, r: Any) -> Any:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    def holds(p: Any, q: Any, r: Any) -> bool:
        return side(p, q, r) == 0 and all(min(p[i], q[i]) <= r[i] <= max(p[i], q[i]) for i in (0, 1))

    crosses = side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
    return crosses or holds(a, b, c) or holds(a, b, d) or holds(c, d, a) or holds(c, d, b)


def test_a_closed_way_is_driven_over_other_nodes_and_the_plan_says_which() -> None:
    day = closed(ClosedRoad("省道", "HUB", "V-3"), ClosedRoad("", "V-2", "V-3", one_way=True))
    plan = planned(replace(day, consignments=day.consignments[2:]))
    assert plan.unserved == ()
    assert legs(plan)[0] == ("HUB", "V-1", "V-3")
    for leg in legs(plan):
        assert set(pairwise(leg)).isdisjoint({("HUB", "V-3"), ("V-3", "HUB"), ("V-2", "V-3")})


def test_the_manifest_names_the_places_of_a_detour() -> None:
    day = closed(ClosedRoad("省道", "HUB", "V-3"))
    plan = planned(day)
    text = "".join(paper.decode("utf-8-sig") for paper in manifests(day, plan).values())
    assert any(len(leg) > 2 for leg in legs(plan))
    assert "封路绕行" in text
    assert "封路绕行" not in "".join(p.decode("utf-8-sig") for p in manifests(day, planned(small_day())).values())


def test_a_closed_bridge_closes_what_crosses_it_and_parts_what_lies_behind() -> None:
    north = Node("N-1", NodeKind.VILLAGE_SHOP, "北村服务站", 126.82, 43.05, village_code="220282100204", owner="EXP-A")
    nodes = (*small_day().county.network.nodes, north)
    day = closed(BRIDGE, nodes=nodes)
    plan = planned(day)
    assert plan.unserved == ()
    crossing = [leg for leg in legs(plan) if len(leg) > 2]
    assert crossing
    assert all("N-1" in leg for leg in crossing)
    cut = planned(closed(RIVER, nodes=nodes))
    assert {one.consignment_id for one in cut.unserved} >= {"C-3"}
    for one in cut.unserved:
        assert one.reason is UnservedReason.ROAD_CLOSED
        assert "松江河" in one.detail


def test_what_drives_over_a_closed_road_or_goes_round_an_open_one_breaks_a_law() -> None:
    day = small_day()
    plan = planned(day)
    assert {one.law for one in check(closed(BRIDGE), plan)} == {Law.ROAD_CLOSED}
    assert check(closed(replace(BRIDGE, from_lat=42.0, to_lat=42.5)), plan) == []
    round_about = planned(closed(ClosedRoad("", "HUB", "V-3"), ClosedRoad("", "HUB", "V-2")))
    assert any(leg[1:-1] for leg in legs(round_about))
    assert {one.law for one in check(day, round_about)} == {Law.ROAD_CLOSED}
    hidden = tuple(replace(run, stops=tuple(replace(stop, via=()) for stop in run.stops)) for run in round_about.runs)
    laws = {one.law for one in check(day, replace(round_about, runs=hidden))}
    assert Law.ROAD_CLOSED not in laws
    assert laws <= {Law.RUN_ROUTE}


@pytest.mark.parametrize("engine", [InProcessEngine(), OtherEngine(solve_with_ortools), OtherEngine(solve_with_pyvrp)])
def test_a_hub_that_is_cut_off_leaves_a_plan_that_says_so(engine: Any) -> None:
    around = [(126.76, 42.9), (126.76, 43.0), (126.70, 43.0), (126.70, 42.9), (126.76, 42.9)]
    ring = [ClosedRoad(f"环{i}", "", "", False, *a, *b) for i, (a, b) in enumerate(pairwise(around))]
    plan = planned(replace(closed(*ring), objective=small_day().objective), engine)
    assert plan.runs == ()
    assert {one.reason for one in plan.unserved} == {UnservedReason.ROAD_CLOSED}


def test_a_vehicle_whose_depot_is_cut_off_says_so() -> None:
    day = closed(*(ClosedRoad(f"路{i}", "V-3", f"{other}") for i, other in enumerate(("HUB", "V-1", "V-2"))))
    vans = tuple(replace(van, depot="V-3") for van in day.county.vehicles)
    nodes = tuple(replace(n, township_code="") for n in day.county.network.nodes)
    network = replace(day.county.network, nodes=nodes)
    plan = planned(replace(day, county=replace(day.county, vehicles=vans, network=network, lines=())))
    assert plan.runs == ()
    details = {one.consignment_id: one.detail for one in plan.unserved}
    assert "不能出车" in details["C-1"]
    assert "路0" in details["C-1"]


def test_where_nothing_near_is_closed_the_roads_are_the_same() -> None:
    day = closed(replace(BRIDGE, from_lon=120.0, to_lon=120.0), ClosedRoad("", "BS", "HUB"))
    nodes = [node for node in day.county.network.nodes if node.node_id != "BS"]
    matrix = choose_roads(day).matrix(nodes)
    plain = choose_roads(small_day()).matrix(nodes)
    assert matrix.detours is None
    assert np.array_equal(matrix.duration_s, plain.duration_s)


def test_coalitions_drive_the_same_detours() -> None:
    day = closed(ClosedRoad("", "HUB", "V-3"))
    goods = [Ridden(c, c.node_ids[0]) for c in day.consignments if c.consignment_id == "C-3"]
    alone = coalition_day(day, goods, Means(day.county.vehicles[:1], ()), 1)
    assert day_violations(alone) == []
    plan = planned(alone)
    assert plan.unserved == ()
    assert [leg[1:-1] for leg in legs(plan)] == [leg[1:-1] for leg in legs(planned(alone))]
    assert any(leg[1:-1] for leg in legs(plan))


@pytest.mark.parametrize(
    ("road", "path", "said"),
    [
        (ClosedRoad("x", "HUB", "Z"), ".to_node", '"Z" is no node'),
        (ClosedRoad("x", "HUB", "HUB"), ".to_node", 'starts and ends at "HUB"'),
        (ClosedRoad("x"), "", "names neither two nodes nor the two ends of a line"),
        (replace(BRIDGE, from_node="HUB"), "", "names nodes and coordinates"),
        (replace(BRIDGE, to_lat=None), ".to_lat", "is missing; a line has two ends"),
        (replace(BRIDGE, to_lat=99.0), ".to_lat", "99 is outside China"),
        (replace(BRIDGE, to_lat=float("nan")), ".to_lat", "nan is outside China"),
        (replace(BRIDGE, one_way=True), ".one_way", "a line is closed both ways"),
        (replace(BRIDGE, to_lat=BRIDGE.from_lat), "", "starts and ends at one point"),
    ],
)
def test_a_closed_road_that_is_none_is_refused(road: ClosedRoad, path: str, said: str) -> None:
    found = [v for v in day_violations(closed(BRIDGE, road)) if v.path == f"county.network.closed_roads[1]{path}"]
    assert any(said in one.message for one in found), day_violations(closed(BRIDGE, road))
    assert day_violations(closed(BRIDGE)) == []


@st.composite
def closed_days(draw: st.DrawFn) -> Day:
    day = draw(random_days() | last_mile_days())
    return closed(*draw(closings(day.county.network.nodes)), day=day)


@given(closed_days())
@settings(max_examples=40, deadline=None)
def test_whatever_is_closed_there_is_a_plan_that_the_checker_passes(day: Day) -> None:
    assert day_violations(day) == []
    plan_day(day, SETTINGS, InProcessEngine(), lambda: False, lambda *_: None)
