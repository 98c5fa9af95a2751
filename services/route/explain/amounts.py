"""How little of a limit is enough, in handy units, where all of it is known to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from services.model.explanations import BindingLimit, LimitKind
from services.route.explain.limits import UNITS

_CAPACITIES: Final = (
    (LimitKind.CAPACITY_G, "by_g"),
    (LimitKind.CAPACITY_ML, "by_ml"),
    (LimitKind.CAPACITY_PIECES, "by_pieces"),
)


def least_of(limit: BindingLimit, is_enough: Callable[[BindingLimit], bool]) -> BindingLimit:
    """Make each amount as small as still is enough, one after the other; ``limit`` as it is has to be.

    A vehicle's capacity is then named by the amount that it lacks.
    """
    for name, unit in UNITS.items():
        most = getattr(limit, name)
        if most:
            sign, steps = (-1, -(most // unit)) if most < 0 else (1, -(-most // unit))
            low, high = 0, steps
            while low < high:
                middle = (low + high) // 2
                if is_enough(_with(limit, name, sign * unit * middle)):
                    high = middle
                else:
                    low = middle + 1
            limit = _with(limit, name, _within(sign * unit * high, most))
    return named_by_amount(limit)


def named_by_amount(limit: BindingLimit) -> BindingLimit:
    """Name a vehicle's capacity by the first amount that it lacks."""
    if limit.kind not in {kind for kind, _ in _CAPACITIES}:
        return limit
    return replace(limit, kind=next((kind for kind, name in _CAPACITIES if getattr(limit, name)), limit.kind))


def _with(limit: BindingLimit, name: str, amount: int) -> BindingLimit:
    changed: Any = {name: amount}
    return replace(limit, **changed)


def _within(amount: int, most: int) -> int:
    """What stands near midnight cannot give beyond it, even where a handy unit would."""
    return max(amount, most) if most < 0 else min(amount, most)
