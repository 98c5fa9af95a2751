"""Bookings keep to the timetable, to handling times and to the hours of where goods are left and fetched."""

from __future__ import annotations

from collections.abc import Iterator

from services.model.lines import Trip
from services.model.plan import Booking, Plan, UnservedReason
from services.model.units import clock
from services.route.checker.facts import Facts, hub_and_village
from services.route.checker.law import BrokenLaw, Law


def check_trip_times(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Compare each booking with its trip's timetable; what is stranded on a trip nobody takes over."""
    stranded = {one.consignment_id for one in plan.unserved if one.reason is UnservedReason.STRANDED}
    for booking in plan.bookings:
        if booking.trip_id not in facts.trips:
            continue
        line, trip = facts.trips[booking.trip_id]
        details = [*_check_calls(booking, trip)]
        if booking.consignment_id not in stranded:
            details += _check_hours(facts, booking)
        if booking.line_id != line.line_id:
            details.append(f"trip {trip.trip_id} is of line {line.line_id}, not {booking.line_id}")
        if booking.ready_by_s != booking.departure_s - trip.handling_s:
            details.append(
                f"goods are ready by {clock(booking.ready_by_s)}, {trip.handling_s} s before departure is due"
            )
        if booking.available_s != booking.arrival_s + trip.handling_s:
            details.append(
                f"goods are available at {clock(booking.available_s)}, not {trip.handling_s} s after arrival"
            )
        for detail in details:
            yield BrokenLaw(Law.TRIP_TIMES, booking.booking_id, detail)


def _check_calls(booking: Booking, trip: Trip) -> Iterator[str]:
    if not 0 <= booking.board_index < booking.alight_index < len(trip.stop_times):
        calls = len(trip.stop_times)
        yield f"boards at stop {booking.board_index} and alights at stop {booking.alight_index} of a trip with {calls}"
        return
    board, alight = trip.stop_times[booking.board_index], trip.stop_times[booking.alight_index]
    if (booking.board_node, booking.departure_s) != (board.node_id, board.departure_s):
        stated = f"{booking.board_node} at {clock(booking.departure_s)}"
        yield f"boards at {stated}, the trip leaves {board.node_id} at {clock(board.departure_s)}"
    if (booking.alight_node, booking.arrival_s) != (alight.node_id, alight.arrival_s):
        stated = f"{booking.alight_node} at {clock(booking.arrival_s)}"
        yield f"alights at {stated}, the trip reaches {alight.node_id} at {clock(alight.arrival_s)}"


def _check_hours(facts: Facts, booking: Booking) -> Iterator[str]:
    """At a shuttle's end the hours bind the shuttle instead (see ``shuttles``)."""
    consignment = facts.consignments.get(booking.consignment_id)
    if consignment is None:
        return
    station, _ = hub_and_village(consignment, booking.board_node, booking.alight_node)
    for node_id, from_s, to_s in (
        (booking.board_node, booking.ready_by_s, booking.departure_s),
        (booking.alight_node, booking.arrival_s, booking.available_s),
    ):
        node = facts.nodes.get(node_id)
        is_own_end = node_id in (consignment.hub_id, *consignment.node_ids) or node_id != station
        if node and is_own_end and (from_s < node.opens_s or to_s > node.closes_s):
            hours = f"{clock(node.opens_s)}-{clock(node.closes_s)}"
            yield f"goods are at {node_id} {clock(from_s)}-{clock(to_s)}, open {hours}"
