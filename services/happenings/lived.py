"""What of a plan has happened by a time."""

from __future__ import annotations

from services.model.plan import Booking, Plan, Run, Stop


def run_stops_done(run: Run, now_s: int, *, is_down: bool = False) -> tuple[Stop, ...]:
    """The stops of a run that have begun, or are being driven to by a vehicle that is not down."""
    done = 0
    for place, stop in enumerate(run.stops):
        is_coming = place > 0 and run.stops[place - 1].departure_s <= now_s and not is_down
        if stop.start_s <= now_s or is_coming:
            done = place + 1
    return run.stops[:done]


def lodged(plan: Plan, now_s: int) -> list[Booking]:
    """Bookings whose goods have left for their trip, or wait for it where it calls."""
    leaves_s = {(s.trip_id, c): s.departure_s for s in plan.shuttles for c in s.consignment_ids}
    lodged = []
    for booking in plan.bookings:
        shuttle_s = leaves_s.get((booking.trip_id, booking.consignment_id), booking.ready_by_s)
        if min(shuttle_s, booking.ready_by_s) <= now_s or booking.departure_s <= now_s:
            lodged.append(booking)
    return lodged
