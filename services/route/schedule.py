"""From an engine's routes to runs with times: every stop as early as the day's end allows, waiting squeezed out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.model.agreements import Direction, Temperature
from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.model.network import Node
from services.model.plan import Carriage, Run, Stop
from services.model.units import DAY_S, rate_fen
from services.route.charging import recharge_between_trips_s
from services.route.day_index import DayIndex
from services.route.decision import LastMileTour
from services.route.engines.engine import Load, Route
from services.route.lateness import best_start_s, first_start_s, late_fen_per_hour
from services.route.options import BookingOption
from services.route.rests import rests_on_legs
from services.route.roads.source import RoadMatrix
from services.route.room import classes_apart, load_of
from services.route.run_task import RunTask


@dataclass(frozen=True, slots=True)
class _Call:
    """A stop before it has times."""

    node: Node
    drop: tuple[Consignment, ...] = ()
    take: tuple[Consignment, ...] = ()
    not_before_s: int = 0
    done_by_s: int = 2 * DAY_S
    recharge_s: int = 0

    @property
    def pieces(self) -> int:
        """Pieces handled."""
        return sum(c.pieces for c in (*self.drop, *self.take))

    @property
    def service_s(self) -> int:
        """Time that handling takes, or recharging meanwhile where that takes longer."""
        handling_s = self.node.service_s + self.node.service_per_piece_s * self.pieces if self.pieces else 0
        return max(handling_s, self.recharge_s)

    @property
    def window(self) -> tuple[int, int]:
        """Earliest and latest start of service; where nothing is handled, the hours do not matter."""
        if not self.pieces:
            return 0, 2 * DAY_S
        opens_s, closes_s = max(self.node.opens_s, self.not_before_s), min(self.node.closes_s, self.done_by_s)
        return opens_s, closes_s - self.service_s


def make_run(index: DayIndex, matrix: RoadMatrix, task: RunTask, route: Route, vehicle: Vehicle, run_id: str) -> Run:
    """Give a route its stops, times, loads and cost."""
    trips = [[[index.consignments[c] for c in task.demands[i]] for i in trip] for trip in route.trips]
    carriages = [
        Carriage(c.consignment_id, agreement_on(index, c, vehicle)) for trip in trips for visit in trip for c in visit
    ]
    return _written(index, matrix, vehicle, run_id, carriages, _calls(index, matrix, trips, vehicle))


def make_last_mile_run(
    index: DayIndex, matrix: RoadMatrix, tour: LastMileTour, options: Mapping[str, BookingOption], run_id: str
) -> Run:
    """Give a tour from a station its stops, times, loads and cost; ``options`` are the bookings by consignment.

    It loads what trips bring when that is there, and has unloaded what trips take when that must be ready.
    """
    vehicle = index.vehicles[tour.vehicle_id]
    station = index.nodes[vehicle.depot]
    trips = [[[index.consignments[c] for c in visit] for visit in trip] for trip in tour.trips]
    calls: list[_Call] = []
    brought: tuple[Consignment, ...] = ()
    for number, trip in enumerate([*trips, []]):
        goods = [c for visit in trip for c in visit]
        take = tuple(c for c in goods if c.direction is Direction.INBOUND)
        calls.append(
            _Call(
                station,
                brought,
                take,
                max([0, *(options[c.consignment_id].available_s for c in take)]),
                min([2 * DAY_S, *(options[c.consignment_id].ready_by_s for c in brought)]),
                recharge_between_trips_s(vehicle) if number and trip else 0,
            )
        )
        calls += _village_calls(index, trip)
        brought = tuple(c for c in goods if c.direction is Direction.OUTBOUND)
    carriages = [
        Carriage(c.consignment_id, agreement_on(index, c, vehicle, options[c.consignment_id].agreement_id))
        for trip in trips
        for visit in trip
        for c in visit
    ]
    return _written(index, matrix, vehicle, run_id, carriages, _merged(calls))


def retime_run(index: DayIndex, matrix: RoadMatrix, run: Run, available_s: Mapping[str, int]) -> Run:
    """The same calls with the first at the same time and every other as early as it can be then.

    ``available_s`` says from when booked goods can be loaded at their station.
    """
    calls = [
        _Call(
            index.nodes[stop.node_id],
            tuple(index.consignments[c] for c in stop.drop),
            take := tuple(index.consignments[c] for c in stop.take),
            max([0, *(available_s.get(c.consignment_id, 0) for c in take if c.direction is Direction.INBOUND)]),
            recharge_s=stop.recharge_s,
        )
        for stop in run.stops
    ]
    vehicle, start_s = index.vehicles[run.vehicle_id], run.stops[0].start_s
    return _written(index, matrix, vehicle, run.run_id, run.carriages, calls, start_s)


def _written(
    index: DayIndex,
    matrix: RoadMatrix,
    vehicle: Vehicle,
    run_id: str,
    carriages: Sequence[Carriage],
    calls: Sequence[_Call],
    start_s: int | None = None,
) -> Run:
    """Write a run out; without ``start_s`` it starts when that suits it best."""
    legs = [(matrix.position[a.node.node_id], matrix.position[b.node.node_id]) for a, b in itertools.pairwise(calls)]
    distances_m = [0, *(int(matrix.distance_m[leg]) for leg in legs)]
    drives_s = [int(matrix.duration_s[leg]) for leg in legs]
    rests_s = rests_on_legs(drives_s, vehicle.max_drive_s, vehicle.rest_s)
    ways_s = [drive_s + rest_s for drive_s, rest_s in zip(drives_s, rests_s, strict=True)]
    starts = _start_times(index, calls, ways_s, vehicle) if start_s is None else _starts_from(start_s, calls, ways_s)
    names = [call.node.node_id for call in calls]
    vias = [(), *(matrix.via(start, end) for start, end in itertools.pairwise(names))]
    stops = _stops(calls, distances_m, ways_s, [0, *rests_s], vias, starts, classes_apart(vehicle))
    distance_m = sum(distances_m)
    duration_s = stops[-1].departure_s - stops[0].start_s
    return Run(
        run_id=run_id,
        vehicle_id=vehicle.vehicle_id,
        stops=stops,
        carriages=tuple(carriages),
        distance_m=distance_m,
        duration_s=duration_s,
        vehicle_fen=vehicle.fixed_fen,
        distance_fen=rate_fen(distance_m, vehicle.per_km_fen, 1000),
        time_fen=rate_fen(duration_s, vehicle.per_hour_fen, 3600),
        co2_fen=rate_fen(distance_m * vehicle.co2_g_per_km, index.day.objective.co2_fen_per_kg, 1_000_000),
    )


def agreement_on(index: DayIndex, consignment: Consignment, vehicle: Vehicle, booked: str = "") -> str:
    """What the consignment travels under: its carrier's own right, else an agreement without a daily limit.

    The agreement under which it is ``booked`` counts its pieces anyway.
    """
    ways = index.ways(consignment, ResourceKind.VEHICLE, vehicle.vehicle_id)
    return min(ways, key=lambda a: (a != booked and index.counts_towards_limit(consignment, a), a), default="")


def _calls(
    index: DayIndex, matrix: RoadMatrix, trips: Sequence[Sequence[Sequence[Consignment]]], vehicle: Vehicle
) -> list[_Call]:
    """Depot, hub, villages, hub again for each further trip, depot; calls at one node in a row become one."""
    depot = index.nodes[vehicle.depot]
    calls = [_Call(depot)]
    brought: tuple[Consignment, ...] = ()
    for number, trip in enumerate(trips):
        goods = [c for visit in trip for c in visit]
        take = tuple(c for c in goods if c.direction is Direction.INBOUND)
        recharge_s = recharge_between_trips_s(vehicle) if number else 0
        calls.append(_Call(index.hub, brought, take, recharge_s=recharge_s))
        calls += _village_calls(index, trip)
        brought = tuple(c for c in goods if c.direction is Direction.OUTBOUND)
    if brought or not _is_straight_home_shorter(matrix, calls[-1].node, index.hub, depot):
        calls.append(_Call(index.hub, brought))
    calls.append(_Call(depot))
    return _merged(calls)


def _village_calls(index: DayIndex, trip: Sequence[Sequence[Consignment]]) -> list[_Call]:
    return [
        _Call(
            index.nodes[index.node_ids[visit[0].consignment_id][0]],
            tuple(c for c in visit if c.direction is Direction.INBOUND),
            tuple(c for c in visit if c.direction is Direction.OUTBOUND),
        )
        for visit in trip
    ]


def _is_straight_home_shorter(matrix: RoadMatrix, last: Node, hub: Node, depot: Node) -> bool:
    a, h, b = (matrix.position[node.node_id] for node in (last, hub, depot))
    return bool(
        matrix.distance_m[a, b] <= matrix.distance_m[a, h] + matrix.distance_m[h, b]
        and matrix.duration_s[a, b] <= matrix.duration_s[a, h] + matrix.duration_s[h, b]
    )


def _merged(calls: Sequence[_Call]) -> list[_Call]:
    merged: list[_Call] = []
    for call in calls:
        if merged and merged[-1].node.node_id == call.node.node_id:
            last = merged.pop()
            merged.append(
                _Call(
                    call.node,
                    (*last.drop, *call.drop),
                    (*last.take, *call.take),
                    max(last.not_before_s, call.not_before_s),
                    min(last.done_by_s, call.done_by_s),
                    max(last.recharge_s, call.recharge_s),
                )
            )
        else:
            merged.append(call)
    return merged


def _start_times(index: DayIndex, calls: Sequence[_Call], ways_s: Sequence[int], vehicle: Vehicle) -> list[int]:
    """Starts of service: first as early as possible, then as late as keeps the end, so that no time is waited away.

    Where calls can be late, the day starts when that suits them best, and every call is as early as it can be then.
    """
    starts = _starts_from(max(vehicle.shift_start_s, calls[0].window[0]), calls, ways_s)
    for i in range(len(calls) - 2, -1, -1):
        latest = starts[i + 1] - ways_s[i] - calls[i].service_s
        starts[i] = min(latest, calls[i].window[1])
    dues = [
        (i, call.node.due_by_s, rate)
        for i, call in enumerate(calls)
        if call.node.due_by_s is not None and (rate := late_fen_per_hour(index, call.node, call.drop))
    ]
    if not dues:
        return starts
    steps_s = [call.service_s + way_s for call, way_s in zip(calls, ways_s, strict=False)]
    earliest_s = [call.window[0] for call in calls]
    start_s = best_start_s(
        first_start_s(vehicle, earliest_s[0], starts[0], starts[-1] + calls[-1].service_s),
        starts[0],
        steps_s,
        earliest_s,
        dues,
        vehicle.per_hour_fen,
    )
    return _starts_from(start_s, calls, ways_s)


def _starts_from(start_s: int, calls: Sequence[_Call], ways_s: Sequence[int]) -> list[int]:
    """Starts of service where the first is given and each other is as early as it can be."""
    starts = [start_s]
    for call, before, way_s in zip(calls[1:], calls, ways_s, strict=False):
        starts.append(max(starts[-1] + before.service_s + way_s, call.window[0]))
    return starts


def _stops(
    calls: Sequence[_Call],
    distances_m: Sequence[int],
    ways_s: Sequence[int],
    rests_s: Sequence[int],
    vias: Sequence[tuple[str, ...]],
    starts: Sequence[int],
    apart: frozenset[Temperature],
) -> tuple[Stop, ...]:
    stops: list[Stop] = []
    aboard = Load()
    for i, call in enumerate(calls):
        arrival_s = starts[i] if i == 0 else stops[-1].departure_s + ways_s[i - 1]
        aboard = sum((load_of(c) for c in call.take), aboard)
        aboard = sum((-load_of(c) for c in call.drop), aboard)
        cold_g, cold_ml = aboard.of(apart)
        stops.append(
            Stop(
                node_id=call.node.node_id,
                arrival_s=arrival_s,
                start_s=starts[i],
                departure_s=starts[i] + call.service_s,
                leg_distance_m=distances_m[i],
                drop=tuple(c.consignment_id for c in call.drop),
                take=tuple(c.consignment_id for c in call.take),
                load_g=aboard.weight_g,
                load_ml=aboard.volume_ml,
                load_pieces=aboard.pieces,
                rest_s=rests_s[i],
                cold_load_g=cold_g,
                cold_load_ml=cold_ml,
                recharge_s=call.recharge_s,
                via=vias[i],
            )
        )
    return tuple(stops)
