"""Nodes as hand-over places: what they keep of a day's inbound goods, and the weekdays on which they open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from services.model.agreements import Direction
from services.model.plan import Plan
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


def check_node_storage(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Add up the inbound pieces and volume that runs and bookings hand over at each node."""
    pieces: Counter[str] = Counter()
    volume_ml: Counter[str] = Counter()
    for node_id, consignment_id in _handed_over(plan):
        consignment = facts.consignments.get(consignment_id)
        if consignment and consignment.direction is Direction.INBOUND:
            pieces[node_id] += consignment.pieces
            volume_ml[node_id] += consignment.volume_ml
    for node_id, node in facts.nodes.items():
        for kept, limit, unit in (
            (pieces[node_id], node.max_pieces, "pieces"),
            (volume_ml[node_id], node.max_volume_ml, "ml"),
        ):
            if limit is not None and kept > limit:
                yield BrokenLaw(Law.NODE_STORAGE, node_id, f"is to keep {kept} {unit}, it has room for {limit}")


def check_node_closed(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find goods that are loaded, left or fetched where nobody is on that weekday."""
    weekday = facts.day.service_date.isoweekday()
    for subject, node_id in _calls(plan):
        node = facts.nodes.get(node_id)
        if node and node.open_weekdays and weekday not in node.open_weekdays:
            days = ", ".join(map(str, node.open_weekdays))
            yield BrokenLaw(Law.NODE_CLOSED, subject, f"is at {node_id} on weekday {weekday}, open on {days}")


def _handed_over(plan: Plan) -> Iterator[tuple[str, str]]:
    """Every node and what is left there by a run or a trip."""
    for run in plan.runs:
        for stop in run.stops:
            for consignment_id in stop.drop:
                yield stop.node_id, consignment_id
    for booking in plan.bookings:
        yield booking.alight_node, booking.consignment_id


def _calls(plan: Plan) -> Iterator[tuple[str, str]]:
    """Every run, booking and shuttle with the nodes where it hands goods over."""
    for run in plan.runs:
        for stop in run.stops:
            if stop.drop or stop.take:
                yield run.run_id, stop.node_id
    for booking in plan.bookings:
        yield booking.booking_id, booking.board_node
        yield booking.booking_id, booking.alight_node
    for shuttle in plan.shuttles:
        yield shuttle.trip_id, shuttle.from_node
        yield shuttle.trip_id, shuttle.to_node
