"""What an engine's two processes say to each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.route.engines.engine import Effort

_Problem = TypeVar("_Problem")
_Solution = TypeVar("_Solution")

# Searches a problem for an effort, maybe from a solution, and tells of every better one.
Solver = Callable[[_Problem, Effort, Callable[[_Solution], None], _Solution | None], _Solution | None]


@dataclass(frozen=True, slots=True)
class Task(Generic[_Problem, _Solution]):
    """What the child is to solve; ``solver`` is a function of a module, which the child imports."""

    solver: Solver[_Problem, _Solution]
    problem: _Problem
    effort: Effort
    start: _Solution | None


@dataclass(frozen=True, slots=True)
class Better(Generic[_Solution]):
    """A plan better than those before."""

    solution: _Solution


@dataclass(frozen=True, slots=True)
class Done(Generic[_Solution]):
    """The search is over; this is its best plan, if any."""

    solution: _Solution | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The search broke off."""

    reason: str
