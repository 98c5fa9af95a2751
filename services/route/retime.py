"""A plan made for a slower day, at the real day's times: who leaves when stays, and so the slack is real."""

from __future__ import annotations

import math
from dataclasses import replace

from services.model.agreements import Direction
from services.model.plan import Booking, Plan, Shuttle, last_mile_runs
from services.route.day_index import DayIndex
from services.route.lateness import late_fen, run_late_fen
from services.route.roads.source import RoadMatrix
from services.route.schedule import retime_run
from services.route.unserved import explain_unserved


def retime_plan(index: DayIndex, matrix: RoadMatrix, slower: Plan) -> Plan:
    """Write a plan of a padded day (see ``padding``) out for the day itself.

    Vehicles and shuttles leave as they would there, and each call is as early as it can be then. Nothing is later than
    on the padded day, so every limit that holds there holds here.
    """
    bookings = tuple(_booking(index, booking) for booking in slower.bookings)
    available_s = {booking.consignment_id: booking.available_s for booking in bookings}
    runs = tuple(retime_run(index, matrix, run, available_s) for run in slower.runs)
    plan = replace(
        slower,
        runs=runs,
        bookings=bookings,
        shuttles=tuple(_shuttle(index, shuttle) for shuttle in slower.shuttles),
        unserved=tuple(
            explain_unserved(index, matrix, index.consignments[one.consignment_id], runs) for one in slower.unserved
        ),
    )
    return price_again(index, plan)


def price_again(index: DayIndex, plan: Plan) -> Plan:
    """The plan with its cost anew, for other runs and times; tariffs and transfers stay."""
    runs, onward = plan.runs, last_mile_runs(plan)
    late = [run_late_fen(index, run) for run in runs]
    late += [_late_fen(index, booking) for booking in plan.bookings if booking.consignment_id not in onward]
    return replace(
        plan,
        cost=replace(
            plan.cost,
            vehicles_fen=sum(run.vehicle_fen for run in runs),
            distance_fen=sum(run.distance_fen for run in runs),
            time_fen=sum(run.time_fen for run in runs),
            co2_fen=sum(run.co2_fen for run in runs),
            lateness_fen=sum(late),
            unserved_fen=sum(index.unserved_fen(index.consignments[one.consignment_id]) for one in plan.unserved),
        ),
    )


def _booking(index: DayIndex, booking: Booking) -> Booking:
    _, trip = index.trips[booking.trip_id]
    ready_by_s = booking.departure_s - trip.handling_s
    return replace(booking, ready_by_s=ready_by_s, available_s=booking.arrival_s + trip.handling_s)


def _shuttle(index: DayIndex, shuttle: Shuttle) -> Shuttle:
    """It leaves with the slack it was given, unless it would find the other end closed."""
    ways = {(t.from_node, t.to_node): t.duration_s for t in index.day.county.network.transfers}
    duration_s = ways[shuttle.from_node, shuttle.to_node]
    departure_s = max(shuttle.departure_s, index.nodes[shuttle.to_node].opens_s - duration_s)
    return replace(shuttle, departure_s=departure_s, arrival_s=departure_s + duration_s)


def leave_earlier(index: DayIndex, plan: Plan, part: float) -> Plan:
    """The plan with shuttles to trips leaving earlier by a part of their time, as far as both ends are open then.

    That costs nothing: a shuttle is paid by the trip.
    """
    boards = {(booking.trip_id, booking.consignment_id): booking.board_node for booking in plan.bookings}

    def earlier(shuttle: Shuttle) -> Shuttle:
        duration_s = shuttle.arrival_s - shuttle.departure_s
        opens_s = max(index.nodes[shuttle.from_node].opens_s, index.nodes[shuttle.to_node].opens_s - duration_s)
        departure_s = min(shuttle.departure_s, max(opens_s, shuttle.departure_s - math.ceil(part * duration_s)))
        return replace(shuttle, departure_s=departure_s, arrival_s=departure_s + duration_s)

    def goes_to_its_trip(shuttle: Shuttle) -> bool:
        return all(boards.get((shuttle.trip_id, c)) == shuttle.to_node for c in shuttle.consignment_ids)

    return replace(plan, shuttles=tuple(earlier(s) if goes_to_its_trip(s) else s for s in plan.shuttles))


def _late_fen(index: DayIndex, booking: Booking) -> int:
    consignment = index.consignments[booking.consignment_id]
    if consignment.direction is Direction.OUTBOUND:
        return 0
    return late_fen(index, consignment, index.nodes[booking.alight_node], booking.available_s)
