"""Fewer bags and a higher bound by column generation.

Gilmore and Gomory (1961, A linear programming approach to the cutting-stock problem): the linear program over all ways
to fill a bag, made as they are needed. Its bound is kept exact by Farley (1990, A note on bounding a class of linear
programming problems): prices are whole numbers, and the dearest filling at these prices is found by CP-SAT. The ways
found are then put together to whole bags, again by CP-SAT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final

from ortools.linear_solver import pywraplp  # type: ignore[attr-defined, unused-ignore]  # its stubs leave it out
from ortools.sat.python import cp_model

from services.consolidation.bagging.effort import Purse
from services.consolidation.bagging.problem import Packing, PackingProblem, Pattern
from services.consolidation.bagging.solver import solver

_SCALE: Final = 10**6
_TOLERANCE: Final = 1e-6
_MAX_ROUNDS: Final = 400
_MIXTURES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


def improve_by_columns(problem: PackingProblem, start: Packing, purse: Purse) -> Packing:
    """Return a packing with at most as many bags and a bound at least as high."""
    master = _Master(problem, start.patterns)
    bound = start.bound
    for _ in range(_MAX_ROUNDS):
        bags, prices = master.solve()
        fresh = _dear_patterns(problem, prices)
        if not fresh:
            pattern, worth_at_most = _dearest_pattern(problem, prices, purse)
            worth = sum(p * n for p, n in zip(prices, problem.counts, strict=True))
            bound = max(bound, -(-worth // max(_SCALE, worth_at_most)))
            fresh = [pattern] if pattern else []
        if bound >= min(ceil(bags - _TOLERANCE), len(start.patterns)) or purse.is_empty or not master.add(fresh):
            break
    if bound >= len(start.patterns):
        return Packing(start.patterns, bound)
    whole = _whole_bags(problem, master.patterns, len(start.patterns) - 1, bound, purse)
    return Packing(whole or start.patterns, bound)


@dataclass(slots=True)
class _Master:
    """The linear program over the ways to fill a bag that are known."""

    problem: PackingProblem
    start: Sequence[Pattern]
    patterns: list[Pattern] = field(default_factory=list)
    _known: set[Pattern] = field(default_factory=set)
    _program: Any = None
    _demands: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._program = pywraplp.Solver.CreateSolver("GLOP")
        self._demands = [self._program.Constraint(n, self._program.infinity()) for n in self.problem.counts]
        self._program.Objective().SetMinimization()
        self.add(self.start)

    def add(self, patterns: Sequence[Pattern]) -> bool:
        """Take up ways to fill a bag; False when none is new."""
        before = len(self.patterns)
        for pattern in patterns:
            if pattern not in self._known:
                self._known.add(pattern)
                self.patterns.append(pattern)
                bag = self._program.NumVar(0, self._program.infinity(), "")
                self._program.Objective().SetCoefficient(bag, 1)
                for size, count in pattern:
                    self._demands[size].SetCoefficient(bag, count)
        return len(self.patterns) > before

    def solve(self) -> tuple[float, list[int]]:
        """Return the least bags, in fractions, and what a piece of each size is worth, in millionths of a bag."""
        self._program.Solve()
        worth = [max(0, int(demand.dual_value() * _SCALE)) for demand in self._demands]
        return self._program.Objective().Value(), worth


def _dear_patterns(problem: PackingProblem, prices: Sequence[int]) -> list[Pattern]:
    """Fill a bag by price for what a piece takes, for several mixtures of the limits; keep what beats its bag."""
    found = set()
    for mixture in _MIXTURES:
        sizes = sorted(
            (i for i, price in enumerate(prices) if price),
            key=lambda i, m=mixture: (-prices[i] / (_taken(problem, i, m) + _TOLERANCE), i),  # type: ignore[misc]
        )
        left_g, left_ml, worth = problem.limit_g, problem.limit_ml, 0
        content = []
        for i in sizes:
            piece_g, piece_ml = problem.sizes[i]
            count = problem.counts[i]
            if piece_g:
                count = min(count, left_g // piece_g)
            if piece_ml:
                count = min(count, left_ml // piece_ml)
            if count:
                content.append((i, count))
                left_g, left_ml = left_g - count * piece_g, left_ml - count * piece_ml
                worth += count * prices[i]
        if worth > _SCALE * (1 + _TOLERANCE):
            found.add(tuple(sorted(content)))
    return sorted(found)


def _taken(problem: PackingProblem, size: int, mixture: float) -> float:
    piece_g, piece_ml = problem.sizes[size]
    return mixture * piece_g / max(problem.limit_g, 1) + (1 - mixture) * piece_ml / max(problem.limit_ml, 1)


def _dearest_pattern(problem: PackingProblem, prices: Sequence[int], purse: Purse) -> tuple[Pattern, int]:
    """Return the dearest way found to fill a bag and what none can be worth more than."""
    model = cp_model.CpModel()
    counts = [model.new_int_var(0, count, "") for count in problem.counts]
    for dimension, limit in ((0, problem.limit_g), (1, problem.limit_ml)):
        model.add(sum(size[dimension] * n for size, n in zip(problem.sizes, counts, strict=True)) <= limit)
    model.maximize(sum(price * n for price, n in zip(prices, counts, strict=True)))
    search = solver(purse)
    status = search.solve(model)
    purse.spend(search.response_proto.deterministic_time)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return (), sum(price * n for price, n in zip(prices, problem.counts, strict=True))
    found = ((i, search.value(n)) for i, n in enumerate(counts))
    return tuple((i, n) for i, n in found if n), ceil(search.best_objective_bound - _TOLERANCE)


def _whole_bags(
    problem: PackingProblem, patterns: Sequence[Pattern], most: int, bound: int, purse: Purse
) -> tuple[Pattern, ...] | None:
    """Choose ways to fill bags that cover every piece, at most ``most``; None where none is found."""
    model = cp_model.CpModel()
    chosen = [model.new_int_var(0, most, "") for _ in patterns]
    covers: list[list[Any]] = [[] for _ in problem.counts]
    for pattern, times in zip(patterns, chosen, strict=True):
        for size, count in pattern:
            covers[size].append(count * times)
    for cover, count in zip(covers, problem.counts, strict=True):
        model.add(sum(cover) >= count)
    model.add_linear_constraint(sum(chosen), bound, most)
    model.minimize(sum(chosen))
    search = solver(purse)
    status = search.solve(model)
    purse.spend(search.response_proto.deterministic_time)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return _without_surplus(problem, [p for p, n in zip(patterns, chosen, strict=True) for _ in range(search.value(n))])


def _without_surplus(problem: PackingProblem, patterns: Sequence[Pattern]) -> tuple[Pattern, ...]:
    """Take out of the last bags what earlier ones hold already, so that each piece is in one bag."""
    left = list(problem.counts)
    bags = []
    for pattern in patterns:
        kept = []
        for size, count in pattern:
            if put := min(count, left[size]):
                kept.append((size, put))
                left[size] -= put
        if kept:
            bags.append(tuple(kept))
    return tuple(bags)
