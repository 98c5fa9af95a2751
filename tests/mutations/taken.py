"""Goods taken after all: what was left behind goes on a run or a trip that passes, whether there is room or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.day import Day
from services.model.lines import Trip
from services.model.plan import Booking, Carriage, Plan, Run
from services.route.checker import Law
from tests.mutations.goods import admitted_under, goods_of, is_admitted, leaving_fen, over_daily_limits
from tests.mutations.mutant import (
    Chance,
    Kind,
    Mutant,
    TooClose,
    lateness_fen,
    nodes_of,
    times_broken,
    vehicles_of,
    with_run,
)


def _on_a_run(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Load it where its run loads other goods and hand it over where that calls anyway, at its price."""
    places = list(_places(day, plan))
    if not places:
        return None
    at, taken, dropped, consignment = chance.choice(places)
    run, name = plan.runs[at], consignment.consignment_id
    open_to = admitted_under(day, consignment, ResourceKind.VEHICLE, run.vehicle_id)
    agreement_id = chance.choice(open_to) if open_to else ""
    stops = list(run.stops)
    stops[taken] = replace(stops[taken], take=(*stops[taken].take, name))
    stops[dropped] = replace(stops[dropped], drop=(*stops[dropped].drop, name))
    vehicle = vehicles_of(day)[run.vehicle_id]
    apart = vehicle.cold_capacity_g is not None and consignment.temperature in vehicle.cold_temperatures
    for i in range(taken, dropped):
        stop = stops[i]
        stops[i] = replace(
            stop,
            load_g=stop.load_g + consignment.weight_g,
            load_ml=stop.load_ml + consignment.volume_ml,
            load_pieces=stop.load_pieces + consignment.pieces,
            cold_load_g=stop.cold_load_g + apart * consignment.weight_g,
            cold_load_ml=stop.cold_load_ml + apart * consignment.volume_ml,
        )
    fuller = replace(run, stops=tuple(stops), carriages=(*run.carriages, Carriage(name, agreement_id)))
    after = replace(with_run(plan, at, fuller), unserved=tuple(u for u in plan.unserved if u.consignment_id != name))
    cost = replace(
        plan.cost,
        unserved_fen=plan.cost.unserved_fen - leaving_fen(day, consignment),
        lateness_fen=lateness_fen(day, after),
    )
    after = replace(after, cost=cost)
    laws = {*_overloads(day, fuller), *_over_storage(day, after), *over_daily_limits(day, after)}
    if not open_to:
        laws.add(Law.ADMISSIBILITY)
    if consignment.temperature.is_cold and consignment.temperature not in vehicle.temperatures:
        laws.add(Law.COLD)
    try:
        return Mutant(after, frozenset(laws) | times_broken(day, after, fuller))
    except TooClose:
        return None


def _places(day: Day, plan: Plan) -> Iterator[tuple[int, int, int, Consignment]]:
    """Runs from the hub with where each could take and drop something that is left behind."""
    goods, nodes, vehicles = goods_of(day), nodes_of(day), vehicles_of(day)
    left = [goods[one.consignment_id] for one in plan.unserved]
    for at, run in enumerate(plan.runs):
        if nodes[vehicles[run.vehicle_id].depot].township_code:
            continue
        loads = [i for i, s in enumerate(run.stops) if any(goods[c].direction is Direction.INBOUND for c in s.take)]
        unloads = [i for i, s in enumerate(run.stops) if any(goods[c].direction is Direction.OUTBOUND for c in s.drop)]
        for consignment in left:
            for i, stop in enumerate(run.stops):
                if stop.node_id not in consignment.node_ids or not (stop.drop or stop.take):
                    continue
                if consignment.direction is Direction.INBOUND:
                    yield from ((at, j, i, consignment) for j in loads if j < i)
                else:
                    yield from ((at, i, j, consignment) for j in unloads if j > i)


