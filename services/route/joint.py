"""Runs and lines as one problem: which goods go as one, and what each booking takes and costs beside the runs.

Consignments that are handed over at one node, may use the same vehicles and have the same bookings to choose from are
one task, as long as they fit a trip together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.route.bundles import Place, bundle
from services.route.day_index import DayIndex
from services.route.decision import Decision, LastMileTour
from services.route.engines.engine import Bookable, Booking, Demand, Load, Room, Route, RunProblem, Way
from services.route.last_mile import LastMileFleet
from services.route.lateness import late_fen_per_min
from services.route.options import BookingOption
from services.route.roads.source import RoadMatrix
from services.route.room import load_of, on_offer, room_on, total_load
from services.route.run_task import RunTask, make_run_task, vehicle_class
from services.route.visits import Grain

# What a consignment can be booked on, with the vehicles of the stations.
_Rights = tuple[tuple[Place, ...], frozenset[str]]


@dataclass(frozen=True, slots=True)
class JointTask:
    """A run problem with the bookings of its demands, and what these stand for.

    ``options[i]`` are the options of booking ``i``, one for each consignment of its demand. ``problem`` is the task's
    with the classes of the last mile behind the others, whose vehicles ``last_mile`` names class by class.
    """

    task: RunTask
    problem: RunProblem
    bookable: Bookable
    options: tuple[tuple[BookingOption, ...], ...]
    last_mile: tuple[tuple[str, ...], ...]

    def decision(self, way: Way) -> Decision:
        """What an engine found, as a decision; the demands that are booked are in no run from the hub."""
        bookings = [option for _, number in way.booked for option in self.options[number]]
        first = len(self.task.classes)
        from_hub = tuple(route for route in way.runs.routes if route.vehicle_class < first)
        idle = [list(vehicle_ids) for vehicle_ids in self.last_mile]
        tours = tuple(
            LastMileTour(
                idle[route.vehicle_class - first].pop(0),
                tuple(tuple(self.task.demands[demand] for demand in trip) for trip in route.trips),
            )
            for route in way.runs.routes
            if route.vehicle_class >= first
        )
        return Decision(tuple(bookings), self.task, replace(way.runs, routes=from_hub), tours)

    def way(self, decision: Decision) -> Way:
        """A decision as a start: what it books and drives whole, demand by demand."""
        booked = {(o.consignment.consignment_id, _place(o)) for o in decision.bookings}
        numbers = [
            (booking.demand, number)
            for number, booking in enumerate(self.bookable.bookings)
            if all((o.consignment.consignment_id, _place(o)) in booked for o in self.options[number])
        ]
        routes = (*decision.solution.routes, *self._last_mile_routes(decision))
        return Way(replace(decision.solution, routes=routes), tuple(dict(numbers).items()))

    def _last_mile_routes(self, decision: Decision) -> Iterator[Route]:
        demand_of = {c: demand for demand, group in enumerate(self.task.demands) for c in group}
        class_of = {v: k for k, group in enumerate(self.last_mile, start=len(self.task.classes)) for v in group}
        for tour in decision.last_mile:
            trips = (
                tuple(dict.fromkeys(demand_of[c] for visit in trip for c in visit if c in demand_of))
                for trip in tour.trips
            )
            if kept := tuple(trip for trip in trips if trip):
                yield Route(class_of[tour.vehicle_id], kept)


def make_joint_task(
    index: DayIndex, matrix: RoadMatrix, options: Sequence[BookingOption], grain: Grain = Grain.FINE
) -> JointTask:
    """Make the problem of deciding runs and bookings at once; with a coarse ``grain`` of fewer, larger demands.

    An agreement's pieces a day are shared out beforehand between the vehicles and the trips that it opens, since no
    engine knows a limit that both have in common.
    """
    by_consignment: dict[str, list[BookingOption]] = {}
    for option in options:
        by_consignment.setdefault(option.consignment.consignment_id, []).append(option)
    quota, on_lines = _quotas(index, options)
    task = make_run_task(index, matrix, index.day.consignments, on_lines, Grain.FINE)
    fleet = LastMileFleet(index)
    task = _parted(index, fleet, _with_others(index, matrix, task, by_consignment), by_consignment)
    if grain is Grain.COARSE:
        task = bundle(index, task, by_consignment, partial(_last_mile_of, fleet), _place)
    problem, last_mile = _with_last_mile(index, matrix, fleet, task, options)
    manned = {index.vehicles[vehicle_id].depot for group in last_mile for vehicle_id in group}
    bookings: list[Booking] = []
    chosen: list[tuple[BookingOption, ...]] = []
    ledger = _Ledger(index, quota)
    for demand, group in enumerate(task.demands):
        choices = [by_consignment.get(consignment_id, []) for consignment_id in group]
        for together in _together(choices):
            if together[0].station and together[0].station not in manned:
                continue
            booking = ledger.booking(demand, together, matrix)
            if booking is not None:
                bookings.append(booking)
                chosen.append(together)
    return JointTask(task, problem, ledger.bookable(bookings), tuple(chosen), last_mile)


def _place(option: BookingOption) -> Place:
    return option.trip.trip_id, option.board_index, option.alight_index, option.agreement_id, option.station


def _together(choices: Sequence[Sequence[BookingOption]]) -> Iterable[tuple[BookingOption, ...]]:
    """The bookings that all consignments of a demand can have together."""
    by_place = [{_place(option): option for option in options} for options in choices]
    for place in by_place[0] if by_place else ():
        if all(place in options for options in by_place):
            yield tuple(options[place] for options in by_place)


def _quotas(index: DayIndex, options: Sequence[BookingOption]) -> tuple[dict[str, int], dict[str, int]]:
    """The pieces a day that bookings may use of each agreement, and what is thereby lost to vehicles."""
    quota: dict[str, int] = {}
    for agreement_id in {option.agreement_id for option in options}:
        agreement = index.agreements.get(agreement_id)
        if agreement is not None and agreement.max_pieces_per_day is not None:
            quota[agreement_id] = agreement.max_pieces_per_day
    opens_vehicles = {
        agreement_id
        for ways in index.admitted.values()
        for agreement_ids in ways[ResourceKind.VEHICLE].values()
        for agreement_id in agreement_ids
    }
    shared = {a: (limit + 1) // 2 if a in opens_vehicles else limit for a, limit in quota.items()}
    return shared, {a: pieces for a, pieces in shared.items() if a in opens_vehicles}


def _with_others(
    index: DayIndex, matrix: RoadMatrix, task: RunTask, by_consignment: Mapping[str, Sequence[BookingOption]]
) -> RunTask:
    """The task with what no vehicle can carry but a line can: demands that no class may serve."""
    known = {consignment_id for group in task.demands for consignment_id in group}
    others = [index.consignments[c] for c in by_consignment if c not in known]
    if not others:
        return task
    demands = [
        Demand(
            node=matrix.position[index.node_ids[c.consignment_id][0]],
            deliver=load_of(c) if c.direction is Direction.INBOUND else Load(),
            pick_up=load_of(c) if c.direction is Direction.OUTBOUND else Load(),
            handling_s=index.nodes[index.node_ids[c.consignment_id][0]].service_per_piece_s * c.pieces,
            classes=frozenset(),
            leaving_fen=index.leaving_fen(c),
            may_wait=c.wait_fen is not None,
            due_s=index.nodes[index.node_ids[c.consignment_id][0]].due_by_s,
            late_fen_per_min=late_fen_per_min(index, [c]),
        )
        for c in others
    ]
    problem = replace(task.problem, demands=(*task.problem.demands, *demands))
    return replace(task, problem=problem, demands=(*task.demands, *((c.consignment_id,) for c in others)))


def _with_last_mile(
    index: DayIndex, matrix: RoadMatrix, fleet: LastMileFleet, task: RunTask, options: Sequence[BookingOption]
) -> tuple[RunProblem, tuple[tuple[str, ...], ...]]:
    """The task's problem with a class for each vehicle of a station that something can be booked to."""
    stations = {option.station for option in options if option.station}
    pieces = sum(c.pieces for c in index.day.consignments)
    handling_s = {
        vehicle.vehicle_id: _station_handling_s(index, vehicle, pieces)
        for vehicle in fleet.vehicles
        if vehicle.depot in stations
    }
    vehicles = [index.vehicles[v] for v, taken_s in handling_s.items() if _is_open_for(index, v, taken_s)]
    classes = [
        replace(
            vehicle_class(on_offer(vehicle), 1, matrix),
            is_last_mile=True,
            handling_s=handling_s[vehicle.vehicle_id],
        )
        for vehicle in vehicles
    ]
    first = len(task.classes)
    demands = []
    for demand, group in zip(task.problem.demands, task.demands, strict=True):
        stay_s = int(task.problem.service_s[demand.node]) + demand.handling_s
        is_open = stay_s <= int(task.problem.closes_s[demand.node] - task.problem.opens_s[demand.node])
        may = frozenset(
            first + k
            for k, vehicle in enumerate(vehicles)
            if is_open and all(fleet.may_carry(vehicle, index.consignments[c]) for c in group)
        )
        demands.append(replace(demand, classes=demand.classes | may))
    problem = replace(task.problem, demands=tuple(demands), classes=(*task.problem.classes, *classes))
    return problem, tuple((vehicle.vehicle_id,) for vehicle in vehicles)


