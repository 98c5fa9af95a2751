"""Engines for tests that look at what is planned, not at the process that plans it."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.route.engines.engine import Effort, OnBest, RunProblem, RunSolution, ShouldStop
from services.route.engines.pyvrp import solve_with_pyvrp


@dataclass(frozen=True, slots=True)
class InProcessEngine:
    """PyVRP in this process: fast to start, and cannot be interrupted."""

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
        return solve_with_pyvrp(problem, effort, on_best, start) if problem.demands else RunSolution((), 0)
