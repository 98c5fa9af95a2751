"""What runs would save if lines took something off them: estimates from a plan's runs.

A village's value is what its stop costs at the margin, or, since several villages that leave together also free the
way to them, its share of the whole run. Both are estimates; the planner tries choices made by each and keeps what
turns out cheaper.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from enum import Enum, auto

from services.model.fleet import Vehicle
from services.model.plan import Plan, Run, Stop
from services.route.assignment import RunValues
from services.route.day_index import DayIndex
from services.route.roads.source import RoadMatrix


class Estimate(Enum):
    """How a village's value is told from the runs."""

    MARGIN = auto()
    SHARE = auto()


def run_values(index: DayIndex, matrix: RoadMatrix, plan: Plan, estimate: Estimate, factor_percent: int) -> RunValues:
    """Value every village: on runs by what leaving it out saves, on lines by what a run would spend to take it in.

    Consignments that are unserved or wait are worth the price of that.
    """
    village_fen: dict[str, int] = {}
    for run in plan.runs:
        stop_fen = margins_fen(index, matrix, run)
        if estimate is Estimate.SHARE:
            run_fen = run.vehicle_fen + run.distance_fen + run.time_fen + run.co2_fen
            total = sum(stop_fen.values()) or 1
            stop_fen = {village: run_fen * fen // total for village, fen in stop_fen.items()}
        for village, fen in stop_fen.items():
            village_fen[village] = village_fen.get(village, 0) + fen
    booked = {index.consignments[b.consignment_id].village_code for b in plan.bookings}
    for village in booked - village_fen.keys():
        village_fen[village] = _cheapest_detour_fen(index, matrix, plan.runs, village)
    left = [*(one.consignment_id for one in plan.unserved), *(one.consignment_id for one in plan.waiting)]
    return RunValues(
        {v: fen * factor_percent // 100 for v, fen in village_fen.items()},
        {c: index.leaving_fen(index.consignments[c]) for c in left},
    )


def margins_fen(index: DayIndex, matrix: RoadMatrix, run: Run) -> dict[str, int]:
    """What a run would save without its calls at each village, all else as it is."""
    vehicle = index.vehicles[run.vehicle_id]
    fen: dict[str, int] = {}
    for before, stop, after in zip(run.stops, run.stops[1:], run.stops[2:], strict=False):
        village = index.nodes[stop.node_id].village_code
        if village:
            distance_m, duration_s = _detour(matrix, before.node_id, stop.node_id, after.node_id)
            saved = _price_fen(vehicle, distance_m, duration_s + stop.departure_s - stop.start_s)
            fen[village] = fen.get(village, 0) + saved
    return fen


def _cheapest_detour_fen(index: DayIndex, matrix: RoadMatrix, runs: Iterable[Run], village: str) -> int:
    node = next(node for node in index.nodes.values() if node.village_code == village)
    costs = [
        _price_fen(index.vehicles[run.vehicle_id], distance_m, duration_s + node.service_s)
        for run in runs
        for before, after in _legs(run.stops)
        for distance_m, duration_s in [_detour(matrix, before.node_id, node.node_id, after.node_id)]
    ]
    return min(costs, default=0)


def _legs(stops: tuple[Stop, ...]) -> Iterable[tuple[Stop, Stop]]:
    return itertools.pairwise(stops)


def _detour(matrix: RoadMatrix, before: str, node: str, after: str) -> tuple[int, int]:
    a, b, c = (matrix.position[node_id] for node_id in (before, node, after))
    distance_m, duration_s = (m[a, b] + m[b, c] - m[a, c] for m in (matrix.distance_m, matrix.duration_s))
    return int(distance_m), int(duration_s)


def _price_fen(vehicle: Vehicle, distance_m: int, duration_s: int) -> int:
    return distance_m * vehicle.per_km_fen // 1000 + duration_s * vehicle.per_hour_fen // 3600
