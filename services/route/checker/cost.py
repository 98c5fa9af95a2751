"""Every part of the price, from the day's rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from services.model.agreements import Direction
from services.model.consignments import Consignment, Goods
from services.model.plan import Booking, Cost, Plan, Run
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law

_EMERGENCY_FACTOR: Final = 10
_MAIL_FACTOR: Final = 5


def check_cost(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Price each run, booking and shuttle and the whole plan again and compare part by part."""
    vehicles_fen = distance_fen = time_fen = co2_fen = 0
    for run in plan.runs:
        due = _run_parts(facts, run)
        vehicles_fen += due["vehicle_fen"]
        distance_fen += due["distance_fen"]
        time_fen += due["time_fen"]
        co2_fen += due["co2_fen"]
        stated = {part: getattr(run, part) for part in due}
        yield from _compare(run.run_id, stated, due)
    tariffs = [_booking_fen(facts, booking) for booking in plan.bookings]
    for booking, tariff_fen in zip(plan.bookings, tariffs, strict=True):
        yield from _compare(booking.booking_id, {"tariff_fen": booking.tariff_fen}, {"tariff_fen": tariff_fen})
    transfers_fen = 0
    for shuttle in plan.shuttles:
        transfer = facts.transfers.get((shuttle.from_node, shuttle.to_node))
        fen = transfer.cost_fen_per_trip if transfer else 0
        transfers_fen += fen
        yield from _compare(shuttle.trip_id, {"cost_fen": shuttle.cost_fen}, {"cost_fen": fen})
    due_cost = Cost(
        vehicles_fen=vehicles_fen,
        distance_fen=distance_fen,
        time_fen=time_fen,
        tariffs_fen=_tariffs_fen(facts, list(zip(plan.bookings, tariffs, strict=True))),
        transfers_fen=transfers_fen,
        lateness_fen=_lateness_fen(facts, plan),
        unserved_fen=_unserved_fen(facts, plan),
        co2_fen=co2_fen,
        waiting_fen=_waiting_fen(facts, plan),
    )
    names = [part.name for part in fields(Cost)]
    yield from _compare("plan", {n: getattr(plan.cost, n) for n in names}, {n: getattr(due_cost, n) for n in names})


def _compare(subject: str, stated: dict[str, int], due: dict[str, int]) -> Iterator[BrokenLaw]:
    for part, fen in due.items():
        if stated[part] != fen:
            yield BrokenLaw(Law.COST, subject, f"{part} is {fen} fen and stated as {stated[part]} fen")


def _run_parts(facts: Facts, run: Run) -> dict[str, int]:
    """Price a run by its vehicle's own rates; an unknown vehicle has none."""
    vehicle = facts.vehicles.get(run.vehicle_id)
    if vehicle is None:
        return {"vehicle_fen": 0, "distance_fen": 0, "time_fen": 0, "co2_fen": 0}
    # metres x g/km is 1/1000 g, at fen per kg another 1/1000
    co2 = run.distance_m * vehicle.co2_g_per_km * facts.day.objective.co2_fen_per_kg
    return {
        "vehicle_fen": vehicle.fixed_fen,
        "distance_fen": _half_up(run.distance_m * vehicle.per_km_fen, 1000),
        "time_fen": _half_up(run.duration_s * vehicle.per_hour_fen, 3600),
        "co2_fen": _half_up(co2, 1_000_000),
    }


def _booking_fen(facts: Facts, booking: Booking) -> int:
    """Pieces and kilograms by the agreement's tariff, by the trip's own where there is no agreement."""
    consignment, line_trip = facts.consignments.get(booking.consignment_id), facts.trips.get(booking.trip_id)
    own = line_trip[1] if line_trip else None
    tariff = facts.agreements.get(booking.agreement_id) if booking.agreement_id else own
    if consignment is None or tariff is None:
        return 0
    by_weight_fen = _half_up(consignment.weight_g * tariff.tariff_kg_fen, 1000)
    return consignment.pieces * tariff.tariff_piece_fen + by_weight_fen


def _tariffs_fen(facts: Facts, tariffs: list[tuple[Booking, int]]) -> int:
    """Bookings, then each trip once for everything that opens it, then what an agreement's minimum adds."""
    by_agreement: defaultdict[str, int] = defaultdict(int)
    for booking, tariff_fen in tariffs:
        by_agreement[booking.agreement_id] += tariff_fen
    for trip_id, agreement_id in {(b.trip_id, b.agreement_id) for b, _ in tariffs}:
        if agreement := facts.agreements.get(agreement_id):
            by_agreement[agreement_id] += agreement.tariff_run_fen
        elif not agreement_id and trip_id in facts.trips:
            by_agreement[agreement_id] += facts.trips[trip_id][1].tariff_trip_fen
    minimum = {a: facts.agreements[a].minimum_fen for a in by_agreement if a in facts.agreements}
    top_ups = sum(max(0, minimum_fen - by_agreement[a]) for a, minimum_fen in minimum.items())
    return sum(by_agreement.values()) + top_ups


def _lateness_fen(facts: Facts, plan: Plan) -> int:
    """Price every minute by which a village gets its goods later than it expects, by run or by trip."""
    handed_over = [(c, s.node_id, s.start_s) for run in plan.runs for s in run.stops for c in facts.known(s.drop)]
    driven = {carriage.consignment_id for run in plan.runs for carriage in run.carriages}
    handed_over += [
        (consignment, booking.alight_node, booking.available_s)
        for booking in plan.bookings
        for consignment in facts.known([booking.consignment_id])
        if booking.consignment_id not in driven
    ]
    fen = 0
    for consignment, node_id, at_s in handed_over:
        node = facts.nodes.get(node_id)
        if node and node.due_by_s is not None and consignment.direction is Direction.INBOUND and at_s > node.due_by_s:
            fen += _half_up((at_s - node.due_by_s) * facts.day.objective.late_fen_per_min, 60)
    return fen


def _unserved_fen(facts: Facts, plan: Plan) -> int:
    prices = facts.day.objective
    return sum(
        (prices.unserved_fen + prices.unserved_fen_per_piece * c.pieces) * _urgency(c)
        for c in facts.known(left.consignment_id for left in plan.unserved)
    )


def _urgency(consignment: Consignment) -> int:
    """Tell how many times the price of other goods it is to leave these: emergencies come first, then the mail."""
    if consignment.emergency:
        return _EMERGENCY_FACTOR
    return _MAIL_FACTOR if consignment.goods is Goods.MAIL else 1


def _waiting_fen(facts: Facts, plan: Plan) -> int:
    """Add up the prices that the day has for what waits; what may not wait has none, and WAITING says so."""
    waiting = facts.known(one.consignment_id for one in plan.waiting)
    return sum(c.wait_fen for c in waiting if c.wait_fen is not None)


def _half_up(amount: int, per: int) -> int:
    """Divide and round to the nearest, halves up."""
    whole, rest = divmod(amount, per)
    return whole + (2 * rest >= per)