def _station_handling_s(index: DayIndex, vehicle: Vehicle, pieces: int) -> int:
    """Time at the station for a full vehicle in and out: engines know one figure for every call there."""
    station = index.nodes[vehicle.depot]
    return station.service_s + station.service_per_piece_s * 2 * min(vehicle.capacity_pieces, pieces)


def _is_open_for(index: DayIndex, vehicle_id: str, handling_s: int) -> bool:
    """Whether a vehicle can load at its station while that is open and its shift lasts."""
    vehicle = index.vehicles[vehicle_id]
    station = index.nodes[vehicle.depot]
    opens_s, closes_s = max(vehicle.shift_start_s, station.opens_s), min(vehicle.shift_end_s, station.closes_s)
    return handling_s <= closes_s - opens_s


def _last_mile_of(fleet: LastMileFleet, consignment: Consignment, options: Sequence[BookingOption]) -> frozenset[str]:
    """The vehicles that may do a consignment's last mile."""
    return frozenset(
        vehicle.vehicle_id
        for station in {option.station for option in options if option.station}
        for vehicle in fleet.at_station.get(station, ())
        if fleet.may_carry(vehicle, consignment)
    )


def _parted(
    index: DayIndex, fleet: LastMileFleet, task: RunTask, by_consignment: Mapping[str, Sequence[BookingOption]]
) -> RunTask:
    """The same task with demands parted so that what is in one has the same bookings and fits a trip together."""
    problem, demands, groups = task.problem, [], []
    for demand, group in zip(task.problem.demands, task.demands, strict=True):
        parts: dict[_Rights, list[list[Consignment]]] = {}
        for consignment_id in group:
            consignment = index.consignments[consignment_id]
            options = by_consignment.get(consignment_id, ())
            places = tuple(sorted(_place(option) for option in options))
            alike = parts.setdefault((places, _last_mile_of(fleet, consignment, options)), [[]])
            if options and not _fits(options, [*alike[-1], consignment]):
                alike.append([])
            alike[-1].append(consignment)
        for goods in (goods for alike in parts.values() for goods in alike if goods):
            # Handling is by the piece, so it is parted as pieces are.
            inbound = [c for c in goods if c.direction is Direction.INBOUND]
            outbound = [c for c in goods if c.direction is Direction.OUTBOUND]
            pieces, all_pieces = sum(c.pieces for c in goods), demand.deliver.pieces + demand.pick_up.pieces
            demands.append(
                replace(
                    demand,
                    deliver=total_load(inbound),
                    pick_up=total_load(outbound),
                    handling_s=demand.handling_s * pieces // max(1, all_pieces),
                    leaving_fen=sum(index.leaving_fen(c) for c in goods),
                    late_fen_per_min=late_fen_per_min(index, goods),
                )
            )
            groups.append(tuple(c.consignment_id for c in goods))
    parted: RunProblem = replace(problem, demands=tuple(demands))
    return replace(task, problem=parted, demands=tuple(groups))


