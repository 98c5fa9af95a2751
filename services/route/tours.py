"""What a vehicle's day costs and whether it can be done, for trying changes of a plan's runs one by one.

The same arithmetic as ``schedule`` has, on bare numbers: a change is tried in some microseconds, where writing out a
run takes a hundred times as long.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.fleet import Vehicle
from services.model.plan import Run
from services.model.units import DAY_S, rate_fen
from services.route.charging import is_in_range, recharge_between_trips_s
from services.route.day_index import DayIndex
from services.route.engines.engine import Load, Room
from services.route.lateness import best_start_s, first_start_s, late_fen_per_hour
from services.route.line_ledger import LineUse
from services.route.rests import rests_on_legs
from services.route.roads.source import RoadMatrix
from services.route.room import total_load
from services.route.run_task import is_for_runs

# Where nothing is handled, opening hours do not matter.
_ALWAYS_S: Final = 2 * DAY_S


@dataclass(frozen=True, slots=True)
class Visit:
    """A call at a village: ``row`` of the road matrix, what is handed over there and what is taken along."""

    row: int
    goods: tuple[Consignment, ...]
    deliver: Load
    pick_up: Load

    @property
    def pieces(self) -> int:
        """Pieces handled."""
        return self.deliver.pieces + self.pick_up.pieces


Trips = tuple[tuple[Visit, ...], ...]


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of a vehicle's day in order: rows of the road matrix and pieces handled.

    ``hubs`` and ``visits`` are positions among the calls: of the hub before each trip, and of each visit of each trip.
    A call at a station waits for trips, and is over before others leave: ``not_before_s``, ``done_by_s`` by position.
    At those between two trips an electric vehicle recharges.
    """

    rows: list[int]
    pieces: list[int]
    hubs: list[int]
    visits: list[list[int]]
    not_before_s: dict[int, int]
    done_by_s: dict[int, int]

    @property
    def recharges(self) -> list[int]:
        """The positions of the calls between two trips."""
        return [at for at, visits in zip(self.hubs, self.visits, strict=True) if visits][1:]


@dataclass(frozen=True, slots=True)
class Measure:
    """A vehicle's day in figures; ``is_possible`` where it keeps every limit but capacity."""

    fen: int
    distance_m: int
    duration_s: int
    is_possible: bool


def make_visit(row: int, goods: Iterable[Consignment]) -> Visit:
    """Put together what is handed over in one visit."""
    goods = tuple(goods)
    return Visit(
        row,
        goods,
        total_load(c for c in goods if c.direction is Direction.INBOUND),
        total_load(c for c in goods if c.direction is Direction.OUTBOUND),
    )


def read_trips(index: DayIndex, matrix: RoadMatrix, run: Run) -> Trips:
    """Read a run's visits back from its stops; a call at the hub, or at the vehicle's station, begins a new trip."""
    vehicle = index.vehicles[run.vehicle_id]
    base = index.hub.node_id if is_for_runs(index, vehicle) else vehicle.depot
    trips: list[list[Visit]] = [[]]
    for stop in run.stops:
        if stop.node_id == base:
            trips.append([])
        elif stop.drop or stop.take:
            goods = (index.consignments[c] for c in (*stop.drop, *stop.take))
            trips[-1].append(make_visit(matrix.position[stop.node_id], goods))
    return tuple(tuple(trip) for trip in trips if trip)


def without(trips: Trips, consignment_ids: frozenset[str]) -> Trips:
    """Take goods off a vehicle's trips; visits and trips that are then empty are left out."""
    left = []
    for trip in trips:
        visits = []
        for visit in trip:
            if any(c.consignment_id in consignment_ids for c in visit.goods):
                rest = [c for c in visit.goods if c.consignment_id not in consignment_ids]
                visits += [make_visit(visit.row, rest)] if rest else []
            else:
                visits.append(visit)
        left.append(tuple(visits))
    return tuple(trip for trip in left if trip)


