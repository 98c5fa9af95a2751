"""The last mile: a run from a station leaves with what trips have brought, and is back with what they take in time."""

from __future__ import annotations

from collections.abc import Iterator

from services.model.agreements import Direction
from services.model.plan import Plan
from services.model.units import clock
from services.route.checker.facts import Facts, is_last_mile
from services.route.checker.law import BrokenLaw, Law


def check_last_mile(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find goods that are loaded before they have arrived, or unloaded too late for their trip."""
    booked = {booking.consignment_id: booking for booking in plan.bookings}
    for run in plan.runs:
        if not is_last_mile(facts, run):
            continue
        station = facts.vehicles[run.vehicle_id].depot
        for stop in run.stops:
            if stop.node_id != station:
                continue
            for consignment in facts.known((*stop.take, *stop.drop)):
                booking = booked.get(consignment.consignment_id)
                if booking is None:
                    continue  # CONSERVATION says so
                if consignment.direction is Direction.INBOUND and stop.start_s < booking.available_s:
                    detail = f"is loaded at {clock(stop.start_s)}, it is at {station} from {clock(booking.available_s)}"
                elif consignment.direction is Direction.OUTBOUND and stop.departure_s > booking.ready_by_s:
                    detail = f"is unloaded at {clock(stop.departure_s)}, it is due by {clock(booking.ready_by_s)}"
                else:
                    continue
                yield BrokenLaw(Law.LAST_MILE, run.run_id, f"{consignment.consignment_id} {detail}")
