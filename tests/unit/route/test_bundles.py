"""Bundles hold every consignment once, and only what has a way of each of its kinds in common."""

from __future__ import annotations

from pathlib import Path

from bench.county_generator import draw_day
from services.route.day_index import DayIndex
from services.route.engines.engine import Load, RunProblem
from services.route.joint import make_joint_task
from services.route.last_mile import enumerate_last_mile
from services.route.options import enumerate_options
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.route.visits import Grain


def _total(problem: RunProblem) -> tuple[Load, Load, int]:
    deliver, pick_up = Load(), Load()
    for demand in problem.demands:
        deliver, pick_up = deliver + demand.deliver, pick_up + demand.pick_up
    return deliver, pick_up, sum(demand.leaving_fen for demand in problem.demands)


def test_bundles_are_fewer_and_hold_the_same_goods_with_the_same_kinds_of_way() -> None:
    index = DayIndex.of(draw_day(Path("data/jilin"), 30, 1))
    matrix = choose_roads(index.day).matrix(nodes_on_roads(index.day))
    options = enumerate_options(index) + enumerate_last_mile(index, matrix)
    fine, coarse = (make_joint_task(index, matrix, options, grain) for grain in (Grain.FINE, Grain.COARSE))
    assert 2 * len(coarse.task.demands) < len(fine.task.demands)
    goods = [sorted(c for group in joint.task.demands for c in group) for joint in (fine, coarse)]
    assert goods[0] == goods[1]
    assert _total(fine.problem) == _total(coarse.problem)
    collected = {o.consignment.consignment_id for o in options if not o.station}
    for demand, group in zip(coarse.problem.demands, coarse.task.demands, strict=True):
        assert len({index.node_ids[c][0] for c in group}) == 1
        assert demand.classes
        assert len({index.consignments[c].temperature.is_cold for c in group}) == 1
        # What cannot be collected at the stop does not keep what can from it.
        assert len({c in collected for c in group}) == 1
    booked = {
        c
        for group, demand in zip(coarse.task.demands, range(len(coarse.task.demands)), strict=True)
        for c in group
        if any(b.demand == demand and b.station is None for b in coarse.bookable.bookings)
    }
    assert booked == collected
