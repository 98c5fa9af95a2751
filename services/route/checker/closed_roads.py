"""Closed roads: nobody starts on a way over one, neither straight nor on the detour round another."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from services.model.network import ClosedRoad, Node
from services.model.plan import Plan
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law

_Point = tuple[int, int]


def check_closed_roads(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Follow each run way by way, and find detours round what is open all day."""
    for run in plan.runs:
        for before, stop in pairwise(run.stops):
            for start, end in pairwise((before.node_id, *stop.via, stop.node_id)):
                if road := _closed_on(facts, start, end, before.departure_s):
                    yield BrokenLaw(Law.ROAD_CLOSED, run.run_id, f"drives {start} -> {end}, {road.title!r} is closed")
            if stop.via and _closed_on(facts, before.node_id, stop.node_id, None) is None:
                detail = f"passes {', '.join(stop.via)} from {before.node_id} to {stop.node_id}, which is open"
                yield BrokenLaw(Law.ROAD_CLOSED, run.run_id, detail)
        if run.stops and run.stops[0].via:
            yield BrokenLaw(Law.ROAD_CLOSED, run.run_id, "passes nodes before its first stop")


def _closed_on(facts: Facts, from_node: str, to_node: str, at_s: int | None) -> ClosedRoad | None:
    """Give a road that closes the way from one node to another to who starts at a time; at ``None``, at any."""
    if from_node == to_node:
        return None
    start, end = facts.nodes.get(from_node), facts.nodes.get(to_node)
    for road in facts.day.county.network.closed_roads:
        if at_s is not None and road.from_s > at_s:
            continue
        if road.line is None:
            ends = road.from_node, road.to_node
            if (from_node, to_node) == ends or (not road.one_way and (to_node, from_node) == ends):
                return road
        elif start and end and _meets(_place(start), _place(end), road):
            return road
    return None


def _place(node: Node) -> _Point:
    return _centimetres(node.lon), _centimetres(node.lat)


def _centimetres(degrees: float) -> int:
    return round(degrees * 10_000_000)


@lru_cache(maxsize=1 << 16)
def _meets(start: _Point, end: _Point, road: ClosedRoad) -> bool:
    """Whether a straight way has a point in common with a closed line: solved for how far along it is on each."""
    if road.line is None:
        return False
    a, b, c, d = map(_centimetres, road.line)
    (ux, uy), (vx, vy), (wx, wy) = (end[0] - start[0], end[1] - start[1]), (c - a, d - b), (a - start[0], b - start[1])
    turn = ux * vy - uy * vx
    if turn:
        along_way, along_line = Fraction(wx * vy - wy * vx, turn), Fraction(wx * uy - wy * ux, turn)
        return 0 <= along_way <= 1 and 0 <= along_line <= 1
    # In one direction: on the same straight line, and overlapping there.
    if wx * vy != wy * vx:
        return False
    square = vx * vx + vy * vy
    ends = sorted(((p - a) * vx + (q - b) * vy) for p, q in (start, end))
    return ends[0] <= square and ends[1] >= 0
