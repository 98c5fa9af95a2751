"""Cold goods ride where it is cold, and trips leave and find them only where it is cold."""

from __future__ import annotations

from collections.abc import Iterator

from services.model.plan import Plan
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


def check_cold(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find chilled and frozen goods in what does not keep them so."""
    for run in plan.runs:
        vehicle = facts.vehicles.get(run.vehicle_id)
        for consignment in facts.known(c.consignment_id for c in run.carriages):
            if vehicle and consignment.temperature.is_cold and consignment.temperature not in vehicle.temperatures:
                detail = f"{consignment.consignment_id} is {consignment.temperature}, {vehicle.vehicle_id} is not"
                yield BrokenLaw(Law.COLD, run.run_id, detail)
    for booking in plan.bookings:
        booked = facts.consignments.get(booking.consignment_id)
        if booked is None or not booked.temperature.is_cold:
            continue
        line_trip = facts.trips.get(booking.trip_id)
        if line_trip and not line_trip[1].keeps_cold:
            yield BrokenLaw(Law.COLD, booking.booking_id, f"{booked.temperature} goods on {booking.trip_id}")
        for node_id in (booking.board_node, booking.alight_node):
            node = facts.nodes.get(node_id)
            if node and not node.keeps_cold:
                yield BrokenLaw(Law.COLD, booking.booking_id, f"{booked.temperature} goods wait at {node_id}")
