"""Engines for tests that look at what is planned, not at the process that plans it."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.route.engines.engine import Effort, OnBest, RunProblem, RunSolution, ShouldStop
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
