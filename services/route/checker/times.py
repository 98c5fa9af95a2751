"""The times of a run: order, driving, service and opening hours."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from services.model.plan import Plan, Run, Stop
from services.model.units import clock
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law
from services.route.checker.road import find_leg

_DRIVING_TOLERANCE_S: Final = 1  # a leg rounded to the neighbouring metre may take a second less


def check_run_times(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find stops that are too early, too short, too late, and durations that do not add up."""
    for run in plan.runs:
        details = [*_check_driving(facts, run), *(d for stop in run.stops for d in _check_stop(facts, stop))]
        if run.stops and run.duration_s != (lasts_s := run.stops[-1].departure_s - run.stops[0].start_s):
            details.append(f"lasts {lasts_s} s and states {run.duration_s} s")
        for detail in details:
            yield BrokenLaw(Law.RUN_TIMES, run.run_id, detail)


def _check_driving(facts: Facts, run: Run) -> Iterator[str]:
    for before, stop in pairwise(run.stops):
        road = find_leg(facts, before.node_id, stop)
        drives_s = stop.arrival_s - before.departure_s
        takes_s = road.duration_s + max(0, stop.rest_s) if road else 0
        if road and drives_s < takes_s - _DRIVING_TOLERANCE_S * (1 + len(stop.via)):
            resting = f" and {stop.rest_s} s of rest" if stop.rest_s else ""
            yield f"drives {before.node_id} -> {stop.node_id} in {drives_s} s, it takes {road.duration_s} s{resting}"


def _check_stop(facts: Facts, stop: Stop) -> Iterator[str]:
    if not stop.arrival_s <= stop.start_s <= stop.departure_s:
        times = ", ".join(clock(t) for t in (stop.arrival_s, stop.start_s, stop.departure_s))
        yield f"arrives, starts and departs out of order at {stop.node_id}: {times}"
    node = facts.nodes.get(stop.node_id)
    if node is None or not (stop.drop or stop.take):
        return
    pieces = sum(c.pieces for c in facts.known((*stop.drop, *stop.take)))
    service_s = node.service_s + node.service_per_piece_s * pieces
    if stop.departure_s - stop.start_s < service_s:
        yield f"serves {stop.node_id} in {stop.departure_s - stop.start_s} s, it takes {service_s} s"
    if stop.start_s < node.opens_s or stop.departure_s > node.closes_s:
        hours = f"{clock(node.opens_s)}-{clock(node.closes_s)}"
        yield f"is at {node.node_id} {clock(stop.start_s)}-{clock(stop.departure_s)}, open {hours}"
