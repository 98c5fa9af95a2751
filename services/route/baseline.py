"""What the day would cost without any cooperation: every carrier alone, on its own kinds of vehicle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from services.model.agreements import Temperature
from services.model.consignments import Consignment
from services.model.fleet import Vehicle
from services.model.plan import CarrierAlone
from services.route.day_index import DayIndex
from services.route.engines.engine import Effort, Engine, RunSolution, ShouldStop
from services.route.roads.source import RoadMatrix
from services.route.room import room_on
from services.route.run_task import RunTask, assemble, is_for_runs, vehicle_class
from services.route.schedule import make_run

# The day by which kinds of vehicle are compared for hire: what is cheap on it is the cheapest that fits.
_TYPICAL_KM: Final = 150
_TYPICAL_HOURS: Final = 8
_FIRST_VEHICLES_A_KIND: Final = 8


def plan_alone(
    index: DayIndex,
    matrix: RoadMatrix,
    engine: Engine,
    effort: Effort,
    cores: int,
    should_stop: ShouldStop,
) -> tuple[CarrierAlone, ...]:
    """Plan each carrier's own consignments on its own, ``effort`` for each, ``cores`` of them at a time."""
    by_carrier: dict[str, list[Consignment]] = {}
    for consignment in index.day.consignments:
        by_carrier.setdefault(consignment.carrier_id, []).append(consignment)

    def alone(carrier_id: str) -> CarrierAlone:
        return _carrier_alone(index, matrix, engine, effort, should_stop, carrier_id, by_carrier[carrier_id])

    with ThreadPoolExecutor(cores) as pool:
        return tuple(pool.map(alone, sorted(by_carrier)))


def _carrier_alone(
    index: DayIndex,
    matrix: RoadMatrix,
    engine: Engine,
    effort: Effort,
    should_stop: ShouldStop,
    carrier_id: str,
    consignments: Sequence[Consignment],
) -> CarrierAlone:
    """As many vehicles of the carrier's own kinds as it needs; for a temperature it has none for, a hired kind."""
    kinds = _kinds_for(index, carrier_id, {c.temperature for c in consignments})
    wanted = [
        (c, frozenset(k for k, kind in enumerate(kinds) if c.temperature in kind.temperatures)) for c in consignments
    ]
    # An engine is the slower the more vehicles it has to look at, so there are few at first.
    count = max([_FIRST_VEHICLES_A_KIND, *(2 * _least_vehicles(kind, consignments) for kind in kinds)]) // 2
    while True:
        count = min(2 * count, len(consignments))
        fleet = [vehicle_class(kind, count, matrix) for kind in kinds]
        task = assemble(index, matrix, wanted, fleet, tuple((kind.vehicle_id,) for kind in kinds))
        solution = engine.solve(task.problem, effort, should_stop, lambda _: None) or RunSolution((), 0)
        alone = _write_out(index, matrix, task, solution, carrier_id, consignments)
        used = Counter(route.vehicle_class for route in solution.routes)
        if not alone.unserved or max(used.values(), default=0) < count or count == len(consignments) or should_stop():
            return alone


def _least_vehicles(kind: Vehicle, consignments: Sequence[Consignment]) -> int:
    """How many vehicles of a kind the pieces alone would fill."""
    pieces = sum(c.pieces for c in consignments if c.temperature in kind.temperatures)
    return -(-pieces // (room_on(kind).pieces * kind.max_trips))


def _write_out(
    index: DayIndex,
    matrix: RoadMatrix,
    task: RunTask,
    solution: RunSolution,
    carrier_id: str,
    consignments: Sequence[Consignment],
) -> CarrierAlone:
    runs = [
        make_run(index, matrix, task, route, index.vehicles[task.classes[route.vehicle_class][0]], f"{carrier_id}-{n}")
        for n, route in enumerate(solution.routes, start=1)
    ]
    carried = {c.consignment_id for run in runs for c in run.carriages}
    left = [c for c in consignments if c.consignment_id not in carried]
    cost_fen = sum(r.vehicle_fen + r.distance_fen + r.time_fen + r.co2_fen for r in runs)
    return CarrierAlone(
        carrier_id, len(consignments), len(runs), len(left), cost_fen + sum(index.unserved_fen(c) for c in left)
    )


def _kinds_for(index: DayIndex, carrier_id: str, temperatures: set[Temperature]) -> list[Vehicle]:
    """One vehicle to stand for each kind that the carrier would drive."""
    # What mail fills carries nothing else, in any number.
    usable = [v for v in index.day.county.vehicles if is_for_runs(index, v) and room_on(v).pieces]
    own: dict[Vehicle, Vehicle] = {}
    for vehicle in usable:
        if vehicle.owner == carrier_id:
            own.setdefault(replace(vehicle, vehicle_id=""), vehicle)
    kinds = list(own.values())
    for temperature in sorted(temperatures):
        if not any(temperature in kind.temperatures for kind in kinds):
            fitting = [v for v in usable if temperature in v.temperatures]
            if fitting:
                kinds.append(min(fitting, key=lambda v: (_typical_day_fen(v), v.vehicle_id)))
    return kinds


def _typical_day_fen(vehicle: Vehicle) -> int:
    return vehicle.fixed_fen + _TYPICAL_KM * vehicle.per_km_fen + _TYPICAL_HOURS * vehicle.per_hour_fen
