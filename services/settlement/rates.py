"""What things cost by the day's own rates, and whether a plan states the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.model.agreements import Agreement
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.errors import Violation
from services.model.fleet import Vehicle
from services.model.lines import Trip
from services.model.plan import Booking, Plan, Run
from services.model.units import rate_fen
from services.settlement.facts import Facts

_KG = 1000


def run_fen(vehicle: Vehicle, run: Run) -> int:
    """What a run's owner spends: the vehicle, the distance and the time. Carbon dioxide's price is paid to nobody."""
    distance_fen = rate_fen(run.distance_m, vehicle.per_km_fen, 1000)
    return vehicle.fixed_fen + distance_fen + rate_fen(run.duration_s, vehicle.per_hour_fen, 3600)


def pieces_fen(tariff: Agreement | Trip, consignments: Sequence[Consignment]) -> int:
    """Consignments by the piece."""
    return tariff.tariff_piece_fen * sum(c.pieces for c in consignments)


def weight_fen(tariff: Agreement | Trip, consignments: Sequence[Consignment]) -> int:
    """Consignments by the kilogram, each rounded to whole fen by itself, as a plan does."""
    return sum(rate_fen(c.weight_g, tariff.tariff_kg_fen, _KG) for c in consignments)


def own_price_fen(trip: Trip, consignments: Sequence[Consignment]) -> int:
    """What consignments cost a trip's operator by its own price, the charge by the trip included."""
    return trip.tariff_trip_fen + pieces_fen(trip, consignments) + weight_fen(trip, consignments)


def rate_violations(day: Day, plan: Plan) -> list[Violation]:
    """List amounts of a plan that the day's rates do not give, and goods on what they have no right to use, by path.

    The plan names only what the day knows.
    """
    facts = Facts.of(day, plan)
    transfers = {(t.from_node, t.to_node): t.cost_fen_per_trip for t in day.county.network.transfers}
    found: list[Violation] = []
    for index, run in enumerate(plan.runs):
        found += _run_violations(facts, run, f"plan.runs[{index}]")
    for index, booking in enumerate(plan.bookings):
        found += _booking_violations(facts, booking, f"plan.bookings[{index}]")
    for index, shuttle in enumerate(plan.shuttles):
        due_fen = transfers.get((shuttle.from_node, shuttle.to_node))
        if due_fen is None:
            found.append(Violation(f"plan.shuttles[{index}]", "is no transfer of the day's network"))
        else:
            found += _amount(shuttle.cost_fen, due_fen, f"plan.shuttles[{index}].cost_fen")
    return found


def _run_violations(facts: Facts, run: Run, path: str) -> Iterator[Violation]:
    vehicle = facts.vehicles[run.vehicle_id]
    yield from _amount(run.vehicle_fen, vehicle.fixed_fen, f"{path}.vehicle_fen")
    yield from _amount(run.distance_fen, rate_fen(run.distance_m, vehicle.per_km_fen, 1000), f"{path}.distance_fen")
    yield from _amount(run.time_fen, rate_fen(run.duration_s, vehicle.per_hour_fen, 3600), f"{path}.time_fen")
    for index, carriage in enumerate(run.carriages):
        consignment = facts.consignments[carriage.consignment_id]
        here = f"{path}.carriages[{index}].agreement_id"
        yield from _right(facts, consignment, carriage.agreement_id, vehicle.owner, here)


def _booking_violations(facts: Facts, booking: Booking, path: str) -> Iterator[Violation]:
    line, trip = facts.trips[booking.trip_id]
    consignment = facts.consignments[booking.consignment_id]
    tariff = facts.agreements[booking.agreement_id] if booking.agreement_id else trip
    due_fen = pieces_fen(tariff, [consignment]) + weight_fen(tariff, [consignment])
    yield from _amount(booking.tariff_fen, due_fen, f"{path}.tariff_fen")
    yield from _right(facts, consignment, booking.agreement_id, line.owner, f"{path}.agreement_id")


def _amount(stated_fen: int, due_fen: int, path: str) -> Iterator[Violation]:
    if stated_fen != due_fen:
        yield Violation(path, f"is {stated_fen}, but the day's rates give {due_fen}")


def _right(facts: Facts, consignment: Consignment, agreement_id: str, owner: str, path: str) -> Iterator[Violation]:
    """Report goods on what neither their carrier nor the agreement's operator owns: nobody could be paid for it."""
    by_right_of = facts.agreements[agreement_id].operator if agreement_id else consignment.carrier_id
    if by_right_of != owner:
        name = f'agreement "{agreement_id}" is of' if agreement_id else "there is none, and the carrier is"
        yield Violation(path, f'{name} "{by_right_of}", but what carries the goods belongs to "{owner}"')