def _overloads(day: Day, run: Run) -> Iterator[Law]:
    vehicle = vehicles_of(day)[run.vehicle_id]
    for stop in run.stops:
        if stop.load_pieces > vehicle.capacity_pieces - vehicle.mail_pieces:
            yield Law.VEHICLE_CAPACITY
        beside_g, beside_ml = stop.load_g - stop.cold_load_g, stop.load_ml - stop.cold_load_ml
        if beside_g > vehicle.capacity_g - vehicle.mail_g or beside_ml > vehicle.capacity_ml - vehicle.mail_ml:
            yield Law.VEHICLE_CAPACITY
        own_g, own_ml = vehicle.cold_capacity_g or 0, vehicle.cold_capacity_ml or 0
        if vehicle.has_cold_compartment and (stop.cold_load_g > own_g or stop.cold_load_ml > own_ml):
            yield Law.COLD_COMPARTMENT


def _over_storage(day: Day, plan: Plan) -> Iterator[Law]:
    goods = goods_of(day)
    handed = [(stop.node_id, name) for run in plan.runs for stop in run.stops for name in stop.drop]
    handed += [(booking.alight_node, booking.consignment_id) for booking in plan.bookings]
    for node in day.county.network.nodes:
        kept = [goods[n] for at, n in handed if at == node.node_id and goods[n].direction is Direction.INBOUND]
        if node.max_pieces is not None and sum(c.pieces for c in kept) > node.max_pieces:
            yield Law.NODE_STORAGE
        if node.max_volume_ml is not None and sum(c.volume_ml for c in kept) > node.max_volume_ml:
            yield Law.NODE_STORAGE


def _on_a_trip(day: Day, plan: Plan, chance: Chance) -> Mutant | None:
    """Book it as something else of its village is booked, and keep quiet about what leaving it would have cost."""
    goods, trips = goods_of(day), {t.trip_id: t for line in day.county.lines for t in line.trips}
    pairs = [
        (booking, goods[left.consignment_id])
        for booking in plan.bookings
        for left in plan.unserved
        if goods[left.consignment_id].node_ids == goods[booking.consignment_id].node_ids
        and goods[left.consignment_id].direction is goods[booking.consignment_id].direction
    ]
    if not pairs:
        return None
    like, consignment = chance.choice(pairs)
    name, trip = consignment.consignment_id, trips[like.trip_id]
    open_to = admitted_under(day, consignment, ResourceKind.TRIP, trip.trip_id)
    agreement_id = chance.choice(open_to) if open_to else like.agreement_id
    more = replace(like, booking_id="Z", consignment_id=name, agreement_id=agreement_id)
    after = replace(
        plan,
        bookings=(*plan.bookings, more),
        unserved=tuple(u for u in plan.unserved if u.consignment_id != name),
    )
    laws = {
        Law.COST,
        *_over_storage(day, after),
        *over_daily_limits(day, after),
        *_over_trip(goods, trip, after.bookings),
    }
    if not is_admitted(day, consignment, ResourceKind.TRIP, trip.trip_id, agreement_id):
        laws.add(Law.ADMISSIBILITY)
    if consignment.temperature.is_cold and not trip.keeps_cold:
        laws.add(Law.COLD)
    for piece, most in ((consignment.max_piece_g, trip.max_piece_g), (consignment.max_piece_ml, trip.max_piece_ml)):
        if most is not None and piece > most:
            laws.add(Law.TRIP_PIECE_LIMIT)
    return Mutant(after, frozenset(laws))


def _over_trip(goods: dict[str, Consignment], trip: Trip, bookings: Sequence[Booking]) -> Iterable[Law]:
    on = [b for b in bookings if b.trip_id == trip.trip_id]
    for unit in ("weight_g", "volume_ml", "pieces"):
        changes = [0] * len(trip.stop_times)
        for booking in on:
            amount = getattr(goods[booking.consignment_id], unit)
            changes[booking.board_index] += amount
            changes[booking.alight_index] -= amount
        short = {"weight_g": "g", "volume_ml": "ml", "pieces": "pieces"}[unit]
        if max(accumulate(changes)) > getattr(trip, f"capacity_{short}") - getattr(trip, f"mail_{short}"):
            yield Law.TRIP_CAPACITY


TAKEN: Final[dict[str, Kind]] = {
    "something taken on a run after all": _on_a_run,
    "something taken on a trip after all": _on_a_trip,
}
