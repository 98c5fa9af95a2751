"""Times moved: of one stop, of a whole run, of what follows a stop, of trips and shuttles."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from services.model.day import Day
from services.model.plan import Plan, Run, Stop
from services.route.checker import Law
from tests.mutations.mutant import (
    Chance,
    Kind,
    Mutant,
    broken,
    by_some,
    nodes_of,
    pick_run,
    pick_stop,
    retimed,
    vehicles_of,
    with_stop,
)


def _stop_time(field: str) -> Kind:
    def mutate(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
        if (place := pick_stop(plan, chance)) is None:
            return None
        at, number = place
        run = plan.runs[at]
        moved = with_stop(run, number, **{field: getattr(run.stops[number], field) + by_some(chance)})
        return retimed(day, plan, at, moved)

    return mutate


def _later(stop: Stop, seconds: int) -> Stop:
    return replace(
        stop,
        arrival_s=stop.arrival_s + seconds,
        start_s=stop.start_s + seconds,
        departure_s=stop.departure_s + seconds,
    )


def _whole_run(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    if (at := pick_run(plan, chance)) is None:
        return None
    run, seconds = plan.runs[at], by_some(chance)
    return retimed(day, plan, at, replace(run, stops=tuple(_later(stop, seconds) for stop in run.stops)))


def _from_a_stop_on(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Wait, or hurry, between two stops, and say so in all figures: only what this does to the day can be wrong."""
    if (place := pick_stop(plan, chance)) is None:
        return None
    (at, number), seconds = place, by_some(chance)
    run = plan.runs[at]
    first, *rest = run.stops[number:]
    waits = replace(first, departure_s=first.departure_s + seconds)
    stops = (*run.stops[:number], waits, *(_later(stop, seconds) for stop in rest))
    return retimed(day, *_priced(day, plan, at, replace(run, stops=stops, duration_s=run.duration_s + seconds)))


def _priced(day: Day, plan: Plan, at: int, run: Run) -> tuple[Plan, int, Run]:
    """State the price of a run's other duration, in the run and in the plan."""
    rate = vehicles_of(day)[run.vehicle_id].per_hour_fen
    fen = int((Decimal(run.duration_s * rate) / 3_600).quantize(Decimal(1), ROUND_HALF_UP))
    cost = replace(plan.cost, time_fen=plan.cost.time_fen + fen - run.time_fen)
    return replace(plan, cost=cost), at, replace(run, time_fen=fen)


def _rest(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Let a driver rest on the road: it takes time, which the plan may have or not."""
    places = [(i, j) for i, run in enumerate(plan.runs) for j in range(1, len(run.stops))]
    if not places:
        return None
    at, number = chance.choice(places)
    run = plan.runs[at]
    more_s = chance.choice((60, 600, 3_600))
    return retimed(day, plan, at, with_stop(run, number, rest_s=run.stops[number].rest_s + more_s))


def _booking_time(field: str) -> Kind:
    def mutate(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
        if not plan.bookings:
            return None
        booking = chance.choice(plan.bookings)
        moved = replace(booking, **{field: getattr(booking, field) + by_some(chance)})
        bookings = tuple(moved if one is booking else one for one in plan.bookings)
        return broken(replace(plan, bookings=bookings), Law.TRIP_TIMES)

    return mutate


def _shuttle(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Let a shuttle go at another time: it takes as long, and may still meet its trip."""
    if not plan.shuttles:
        return None
    old, seconds = chance.choice(plan.shuttles), by_some(chance)
    new = replace(old, departure_s=old.departure_s + seconds, arrival_s=old.arrival_s + seconds)
    nodes = nodes_of(day)
    start, end = nodes[new.from_node], nodes[new.to_node]
    served = [b for b in plan.bookings if b.trip_id == new.trip_id and b.consignment_id in new.consignment_ids]
    is_broken = (
        not start.opens_s <= new.departure_s <= start.closes_s
        or not end.opens_s <= new.arrival_s <= end.closes_s
        or any(b.board_node == new.to_node and b.ready_by_s < new.arrival_s for b in served)
        or any(b.alight_node == new.from_node and b.available_s > new.departure_s for b in served)
    )
    shuttles = tuple(new if one is old else one for one in plan.shuttles)
    return Mutant(replace(plan, shuttles=shuttles), frozenset({Law.SHUTTLE} if is_broken else ()))


def _shuttle_speed(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    if not plan.shuttles:
        return None
    old = chance.choice(plan.shuttles)
    field = chance.choice(("departure_s", "arrival_s"))
    new = replace(old, **{field: getattr(old, field) + by_some(chance)})
    return broken(replace(plan, shuttles=tuple(new if s is old else s for s in plan.shuttles)), Law.SHUTTLE)


TIMES: Final[dict[str, Kind]] = {
    "a stop's arrival": _stop_time("arrival_s"),
    "a stop's start": _stop_time("start_s"),
    "a stop's departure": _stop_time("departure_s"),
    "a whole run's times": _whole_run,
    "all after a stop, at its price": _from_a_stop_on,
    "a rest more": _rest,
    "a booking's ready by": _booking_time("ready_by_s"),
    "a booking's departure": _booking_time("departure_s"),
    "a booking's arrival": _booking_time("arrival_s"),
    "a booking's available": _booking_time("available_s"),
    "a shuttle's times": _shuttle,
    "a shuttle's speed": _shuttle_speed,
}
