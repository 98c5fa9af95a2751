"""What an engine's two processes say to each other."""

from __future__ import annotations

from dataclasses import dataclass

from services.route.engines.engine import Effort, RunProblem, RunSolution


@dataclass(frozen=True, slots=True)
class Task:
    """What the child is to solve."""

    problem: RunProblem
    effort: Effort
    start: RunSolution | None


@dataclass(frozen=True, slots=True)
class Better:
    """A plan better than those before."""

    solution: RunSolution


@dataclass(frozen=True, slots=True)
class Done:
    """The search is over; this is its best plan, if any."""

    solution: RunSolution | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The search broke off."""

    reason: str
