"""A plan is of this county and date and names only what the day knows."""

from __future__ import annotations

from collections.abc import Container, Iterator

from services.model.plan import Plan
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


def check_references(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find names that the day does not know; the other laws pass over them."""
    day = facts.day
    if plan.county_id != day.county.county_id:
        yield BrokenLaw(Law.REFERENCE, "plan", f"is of county {plan.county_id!r}, the day of {day.county.county_id!r}")
    if plan.service_date != day.service_date:
        yield BrokenLaw(Law.REFERENCE, "plan", f"is for {plan.service_date}, the day is {day.service_date}")
    for subject, what, name, known in _names(facts, plan):
        if name not in known:
            yield BrokenLaw(Law.REFERENCE, subject, f"names {what} {name!r}, which the day does not know")


def _names(facts: Facts, plan: Plan) -> Iterator[tuple[str, str, str, Container[str]]]:
    """Every name in the plan: where it stands, what it should name, the name, and the names there are."""
    agreements = {"", *facts.agreements}
    for run in plan.runs:
        yield run.run_id, "vehicle", run.vehicle_id, facts.vehicles
        for stop in run.stops:
            for node_id in (stop.node_id, *stop.via):
                yield run.run_id, "node", node_id, facts.nodes
            for consignment_id in (*stop.drop, *stop.take):
                yield run.run_id, "consignment", consignment_id, facts.consignments
        for carriage in run.carriages:
            yield run.run_id, "consignment", carriage.consignment_id, facts.consignments
            yield run.run_id, "agreement", carriage.agreement_id, agreements
    for booking in plan.bookings:
        yield booking.booking_id, "consignment", booking.consignment_id, facts.consignments
        yield booking.booking_id, "trip", booking.trip_id, facts.trips
        yield booking.booking_id, "agreement", booking.agreement_id, agreements
        yield booking.booking_id, "node", booking.board_node, facts.nodes
        yield booking.booking_id, "node", booking.alight_node, facts.nodes
    for shuttle in plan.shuttles:
        yield shuttle.trip_id, "trip", shuttle.trip_id, facts.trips
        for consignment_id in shuttle.consignment_ids:
            yield shuttle.trip_id, "consignment", consignment_id, facts.consignments
    for left in plan.unserved:
        yield left.consignment_id, "consignment", left.consignment_id, facts.consignments
    for one in plan.waiting:
        yield one.consignment_id, "consignment", one.consignment_id, facts.consignments
