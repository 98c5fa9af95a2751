"""Each consignment of the day is exactly once brought from end to end, waiting, or unserved.

It is brought by a run, by a booking, or by a booking to a station and a run of the last mile from there. What is
stranded is unserved, and yet in the run that took it and can no longer bring it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Set
from typing import Final

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.plan import Plan, Run, UnservedReason
from services.route.checker.facts import Facts, hub_and_village, is_last_mile
from services.route.checker.law import BrokenLaw, Law

_SHOWN: Final = 5


def check_conservation(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find consignments that are lost, doubled or brought to the wrong place, and vehicles that are in two places."""
    yield from _check_unique(facts, plan)
    yield from _check_once(facts, plan)
    stranded = _stranded(plan)
    under_way = {c for run in plan.runs for stop in run.stops for c in stop.take}
    under_way.update(booking.consignment_id for booking in plan.bookings)
    for name in sorted(stranded - under_way):
        yield BrokenLaw(Law.CONSERVATION, name, "is stranded, but neither in a run nor on a trip")
    for run in plan.runs:
        yield from _check_carried(facts, run, stranded)
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


def _stranded(plan: Plan) -> frozenset[str]:
    return frozenset(one.consignment_id for one in plan.unserved if one.reason is UnservedReason.STRANDED)


def _check_once(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Every consignment has one fate; what is stranded has none but what it is in."""
    fates = _fates(facts, plan)
    stranded = _stranded(plan)
    for consignment_id, stations in _last_mile_stations(facts, plan).items():
        if len(stations) > 1:
            yield BrokenLaw(Law.CONSERVATION, consignment_id, f"has {len(stations)} runs of the last mile")
        if any(fate.startswith("booking ") for fate in fates[consignment_id]):
            continue
        if consignment_id in stranded:
            fates[consignment_id].append("stranded")
        else:
            yield BrokenLaw(Law.CONSERVATION, consignment_id, f"is booked to no trip of station {stations[0]}")
    for consignment_id in facts.consignments:
        fate = fates[consignment_id]
        if len(fate) != 1:
            told = f"has {len(fate)} fates: {', '.join(fate[:_SHOWN])}" if fate else "is lost"
            yield BrokenLaw(Law.CONSERVATION, consignment_id, told)


def _fates(facts: Facts, plan: Plan) -> defaultdict[str, list[str]]:
    """The runs from the hub, the bookings and the lists of what is left that each consignment is in."""
    fates: defaultdict[str, list[str]] = defaultdict(list)
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
        if left.reason is not UnservedReason.STRANDED:
            fates[left.consignment_id].append("unserved")
    for one in plan.waiting:
        fates[one.consignment_id].append("waiting")
    return fates


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


def _check_carried(facts: Facts, run: Run, stranded: Set[str]) -> Iterator[BrokenLaw]:
    """Require that a run takes, then drops, what it carries, once each at the right place, and lists it once.

    What is stranded it only takes, at the right place too, and on a day on which something can be.
    """
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
        if name in stranded and (len(taken[name]), len(dropped[name])) == (1, 0):
            (first,) = taken[name]
            yield from _check_stranded(facts, run, consignment, run.stops[first].node_id)
            continue
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


def _check_stranded(facts: Facts, run: Run, consignment: Consignment, taken_at: str) -> Iterator[BrokenLaw]:
    """Goods strand where their vehicle broke down or a road was closed while it was out."""
    roads = facts.day.county.network.closed_roads
    vehicle = facts.vehicles.get(run.vehicle_id)
    if not any(road.from_s for road in roads) and (vehicle is None or vehicle.down_from_s is None):
        detail = f"strands {consignment.consignment_id}, but neither broke down nor met a road closed meanwhile"
        yield BrokenLaw(Law.CONSERVATION, run.run_id, detail)
    base = vehicle.depot if vehicle and is_last_mile(facts, run) else consignment.hub_id
    starts = (base,) if consignment.direction is Direction.INBOUND else consignment.node_ids
    if taken_at not in starts:
        detail = f"strands {consignment.consignment_id}, which it took at {taken_at}"
        yield BrokenLaw(Law.CONSERVATION, run.run_id, detail)


def _check_booked(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Require that a booking joins village and hub, or village and a station that exactly one shuttle joins to it.

    Where a run of the last mile does the rest, its station stands for the village.
    """
    last_mile, stranded = _last_mile_stations(facts, plan), _stranded(plan)
    needed: set[tuple[str, str, str, str]] = set()
    for booking in plan.bookings:
        consignment = facts.consignments.get(booking.consignment_id)
        if consignment is None:
            continue
        station, village = hub_and_village(consignment, booking.board_node, booking.alight_node)
        ends = last_mile.get(consignment.consignment_id, consignment.node_ids)
        if village not in ends and consignment.consignment_id not in stranded:
            where = " or ".join(ends[:_SHOWN])
            yield BrokenLaw(Law.CONSERVATION, booking.booking_id, f"goes to or from {village}, not {where}")
        if station == consignment.hub_id or consignment.consignment_id in stranded:
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
