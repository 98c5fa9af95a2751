"""What the day would cost without any cooperation: every carrier alone, on its own kinds of vehicle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from services.model.consignments import Consignment
from services.model.own_fleet import first_count, own_kinds
from services.model.plan import CarrierAlone
from services.route.day_index import DayIndex
from services.route.engines.engine import Effort, Engine, RunSolution, ShouldStop
from services.route.lateness import run_late_fen
from services.route.roads.source import RoadMatrix
from services.route.run_task import RunTask, assemble, vehicle_class
from services.route.schedule import make_run


def plan_alone(
    index: DayIndex,
    matrix: RoadMatrix,
    engine: Engine,
    effort: Effort,
    cores: int,
    should_stop: ShouldStop,
) -> tuple[CarrierAlone, ...]:
    """Plan each carrier's own consignments on its own, ``effort`` for each, ``cores`` of them at a time.

    The county's regular vehicles are for what is carried together; alone, each carrier sends whom it likes.
    """
    index = replace(index, regulars=frozenset())
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
    kinds = own_kinds(index.day.county, {carrier_id}, {c.temperature for c in consignments})
    wanted = [
        (c, frozenset(k for k, kind in enumerate(kinds) if c.temperature in kind.temperatures)) for c in consignments
    ]
    count = first_count(kinds, consignments)
    while True:
        fleet = [vehicle_class(kind, count, matrix) for kind in kinds]
        task = assemble(index, matrix, wanted, fleet, tuple((kind.vehicle_id,) for kind in kinds))
        solution = engine.solve(task.problem, effort, should_stop, lambda _: None) or RunSolution((), 0)
        alone = _write_out(index, matrix, task, solution, carrier_id, consignments)
        used = Counter(route.vehicle_class for route in solution.routes)
        if not alone.unserved or max(used.values(), default=0) < count or count == len(consignments) or should_stop():
            return alone
        count = min(2 * count, len(consignments))


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
    cost_fen = sum(r.vehicle_fen + r.distance_fen + r.time_fen + r.co2_fen + run_late_fen(index, r) for r in runs)
    return CarrierAlone(
        carrier_id, len(consignments), len(runs), len(left), cost_fen + sum(index.unserved_fen(c) for c in left)
    )
