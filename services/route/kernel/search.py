"""Searches a problem in slices of time, so that it can be watched and stopped between any two of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from services.route.kernel.anneal import anneal, clear, fill, keep_best, prepare
from services.route.kernel.arrays import Problem, State, make_problem, make_state
from services.route.kernel.loading import load
from services.route.kernel.problem import KernelProblem, KernelRoute, KernelSolution, without_the_impossible

_SLICE_S: Final = 0.05
_SLICE_STEPS: Final = 1_000
_FIRST_STEPS: Final = 20
_LEAST_S: Final = 1e-6
# Temperatures at the start and at the end, as parts of what a task costs on average.
_HOT: Final = 1.0
_COLD: Final = 0.03
# From a solution, what was found before must not melt away, but tasks must still change routes.
_WARM: Final = 0.3
_ROUTE_CHANCE: Final = 0.02
# How often what is left of a route goes to a vehicle of another kind.
_KIND_CHANCE: Final = 0.2
# Where a vehicle costs something by being used, the first tries decide which are: a few of them, each for a part.
_STARTS: Final = 4
_START_PART: Final = 0.12
_SEED_STEP: Final = 7_919
# Steps a task that only take what is better, before temperatures are set by what they left.
_DESCENT_STEPS: Final = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to search: seconds, or steps where an answer must repeat."""

    seconds: float
    steps: int | None = None
    seed: int = 1


OnBest = Callable[[KernelSolution], None]
ShouldStop = Callable[[], bool]
Clock = Callable[[], float]


def search(
    problem: KernelProblem,
    limits: Limits,
    should_stop: ShouldStop = lambda: False,
    on_best: OnBest = lambda _: None,
    start: KernelSolution | None = None,
    clock: Clock = time.monotonic,
) -> KernelSolution:
    """Search until the limits are spent or ``should_stop``; a task is left out where that costs least.

    Simulated annealing over slack induction by string removals (Christiaens and Vanden Berghe 2020, Slack induction by
    string removals for vehicle routing problems), cooled by the part of the limits that is spent. The answer is never
    worse than ``start``, what does not fit of which is left out.
    """
    p = make_problem(without_the_impossible(problem))
    run = _Run(p, limits.seed, _Pace(limits, clock(), clock), should_stop, on_best)
    if start is not None:
        best = run.begin(start)
        run.anneal(best, until=1.0, warmth=_WARM)
        return solution_of(p, best)
    best = run.begin()
    if (p.kind["fixed"] > 0).any():
        run.anneal(best, until=_START_PART, warmth=1.0)
        for number in range(1, _STARTS):
            other = run.begin()
            run.anneal(other, until=_START_PART * (number + 1), warmth=1.0)
            best = min(best, other, key=_best_cost)
        run.go_back(best)
        run.anneal(best, until=1.0, warmth=_WARM)
    else:
        run.anneal(best, until=1.0, warmth=1.0)
    return solution_of(p, best)


class _Run:
    """One search: states that are annealed one after the other within the same limits, and the best of them all."""

    def __init__(self, p: Problem, seed: int, pace: _Pace, should_stop: ShouldStop, on_best: OnBest) -> None:
        self._p = p
        self._seed = seed
        self._kind_chance = _KIND_CHANCE if len(p.kind) > 1 else 0.0
        self._states = 0
        self._pace = pace
        self._should_stop = should_stop
        self._on_best = on_best
        self._told: int | None = None

    def begin(self, start: KernelSolution | None = None) -> State:
        """A state in which all is done that fits, from nothing or from a solution."""
        s = make_state(self._p, self._seed + _SEED_STEP * self._states)
        self._states += 1
        prepare(self._p, s)
        if start is not None:
            load(self._p, s, start)
        keep_best(s)
        fill(self._p, s, start is None)
        self._tell(s)
        return s

    def go_back(self, s: State) -> None:
        """Bring a state back to its best."""
        solution = solution_of(self._p, s)
        clear(self._p, s)
        load(self._p, s, solution)
        fill(self._p, s, False)

    def anneal(self, s: State, until: float, warmth: float) -> None:
        """Cool a state down until this part of the limits is spent."""
        p, pace, tasks = self._p, self._pace, len(self._p.task)
        descent, scale, began = _DESCENT_STEPS * tasks if tasks else 0, 0.0, pace.spent
        while tasks and pace.spent < until and not self._should_stop():
            spent = pace.spent
            steps, then = pace.next_slice()
            if descent > 0:
                anneal(p, s, steps, 1.0, 1.0, 0.0, 0.0)
                descent -= steps
                began = pace.spent
                scale = max(1.0, _cost_of_a_task(p, s))
            else:
                hot, cold = scale * _HOT * warmth, scale * _COLD
                parts = [min(1.0, (part - began) / max(1e-9, until - began)) for part in (spent, then)]
                first, last = (hot * (cold / hot) ** part for part in parts)
                anneal(p, s, steps, first, last, _ROUTE_CHANCE, self._kind_chance)
            pace.took(steps)
            self._tell(s)

    def _tell(self, s: State) -> None:
        if self._told is None or _best_cost(s) < self._told:
            self._told = _best_cost(s)
            self._on_best(solution_of(self._p, s))


def _best_cost(s: State) -> int:
    return int(s.one["best_cost"][0])


def _cost_of_a_task(p: Problem, s: State) -> float:
    return float(s.one["cost"][0] - s.one["leaving"][0]) / len(p.task)


class _Pace:
    """Cuts the limits into slices: of so many steps as take a moment, or of a fixed number where these are counted."""

    def __init__(self, limits: Limits, began: float, clock: Clock) -> None:
        self._limits = limits
        # Whoever shares a time out may have none left for the last: one slice ends it.
        self._seconds = max(limits.seconds, _LEAST_S)
        self._began = began
        self._clock = clock
        self._sliced_at = began
        self._steps = _FIRST_STEPS
        self._done = 0
        self.spent = 0.0

    def next_slice(self) -> tuple[int, float]:
        """How many steps to take now, and what part of the limits is spent then."""
        self._sliced_at = self._clock()
        if self._limits.steps is not None:
            steps = min(_SLICE_STEPS, self._limits.steps - self._done)
            return steps, (self._done + steps) / self._limits.steps
        passed = self._sliced_at - self._began + _SLICE_S
        return self._steps, min(1.0, passed / self._seconds)

    def took(self, steps: int) -> None:
        """Take note that so many steps were taken."""
        now = self._clock()
        self._done += steps
        if self._limits.steps is not None:
            self.spent = self._done / self._limits.steps
            return
        took_s = max(now - self._sliced_at, 1e-6)
        self._steps = max(1, min(4 * steps, round(steps * _SLICE_S / took_s)))
        self.spent = (now - self._began) / self._seconds


def solution_of(p: Problem, s: State) -> KernelSolution:
    """The best so far."""
    tasks = len(p.task)
    routes = []
    nxt: list[int] = s.pool["best_nxt"].tolist()
    kinds: list[int] = s.slot["kind"].tolist()
    for slot in range(len(s.slot) - 1):
        node, end = nxt[tasks + 2 * slot], tasks + 2 * slot + 1
        trips: list[list[int]] = [[]]
        while node != end:
            if node < tasks:
                trips[-1].append(node)
            else:
                trips.append([])
            node = nxt[node]
        if trips[0]:
            routes.append(KernelRoute(kinds[slot], tuple(map(tuple, trips))))
    options: list[Any] = s.mark["best_option"].tolist()
    booked = tuple((task, option) for task, option in enumerate(options) if option >= 0)
    return KernelSolution(tuple(routes), booked, int(s.one["best_cost"][0]))
