"""Goods and owners moved about: lost, doubled, exchanged, left behind, under another agreement, on another vehicle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from services.model.agreements import Direction
from services.model.consignments import Admission, Consignment, Goods, ResourceKind
from services.model.day import Day
from services.model.plan import Plan, Run, Stop, Unserved, UnservedReason
from services.route.checker import Law
from tests.mutations.mutant import (
    Chance,
    Kind,
    Mutant,
    broken,
    lateness_fen,
    nodes_of,
    pick_run,
    pick_stop,
    vehicles_of,
    with_run,
    with_stop,
)


def goods_of(day: Day) -> dict[str, Consignment]:
    return {c.consignment_id: c for c in day.consignments}


def _one_less(field: str) -> Kind:
    def mutate(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
        held: tuple[Any, ...] = getattr(plan, field)
        if not held:
            return None
        gone = chance.choice(held)
        rest: Any = {field: tuple(one for one in held if one is not gone)}
        return broken(replace(plan, **rest), Law.CONSERVATION)

    return mutate


def _one_more(field: str) -> Kind:
    def mutate(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
        held: tuple[Any, ...] = getattr(plan, field)
        if not held:
            return None
        more: Any = {field: (*held, chance.choice(held))}
        return broken(replace(plan, **more), Law.CONSERVATION)

    return mutate


def _shuttle_twice(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
    if not plan.shuttles:
        return None
    more = (*plan.shuttles, chance.choice(plan.shuttles))
    return broken(replace(plan, shuttles=more), Law.SHUTTLE, Law.CONSERVATION)


def _shuttle_forgets(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
    if not plan.shuttles:
        return None
    old = chance.choice(plan.shuttles)
    kept = old.consignment_ids[1:]
    new = replace(old, consignment_ids=kept)
    laws = (Law.CONSERVATION,) if kept else (Law.CONSERVATION, Law.SHUTTLE)
    return broken(replace(plan, shuttles=tuple(new if s is old else s for s in plan.shuttles)), *laws)


def _forgotten_at_a_stop(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Take or drop one thing less than the run carries; the load that is stated is no longer that on board."""
    if (place := pick_stop(plan, chance, handles=True)) is None:
        return None
    at, number = place
    stop = plan.runs[at].stops[number]
    field = chance.choice([name for name in ("drop", "take") if getattr(stop, name)])
    held = getattr(stop, field)
    gone = chance.choice(held)
    run = with_stop(plan.runs[at], number, **{field: tuple(name for name in held if name != gone)})
    return broken(with_run(plan, at, run), Law.CONSERVATION, Law.VEHICLE_CAPACITY)


