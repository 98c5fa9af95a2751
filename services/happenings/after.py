"""What happened, written into the day: trips with their new times, vehicles that stand still, roads, consignments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from services.happenings.lived import lodged, run_stops_done
from services.model.day import Day
from services.model.errors import InvalidInputError, Violation
from services.model.events import MOST_MOVED_FEN, Events, Revision
from services.model.lines import Line, LineKind, Trip
from services.model.plan import Plan
from services.model.units import DAY_S, clock
from services.validation import day_violations
from services.validation.fields import quoted
from services.validation.plan import plan_violations

PASSENGER_KINDS: Final = (LineKind.BUS, LineKind.RAIL)


def day_after(day: Day, revision: Revision) -> Day:
    """Give the day as it is after the events of a revision.

    A trip that does not run any more stays with no room, since other things name it.

    Raises
    ------
    InvalidInputError
        When the plan is none of the day, the events contradict each other, the plan or what has happened by now, or the
        day after them is not sound; all violations at once.
    """
    violations = [
        *(Violation(f"revision.{v.path}", v.message) for v in plan_violations(day, revision.plan)),
        *_now_violations(day, revision),
    ]
    if violations:
        raise InvalidInputError(violations)
    violations = list(_event_violations(day, revision))
    if violations:
        raise InvalidInputError(violations)
    after = _after(day, revision.events, revision.now_s)
    # The day was sound before, so whatever is wrong now came with the events.
    wrong = [Violation(_event_path(day, revision.events, v.path), v.message) for v in day_violations(after)]
    if wrong:
        raise InvalidInputError(wrong)
    return after


def cancelled_trips(day: Day, events: Events, now_s: int) -> frozenset[str]:
    """The trips that do not run on account of the events."""
    banned_from_s = events.passenger_ban_s
    banned = (
        trip.trip_id
        for line in day.county.lines
        for trip in line.trips
        if banned_from_s is not None
        and trip.kind in PASSENGER_KINDS
        and trip.stop_times[0].departure_s >= max(banned_from_s, now_s + 1)
    )
    return frozenset(chain(events.cancelled_trips, banned))


def _after(day: Day, events: Events, now_s: int) -> Day:
    county, network = day.county, day.county.network
    cancelled = cancelled_trips(day, events, now_s)
    late_s = {late.trip_id: late.late_s for late in events.late_trips}

    def trip_after(trip: Trip) -> Trip:
        if trip.trip_id in cancelled:
            return replace(trip, capacity_g=0, capacity_ml=0, capacity_pieces=0, mail_g=0, mail_ml=0, mail_pieces=0)
        return _late(trip, late_s[trip.trip_id], now_s) if trip.trip_id in late_s else trip

    def line_after(line: Line) -> Line:
        return replace(line, trips=tuple(map(trip_after, line.trips)))

    # Who leaves at this second has left.
    closed = tuple(replace(road, from_s=max(now_s + 1, road.from_s)) for road in events.closed_roads)
    return replace(
        day,
        county=replace(
            county,
            network=replace(network, closed_roads=(*network.closed_roads, *closed)),
            lines=tuple(map(line_after, county.lines)),
            vehicles=tuple(
                replace(vehicle, down_from_s=now_s) if vehicle.vehicle_id in events.down_vehicles else vehicle
                for vehicle in county.vehicles
            ),
        ),
        consignments=(
            *(c for c in day.consignments if c.consignment_id not in events.withdrawn),
            *events.added,
        ),
        admission_sets=(*day.admission_sets, *events.admission_sets),
    )


def _late(trip: Trip, late_s: int, now_s: int) -> Trip:
    """A trip whose calls after now are later; where it stands at a stop, it leaves later."""
    stops = tuple(
        replace(
            stop,
            arrival_s=stop.arrival_s + late_s if stop.arrival_s > now_s else stop.arrival_s,
            departure_s=stop.departure_s + late_s if stop.departure_s > now_s else stop.departure_s,
        )
        for stop in trip.stop_times
    )
    return replace(trip, stop_times=stops)


def _now_violations(day: Day, revision: Revision) -> Iterator[Violation]:
    now_s, as_of_s = revision.now_s, revision.plan.as_of_s
    if not 0 <= now_s <= 2 * DAY_S:
        yield Violation("revision.now_time", f"is not on {day.service_date} or the night after it")
    elif as_of_s is not None and now_s < as_of_s:
        yield Violation("revision.now_time", f"{clock(now_s)} is before {clock(as_of_s)}, when the plan was revised")
    if revision.moved_fen < 0:
        yield Violation("revision.moved_fen", f"{revision.moved_fen} is less than 0")
    elif revision.moved_fen > MOST_MOVED_FEN:
        yield Violation("revision.moved_fen", f"{revision.moved_fen} is more than {MOST_MOVED_FEN}")


def _event_violations(day: Day, revision: Revision) -> Iterator[Violation]:
    events, now_s = revision.events, revision.now_s
    yield from _trip_violations(day, events, now_s)
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in day.county.vehicles}
    yield from _named(events.down_vehicles, vehicles, "down_vehicles", "vehicle")
    for index, name in enumerate(events.down_vehicles):
        vehicle = vehicles.get(name)
        if vehicle and vehicle.down_from_s is not None:
            said = f"{quoted(name)} has been down since {clock(vehicle.down_from_s)}"
            yield Violation(f"revision.events.down_vehicles[{index}]", said)
    known = {c.consignment_id for c in day.consignments}
    yield from _named(events.withdrawn, known, "withdrawn", "consignment")
    on_their_way = _on_their_way(revision.plan, now_s)
    for index, name in enumerate(events.withdrawn):
        if name in on_their_way:
            said = f"{quoted(name)} is on its way since {clock(on_their_way[name])} and cannot be withdrawn any more"
            yield Violation(f"revision.events.withdrawn[{index}]", said)
    for index, road in enumerate(events.closed_roads):
        if road.from_s > now_s:
            said = f"{clock(road.from_s)} is after now, {clock(now_s)}: tell of a road when it is closed"
            yield Violation(f"revision.events.closed_roads[{index}].from_s", said)
    for index, added in enumerate(events.added):
        if added.consignment_id in events.withdrawn:
            said = f"{quoted(added.consignment_id)} is added and withdrawn at once"
            yield Violation(f"revision.events.added[{index}].consignment_id", said)


def _trip_violations(day: Day, events: Events, now_s: int) -> Iterator[Violation]:
    trips = {trip.trip_id: trip for line in day.county.lines for trip in line.trips}
    yield from _named(events.cancelled_trips, trips, "cancelled_trips", "trip")
    for index, name in enumerate(events.cancelled_trips):
        trip = trips.get(name)
        if trip and trip.stop_times[0].departure_s <= now_s:
            left = clock(trip.stop_times[0].departure_s)
            said = f"{quoted(name)} left at {left}: a trip under way cannot be cancelled; say how late it is"
            yield Violation(f"revision.events.cancelled_trips[{index}]", said)
    cancelled = cancelled_trips(day, events, now_s)
    yield from _named([late.trip_id for late in events.late_trips], trips, "late_trips", "trip", ".trip_id")
    for index, late in enumerate(events.late_trips):
        path, trip = f"revision.events.late_trips[{index}]", trips.get(late.trip_id)
        if not 0 < late.late_s <= DAY_S:
            yield Violation(f"{path}.late_s", f"must be from 1 to {DAY_S}, not {late.late_s}")
        elif trip and trip.stop_times[-1].arrival_s <= now_s:
            arrived = clock(trip.stop_times[-1].arrival_s)
            yield Violation(f"{path}.trip_id", f"{quoted(late.trip_id)} arrived at {arrived}")
        if late.trip_id in cancelled:
            yield Violation(f"{path}.trip_id", f"{quoted(late.trip_id)} does not run at all")


def _named(
    names: tuple[str, ...] | list[str], known: object, field: str, what: str, below: str = ""
) -> Iterator[Violation]:
    """Report names that nothing has, and names that stand twice."""
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        path = f"revision.events.{field}[{index}]{below}"
        if name not in known:  # type: ignore[operator]
            yield Violation(path, f"{quoted(name)} is no {what} of the day")
        elif first.setdefault(name, index) != index:
            yield Violation(path, f"{quoted(name)} is already {field}[{first[name]}]")


def _on_their_way(plan: Plan, now_s: int) -> dict[str, int]:
    """Since when goods are in a vehicle, on a trip, or brought to one."""
    since = {c: stop.start_s for run in plan.runs for stop in run_stops_done(run, now_s) for c in stop.take}
    since |= {booking.consignment_id: min(booking.ready_by_s, now_s) for booking in lodged(plan, now_s)}
    return since


def _event_path(day: Day, events: Events, path: str) -> str:
    """Where what is wrong with the day after the events stands among these."""
    places = (
        ("consignments", len(day.consignments) - len(events.withdrawn), "added"),
        ("admission_sets", len(day.admission_sets), "admission_sets"),
        ("county.network.closed_roads", len(day.county.network.closed_roads), "closed_roads"),
    )
    for field, before, event in places:
        if path.startswith(f"{field}["):
            number, rest = path[len(field) + 1 :].split("]", 1)
            if int(number) >= before:
                return f"revision.events.{event}[{int(number) - before}]{rest}"
    return f"day.{path}"
