"""No plan is revised that breaks a law itself."""

from __future__ import annotations

from services.model.day import Day
from services.model.errors import InvalidInputError, Violation
from services.model.plan import Plan
from services.route.checker import check


def refuse_unlawful(day: Day, plan: Plan, path: str = "revision.plan") -> None:
    """Let no plan pass that breaks a law on its day.

    Raises
    ------
    InvalidInputError
        Naming the laws.
    """
    if broken := check(day, plan):
        said = (f"breaks {law.law.value}: {law.subject}: {law.detail}" for law in broken)
        raise InvalidInputError([Violation(path, text) for text in said])
