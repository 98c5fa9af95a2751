"""Capacity: of vehicles at every leg, of trips segment by segment, of a trip for a single piece."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from services.model.consignments import Consignment
from services.model.plan import Plan
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law

_UNITS: Final = ("g", "ml", "pieces")


def check_vehicle_capacity(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Follow each run's load from stop to stop; it is what the plan states and what the vehicle can bear."""
    for run in plan.runs:
        vehicle = facts.vehicles.get(run.vehicle_id)
        room = (vehicle.capacity_g, vehicle.capacity_ml, vehicle.capacity_pieces) if vehicle else None
        load = [0, 0, 0]
        for at, stop in enumerate(run.stops):
            for sign, names in ((-1, stop.drop), (1, stop.take)):
                for consignment in facts.known(names):
                    for i, amount in enumerate(_amounts(consignment)):
                        load[i] += sign * amount
            for i, stated in enumerate((stop.load_g, stop.load_ml, stop.load_pieces)):
                where = f"stop {at} ({stop.node_id})"
                if stated != load[i]:
                    detail = f"leaves {where} with {load[i]} {_UNITS[i]} and states {stated}"
                    yield BrokenLaw(Law.VEHICLE_CAPACITY, run.run_id, detail)
                if room and load[i] > room[i]:
                    detail = f"leaves {where} with {load[i]} {_UNITS[i]} in a vehicle for {room[i]}"
                    yield BrokenLaw(Law.VEHICLE_CAPACITY, run.run_id, detail)


def check_trip_capacity(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Add up what is booked on each segment of each trip."""
    changes: dict[str, list[list[int]]] = {}
    for booking in plan.bookings:
        consignment = facts.consignments.get(booking.consignment_id)
        if consignment is None or booking.trip_id not in facts.trips:
            continue
        last = len(facts.trips[booking.trip_id][1].stop_times) - 1
        # Indices may be nonsense (TRIP_TIMES says so); what of them lies on the trip still takes room.
        board, alight = max(booking.board_index, 0), min(booking.alight_index, last)
        if board < alight:
            on_trip = changes.setdefault(booking.trip_id, [[0] * (last + 1) for _ in _UNITS])
            for change, amount in zip(on_trip, _amounts(consignment), strict=True):
                change[board] += amount
                change[alight] -= amount
    for trip_id, on_trip in changes.items():
        _, trip = facts.trips[trip_id]
        room = (trip.capacity_g, trip.capacity_ml, trip.capacity_pieces)
        for change, limit, unit in zip(on_trip, room, _UNITS, strict=True):
            for segment, load in enumerate(accumulate(change)):
                if load > limit:
                    start = trip.stop_times[segment].node_id
                    detail = f"carries {load} {unit} after stop {segment} ({start}), it has room for {limit}"
                    yield BrokenLaw(Law.TRIP_CAPACITY, trip_id, detail)


def check_trip_piece_limit(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Compare the heaviest piece of each booking with the heaviest that its trip takes."""
    for booking in plan.bookings:
        consignment, line_trip = facts.consignments.get(booking.consignment_id), facts.trips.get(booking.trip_id)
        limit = line_trip[1].max_piece_g if line_trip else None
        if consignment and limit is not None and consignment.max_piece_g > limit:
            detail = f"has a piece of {consignment.max_piece_g} g, the trip takes {limit} g"
            yield BrokenLaw(Law.TRIP_PIECE_LIMIT, booking.booking_id, detail)


def _amounts(consignment: Consignment) -> tuple[int, int, int]:
    return consignment.weight_g, consignment.volume_ml, consignment.pieces
