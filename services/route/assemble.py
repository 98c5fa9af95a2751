"""From decisions to a plan: runs with times, bookings, shuttles, reasons for what is left, and the cost by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.model.consignments import Consignment
from services.model.plan import Booking, Cost, Plan, Run, Shuttle, Waiting
from services.route.day_index import DayIndex
from services.route.decision import Decision
from services.route.lateness import run_late_fen
from services.route.options import BookingOption
from services.route.roads.source import RoadMatrix
from services.route.schedule import Within, make_last_mile_run, make_run
from services.route.shed import shed_late
from services.route.unserved import explain_unserved


def make_plan(index: DayIndex, matrix: RoadMatrix, decision: Decision) -> Plan:
    """Write a decision out as a plan, without the calls that a driver's rests make late (see ``shed``)."""
    return write_plan(index, matrix, decision, shed_late(index, matrix, make_runs(index, matrix, decision)))


def write_plan(index: DayIndex, matrix: RoadMatrix, decision: Decision, runs: tuple[Run, ...]) -> Plan:
    """Write a decision out as a plan with the runs that came of it.

    What is not carried waits where it may, and is unserved elsewhere. What waiting saves and why is not told yet: that
    takes a plan of the day without it (see ``waiting``).
    """
    shuttles = shuttles_of(decision.bookings)
    width = len(str(len(decision.bookings)))  # so that names sort as numbers do
    bookings = tuple(
        booking_of(option, f"B{number:0{width}}") for number, option in enumerate(decision.bookings, start=1)
    )
    left = _left(index, runs, decision.bookings)
    waiting = tuple(wait_of(c, c.wait_fen) for c in left if c.wait_fen is not None)
    unserved = tuple(explain_unserved(index, matrix, c, runs) for c in left if c.wait_fen is None)
    cost = cost_of(index, runs, decision.bookings, shuttles, left)
    county = index.day.county
    return Plan(county.county_id, index.day.service_date, runs, bookings, shuttles, unserved, cost, waiting)


def price_plan(index: DayIndex, matrix: RoadMatrix, decision: Decision) -> Cost:
    """What the plan would cost; explaining what is left takes longer, and searches ask for nothing but this."""
    runs = shed_late(index, matrix, make_runs(index, matrix, decision))
    shuttles = shuttles_of(decision.bookings)
    return cost_of(index, runs, decision.bookings, shuttles, _left(index, runs, decision.bookings))


def _left(index: DayIndex, runs: Sequence[Run], bookings: Sequence[BookingOption]) -> list[Consignment]:
    carried = {c.consignment_id for run in runs for c in run.carriages}
    carried |= {option.consignment.consignment_id for option in bookings}
    return [c for c in index.day.consignments if c.consignment_id not in carried]


def cost_of(
    index: DayIndex,
    runs: Sequence[Run],
    bookings: Sequence[BookingOption],
    shuttles: Sequence[Shuttle],
    left: Sequence[Consignment],
) -> Cost:
    """What runs, bookings and what is left cost, part by part."""
    return Cost(
        vehicles_fen=sum(run.vehicle_fen for run in runs),
        distance_fen=sum(run.distance_fen for run in runs),
        time_fen=sum(run.time_fen for run in runs),
        tariffs_fen=tariffs_fen(index, bookings),
        transfers_fen=sum(shuttle.cost_fen for shuttle in shuttles),
        lateness_fen=sum(run_late_fen(index, run) for run in runs) + sum(option.late_fen for option in bookings),
        unserved_fen=sum(index.unserved_fen(c) for c in left if c.wait_fen is None),
        co2_fen=sum(run.co2_fen for run in runs),
        waiting_fen=sum(c.wait_fen for c in left if c.wait_fen is not None),
    )


def wait_of(consignment: Consignment, wait_fen: int) -> Waiting:
    """A consignment that waits at a price."""
    return Waiting(consignment.consignment_id, wait_fen, 0, f"承诺期至 {consignment.due_date}")


