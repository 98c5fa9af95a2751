"""Shuttles between the hub and a station: a known transfer, once a trip and way, in time for what it serves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from services.model.plan import Booking, Plan, Shuttle
from services.model.units import clock
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


def check_shuttles(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find shuttles that are unknown, doubled, empty, or miss the trip or the opening hours."""
    booked: dict[tuple[str, str], Booking] = {}
    for booking in plan.bookings:
        # What is booked twice breaks CONSERVATION; a plan full of that must not make this slow.
        booked.setdefault((booking.trip_id, booking.consignment_id), booking)
    for (trip_id, start, end), count in Counter((s.trip_id, s.from_node, s.to_node) for s in plan.shuttles).items():
        if count > 1:
            yield BrokenLaw(Law.SHUTTLE, trip_id, f"{count} shuttles go {start} -> {end} for one trip")
    for shuttle in plan.shuttles:
        names = dict.fromkeys(shuttle.consignment_ids)
        served = [booked[shuttle.trip_id, c] for c in names if (shuttle.trip_id, c) in booked]
        details = [*_check_way(facts, shuttle), *_check_hours(facts, shuttle), *_check_connection(shuttle, served)]
        for detail in details:
            yield BrokenLaw(Law.SHUTTLE, shuttle.trip_id, f"{shuttle.from_node} -> {shuttle.to_node} {detail}")


def _check_way(facts: Facts, shuttle: Shuttle) -> Iterator[str]:
    if not shuttle.consignment_ids:
        yield "carries nothing"
    transfer = facts.transfers.get((shuttle.from_node, shuttle.to_node))
    takes_s = shuttle.arrival_s - shuttle.departure_s
    if transfer is None:
        yield "is no transfer of the network"
    elif takes_s != transfer.duration_s:
        yield f"goes in {takes_s} s, the transfer takes {transfer.duration_s} s"


def _check_hours(facts: Facts, shuttle: Shuttle) -> Iterator[str]:
    for node_id, time_s in ((shuttle.from_node, shuttle.departure_s), (shuttle.to_node, shuttle.arrival_s)):
        node = facts.nodes.get(node_id)
        if node and not node.opens_s <= time_s <= node.closes_s:
            yield f"is at {node_id} at {clock(time_s)}, open {clock(node.opens_s)}-{clock(node.closes_s)}"


def _check_connection(shuttle: Shuttle, served: list[Booking]) -> Iterator[str]:
    for booking in served:
        if booking.board_node == shuttle.to_node and shuttle.arrival_s > booking.ready_by_s:
            yield f"arrives at {clock(shuttle.arrival_s)}, {booking.booking_id} is due by {clock(booking.ready_by_s)}"
        if booking.alight_node == shuttle.from_node and shuttle.departure_s < booking.available_s:
            ready = clock(booking.available_s)
            yield f"departs at {clock(shuttle.departure_s)}, {booking.booking_id} is available from {ready}"
