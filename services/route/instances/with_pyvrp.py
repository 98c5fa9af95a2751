"""PyVRP on standard instances, as it is out of the box; it cannot be interrupted: run it in a child."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyvrp
from pyvrp.stop import FirstFeasible, MaxRuntime, MultipleCriteria

from services.route.engines.engine import Effort
from services.route.instances.fewest_vehicles import search_fewest
from services.route.instances.instance import as_route
from services.route.kernel.problem import KernelSolution


def search_with_pyvrp(
    data: pyvrp.ProblemData,
    effort: Effort,
    on_best: Callable[[KernelSolution], None],
    start: KernelSolution | None = None,
) -> KernelSolution:
    """Search an instance from nothing; the answer may break rules where PyVRP found none that breaks none."""
    return _solution(
        pyvrp.solve(data, MaxRuntime(effort.seconds), effort.seed, collect_stats=False, display=False).best
    )


def search_fewest_with_pyvrp(
    task: tuple[pyvrp.ProblemData, int],
    effort: Effort,
    on_best: Callable[[KernelSolution], None],
    start: KernelSolution | None = None,
) -> KernelSolution | None:
    """Search an instance and its least number of vehicles for fewest of them first; see ``search_fewest``."""
    data, least = task
    return search_fewest(_PyvrpSeek(data), data.num_clients, least, effort.seconds, effort.seed)


@dataclass(frozen=True, slots=True)
class _PyvrpSeek:
    """PyVRP as ``Seek``."""

    data: pyvrp.ProblemData

    def __call__(
        self, vehicles: int | None, seconds: float, seed: int, start: KernelSolution | None, is_for_first: bool
    ) -> KernelSolution | None:
        (fleet,) = self.data.vehicle_types()
        limited = fleet.replace(num_available=vehicles or fleet.num_available, fixed_cost=0)
        data = self.data.replace(vehicle_types=[limited])
        initial = None
        if start is not None:
            routes = [pyvrp.Route(data, [c for trip in route.trips for c in trip], 0) for route in start.routes]
            initial = pyvrp.Solution(data, routes)
        stop = MultipleCriteria([MaxRuntime(seconds), *([FirstFeasible()] if is_for_first else [])])
        found = pyvrp.solve(data, stop, seed, collect_stats=False, display=False, initial_solution=initial).best
        return _solution(found) if found.is_feasible() else None


def _solution(found: pyvrp.Solution) -> KernelSolution:
    return KernelSolution(tuple(as_route(route) for route in found.routes()), (), 0)