def _dropped_elsewhere(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Drop something at another stop of its run."""
    if (at := pick_run(plan, chance)) is None:
        return None
    run = plan.runs[at]
    dropped = [(i, name) for i, stop in enumerate(run.stops) for name in stop.drop]
    number, name = chance.choice(dropped)
    others = [i for i, stop in enumerate(run.stops) if stop.node_id != run.stops[number].node_id]
    if not others:
        return None
    other = chance.choice(others)
    kept = tuple(one for one in run.stops[number].drop if one != name)
    moved = with_stop(run, number, drop=kept)
    moved = with_stop(moved, other, drop=(*moved.stops[other].drop, name))
    consignment = goods_of(day)[name]
    taken = next(i for i, stop in enumerate(run.stops) if name in stop.take)
    fits = consignment.direction is Direction.INBOUND and run.stops[other].node_id in consignment.node_ids
    laws = {Law.VEHICLE_CAPACITY} if fits and other > taken else {Law.VEHICLE_CAPACITY, Law.CONSERVATION}
    return Mutant(with_run(plan, at, moved), frozenset(laws))


def _carriage(forgotten: bool) -> Kind:
    def mutate(_: Day, plan: Plan, chance: Chance) -> Mutant | None:
        if (at := pick_run(plan, chance)) is None:
            return None
        run = plan.runs[at]
        one = chance.choice(run.carriages)
        listed = tuple(c for c in run.carriages if c is not one) if forgotten else (*run.carriages, one)
        return broken(with_run(plan, at, replace(run, carriages=listed)), Law.CONSERVATION)

    return mutate


def left_behind(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Leave something on a run behind after all, and say so everywhere: a worse plan, and a lawful one."""
    booked = {booking.consignment_id for booking in plan.bookings}
    places = [(i, c.consignment_id) for i, run in enumerate(plan.runs) for c in run.carriages if len(run.carriages) > 1]
    places = [(i, name) for i, name in places if name not in booked]
    if not places:
        return None
    at, name = chance.choice(places)
    consignment, run = goods_of(day)[name], plan.runs[at]
    apart = _rides_apart(day, run, consignment)
    stops, on_board = [], False
    for stop in run.stops:
        on_board = (on_board or name in stop.take) and name not in stop.drop
        stops.append(_without(stop, consignment, on_board, apart))
    carriages = tuple(c for c in run.carriages if c.consignment_id != name)
    rest = with_run(plan, at, replace(run, stops=tuple(stops), carriages=carriages))
    unserved = (*plan.unserved, Unserved(name, UnservedReason.FLEET_EXHAUSTED, "一辆车也不够 not a van too many"))
    rest = replace(rest, unserved=unserved)
    cost = replace(
        plan.cost,
        unserved_fen=plan.cost.unserved_fen + leaving_fen(day, consignment),
        lateness_fen=lateness_fen(day, rest),
    )
    return Mutant(replace(rest, cost=cost), frozenset())


def _rides_apart(day: Day, run: Run, consignment: Consignment) -> bool:
    vehicle = vehicles_of(day)[run.vehicle_id]
    return vehicle.cold_capacity_g is not None and consignment.temperature in vehicle.cold_temperatures


def _without(stop: Stop, consignment: Consignment, on_board: bool, apart: bool) -> Stop:
    name = consignment.consignment_id
    return replace(
        stop,
        drop=tuple(one for one in stop.drop if one != name),
        take=tuple(one for one in stop.take if one != name),
        load_g=stop.load_g - on_board * consignment.weight_g,
        load_ml=stop.load_ml - on_board * consignment.volume_ml,
        load_pieces=stop.load_pieces - on_board * consignment.pieces,
        cold_load_g=stop.cold_load_g - on_board * apart * consignment.weight_g,
        cold_load_ml=stop.cold_load_ml - on_board * apart * consignment.volume_ml,
    )


def leaving_fen(day: Day, consignment: Consignment) -> int:
    prices = day.objective
    factor = 10 if consignment.emergency else 5 if consignment.goods is Goods.MAIL else 1
    return factor * (prices.unserved_fen + prices.unserved_fen_per_piece * consignment.pieces)


def _left_unpriced(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Leave something behind and keep quiet about what that costs."""
    mutant = left_behind(day, plan, chance)
    if mutant is None:
        return None
    hidden = replace(mutant.plan.cost, unserved_fen=plan.cost.unserved_fen)
    return broken(replace(mutant.plan, cost=hidden), Law.COST)


def _exchanged(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Book another village's goods in place of some."""
    goods, booked = goods_of(day), {booking.consignment_id for booking in plan.bookings}
    pairs = [
        (booking, left)
        for booking in plan.bookings
        for left in plan.unserved
        if not set(goods[left.consignment_id].node_ids) & set(goods[booking.consignment_id].node_ids)
    ]
    driven = {c.consignment_id for run in plan.runs for c in run.carriages}
    pairs = [(b, u) for b, u in pairs if b.consignment_id not in driven and u.consignment_id not in booked]
    if not pairs:
        return None
    booking, left = chance.choice(pairs)
    bookings = tuple(replace(b, consignment_id=left.consignment_id) if b is booking else b for b in plan.bookings)
    unserved = tuple(replace(u, consignment_id=booking.consignment_id) if u is left else u for u in plan.unserved)
    return broken(replace(plan, bookings=bookings, unserved=unserved), Law.CONSERVATION)


def _pieces_under(day: Day, plan: Plan) -> Counter[str]:
    travels = {(b.consignment_id, b.agreement_id) for b in plan.bookings}
    travels |= {(c.consignment_id, c.agreement_id) for run in plan.runs for c in run.carriages}
    goods, pieces = goods_of(day), Counter[str]()
    for name, agreement_id in travels:
        pieces[agreement_id] += 0 if goods[name].emergency else goods[name].pieces
    return pieces


def over_daily_limits(day: Day, plan: Plan) -> Iterable[Law]:
    pieces = _pieces_under(day, plan)
    for agreement in day.county.agreements:
        most = agreement.max_pieces_per_day
        if most is not None and pieces[agreement.agreement_id] > most:
            yield Law.DAILY_LIMIT


def is_admitted(day: Day, consignment: Consignment, kind: ResourceKind, resource_id: str, agreement_id: str) -> bool:
    """Whether the day's admissions say so: they are made by DESIGN.md section 4 in these days, and none is too many."""
    held = next(s for s in day.admission_sets if s.set_id == consignment.admission_set_id)
    return Admission(kind, resource_id, agreement_id) in held.admissions


def admitted_under(day: Day, consignment: Consignment, kind: ResourceKind, resource_id: str) -> list[str]:
    held = next(s for s in day.admission_sets if s.set_id == consignment.admission_set_id)
    return [a.agreement_id for a in held.admissions if (a.kind, a.resource_id) == (kind, resource_id)]


def _agreement_on_a_run(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    if (at := pick_run(plan, chance)) is None:
        return None
    run = plan.runs[at]
    one = chance.choice(run.carriages)
    others = [a for a in ("", *(a.agreement_id for a in day.county.agreements)) if a != one.agreement_id]
    if not others:
        return None
    new = replace(one, agreement_id=chance.choice(others))
    plan = with_run(plan, at, replace(run, carriages=tuple(new if c is one else c for c in run.carriages)))
    consignment = goods_of(day)[one.consignment_id]
    admitted = is_admitted(day, consignment, ResourceKind.VEHICLE, run.vehicle_id, new.agreement_id)
    laws = set(over_daily_limits(day, plan)) | (set() if admitted else {Law.ADMISSIBILITY})
    return Mutant(plan, frozenset(laws))


def _agreement_on_a_trip(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    if not plan.bookings:
        return None
    one = chance.choice(plan.bookings)
    names = ["", *(a.agreement_id for a in day.county.agreements)]
    consignment = goods_of(day)[one.consignment_id]
    others = [a for a in names if not is_admitted(day, consignment, ResourceKind.TRIP, one.trip_id, a)]
    if not others:
        return None
    new = replace(one, agreement_id=chance.choice(others))
    return broken(replace(plan, bookings=tuple(new if b is one else b for b in plan.bookings)), Law.ADMISSIBILITY)


def _other_vehicle(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Send another vehicle of the fleet on a run, its figures as they were."""
    if (at := pick_run(plan, chance)) is None:
        return None
    run, vehicles = plan.runs[at], vehicles_of(day)
    others = [vehicle for name, vehicle in vehicles.items() if name != run.vehicle_id]
    if not others:
        return None
    new, old = chance.choice(others), vehicles[run.vehicle_id]
    laws: set[Law] = set()
    if any(one.vehicle_id == new.vehicle_id for one in plan.runs):
        laws.add(Law.CONSERVATION)
    if new.depot != old.depot:
        laws.add(Law.RUN_ROUTE)
    goods = [goods_of(day)[c.consignment_id] for c in run.carriages]
    pairs = zip(goods, run.carriages, strict=True)
    if not all(is_admitted(day, c, ResourceKind.VEHICLE, new.vehicle_id, x.agreement_id) for c, x in pairs):
        laws.add(Law.ADMISSIBILITY)
    if any(c.temperature.is_cold and c.temperature not in new.temperatures for c in goods):
        laws.add(Law.COLD)
    if new.fixed_fen != old.fixed_fen:
        laws.add(Law.COST)
    nodes = nodes_of(day)
    calls = [nodes[stop.node_id] for stop in run.stops if stop.drop or stop.take]
    if any(new.kind in node.barred_kinds for node in calls):
        laws.add(Law.ACCESS)
    if any(node.regular_vehicle in vehicles and node.regular_vehicle != new.vehicle_id for node in calls):
        laws.add(Law.REGULAR_VEHICLE)
    begins_s, ends_s = run.stops[0].start_s, run.stops[-1].departure_s
    if begins_s < new.shift_start_s or ends_s > new.shift_end_s:
        laws.add(Law.VEHICLE_LIMITS)
    if (
        new.cold_capacity_g is None
        and max(stop.load_pieces for stop in run.stops) > new.capacity_pieces - new.mail_pieces
    ):
        laws.add(Law.VEHICLE_CAPACITY)
    # Where all this is in order, something else may still differ: only what is certain is asked for.
    return Mutant(with_run(plan, at, replace(run, vehicle_id=new.vehicle_id)), frozenset(laws)) if laws else None


GOODS: Final[dict[str, Kind]] = {
    "a run lost": _one_less("runs"),
    "a booking lost": _one_less("bookings"),
    "one unserved lost": _one_less("unserved"),
    "one waiting lost": _one_less("waiting"),
    "a shuttle lost": _one_less("shuttles"),
    "a run twice": _one_more("runs"),
    "a booking twice": _one_more("bookings"),
    "one unserved twice": _one_more("unserved"),
    "one waiting twice": _one_more("waiting"),
    "a shuttle twice": _shuttle_twice,
    "a shuttle forgets something": _shuttle_forgets,
    "something forgotten at a stop": _forgotten_at_a_stop,
    "something dropped elsewhere": _dropped_elsewhere,
    "a carriage forgotten": _carriage(forgotten=True),
    "a carriage twice": _carriage(forgotten=False),
    "something left behind, at its price": left_behind,
    "something left behind for nothing": _left_unpriced,
    "another village's goods booked": _exchanged,
    "another agreement on a run": _agreement_on_a_run,
    "another agreement on a trip": _agreement_on_a_trip,
    "another vehicle": _other_vehicle,
}
