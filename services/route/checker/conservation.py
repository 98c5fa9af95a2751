"""Each consignment of the day is exactly once brought from end to end, waiting, or unserved.

It is brought by a run, by a booking, or by a booking to a station and a run of the last mile from there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from services.model.agreements import Direction
from services.model.plan import Plan, Run
from services.route.checker.facts import Facts, hub_and_village, is_last_mile
from services.route.checker.law import BrokenLaw, Law

_SHOWN: Final = 5


def check_conservation(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find consignments that are lost, doubled or brought to the wrong place, and vehicles that are in two places."""
    yield from _check_unique(facts, plan)
    yield from _check_once(facts, plan)
    for run in plan.runs:
        yield from _check_carried(facts, run)
    yield from _check_booked(facts, plan)


def _check_unique(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Nothing that is one stands twice."""
    counts = {
        "consignments": Counter(c.consignment_id for c in facts.day.consignments),
        "places among parcels": Counter(p for c in facts.day.consignments for p in c.parcel_ids),
        "runs": Counter(run.run_id for run in plan.runs),
        "runs, as a vehicle,": Counter(run.vehicle_id for run in plan.runs),
        "bookings": Counter(booking.booking_id for booking in plan.bookings),
    }
    for what, counter in counts.items():
        for name, count in counter.items():
            if count > 1:
                yield BrokenLaw(Law.CONSERVATION, name, f"names {count} {what} and should name one")


def _check_once(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Every consignment has one fate."""
    fates: defaultdict[str, list[str]] = defaultdict(list)
    last_mile = _last_mile_stations(facts, plan)
    for run in plan.runs:
        if is_last_mile(facts, run):
            continue
        named = {c.consignment_id for c in run.carriages}
        for stop in run.stops:
            named.update(stop.take, stop.drop)
        for consignment_id in named:
            fates[consignment_id].append(f"run {run.run_id}")
    for booking in plan.bookings:
        fates[booking.consignment_id].append(f"booking {booking.booking_id}")
    for left in plan.unserved:
        fates[left.consignment_id].append("unserved")
    for one in plan.waiting:
        fates[one.consignment_id].append("waiting")
    for consignment_id, stations in last_mile.items():
        if len(stations) > 1:
            yield BrokenLaw(Law.CONSERVATION, consignment_id, f"has {len(stations)} runs of the last mile")
        if not any(fate.startswith("booking ") for fate in fates[consignment_id]):
            yield BrokenLaw(Law.CONSERVATION, consignment_id, f"is booked to no trip of station {stations[0]}")
    for consignment_id in facts.consignments:
        fate = fates[consignment_id]
        if len(fate) != 1:
            told = f"has {len(fate)} fates: {', '.join(fate[:_SHOWN])}" if fate else "is lost"
            yield BrokenLaw(Law.CONSERVATION, consignment_id, told)


def _last_mile_stations(facts: Facts, plan: Plan) -> defaultdict[str, list[str]]:
    """The station of each run of the last mile that a consignment is in."""
    stations: defaultdict[str, list[str]] = defaultdict(list)
    for run in plan.runs:
        if is_last_mile(facts, run):
            named = {c.consignment_id for c in run.carriages}
            for stop in run.stops:
                named.update(stop.take, stop.drop)
            for consignment_id in named:
                stations[consignment_id].append(facts.vehicles[run.vehicle_id].depot)
    return stations


def _check_carried(facts: Facts, run: Run) -> Iterator[BrokenLaw]:
    """Require that a run takes, then drops, what it carries, once each at the right place, and lists it once."""
    taken: defaultdict[str, list[int]] = defaultdict(list)
    dropped: defaultdict[str, list[int]] = defaultdict(list)
    for at, stop in enumerate(run.stops):
        for consignment_id in stop.take:
            taken[consignment_id].append(at)
        for consignment_id in stop.drop:
            dropped[consignment_id].append(at)
    listed = Counter(c.consignment_id for c in run.carriages)
    if not listed:
        yield BrokenLaw(Law.CONSERVATION, run.run_id, "carries nothing")
    for consignment in facts.known(dict.fromkeys((*listed, *taken, *dropped))):
        name = consignment.consignment_id
        if listed[name] != 1:
            yield BrokenLaw(Law.CONSERVATION, run.run_id, f"lists {name} {listed[name]} times among its carriages")
        if (len(taken[name]), len(dropped[name])) != (1, 1):
            times = f"{len(taken[name])} times and drops it {len(dropped[name])} times"
            yield BrokenLaw(Law.CONSERVATION, run.run_id, f"takes {name} {times}")
            continue
        (first,), (last,) = taken[name], dropped[name]
        if first >= last:
            yield BrokenLaw(Law.CONSERVATION, run.run_id, f"drops {name} at stop {last}, takes it at stop {first}")
        hub, village = hub_and_village(consignment, run.stops[first].node_id, run.stops[last].node_id)
        base = facts.vehicles[run.vehicle_id].depot if is_last_mile(facts, run) else consignment.hub_id
        if hub != base or village not in consignment.node_ids:
            yield BrokenLaw(Law.CONSERVATION, run.run_id, f"carries {name} between {hub} and {village}")


def _check_booked(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Require that a booking joins village and hub, or village and a station that exactly one shuttle joins to it.

    Where a run of the last mile does the rest, its station stands for the village.
    """
    last_mile = _last_mile_stations(facts, plan)
    needed: set[tuple[str, str, str, str]] = set()
    for booking in plan.bookings:
        consignment = facts.consignments.get(booking.consignment_id)
        if consignment is None:
            continue
        station, village = hub_and_village(consignment, booking.board_node, booking.alight_node)
        ends = last_mile.get(consignment.consignment_id, consignment.node_ids)
        if village not in ends:
            where = " or ".join(ends[:_SHOWN])
            yield BrokenLaw(Law.CONSERVATION, booking.booking_id, f"goes to or from {village}, not {where}")
        if station == consignment.hub_id:
            continue
        hub = consignment.hub_id
        way = (hub, station) if consignment.direction is Direction.INBOUND else (station, hub)
        if way not in facts.transfers:
            yield BrokenLaw(
                Law.CONSERVATION, booking.booking_id, f"needs a transfer {way[0]} -> {way[1]}: there is none"
            )
        needed.add((booking.trip_id, *way, booking.consignment_id))
    carried = Counter((s.trip_id, s.from_node, s.to_node, c) for s in plan.shuttles for c in s.consignment_ids)
    for key in dict.fromkeys((*sorted(needed), *carried)):
        if carried[key] != (key in needed):
            trip_id, start, end, name = key
            count = f"{carried[key]} shuttles {start} -> {end} of trip {trip_id} carry it, {int(key in needed)} should"
            yield BrokenLaw(Law.CONSERVATION, name, count)
