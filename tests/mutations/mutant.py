"""A plan with one thing changed, and the laws that this must break by an argument of its own.

The argument knows the day and the plan, not the checker: roads come from PROJ or the day's table, prices from
the rates.
Nothing to break means that the changed plan is as good as the first, and so that it must pass.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from services.model.agreements import Direction
from services.model.day import Day
from services.model.fleet import Vehicle
from services.model.network import Node
from services.model.plan import Plan, Run, Stop
from services.route.checker import Law
from tests.plans import road

Chance = random.Random


@dataclass(frozen=True, slots=True)
class Mutant:
    """The changed plan and the laws that it must be refused by; none where it must pass."""

    plan: Plan
    must: frozenset[Law]


Kind = Callable[[Day, Plan, Chance], Mutant | None]
"""Changes a plan at random; ``None`` where the plan has nothing of the kind, or where two roundings decide."""


def broken(plan: Plan, *laws: Law) -> Mutant:
    """Make a mutant that breaks laws for certain."""
    return Mutant(plan, frozenset(laws))


def same(plan: Plan) -> Mutant:
    """Make a mutant that says the same in another way."""
    return Mutant(plan, frozenset())


def nodes_of(day: Day) -> dict[str, Node]:
    return {node.node_id: node for node in day.county.network.nodes}


def vehicles_of(day: Day) -> dict[str, Vehicle]:
    return {vehicle.vehicle_id: vehicle for vehicle in day.county.vehicles}


def by_some(chance: Chance, most: int = 3_600) -> int:
    """Draw how far to move something: small steps as often as large ones, never 0."""
    return chance.choice((-1, 1)) * chance.choice((1, 2, 60, chance.randint(1, most)))


def with_run(plan: Plan, at: int, run: Run) -> Plan:
    return replace(plan, runs=(*plan.runs[:at], run, *plan.runs[at + 1 :]))


def with_stop(run: Run, at: int, **changes: Any) -> Run:
    return replace(run, stops=(*run.stops[:at], replace(run.stops[at], **changes), *run.stops[at + 1 :]))


def pick_run(plan: Plan, chance: Chance) -> int | None:
    return chance.randrange(len(plan.runs)) if plan.runs else None


def pick_stop(plan: Plan, chance: Chance, handles: bool = False) -> tuple[int, int] | None:
    """Draw a run and one of its stops; with ``handles`` one at which goods are handed over."""
    places = [
        (i, j)
        for i, run in enumerate(plan.runs)
        for j, stop in enumerate(run.stops)
        if not handles or stop.drop or stop.take
    ]
    return chance.choice(places) if places else None


class TooClose(Exception):
    """Two ways of rounding a road decide; nobody could say which law is broken."""


def times_broken(day: Day, plan: Plan, run: Run) -> frozenset[Law]:
    """Say what a run's times break, run by run: driving, handling, hours, shift, work, recharging, the last mile."""
    return frozenset(_times_broken(day, plan, run))


def _times_broken(day: Day, plan: Plan, run: Run) -> Iterable[Law]:
    goods, nodes = {c.consignment_id: c for c in day.consignments}, nodes_of(day)
    vehicle = vehicles_of(day)[run.vehicle_id]
    for before, stop in pairwise(run.stops):
        takes_s, drives_s = _leg_s(day, before, stop), stop.arrival_s - before.departure_s
        if takes_s - 2 * (1 + len(stop.via)) <= drives_s < takes_s:
            raise TooClose
        if drives_s < takes_s:
            yield Law.RUN_TIMES
    for stop in run.stops:
        node, handled = nodes[stop.node_id], [*stop.drop, *stop.take]
        here_s = stop.departure_s - stop.start_s
        needs_s = node.service_s + node.service_per_piece_s * sum(goods[name].pieces for name in handled)
        is_out_of_order = stop.arrival_s > stop.start_s or here_s < 0
        is_shut = stop.start_s < node.opens_s or stop.departure_s > node.closes_s
        if is_out_of_order or (handled and (here_s < needs_s or is_shut)):
            yield Law.RUN_TIMES
        if stop.recharge_s and here_s < stop.recharge_s:
            yield Law.RANGE
    begins_s, ends_s = run.stops[0].start_s, run.stops[-1].departure_s
    if run.duration_s != ends_s - begins_s:
        yield Law.RUN_TIMES
    if begins_s < vehicle.shift_start_s or ends_s > vehicle.shift_end_s:
        yield Law.VEHICLE_LIMITS
    if vehicle.max_work_s is not None and ends_s - begins_s > vehicle.max_work_s:
        yield Law.VEHICLE_LIMITS
    if nodes[vehicle.depot].township_code and _misses_trips(day, plan, run):
        yield Law.LAST_MILE


def _misses_trips(day: Day, plan: Plan, run: Run) -> bool:
    """Whether a run of the last mile leaves its station before its goods are there, or is back too late for a trip."""
    goods = {c.consignment_id: c for c in day.consignments}
    booked = {booking.consignment_id: booking for booking in plan.bookings}
    for stop in run.stops:
        if stop.node_id != run.stops[0].node_id:
            continue
        for name in (*stop.take, *stop.drop):
            if goods[name].direction is Direction.INBOUND and stop.start_s < booked[name].available_s:
                return True
            if goods[name].direction is Direction.OUTBOUND and stop.departure_s > booked[name].ready_by_s:
                return True
    return False


def _leg_s(day: Day, before: Stop, stop: Stop) -> int:
    way = (before.node_id, *stop.via, stop.node_id)
    return sum(road(day, a, b)[1] for a, b in pairwise(way)) + stop.rest_s


def lateness_fen(day: Day, plan: Plan) -> int:
    """Price what is handed over late, by the minute, rounded for each consignment."""
    goods, nodes = {c.consignment_id: c for c in day.consignments}, nodes_of(day)
    on_runs = {c.consignment_id for run in plan.runs for c in run.carriages}
    handed = [(name, s.node_id, s.start_s) for run in plan.runs for s in run.stops for name in s.drop]
    handed += [
        (b.consignment_id, b.alight_node, b.available_s) for b in plan.bookings if b.consignment_id not in on_runs
    ]
    total = 0
    for name, node_id, at_s in handed:
        due_s = nodes[node_id].due_by_s
        if due_s is not None and goods[name].direction is Direction.INBOUND and at_s > due_s:
            total += int((at_s - due_s) * day.objective.late_fen_per_min / 60 + 0.5)
    return total


def retimed(day: Day, before: Plan, at: int, run: Run) -> Mutant | None:
    """Put a run with other times into a plan and say what these break; before the day they are a matter of form."""
    if any(stop.arrival_s < 0 for stop in run.stops):
        return None
    plan = with_run(before, at, run)
    try:
        laws = times_broken(day, plan, run)
    except TooClose:
        return None
    return Mutant(plan, laws | ({Law.COST} if lateness_fen(day, plan) != plan.cost.lateness_fen else set()))