def make_runs(
    index: DayIndex, matrix: RoadMatrix, decision: Decision, hand_over_s: Mapping[str, Within] | None = None
) -> tuple[Run, ...]:
    """Give each route a vehicle of its class and its times; runs are named in the vehicles' order.

    Runs of the last mile come after those from the hub, whose calls keep to ``hand_over_s``; see ``village_calls``.
    """
    task, used = decision.task, dict.fromkeys(range(len(decision.task.classes)), 0)
    routes = []
    for route in decision.solution.routes:
        vehicle_id = task.classes[route.vehicle_class][used[route.vehicle_class]]
        used[route.vehicle_class] += 1
        routes.append((index.vehicles[vehicle_id], route))
    order = {vehicle_id: i for i, vehicle_id in enumerate(index.vehicles)}
    routes.sort(key=lambda pair: order[pair[0].vehicle_id])
    runs = [
        make_run(index, matrix, task, route, vehicle, f"R{number}", hand_over_s)
        for number, (vehicle, route) in enumerate(routes, start=1)
    ]
    options = {o.consignment.consignment_id: o for o in decision.bookings if o.station}
    tours = sorted(decision.last_mile, key=lambda tour: order[tour.vehicle_id])
    runs += [
        make_last_mile_run(index, matrix, tour, options, f"R{number}")
        for number, tour in enumerate(tours, start=len(runs) + 1)
    ]
    return tuple(runs)


def tariffs_fen(index: DayIndex, bookings: Sequence[BookingOption]) -> int:
    """Pieces and kilograms, charges by the trip, and what minimum amounts add."""
    by_agreement: dict[str, int] = {}
    for option in bookings:
        by_agreement[option.agreement_id] = by_agreement.get(option.agreement_id, 0) + option.tariff_fen
    for trip_id, agreement_id in {(o.trip.trip_id, o.agreement_id) for o in bookings}:
        charge = (
            index.agreements[agreement_id].tariff_run_fen if agreement_id else index.trips[trip_id][1].tariff_trip_fen
        )
        by_agreement[agreement_id] += charge
    return sum(
        max(fen, index.agreements[agreement_id].minimum_fen) if agreement_id else fen
        for agreement_id, fen in by_agreement.items()
    )


def booking_of(option: BookingOption, booking_id: str) -> Booking:
    """An option as a booking of the plan."""
    return Booking(
        booking_id=booking_id,
        consignment_id=option.consignment.consignment_id,
        line_id=option.line.line_id,
        trip_id=option.trip.trip_id,
        agreement_id=option.agreement_id,
        board_node=option.board.node_id,
        alight_node=option.alight.node_id,
        board_index=option.board_index,
        alight_index=option.alight_index,
        ready_by_s=option.ready_by_s,
        departure_s=option.board.departure_s,
        arrival_s=option.alight.arrival_s,
        available_s=option.available_s,
        tariff_fen=option.tariff_fen,
    )


def shuttles_of(bookings: Sequence[BookingOption]) -> tuple[Shuttle, ...]:
    """One shuttle for each trip and way, with all that it carries."""
    groups: dict[tuple[str, str, str], list[BookingOption]] = {}
    for option in bookings:
        if option.shuttle is not None:
            key = option.trip.trip_id, option.shuttle.from_node, option.shuttle.to_node
            groups.setdefault(key, []).append(option)
    shuttles = []
    for (trip_id, from_node, to_node), served in sorted(groups.items(), key=lambda item: item[0]):
        shuttle = served[0].shuttle
        if shuttle is not None:
            # A trip may call at a station more than once: outwards it is in time for the first, homewards for the last.
            outwards = shuttle.to_node == served[0].board.node_id
            departure_s = (min if outwards else max)(option.shuttle_departure_s for option in served)
            shuttles.append(
                Shuttle(
                    trip_id,
                    from_node,
                    to_node,
                    departure_s,
                    departure_s + shuttle.duration_s,
                    shuttle.cost_fen_per_trip,
                    tuple(option.consignment.consignment_id for option in served),
                )
            )
    return tuple(shuttles)
