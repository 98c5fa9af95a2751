"""Compiles the kernel ahead of its first use: ``python -m services.route.kernel.warm``."""

from __future__ import annotations

import numpy as np

from services.route.kernel.problem import NO_LIMIT, KernelProblem, Tasks, VehicleTypes
from services.route.kernel.search import Limits, search


def smallest_problem() -> KernelProblem:
    """One task for one vehicle."""
    zero, one = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    never, load = zero + NO_LIMIT, np.ones((1, 1), dtype=np.int64)
    tasks = Tasks(one, zero, zero, never, zero, load, 0 * load, never, np.ones((1, 1), dtype=np.bool_))
    types = VehicleTypes(
        *(one, zero, zero, zero - 1, load, one, one, zero, never, never),
        *(zero, never, never, zero, never, one),
    )
    ways = np.ones((2, 2), dtype=np.int64) - np.eye(2, dtype=np.int64)
    return KernelProblem(ways, ways, tasks, types)


def main() -> None:
    """Search twice, from nothing and from a solution, so that every entry is called."""
    found = search(smallest_problem(), Limits(0, steps=10))
    search(smallest_problem(), Limits(0, steps=10), start=found)


if __name__ == "__main__":
    main()
