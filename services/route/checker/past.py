"""What has happened when a plan is revised stands in the new one as it was."""

from __future__ import annotations

from collections.abc import Iterator, Set

from services.model.day import Day
from services.model.plan import Plan, Run, Stop
from services.model.units import clock
from services.route.checker.law import BrokenLaw, Law


def check_past(day: Day, old: Plan, new: Plan, now_s: int) -> list[BrokenLaw]:
    """Find what the new plan changes of what had begun or was under way by ``now_s``, and what it begins before.

    ``day`` is as it is now: a vehicle that has broken down comes to no further stop, and what it was loading at its
    base can be unloaded again.
    """
    down = {vehicle.vehicle_id for vehicle in day.county.vehicles if vehicle.down_from_s is not None}
    return [*_check_runs(old, new, now_s, down), *_check_bookings(old, new, now_s)]


def _check_runs(old: Plan, new: Plan, now_s: int, down: Set[str]) -> Iterator[BrokenLaw]:
    after = {run.vehicle_id: run for run in new.runs}
    begun = {run.vehicle_id: _begun(run, now_s, run.vehicle_id in down) for run in old.runs}
    for run in old.runs:
        stops = after[run.vehicle_id].stops if run.vehicle_id in after else ()
        took = any(stop.take for stop in run.stops[: begun[run.vehicle_id]])
        if run.vehicle_id in down and not stops and not took:
            # On its way to its first load: without one it was no run.
            continue
        for place, stop in enumerate(run.stops[: begun[run.vehicle_id]]):
            same = stop == stops[place] if place < len(stops) else False
            if not same and not (run.vehicle_id in down and _unloads_at_base(run, stops, place, now_s)):
                detail = f"stop {place} at {stop.node_id}, {clock(stop.start_s)}, is not as it was"
                yield BrokenLaw(Law.PAST, run.run_id, detail)
                break
    for run in new.runs:
        if not begun.get(run.vehicle_id) and run.stops and run.stops[0].start_s < now_s:
            detail = f"starts at {clock(run.stops[0].start_s)}, before {clock(now_s)}"
            yield BrokenLaw(Law.PAST, run.run_id, detail)


def _begun(run: Run, now_s: int, is_down: bool) -> int:
    """How many stops have begun, or are being driven to by a vehicle that still drives."""
    count = 0
    for place, stop in enumerate(run.stops):
        is_coming = not is_down and place > 0 and run.stops[place - 1].departure_s <= now_s
        if stop.start_s <= now_s or is_coming:
            count = place + 1
    return count


def _unloads_at_base(run: Run, stops: tuple[Stop, ...], place: int, now_s: int) -> bool:
    """Whether a stop is the last of a vehicle that broke down where it loads, and differs in what was loaded only."""
    stop = run.stops[place]
    if not stop.take or stop.departure_s <= now_s:
        return False
    if place >= len(stops):
        return not any(s.drop for s in run.stops[: place + 1])
    now = stops[place]
    return (
        place == len(stops) - 1
        and (stop.node_id, stop.arrival_s, stop.start_s, stop.drop)
        == (now.node_id, now.arrival_s, now.start_s, now.drop)
        and not now.take
    )


def _check_bookings(old: Plan, new: Plan, now_s: int) -> Iterator[BrokenLaw]:
    """Require that what had left on a trip is on it still, and that nothing new has to be ready in the past."""
    ways = {(b.consignment_id, b.trip_id, b.board_index, b.agreement_id) for b in new.bookings}
    for booking in old.bookings:
        way = booking.consignment_id, booking.trip_id, booking.board_index, booking.agreement_id
        if booking.departure_s <= now_s and way not in ways:
            yield BrokenLaw(Law.PAST, booking.booking_id, f"left at {clock(booking.departure_s)} and is gone")
    known = {(b.consignment_id, b.trip_id) for b in old.bookings}
    for booking in new.bookings:
        if (booking.consignment_id, booking.trip_id) not in known and booking.ready_by_s < now_s:
            detail = f"has to be ready by {clock(booking.ready_by_s)}, before {clock(now_s)}"
            yield BrokenLaw(Law.PAST, booking.booking_id, detail)
