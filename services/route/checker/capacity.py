"""Capacity: of vehicles and their compartments at every leg, of trips segment by segment, of a trip for one piece."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Final, NamedTuple

from services.model.consignments import Consignment
from services.model.fleet import Vehicle
from services.model.lines import Trip
from services.model.plan import Plan
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law

_UNITS: Final = ("g", "ml", "pieces")


def check_vehicle_capacity(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Follow each run's load from stop to stop; it is what the plan states and what the vehicle can bear."""
    for run in plan.runs:
        vehicle = facts.vehicles.get(run.vehicle_id)
        # What rides in a compartment takes no room from the rest, but counts as a piece: see below.
        room = _room(vehicle) if vehicle and not vehicle.has_cold_compartment else None
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
                if room and load[i] > room[i].limit:
                    detail = f"leaves {where} with {load[i]} {_UNITS[i]} in a vehicle for {room[i]}"
                    yield BrokenLaw(Law.VEHICLE_CAPACITY, run.run_id, detail)


def check_cold_compartment(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Follow what rides in each compartment and what rides beside it; what the plan states of the former is true."""
    for run in plan.runs:
        vehicle = facts.vehicles.get(run.vehicle_id)
        apart = [0, 0]  # grams and millilitres in the compartment
        beside = [0, 0]
        pieces = 0
        for at, stop in enumerate(run.stops):
            where = f"stop {at} ({stop.node_id})"
            for sign, names in ((-1, stop.drop), (1, stop.take)):
                for consignment in facts.known(names):
                    hold = apart if _rides_apart(vehicle, consignment) else beside
                    hold[0] += sign * consignment.weight_g
                    hold[1] += sign * consignment.volume_ml
                    pieces += sign * consignment.pieces
            for unit, load, stated in zip(_UNITS[:2], apart, (stop.cold_load_g, stop.cold_load_ml), strict=True):
                if stated != load:
                    detail = f"leaves {where} with {load} {unit} in a cold compartment and states {stated}"
                    yield BrokenLaw(Law.COLD_COMPARTMENT, run.run_id, detail)
            if vehicle is None or vehicle.cold_capacity_g is None or vehicle.cold_capacity_ml is None:
                continue
            compartment = _Room(vehicle.cold_capacity_g, 0), _Room(vehicle.cold_capacity_ml, 0)
            *hold_room, pieces_room = _room(vehicle)
            for law, name, loads, rooms, units in (
                (Law.COLD_COMPARTMENT, "in a cold compartment", apart, compartment, _UNITS[:2]),
                (Law.VEHICLE_CAPACITY, "beside its cold compartment", beside, hold_room, _UNITS[:2]),
                (Law.VEHICLE_CAPACITY, "in a vehicle", (pieces,), (pieces_room,), _UNITS[2:]),
            ):
                for unit, load, room in zip(units, loads, rooms, strict=True):
                    if load > room.limit:
                        yield BrokenLaw(law, run.run_id, f"leaves {where} with {load} {unit} {name} for {room}")


def _rides_apart(vehicle: Vehicle | None, consignment: Consignment) -> bool:
    has_compartment = vehicle is not None and None not in (vehicle.cold_capacity_g, vehicle.cold_capacity_ml)
    return vehicle is not None and has_compartment and consignment.temperature in vehicle.cold_temperatures


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
        for change, room, unit in zip(on_trip, _room(trip), _UNITS, strict=True):
            for segment, load in enumerate(accumulate(change)):
                if load > room.limit:
                    start = trip.stop_times[segment].node_id
                    detail = f"carries {load} {unit} after stop {segment} ({start}), it has room for {room}"
                    yield BrokenLaw(Law.TRIP_CAPACITY, trip_id, detail)


def check_trip_piece_limit(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Compare the heaviest and the largest piece of each booking with what its trip takes."""
    for booking in plan.bookings:
        consignment, line_trip = facts.consignments.get(booking.consignment_id), facts.trips.get(booking.trip_id)
        if consignment is None or line_trip is None:
            continue
        _, trip = line_trip
        for piece, limit, unit in (
            (consignment.max_piece_g, trip.max_piece_g, "g"),
            (consignment.max_piece_ml, trip.max_piece_ml, "ml"),
        ):
            if limit is not None and piece > limit:
                detail = f"has a piece of {piece} {unit}, the trip takes {limit} {unit}"
                yield BrokenLaw(Law.TRIP_PIECE_LIMIT, booking.booking_id, detail)


class _Room(NamedTuple):
    """What there is in one unit, and what of it universal-service mail takes before anything else."""

    capacity: int
    mail: int

    @property
    def limit(self) -> int:
        """What is left for parcels."""
        return self.capacity - self.mail

    def __str__(self) -> str:
        return f"{self.limit} ({self.capacity} less {self.mail} of mail)" if self.mail else str(self.limit)


def _room(resource: Vehicle | Trip) -> tuple[_Room, _Room, _Room]:
    return (
        _Room(resource.capacity_g, resource.mail_g),
        _Room(resource.capacity_ml, resource.mail_ml),
        _Room(resource.capacity_pieces, resource.mail_pieces),
    )


def _amounts(consignment: Consignment) -> tuple[int, int, int]:
    return consignment.weight_g, consignment.volume_ml, consignment.pieces
