"""Calls taken off runs that are late on account of the driver's rests.

Searches plan at a pace at which rests are shared out over the way (see ``rests``). A vehicle that has to wait for a
node to open loses what it had gained on that pace: the rests of its later legs can then make it late by less than one
rest. It happens seldom, so it is mended where a plan is written out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from services.model.plan import Run, Stop
from services.route.day_index import DayIndex
from services.route.roads.source import RoadMatrix
from services.route.run_task import is_for_runs
from services.route.schedule import is_in_time, retime_run


def shed_late(index: DayIndex, matrix: RoadMatrix, runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """The runs, with calls left out where rests make a run from the hub late: the cheapest that bring it in time."""
    return tuple(kept for run in runs if (kept := _in_time(index, matrix, run)) is not None)


def _in_time(index: DayIndex, matrix: RoadMatrix, run: Run) -> Run | None:
    vehicle = index.vehicles[run.vehicle_id]
    if vehicle.max_drive_s is None or not is_for_runs(index, vehicle):
        return run
    while not is_in_time(index, run):
        shorter = list(_with_one_less(index, matrix, run))
        if not shorter:
            return None
        run = min(shorter, key=lambda one: (not is_in_time(index, one), _loss_fen(index, run, one)))
    return run


def _loss_fen(index: DayIndex, run: Run, shorter: Run) -> int:
    """What leaving out costs more than it saves on the way."""
    kept = {carriage.consignment_id for carriage in shorter.carriages}
    names = (carriage.consignment_id for carriage in run.carriages if carriage.consignment_id not in kept)
    left_fen = sum(index.leaving_fen(index.consignments[name]) for name in names)
    return left_fen + _way_fen(shorter) - _way_fen(run)


def _way_fen(run: Run) -> int:
    return run.distance_fen + run.time_fen + run.co2_fen


def _with_one_less(index: DayIndex, matrix: RoadMatrix, run: Run) -> Iterator[Run]:
    """The run without each of its calls in turn, and without trips that are then empty."""
    hub_id = index.hub.node_id
    for i, stop in enumerate(run.stops):
        if stop.node_id == hub_id or not (stop.drop or stop.take):
            continue
        gone = {*stop.drop, *stop.take}
        left = [_without(other, gone) for j, other in enumerate(run.stops) if j != i]
        # Two calls at the hub on end were the ends of a trip that is empty now: one of them does the work of both.
        stops: list[Stop] = []
        for other in left:
            if stops and other.node_id == hub_id == stops[-1].node_id:
                stops[-1] = replace(stops[-1], drop=stops[-1].drop + other.drop, take=stops[-1].take + other.take)
            else:
                stops.append(other)
        carriages = tuple(carriage for carriage in run.carriages if carriage.consignment_id not in gone)
        if carriages:
            yield retime_run(index, matrix, replace(run, stops=tuple(stops), carriages=carriages), {})


def _without(stop: Stop, gone: set[str]) -> Stop:
    drop, take = (tuple(name for name in names if name not in gone) for names in (stop.drop, stop.take))
    return replace(stop, drop=drop, take=take)