def _fits(options: Sequence[BookingOption], goods: Sequence[Consignment]) -> bool:
    """Whether goods leave half of each trip's room to others: larger groups could not share a trip."""
    total = total_load(goods)
    both = total + total
    return len(goods) == 1 or all(both.fits(room_on(option.trip)) for option in options)


class _Ledger:
    """Numbers what bookings have in common: segments of trips, charges paid once, minimum amounts, pieces a day."""

    def __init__(self, index: DayIndex, quota: Mapping[str, int]) -> None:
        self._index = index
        self._quota = dict(quota)
        self._segments: dict[str, int] = {}
        self._rooms: list[Room] = []
        self._charges: dict[tuple[str, ...], int] = {}
        self._charge_fen: list[int] = []
        self._accounts = [a for a, agreement in index.agreements.items() if agreement.minimum_fen > 0]
        self._quotas = sorted(quota)

    def booking(self, demand: int, options: Sequence[BookingOption], matrix: RoadMatrix) -> Booking | None:
        """One demand on a trip; ``None`` where it has no room even alone."""
        first = options[0]
        inbound = first.consignment.direction is Direction.INBOUND
        total = total_load(option.consignment for option in options)
        if not total.fits(room_on(first.trip)):
            return None
        at = self._first_segment(first)
        counted = [o for o in options if self._index.counts_towards_limit(o.consignment, o.agreement_id)]
        return Booking(
            demand=demand,
            price_fen=sum(option.tariff_fen for option in options),
            late_fen=sum(option.late_fen for option in options),
            first_segment=at + first.board_index,
            last_segment=at + first.alight_index,
            load=total,
            charges=tuple(self._charge(key, fen) for key, fen in self._paid_once(first) if fen > 0),
            account=self._accounts.index(first.agreement_id) if first.agreement_id in self._accounts else None,
            quota=self._quotas.index(first.agreement_id) if counted and first.agreement_id in self._quota else None,
            pieces=sum(option.consignment.pieces for option in counted),
            station=matrix.position[first.station] if first.station else None,
            ready_s=first.available_s if first.station and inbound else 0,
            due_s=first.ready_by_s if first.station and not inbound else None,
        )

    def bookable(self, bookings: Sequence[Booking]) -> Bookable:
        """All bookings with what they have in common."""
        return Bookable(
            tuple(bookings),
            tuple(self._rooms),
            tuple(self._charge_fen),
            tuple(self._index.agreements[a].minimum_fen for a in self._accounts),
            tuple(self._quota[a] for a in self._quotas),
        )

    def _first_segment(self, option: BookingOption) -> int:
        trip = option.trip
        if trip.trip_id not in self._segments:
            self._segments[trip.trip_id] = len(self._rooms)
            self._rooms += [room_on(trip)] * (len(trip.stop_times) - 1)
        return self._segments[trip.trip_id]

    def _paid_once(self, option: BookingOption) -> Iterable[tuple[tuple[str, ...], int]]:
        trip_id = option.trip.trip_id
        if option.shuttle is not None:
            way = option.shuttle.from_node, option.shuttle.to_node
            yield ("shuttle", trip_id, *way), option.shuttle.cost_fen_per_trip
        if option.agreement_id:
            yield ("run", trip_id, option.agreement_id), self._index.agreements[option.agreement_id].tariff_run_fen
        else:
            yield ("own", trip_id), option.trip.tariff_trip_fen

    def _charge(self, key: tuple[str, ...], fen: int) -> int:
        if key not in self._charges:
            self._charges[key] = len(self._charge_fen)
            self._charge_fen.append(fen)
        return self._charges[key]
