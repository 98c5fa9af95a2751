"""A linear program that grows, and a bound on it that rounding cannot spoil.

Whatever prices GLOP gives its rows, they prove a bound by weak duality: their worth, less what each variable at its
largest could still gain (Neumaier and Shcherbina 2004, Safe bounds in linear and mixed-integer linear programming).
A price that is a little wrong makes the bound a little lower, never wrong.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from ortools.linear_solver import pywraplp  # type: ignore[attr-defined, unused-ignore]  # its stubs leave it out

Floats = npt.NDArray[np.float64]

PARAMETERS: Final = "use_dual_simplex: true use_preprocessing: false"
# Of the sum of all that is added up: far above what adding up in floating point can lose.
_ROUNDING: Final = 1e-11


@dataclass(frozen=True, slots=True)
class Solved:
    """A program's value as the solver tells it, its point and its prices."""

    value: float
    point: Floats
    prices: Floats


@dataclass(slots=True)
class Program:
    """Least cost of variables between 0 and their bounds under rows ``low <= a x <= high``."""

    costs: array[float] = field(default_factory=lambda: array("d"))
    uppers: array[float] = field(default_factory=lambda: array("d"))
    lows: array[float] = field(default_factory=lambda: array("d"))
    highs: array[float] = field(default_factory=lambda: array("d"))
    constant: float = 0.0
    _rows: array[int] = field(default_factory=lambda: array("q"))
    _columns: array[int] = field(default_factory=lambda: array("q"))
    _values: array[float] = field(default_factory=lambda: array("d"))
    _aside_lows: array[float] = field(default_factory=lambda: array("d"))
    _aside_rows: array[int] = field(default_factory=lambda: array("q"))
    _aside_columns: array[int] = field(default_factory=lambda: array("q"))
    _aside_values: array[float] = field(default_factory=lambda: array("d"))
    _solver: Any = None
    _constraints: list[Any] = field(default_factory=list)
    _variables: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._solver.SetSolverSpecificParametersAsString(PARAMETERS)
        self._solver.Objective().SetMinimization()

    def column(self, cost: float, upper: float, entries: Iterable[tuple[int, float]] = ()) -> int:
        """Add a variable with its entries in rows that are there, and give its number."""
        number = len(self.costs)
        variable = self._solver.NumVar(0.0, upper, "")
        self._solver.Objective().SetCoefficient(variable, cost)
        self.costs.append(cost)
        self.uppers.append(upper)
        self._variables.append(variable)
        for row, value in entries:
            self._enter(row, number, value)
        return number

    def row(self, low: float, high: float, entries: Iterable[tuple[int, float]]) -> int:
        """Add a row over variables that are there, and give its number."""
        number = len(self.lows)
        self._constraints.append(self._solver.Constraint(low, high))
        self.lows.append(low)
        self.highs.append(high)
        for column, value in entries:
            self._enter(number, column, value)
        return number

    def at_least(self, low: float, entries: Iterable[tuple[int, float]]) -> int:
        """Add a row with a lower bound only."""
        return self.row(low, float("inf"), entries)

    def at_most(self, high: float, entries: Iterable[tuple[int, float]]) -> int:
        """Add a row with an upper bound only."""
        return self.row(-float("inf"), high, entries)

    def if_broken(self, low: float, entries: Sequence[tuple[int, float]]) -> None:
        """Keep a row with a lower bound aside until a point breaks it (see ``add_broken``)."""
        number = len(self._aside_lows)
        self._aside_lows.append(low)
        for column, value in entries:
            self._aside_rows.append(number)
            self._aside_columns.append(column)
            self._aside_values.append(value)

    def add_broken(self, point: Floats, by: float, most: int) -> int:
        """Add rows kept aside that a point breaks by so much, the most broken first, and tell how many."""
        if not len(self._aside_lows):
            return 0
        rows, columns = np.array(self._aside_rows, np.int64), np.array(self._aside_columns, np.int64)
        values, lows = np.array(self._aside_values), np.array(self._aside_lows)
        short = lows - np.bincount(rows, values * point[columns], len(lows))
        broken = np.argsort(-short, kind="stable")[:most]
        broken = broken[short[broken] > by]
        starts = np.searchsorted(rows, np.arange(len(lows) + 1))
        for row in broken.tolist():
            part = slice(int(starts[row]), int(starts[row + 1]))
            self.at_least(float(lows[row]), zip(columns[part].tolist(), values[part].tolist(), strict=True))
        # What is in the program is never broken again, but for rounding.
        for row in broken.tolist():
            self._aside_lows[row] = -1e30
        return len(broken)

    def bound_row(self, row: int, low: float, high: float) -> None:
        """Change a row's bounds."""
        self._constraints[row].SetBounds(low, high)
        self.lows[row], self.highs[row] = low, high

    def solve(self, limit_ms: int | None = None) -> Solved | None:
        """Solve from where it was solved last; ``None`` where that fails or takes too long."""
        self._solver.SetTimeLimit(limit_ms or 0)
        status = self._solver.Solve()
        if status != pywraplp.Solver.OPTIMAL:
            return None
        return Solved(
            self._solver.Objective().Value() + self.constant,
            np.array([v.solution_value() for v in self._variables]),
            np.array([c.dual_value() for c in self._constraints]),
        )

    def reduced_costs(self, prices: Floats) -> Floats:
        """What each variable costs at these prices of rows."""
        rows, columns = np.array(self._rows, np.int64), np.array(self._columns, np.int64)
        worth = np.array(self._values, np.float64) * prices[rows]
        return np.asarray(self.costs) - np.bincount(columns, worth, len(self.costs))

    def safe_bound(self, prices: Floats, left_out: Sequence[float] = ()) -> float:
        """The bound that prices prove; ``left_out`` is what variables that are not there could gain at most."""
        low, high = np.asarray(self.lows), np.asarray(self.highs)
        # A price without a bound to go with it says nothing.
        prices = np.where((prices > 0) & np.isinf(low) | (prices < 0) & np.isinf(high), 0.0, prices)
        sides = np.where(prices > 0, np.where(np.isinf(low), 0.0, low), np.where(np.isinf(high), 0.0, high))
        reduced = self.reduced_costs(prices)
        gains = np.minimum(reduced, 0.0) * np.asarray(self.uppers)
        terms = np.concatenate(([self.constant], prices * sides, gains, np.asarray(left_out, np.float64)))
        entries = float(np.abs(np.array(self._values) * prices[np.array(self._rows, np.int64)]).sum())
        return float(terms.sum()) - _ROUNDING * (float(np.abs(terms).sum()) + entries)

    def _enter(self, row: int, column: int, value: float) -> None:
        if value:
            self._constraints[row].SetCoefficient(self._variables[column], value)
            self._rows.append(row)
            self._columns.append(column)
            self._values.append(value)