def fits(room: Room, trip: Sequence[Visit]) -> bool:
    """Whether a trip's load is within the room on every leg."""
    load = Load()
    for visit in trip:
        load += visit.deliver
    if not load.fits(room):
        return False
    if room.compartment is not None:
        for visit in trip:
            load += visit.pick_up + -visit.deliver
            if not load.fits(room):
                return False
        return True
    weight_g, volume_ml, pieces = load.weight_g, load.volume_ml, load.pieces
    for visit in trip:
        weight_g += visit.pick_up.weight_g - visit.deliver.weight_g
        volume_ml += visit.pick_up.volume_ml - visit.deliver.volume_ml
        pieces += visit.pick_up.pieces - visit.deliver.pieces
        if weight_g > room.weight_g or volume_ml > room.volume_ml or pieces > room.pieces:
            return False
    return True


class TourMeter:
    """Measures vehicles' days on one county's roads and at its nodes' hours.

    ``uses`` are the bookings of what comes or goes by the last mile, by consignment.
    """

    def __init__(self, index: DayIndex, matrix: RoadMatrix, uses: Mapping[str, LineUse] | None = None) -> None:
        self._index = index
        self._uses = uses or {}
        nodes = [index.nodes[node_id] for node_id in sorted(matrix.position, key=matrix.position.__getitem__)]
        self.matrix = matrix
        self.hub = matrix.position[index.hub.node_id]
        self.service_s = [node.service_s for node in nodes]
        self.service_per_piece_s = [node.service_per_piece_s for node in nodes]
        self.opens_s = [node.opens_s for node in nodes]
        self.closes_s = [node.closes_s for node in nodes]
        self.co2_fen_per_kg = index.day.objective.co2_fen_per_kg
        self._nodes = nodes

    def leg(self, start: int, end: int) -> tuple[int, int]:
        """Metres and seconds from one row to another."""
        return int(self.matrix.distance_m.item(start, end)), int(self.matrix.duration_s.item(start, end))

    def handling_s(self, row: int, pieces: int) -> int:
        """How long a call at a row takes."""
        return self.service_s[row] + self.service_per_piece_s[row] * pieces if pieces else 0

    def window_s(self, row: int, pieces: int) -> tuple[int, int]:
        """Earliest and latest start of a call at a row."""
        if not pieces:
            return 0, _ALWAYS_S
        return self.opens_s[row], self.closes_s[row] - self.handling_s(row, pieces)

    def calls(self, vehicle: Vehicle, trips: Trips) -> Calls:
        """Depot, hub, villages, hub again for each further trip, depot; calls at one node in a row become one."""
        depot = self.matrix.position[vehicle.depot]
        calls = Calls([depot], [0], [], [], {}, {})
        if not is_for_runs(self._index, vehicle):
            self._last_mile_calls(calls, depot, trips)
            return calls
        brought = 0
        for trip in trips:
            calls.hubs.append(_call(calls, self.hub, brought + sum(visit.deliver.pieces for visit in trip)))
            calls.visits.append([_call(calls, visit.row, visit.pieces) for visit in trip])
            brought = sum(visit.pick_up.pieces for visit in trip)
        if brought or not self.is_straight_home_shorter(calls.rows[-1], depot):
            _call(calls, self.hub, brought)
        _call(calls, depot, 0)
        return calls

    def _last_mile_calls(self, calls: Calls, station: int, trips: Trips) -> None:
        brought: list[Consignment] = []
        for trip in (*trips, ()):
            goods = [c for visit in trip for c in visit.goods]
            take = [c for c in goods if c.direction is Direction.INBOUND]
            at = _call(calls, station, sum(c.pieces for c in (*brought, *take)))
            calls.hubs.append(at)
            calls.not_before_s[at] = max([0, *(self._uses[c.consignment_id].available_s for c in take)])
            calls.done_by_s[at] = min([_ALWAYS_S, *(self._uses[c.consignment_id].ready_by_s for c in brought)])
            calls.visits.append([_call(calls, visit.row, visit.pieces) for visit in trip])
            brought = [c for c in goods if c.direction is Direction.OUTBOUND]

    def is_straight_home_shorter(self, last: int, depot: int) -> bool:
        """Whether a vehicle that brings nothing back is at its depot sooner without passing the hub."""
        straight, to_hub, from_hub = self.leg(last, depot), self.leg(last, self.hub), self.leg(self.hub, depot)
        return straight[0] <= to_hub[0] + from_hub[0] and straight[1] <= to_hub[1] + from_hub[1]

    def measure(self, vehicle: Vehicle, trips: Trips) -> Measure:
        """Price a vehicle's day and hold it against windows, shift, work, range and departures from the hub.

        It ends as early as it can and then starts as late as keeps that end, or as suits what can be late, as
        ``schedule`` has it. What is late is a price of the plan's and not in it.
        """
        if not trips:
            return Measure(0, 0, 0, True)
        calls = self.calls(vehicle, trips)
        rows, pieces = calls.rows, calls.pieces
        services_s = [self.handling_s(row, count) for row, count in zip(rows, pieces, strict=True)]
        windows_s = [self.window_s(row, count) for row, count in zip(rows, pieces, strict=True)]
        for i in calls.recharges:
            services_s[i] = max(services_s[i], recharge_between_trips_s(vehicle))
            if pieces[i]:
                windows_s[i] = windows_s[i][0], self.closes_s[rows[i]] - services_s[i]
        for i, not_before_s in calls.not_before_s.items():
            by_s = calls.done_by_s[i] - services_s[i]
            windows_s[i] = max(windows_s[i][0], not_before_s), min(windows_s[i][1], by_s)
        roads = [self.leg(a, b) for a, b in itertools.pairwise(rows)]
        rests_s = rests_on_legs((drive_s for _, drive_s in roads), vehicle.max_drive_s, vehicle.rest_s)
        legs = [(metres, drive_s + rest_s) for (metres, drive_s), rest_s in zip(roads, rests_s, strict=True)]
        start_s = max(vehicle.shift_start_s, windows_s[0][0])
        is_possible = start_s <= windows_s[0][1]
        for i, (_, drive_s) in enumerate(legs, start=1):
            start_s = max(start_s + services_s[i - 1] + drive_s, windows_s[i][0])
            is_possible = is_possible and start_s <= windows_s[i][1]
        end_s = start_s + services_s[-1]
        for i in range(len(legs) - 1, -1, -1):
            start_s = min(start_s - legs[i][1] - services_s[i], windows_s[i][1])
        if dues := self._dues(calls, trips):
            start_s = best_start_s(
                first_start_s(vehicle, windows_s[0][0], start_s, end_s),
                start_s,
                [service_s + leg[1] for service_s, leg in zip(services_s, legs, strict=False)],
                [opens_s for opens_s, _ in windows_s],
                dues,
                vehicle.per_hour_fen,
            )
        distance_m, duration_s = sum(metres for metres, _ in legs), end_s - start_s
        departures = sum(any(visit.deliver.pieces for visit in trip) for trip in trips)
        return Measure(
            self.fen(vehicle, distance_m, duration_s),
            distance_m,
            duration_s,
            is_possible
            and end_s <= vehicle.shift_end_s
            and (vehicle.max_work_s is None or duration_s <= vehicle.max_work_s)
            and (vehicle.max_distance_m is None or distance_m <= vehicle.max_distance_m)
            and departures <= vehicle.max_trips
            and is_in_range(vehicle, [metres for metres, _ in legs], calls.recharges),
        )

    def _dues(self, calls: Calls, trips: Trips) -> list[tuple[int, int, int]]:
        """Position, due time and price of an hour of the calls that can be late."""
        if not self._index.day.objective.late_fen_per_min:
            return []
        return [
            (at, node.due_by_s, rate)
            for trip, places in zip(trips, calls.visits, strict=False)
            for visit, at in zip(trip, places, strict=True)
            if (node := self._nodes[visit.row]).due_by_s is not None
            if (rate := late_fen_per_hour(self._index, node, visit.goods))
        ]

    def fen(self, vehicle: Vehicle, distance_m: int, duration_s: int) -> int:
        """Price a vehicle's day by its rates."""
        return (
            vehicle.fixed_fen
            + rate_fen(distance_m, vehicle.per_km_fen, 1000)
            + rate_fen(duration_s, vehicle.per_hour_fen, 3600)
            + rate_fen(distance_m * vehicle.co2_g_per_km, self.co2_fen_per_kg, 1_000_000)
        )


def _call(calls: Calls, row: int, pieces: int) -> int:
    """Add a call, or to the last one where that is at the same node; return its position."""
    if calls.rows[-1] == row:
        calls.pieces[-1] += pieces
    else:
        calls.rows.append(row)
        calls.pieces.append(pieces)
    return len(calls.rows) - 1
