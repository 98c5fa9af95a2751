"""Whatever the problem, what OR-Tools answers keeps every limit, costs what it says and repeats.

The judge and the problems are those of the kernel's tests.
"""

from __future__ import annotations

import gc
import weakref
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.model.day import Day, PlanSettings
from services.model.errors import PlanningFailedError
from services.route.engines.engine import Effort, OnBest, RunProblem, RunSolution, ShouldStop
from services.route.engines.ortools import search_with_ortools, solve_with_ortools
from services.route.kernel.problem import NO_LIMIT, KernelProblem, KernelSolution, Options
from services.route.kernel.search import Limits, search
from services.route.kernel.warm import smallest_problem
from services.route.planner import plan_day
from tests.property.test_kernel import judged_cost, problems, with_lateness
from tests.random_days import random_days

ITERATIONS = 20


def solve(
    problem: KernelProblem, seed: int = 1, start: KernelSolution | None = None, told: list[KernelSolution] | None = None
) -> KernelSolution:
    found = search_with_ortools(problem, Effort(9, ITERATIONS, seed), ([] if told is None else told).append, start)
    assert found is not None
    return found


def held(problem: KernelProblem) -> KernelProblem:
    """The problem without releases, without handling at depots and without limits of single trips."""
    tasks = replace(problem.tasks, release=np.zeros_like(problem.tasks.release))
    none = np.zeros_like(problem.types.handling)
    types = replace(problem.types, handling=none, reload_handling=none, longest_trip=none + NO_LIMIT)
    return replace(problem, tasks=tasks, types=types)


@dataclass(frozen=True, slots=True)
class InProcessOrtools:
    """The engine without its child."""

    def solve(
        self,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        return solve_with_ortools(problem, effort, on_best, start)


def never_recharging(day: Day) -> Day:
    """The day with every range for the whole day: what recharges is refused."""
    vans = tuple(replace(van, recharge_s=None) for van in day.county.vehicles)
    return replace(day, county=replace(day.county, vehicles=vans))


@given(random_days().map(never_recharging))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_plan_passes_the_checker_and_forgets_nothing(day: Day) -> None:
    # ``plan_day`` refuses a plan that the checker does not pass.
    made = plan_day(day, PlanSettings(iterations=20, cores=1), InProcessOrtools(), lambda: False, lambda *_: None).plan
    carried = [c.consignment_id for run in made.runs for c in run.carriages]
    carried += [b.consignment_id for b in made.bookings]
    left = [u.consignment_id for u in made.unserved] + [w.consignment_id for w in made.waiting]
    assert sorted([*carried, *left]) == sorted(c.consignment_id for c in day.consignments)


runs_only = problems(lines=False).map(held)


@given(runs_only, st.integers(0, 99))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_answer_keeps_every_limit_and_costs_what_it_says(problem: KernelProblem, seed: int) -> None:
    told: list[KernelSolution] = []
    found = solve(problem, seed, told=told)
    for solution in [*told, found]:
        assert judged_cost(problem, solution) == solution.cost


@given(runs_only, st.integers(0, 99))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_late_costs_what_it_does_at_the_best_start(problem: KernelProblem, seed: int) -> None:
    late = with_lateness(problem, seed)
    found = solve(late, seed)
    assert judged_cost(late, found) == found.cost
    # To OR-Tools every task begins by itself, also where several are one call.
    apart = replace(late, tasks=replace(late.tasks, site=np.arange(len(late.tasks.site))))
    start = search(apart, Limits(0, 200, seed))
    assert solve(apart, seed, start).cost <= start.cost


@given(runs_only, st.integers(0, 99))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_same_seed_and_iterations_give_the_same_answer(problem: KernelProblem, seed: int) -> None:
    assert solve(problem, seed) == solve(problem, seed)


@given(runs_only, st.integers(0, 99))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_answer_is_never_worse_than_the_start(problem: KernelProblem, seed: int) -> None:
    start = search(problem, Limits(0, 200, seed))
    assert solve(problem, seed, start).cost <= start.cost


@given(problems(lines=False))
@settings(max_examples=20, deadline=None)
def test_release_times_are_refused_by_name(problem: KernelProblem) -> None:
    held = replace(problem, tasks=replace(problem.tasks, release=np.ones_like(problem.tasks.release)))
    with pytest.raises(PlanningFailedError, match="release times"):
        solve(held)


@given(problems(most_tasks=2))
@settings(max_examples=20, deadline=None)
def test_bookings_reloads_without_end_and_costs_beyond_counting_are_refused_by_name(problem: KernelProblem) -> None:
    problem = held(problem)
    one = np.zeros(1, dtype=np.int64)
    booked = replace(problem, options=Options(task=one, price=one))
    with pytest.raises(PlanningFailedError, match="bookings"):
        solve(booked)
    plain = replace(problem, options=Options())
    dear = replace(plain, tasks=replace(plain.tasks, leaving=np.full_like(plain.tasks.leaving, 1 << 62)))
    with pytest.raises(PlanningFailedError, match="larger than OR-Tools can add up"):
        solve(dear)


def test_a_search_lets_go_of_its_model_and_of_whom_it_told() -> None:
    told: list[KernelSolution] = []

    def tell(solution: KernelSolution) -> None:
        told.append(solution)

    gone = weakref.ref(tell)
    search_with_ortools(smallest_problem(), Effort(9, ITERATIONS), tell)
    del tell
    gc.collect()
    assert told
    assert gone() is None
