"""What settlement asks of whoever plans: the plans of days that nobody will drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.model.day import Day
from services.model.plan import Plan


@dataclass(frozen=True, slots=True)
class SearchEffort:
    """How long to search for each plan, and from which seed: the same for all that are compared."""

    iterations: int
    seed: int


class CoalitionSolver(Protocol):
    """Anything that plans days, side by side where it can."""

    def solve(self, days: Sequence[Day], effort: SearchEffort) -> Sequence[Plan]:
        """Plan each day, in order, without waiting and without comparing.

        Raises
        ------
        PlanningFailedError
            When a day cannot be planned.
        """
        ...
