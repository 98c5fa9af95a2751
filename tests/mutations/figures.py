"""Figures, places and names changed: loads, distances, prices, stops of trips, the order of things, who is named."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, Final

from services.model.day import Day
from services.model.plan import Cost, Plan, UnservedReason
from services.route.checker import Law
from tests.mutations.mutant import (
    Chance,
    Kind,
    Mutant,
    broken,
    by_some,
    pick_run,
    pick_stop,
    same,
    vehicles_of,
    with_run,
    with_stop,
)

# More than any rounding of a leg.
_SHOWS_S: Final = 10


def _load(field: str, law: Law) -> Kind:
    def mutate(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
        if (place := pick_stop(plan, chance)) is None:
            return None
        at, number = place
        run = plan.runs[at]
        changed = with_stop(run, number, **{field: getattr(run.stops[number], field) + by_some(chance, 50_000)})
        return broken(with_run(plan, at, changed), law)

    return mutate


def _of_a_run(field: str, law: Law) -> Kind:
    def mutate(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
        if (at := pick_run(plan, chance)) is None:
            return None
        run = plan.runs[at]
        return broken(with_run(plan, at, replace(run, **{field: getattr(run, field) + by_some(chance)})), law)

    return mutate


def _leg_and_sum(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Lengthen a leg and the run's distance alike: more than two ways to round a road could differ."""
    places = [(i, j) for i, run in enumerate(plan.runs) for j in range(1, len(run.stops))]
    if not places:
        return None
    at, number = chance.choice(places)
    run = plan.runs[at]
    more_m = chance.choice((-1, 1)) * chance.choice((50, chance.randint(50, 9_000)))
    longer = with_stop(run, number, leg_distance_m=run.stops[number].leg_distance_m + more_m)
    return broken(with_run(plan, at, replace(longer, distance_m=run.distance_m + more_m)), Law.RUN_ROUTE)


