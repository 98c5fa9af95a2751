"""Calls of a vehicle's day and their times: as early as the day's end allows, waiting squeezed out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from services.model.agreements import Temperature
from services.model.consignments import Consignment
from services.model.fleet import Vehicle
from services.model.network import Node
from services.model.plan import Carriage, Run, Stop
from services.model.units import DAY_S, rate_fen
from services.route.day_index import DayIndex
from services.route.engines.engine import Load
from services.route.lateness import best_start_s, first_start_s, late_fen_per_hour
from services.route.rests import rests_on_legs
from services.route.roads.source import RoadMatrix
from services.route.room import classes_apart, load_of


@dataclass(frozen=True, slots=True)
class Call:
    """A stop before it has times; so as not to wait later, it is begun no later than ``not_after_s``."""

    node: Node
    drop: tuple[Consignment, ...] = ()
    take: tuple[Consignment, ...] = ()
    not_before_s: int = 0
    done_by_s: int = 2 * DAY_S
    recharge_s: int = 0
    not_after_s: int = 2 * DAY_S

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


def merge_calls(calls: Sequence[Call]) -> list[Call]:
    """Make one call of calls at one node in a row."""
    merged: list[Call] = []
    for call in calls:
        if merged and merged[-1].node.node_id == call.node.node_id:
            last = merged.pop()
            merged.append(
                Call(
                    call.node,
                    (*last.drop, *call.drop),
                    (*last.take, *call.take),
                    max(last.not_before_s, call.not_before_s),
                    min(last.done_by_s, call.done_by_s),
                    max(last.recharge_s, call.recharge_s),
                    min(last.not_after_s, call.not_after_s),
                )
            )
        else:
            merged.append(call)
    return merged


def write_run(
    index: DayIndex,
    matrix: RoadMatrix,
    vehicle: Vehicle,
    run_id: str,
    carriages: Sequence[Carriage],
    calls: Sequence[Call],
    done: Sequence[Stop] = (),
    start_s: int | None = None,
) -> Run:
    """Give calls their times, loads and cost; without ``start_s`` the day starts when that suits it best.

    ``done`` are the stops that the first calls have become already; they stay as they are, and all that follows is as
    early as it can be after them.
    """
    legs = [(matrix.position[a.node.node_id], matrix.position[b.node.node_id]) for a, b in itertools.pairwise(calls)]
    distances_m = [0, *(int(matrix.distance_m[leg]) for leg in legs)]
    drives_s = [int(matrix.duration_s[leg]) for leg in legs]
    names = [call.node.node_id for call in calls]
    vias = [(), *(matrix.via(start, end) for start, end in itertools.pairwise(names))]
    for place, (before, stop) in enumerate(itertools.pairwise(done)):
        # As it was driven, whatever the roads are now.
        distances_m[place + 1] = stop.leg_distance_m
        drives_s[place] = stop.arrival_s - before.departure_s - stop.rest_s
        vias[place + 1] = stop.via
    rests_s = rests_on_legs(drives_s, vehicle.max_drive_s, vehicle.rest_s)
    rests_s[: max(0, len(done) - 1)] = [stop.rest_s for stop in done[1:]]
    ways_s = [drive_s + rest_s for drive_s, rest_s in zip(drives_s, rests_s, strict=True)]
    if done:
        starts = _starts_after(calls, ways_s, done)
    elif start_s is not None:
        starts = _starts_from(start_s, calls, ways_s)
    else:
        starts = _start_times(index, calls, ways_s, vehicle)
    stops = _stops(calls, distances_m, ways_s, [0, *rests_s], vias, starts, classes_apart(vehicle), done)
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


def _starts_after(calls: Sequence[Call], ways_s: Sequence[int], done: Sequence[Stop]) -> list[int]:
    """Starts of service after what is done: each as early as it can be."""
    starts = [stop.start_s for stop in done]
    departs_s = done[-1].departure_s
    for call, way_s in zip(calls[len(done) :], ways_s[len(done) - 1 :], strict=True):
        starts.append(max(departs_s + way_s, call.window[0]))
        departs_s = starts[-1] + call.service_s
    return starts


def _start_times(index: DayIndex, calls: Sequence[Call], ways_s: Sequence[int], vehicle: Vehicle) -> list[int]:
    """Starts of service: first as early as possible, then as late as keeps the end, so that no time is waited away.

    Where calls can be late, the day starts when that suits them best, and every call is as early as it can be then.
    """
    starts = _starts_from(max(vehicle.shift_start_s, calls[0].window[0]), calls, ways_s)
    for i in range(len(calls) - 2, -1, -1):
        latest = min(starts[i + 1] - ways_s[i] - calls[i].service_s, calls[i].window[1])
        starts[i] = min(latest, max(starts[i], calls[i].not_after_s))
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


def _starts_from(start_s: int, calls: Sequence[Call], ways_s: Sequence[int]) -> list[int]:
    """Starts of service where the first is given and each other is as early as it can be."""
    starts = [start_s]
    for call, before, way_s in zip(calls[1:], calls, ways_s, strict=False):
        starts.append(max(starts[-1] + before.service_s + way_s, call.window[0]))
    return starts


def _stops(
    calls: Sequence[Call],
    distances_m: Sequence[int],
    ways_s: Sequence[int],
    rests_s: Sequence[int],
    vias: Sequence[tuple[str, ...]],
    starts: Sequence[int],
    apart: frozenset[Temperature],
    done: Sequence[Stop],
) -> tuple[Stop, ...]:
    stops: list[Stop] = []
    aboard = Load()
    for i, call in enumerate(calls):
        arrival_s = starts[i] if i == 0 else stops[-1].departure_s + ways_s[i - 1]
        aboard = sum((load_of(c) for c in call.take), aboard)
        aboard = sum((-load_of(c) for c in call.drop), aboard)
        if i < len(done):
            stops.append(done[i])
            continue
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
