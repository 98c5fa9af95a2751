"""What is left of a solution that a search begins with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.route.kernel.problem import KernelProblem, KernelSolution, Options
from services.route.kernel.search import Limits, search
from services.route.kernel.warm import smallest_problem


def two_on_a_line() -> KernelProblem:
    """Two tasks that no vehicle may do, on a line whose trip costs 10 however many it carries; leaving one costs 8."""
    one = smallest_problem()
    zero, ones = np.zeros(2, dtype=np.int64), np.ones(2, dtype=np.int64)
    return replace(
        one,
        tasks=replace(
            one.tasks,
            location=ones,
            service=zero,
            earliest=zero,
            latest=np.repeat(one.tasks.latest, 2),
            release=zero,
            deliver=np.ones((2, 1), dtype=np.int64),
            pick_up=np.zeros((2, 1), dtype=np.int64),
            leaving=8 * ones,
            admitted=np.zeros((1, 2), dtype=np.bool_),
        ),
        options=Options(
            task=np.arange(2),
            price=ones,
            first=zero,
            last=ones,
            charges=np.zeros((2, 1), dtype=np.int64),
            account=zero - 1,
            quota=zero - 1,
            room=np.full((1, 1), 2),
            charge_price=np.array([10]),
            load=np.ones((2, 1), dtype=np.int64),
            pieces=ones,
        ),
    )


def test_bookings_that_only_pay_together_are_all_kept() -> None:
    start = KernelSolution((), ((0, 0), (1, 1)), 12)
    assert search(two_on_a_line(), Limits(0, 1), start=start) == start