def _cost_part(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
    part = chance.choice([one.name for one in fields(Cost)])
    cost = replace(plan.cost, **{part: getattr(plan.cost, part) + by_some(chance)})
    return broken(replace(plan, cost=cost), Law.COST)


def _of_a_booking(field: str, law: Law) -> Kind:
    def mutate(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
        return _booking(plan, chance, law, lambda b: {field: getattr(b, field) + chance.choice((-1, 1, 2))})

    return mutate


def _booking(plan: Plan, chance: Chance, law: Law, change: Any) -> Mutant | None:
    if not plan.bookings:
        return None
    one = chance.choice(plan.bookings)
    new = replace(one, **change(one))
    return broken(replace(plan, bookings=tuple(new if b is one else b for b in plan.bookings)), law)


def _other_trip(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Name another trip: it is of another line, or is elsewhere at these times."""
    trips = {t.trip_id: (line.line_id, t) for line in day.county.lines for t in line.trips}
    pairs = [(b, name) for b in plan.bookings for name in trips if name != b.trip_id]
    if not pairs:
        return None
    one, name = chance.choice(pairs)
    line_id, trip = trips[name]
    calls = {(stop.node_id, stop.departure_s) for stop in trip.stop_times}
    if line_id == one.line_id and (one.board_node, one.departure_s) in calls:
        return None
    bookings = tuple(replace(b, trip_id=name) if b is one else b for b in plan.bookings)
    return broken(replace(plan, bookings=bookings), Law.TRIP_TIMES)


def _other_line(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    names = [line.line_id for line in day.county.lines]
    if len(names) < 2:
        return None
    return _booking(
        plan, chance, Law.TRIP_TIMES, lambda b: {"line_id": chance.choice([n for n in names if n != b.line_id])}
    )


def _other_end(field: str) -> Kind:
    def mutate(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
        names = [node.node_id for node in day.county.network.nodes]
        return _booking(
            plan,
            chance,
            Law.TRIP_TIMES,
            lambda b: {field: chance.choice([n for n in names if n != getattr(b, field)])},
        )

    return mutate


def _stops_changed_round(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Drive two stops in the other order: the second is left before the first is reached."""
    places = [
        (i, j)
        for i, run in enumerate(plan.runs)
        for j in range(1, len(run.stops) - 2)
        # Where no time passes, as between nodes at one place, the order does not show in the times.
        if run.stops[j].node_id != run.stops[j + 1].node_id
        and run.stops[j + 1].departure_s - run.stops[j].arrival_s > _SHOWS_S
    ]
    if not places:
        return None
    at, number = chance.choice(places)
    stops = list(plan.runs[at].stops)
    stops[number], stops[number + 1] = stops[number + 1], stops[number]
    return broken(with_run(plan, at, replace(plan.runs[at], stops=tuple(stops))), Law.RUN_TIMES)


def _depot(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Begin or end a run somewhere else than at the vehicle's depot."""
    if (at := pick_run(plan, chance)) is None:
        return None
    run = plan.runs[at]
    depot = vehicles_of(day)[run.vehicle_id].depot
    other = chance.choice([n.node_id for n in day.county.network.nodes if n.node_id != depot])
    number = chance.choice((0, len(run.stops) - 1))
    return broken(with_run(plan, at, with_stop(run, number, node_id=other)), Law.RUN_ROUTE)


def _detour(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Pass a node on the way although nothing is closed, at the length of the straight way."""
    places = [(i, j) for i, run in enumerate(plan.runs) for j in range(1, len(run.stops))]
    if not places or day.county.network.closed_roads:
        return None
    at, number = chance.choice(places)
    other = chance.choice([n.node_id for n in day.county.network.nodes])
    return broken(with_run(plan, at, with_stop(plan.runs[at], number, via=(other,))), Law.ROAD_CLOSED)


def _recharge(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Recharge what cannot be recharged."""
    places = [
        (i, j)
        for i, run in enumerate(plan.runs)
        if vehicles_of(day)[run.vehicle_id].recharge_s is None
        for j in range(len(run.stops))
    ]
    if not places:
        return None
    at, number = chance.choice(places)
    return broken(with_run(plan, at, with_stop(plan.runs[at], number, recharge_s=600)), Law.RANGE)


def _unknown(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Name something that the day does not know."""
    if (place := pick_stop(plan, chance)) is None:
        return broken(replace(plan, county_id=plan.county_id + "?"), Law.REFERENCE)
    at, number = place
    run = plan.runs[at]
    changed = chance.choice(
        (
            replace(run, vehicle_id="?"),
            with_stop(run, number, node_id="?"),
            with_stop(run, number, take=(*run.stops[number].take, "?")),
            replace(run, carriages=(*run.carriages, replace(run.carriages[0], agreement_id="?"))),
        )
    )
    return broken(with_run(plan, at, changed), Law.REFERENCE)


def _other_day(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
    if chance.random() < 0.5:
        return broken(replace(plan, county_id=f"{plan.county_id}-2"), Law.REFERENCE)
    return broken(replace(plan, service_date=plan.service_date + timedelta(days=by_some(chance, 9))), Law.REFERENCE)


def _without_a_word(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
    if not plan.unserved:
        return None
    one = chance.choice(plan.unserved)
    unserved = tuple(replace(u, detail=chance.choice(("", " ", "\n"))) if u is one else u for u in plan.unserved)
    return broken(replace(plan, unserved=unserved), Law.UNSERVED)


def _waiting(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
    if not plan.waiting:
        return None
    one = chance.choice(plan.waiting)
    changed = chance.choice(
        (
            replace(one, detail=" "),
            replace(one, saved_fen=-1 - chance.randrange(99)),
            replace(one, wait_fen=one.wait_fen + by_some(chance)),
        )
    )
    return broken(replace(plan, waiting=tuple(changed if w is one else w for w in plan.waiting)), Law.WAITING)


def _shuffled(_: Day, plan: Plan, chance: Chance) -> Mutant:
    """Tell the same in another order."""

    def mixed(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(items, len(items)))

    runs = [
        replace(
            run,
            carriages=mixed(run.carriages),
            stops=tuple(replace(stop, drop=mixed(stop.drop), take=mixed(stop.take)) for stop in run.stops),
        )
        for run in plan.runs
    ]
    return same(
        replace(
            plan,
            runs=mixed(tuple(runs)),
            bookings=mixed(plan.bookings),
            shuttles=tuple(replace(s, consignment_ids=mixed(s.consignment_ids)) for s in mixed(plan.shuttles)),
            unserved=mixed(plan.unserved),
            waiting=mixed(plan.waiting),
        )
    )


def _renamed(_: Day, plan: Plan, chance: Chance) -> Mutant:
    """Call runs and bookings otherwise, and give other reasons: a plan may use its own names and words."""
    runs = tuple(replace(run, run_id=f"X{i}") for i, run in enumerate(plan.runs))
    bookings = tuple(replace(booking, booking_id=f"Y{i}") for i, booking in enumerate(plan.bookings))
    # What is stranded is so in a run, which no word makes true.
    reasons = [reason for reason in UnservedReason if reason is not UnservedReason.STRANDED]
    unserved = tuple(replace(u, reason=chance.choice(reasons), detail="why not") for u in plan.unserved)
    waiting = tuple(replace(one, saved_fen=one.saved_fen + 1, detail="tomorrow") for one in plan.waiting)
    return same(replace(plan, runs=runs, bookings=bookings, unserved=unserved, waiting=waiting))


FIGURES: Final[dict[str, Kind]] = {
    "grams on board": _load("load_g", Law.VEHICLE_CAPACITY),
    "millilitres on board": _load("load_ml", Law.VEHICLE_CAPACITY),
    "pieces on board": _load("load_pieces", Law.VEHICLE_CAPACITY),
    "grams in a compartment": _load("cold_load_g", Law.COLD_COMPARTMENT),
    "millilitres in a compartment": _load("cold_load_ml", Law.COLD_COMPARTMENT),
    "a leg's length": _load("leg_distance_m", Law.RUN_ROUTE),
    "a leg's length and the run's": _leg_and_sum,
    "a run's distance": _of_a_run("distance_m", Law.RUN_ROUTE),
    "a run's duration": _of_a_run("duration_s", Law.RUN_TIMES),
    "the price of a vehicle": _of_a_run("vehicle_fen", Law.COST),
    "the price of a distance": _of_a_run("distance_fen", Law.COST),
    "the price of a time": _of_a_run("time_fen", Law.COST),
    "the price of carbon dioxide": _of_a_run("co2_fen", Law.COST),
    "a part of the cost": _cost_part,
    "a booking's tariff": _of_a_booking("tariff_fen", Law.COST),
    "where a booking boards": _of_a_booking("board_index", Law.TRIP_TIMES),
    "where a booking alights": _of_a_booking("alight_index", Law.TRIP_TIMES),
    "a booking's first node": _other_end("board_node"),
    "a booking's last node": _other_end("alight_node"),
    "another trip": _other_trip,
    "another line": _other_line,
    "two stops changed round": _stops_changed_round,
    "another depot": _depot,
    "a detour round what is open": _detour,
    "a recharge that cannot be": _recharge,
    "an unknown name": _unknown,
    "another county or date": _other_day,
    "unserved without a word": _without_a_word,
    "waiting wrongly": _waiting,
    "another order": _shuffled,
    "other names and words": _renamed,
}
