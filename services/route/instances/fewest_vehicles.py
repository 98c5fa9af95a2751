"""Searches for fewest vehicles first and least cost then, with an engine that knows one sum of costs.

A price a vehicle would have to be so high that what an engine weighs by costs, temperatures or penalties, no longer
suits the ways. So the fleet is limited instead, and nobody pays for vehicles: from a first solution on one vehicle
fewer is allowed, as often as everybody can be served without it within a part of the time; the rest is for the ways.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from services.route.kernel.problem import KernelProblem, KernelSolution
from services.route.kernel.search import Limits, ShouldStop, search

_FIRST_PART: Final = 0.1
_FEWER_UNTIL: Final = 0.6
# Seeds of one search are apart by this; those of cores by one.
_SEED_STEP: Final = 7_919


class Seek(Protocol):
    """Searches for the shortest ways of at most so many vehicles."""

    def __call__(
        self, vehicles: int | None, seconds: float, seed: int, start: KernelSolution | None, is_for_first: bool
    ) -> KernelSolution | None:
        """Search from a solution, which may leave some out; if ``is_for_first`` until any that serves all."""
        ...


def search_fewest(
    seek: Seek,
    tasks: int,
    least: int,
    seconds: float,
    seed: int,
    clock: Callable[[], float] = time.monotonic,
) -> KernelSolution | None:
    """Search for ``seconds``, never for fewer vehicles than ``least``.

    Where not all of ``tasks`` can be served, the answer is of the whole fleet. Costs are those of the ways alone.
    """
    began = clock()

    def left_s(part: float) -> float:
        return max(0.0, began + part * seconds - clock())

    best = seek(None, _FIRST_PART * seconds, seed, None, False)
    while left_s(_FEWER_UNTIL) > 0:
        seed += _SEED_STEP
        if not _serves_all(best, tasks):
            # The whole fleet, for longer.
            found = seek(None, left_s(_FEWER_UNTIL), seed, best, True)
        elif best is not None and len(best.routes) > least:
            # The smallest route is the one to be spared.
            routes = sorted(best.routes, key=lambda route: -sum(map(len, route.trips)))[:-1]
            start = KernelSolution(tuple(routes), (), 0)
            found = seek(len(routes), left_s(_FEWER_UNTIL), seed, start, True)
        else:
            break
        if not _serves_all(found, tasks):
            break
        best = found
    vehicles = len(best.routes) if best is not None and _serves_all(best, tasks) else None
    last = seek(vehicles, left_s(1.0), seed + _SEED_STEP, best, False)
    return last if _serves_all(last, tasks) or not _serves_all(best, tasks) else best


def _serves_all(solution: KernelSolution | None, tasks: int) -> bool:
    return solution is not None and sum(len(trip) for route in solution.routes for trip in route.trips) == tasks


def least_vehicles(problem: KernelProblem) -> int:
    """How many vehicles all loads together need, of the one type that there is."""
    loads = np.maximum(problem.tasks.deliver.sum(axis=0), problem.tasks.pick_up.sum(axis=0))
    return max(1, int(-(-loads // np.maximum(1, problem.types.capacity[0])).max()))


@dataclass(frozen=True, slots=True)
class KernelSeek:
    """The kernel as ``Seek``."""

    problem: KernelProblem
    should_stop: ShouldStop

    def __call__(
        self, vehicles: int | None, seconds: float, seed: int, start: KernelSolution | None, is_for_first: bool
    ) -> KernelSolution:
        """See ``Seek``."""
        types, tasks = self.problem.types, len(self.problem.tasks.location)
        count = types.count if vehicles is None else np.array([vehicles], dtype=np.int64)
        problem = replace(self.problem, types=replace(types, fixed=np.zeros_like(types.fixed), count=count))
        found: list[KernelSolution] = []

        def is_over() -> bool:
            return self.should_stop() or (is_for_first and bool(found) and _serves_all(found[-1], tasks))

        return search(problem, Limits(seconds, seed=seed), is_over, found.append, start)
