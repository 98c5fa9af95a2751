"""Engines for tests that look at what is planned, not at the process that plans it."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.route.engines.engine import (
    Bookable,
    Effort,
    OnBest,
    OnBestWay,
    RunProblem,
    RunSolution,
    ShouldStop,
    Way,
)
from services.route.engines.kernel import KernelEngine


@dataclass(frozen=True, slots=True)
class InProcessEngine:
    """The default engine, with the problems that it was given."""

    problems: list[RunProblem] = field(default_factory=list)

    def solve(
        self,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        """Search to the end of the effort."""
        self.problems.append(problem)
        return KernelEngine().solve(problem, effort, should_stop, on_best, start)

    def solve_jointly(
        self,
        problem: RunProblem,
        bookable: Bookable,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBestWay,
        start: Way | None = None,
    ) -> Way:
        """Search runs and bookings to the end of the effort."""
        return KernelEngine().solve_jointly(problem, bookable, effort, should_stop, on_best, start)
