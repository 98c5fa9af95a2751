"""What is paid once is taken up for many and given up by all, though no task alone would do either."""

from __future__ import annotations

import numpy as np

from services.route.kernel.problem import NO_LIMIT, Ints, KernelProblem, Options, Tasks, VehicleTypes
from services.route.kernel.search import Limits, search

TASKS = 40


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def two_trips(dear: int, cheap_start: int, each: int) -> KernelProblem:
    """Every task may ride a trip that is ``dear`` and nothing more, or one of ``cheap_start`` and ``each`` a task."""
    zero, one = np.zeros(TASKS, dtype=np.int64), np.ones(TASKS, dtype=np.int64)
    nowhere = np.zeros((1, 1), dtype=np.int64)
    tasks = Tasks(
        zero, zero, zero, zero + NO_LIMIT, zero, one.reshape(-1, 1), nowhere.repeat(TASKS, 0), one * 1_000_000,
        np.zeros((1, TASKS), dtype=np.bool_),
    )  # fmt: skip
    never = ints(NO_LIMIT)
    types = VehicleTypes(
        *(ints(0), ints(0), ints(0), ints(-1), nowhere, ints(0), ints(0), ints(0), never, never),
        *(ints(0), never, never, ints(0), never, ints(1)),
    )
    options = Options(
        task=np.arange(TASKS).repeat(2),
        price=np.tile(ints(0, each), TASKS),
        first=ints(0).repeat(2 * TASKS),
        last=ints(0).repeat(2 * TASKS),
        charges=np.tile(ints(0, 1), TASKS).reshape(-1, 1),
        account=ints(-1).repeat(2 * TASKS),
        quota=ints(-1).repeat(2 * TASKS),
        charge_price=ints(dear, cheap_start),
        load=ints(1).repeat(2 * TASKS).reshape(-1, 1),
        pieces=ints(1).repeat(2 * TASKS),
    )
    return KernelProblem(nowhere, nowhere, tasks, types, options)


def test_what_is_dear_for_one_and_cheap_for_all_is_taken_up() -> None:
    # The first task rides the cheap trip for 200 + 10, and so does every other; all on the dear one cost 300, not 600.
    assert search(two_trips(300, 200, 10), Limits(0, 1_000)).cost == 300


def test_what_is_cheap_for_one_and_dear_for_all_is_not() -> None:
    assert search(two_trips(601, 200, 10), Limits(0, 1_000)).cost == 600
