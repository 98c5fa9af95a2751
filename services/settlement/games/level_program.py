"""The linear program that the rules are made of: the lowest level that some point keeps all objectives under.

Over points x and a level t, minimise t subject to ``objective @ x - t <= bound``, ``limit @ x <= bound`` and
``equality @ x == value``. Coefficients are integers, bounds fractions: everything about an optimum is exact.

A *basis* is a choice of as many independent rows as there are unknowns (x and t); its point meets them with equality,
and its multipliers tell how the objective hangs on them. Multipliers that are nowhere negative prove that no lower
level is possible; a point that breaks no row proves that this one is. The dual simplex method goes from basis to basis
with the first kept until the second holds (Lemke 1954; Bland 1977 for ties).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.settlement.games.rational import Row, Span, invert

ROUNDING: Final = 2.0**-52


class NoOptimumError(ArithmeticError):
    """No point keeps all limits, or the level has no lowest value."""


@dataclass(frozen=True, slots=True)
class Equality:
    """A combination of the unknowns that is settled: ``coefficients @ x == value``."""

    coefficients: tuple[int, ...]
    value: Fraction


@dataclass(frozen=True, eq=False)
class Rows:
    """Inequalities ``coefficients @ x - t * on_level <= bounds``.

    Parameters
    ----------
    coefficients
        int64 of shape (rows, unknowns).
    on_level
        bool of shape (rows,): True for objectives, False for limits.
    bounds
        One fraction a row.
    """

    coefficients: NDArray[np.int64]
    on_level: NDArray[np.bool_]
    bounds: tuple[Fraction, ...]

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """All coefficients in floating point, the level's last: shape (rows, unknowns + 1)."""
        return np.column_stack((self.coefficients, -self.on_level.astype(np.int64))).astype(np.float64)

    @cached_property
    def floating_bounds(self) -> NDArray[np.float64]:
        """The bounds in floating point."""
        return np.array([float(bound) for bound in self.bounds])

    def exact(self, row: int) -> Row:
        """One row's coefficients, the level's last."""
        return [*self.coefficients[row].tolist(), -int(self.on_level[row])]


@dataclass(frozen=True, slots=True, eq=False)
class LevelProgram:
    """The rows of one program; only those that are ``active`` (bool, one a row) count."""

    rows: Rows
    active: NDArray[np.bool_]
    equalities: tuple[Equality, ...]

    @property
    def unknowns(self) -> int:
        """How many there are beside the level."""
        return int(self.rows.coefficients.shape[1])


@dataclass(frozen=True, slots=True)
class Optimum:
    """The lowest level, and what it rests on.

    Attributes
    ----------
    level
        The least possible.
    held_by
        Rows with a positive multiplier, ascending: they are met with equality by every optimal point, not just by the
        one that was found.
    pivots
        Steps from the basis that was suggested.
    """

    level: Fraction
    held_by: tuple[int, ...]
    pivots: int


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """All rows that a basis may hold, by number: the program's, its equalities, and a box for each unknown.

    A box keeps an unknown below ``box``, the level above ``-box``: far beyond all bounds. If there is an optimum, boxes
    end with multiplier 0, so that how far is of no consequence.
    """

    program: LevelProgram
    box: int

    @property
    def size(self) -> int:
        return self.program.unknowns + 1

    @property
    def equalities(self) -> range:
        rows = len(self.program.rows.bounds)
        return range(rows, rows + len(self.program.equalities))

    @property
    def boxes(self) -> range:
        return range(self.equalities.stop, self.equalities.stop + self.size)

    def coefficients(self, row: int) -> Row:
        if row in self.equalities:
            return [*self.program.equalities[row - self.equalities.start].coefficients, 0]
        if row in self.boxes:
            unknown = row - self.boxes.start
            return [(1 if column < self.size - 1 else -1) * (column == unknown) for column in range(self.size)]
        return self.program.rows.exact(row)

    def bound(self, row: int) -> Fraction:
        if row in self.equalities:
            return self.program.equalities[row - self.equalities.start].value
        return Fraction(self.box) if row in self.boxes else self.program.rows.bounds[row]


class _Basis:
    """Independent rows, with their point and multipliers."""

    def __init__(self, catalogue: _Catalogue, candidates: Iterable[int]) -> None:
        """Take the first candidates that are independent; there must be enough of them."""
        span = Span()
        self.catalogue = catalogue
        self.ids = [row for row in candidates if span.rank < catalogue.size and span.add(catalogue.coefficients(row))]
        self._inverse, self._determinant = invert([catalogue.coefficients(row) for row in self.ids])

    def replace(self, position: int, entering: int) -> None:
        self.ids[position] = entering
        self._inverse, self._determinant = invert([self.catalogue.coefficients(row) for row in self.ids])

    def may_leave(self, position: int) -> bool:
        return self.ids[position] not in self.catalogue.equalities

    def multipliers(self) -> list[Fraction]:
        """By position: how much the lowest level falls for each unit that a row's bound is raised."""
        return [Fraction(-value, self._determinant) for value in self._inverse[-1]]

    def point(self) -> tuple[list[int], int]:
        """The unknowns and the level as numerators, and their common denominator (positive)."""
        bounds = [self.catalogue.bound(row) for row in self.ids]
        common = lcm(*(bound.denominator for bound in bounds))
        scaled = [bound.numerator * (common // bound.denominator) for bound in bounds]
        numerators = [sum(a * b for a, b in zip(row, scaled, strict=True)) for row in self._inverse]
        sign = 1 if self._determinant > 0 else -1
        return [sign * numerator for numerator in numerators], sign * common * self._determinant

    def combination(self, row: int) -> list[Fraction]:
        """A row as a combination of the basis."""
        target = self.catalogue.coefficients(row)
        columns = zip(*self._inverse, strict=True)
        return [Fraction(sum(a * b for a, b in zip(target, c, strict=True)), self._determinant) for c in columns]


def minimise(program: LevelProgram, suggested: Sequence[int] = ()) -> Optimum:
    """Find the lowest level, starting from the rows suggested, if they make a good basis, else from nothing.

    ``suggested`` are active rows that are thought to be tight at an optimum, the most important first. They cost time
    if they are wrong and change nothing else.

    Raises NoOptimumError.
    """
    basis = _starting_basis(program, suggested)
    pivots, stalled = 0, False
    while True:
        numerators, denominator = basis.point()
        entering = _broken_row(program, numerators, denominator, first=stalled)
        if entering is None:
            break
        stalled = _pivot(basis, entering) == 0
        pivots += 1
    multipliers = basis.multipliers()
    positive = sorted(row for row, value in zip(basis.ids, multipliers, strict=True) if value > 0)
    if any(row in basis.catalogue.boxes for row in positive):
        raise NoOptimumError("the level has no lowest value")
    held_by = tuple(row for row in positive if row < len(program.rows.bounds))
    return Optimum(Fraction(numerators[-1], denominator), held_by, pivots)


def _starting_basis(program: LevelProgram, suggested: Sequence[int]) -> _Basis:
    """The suggested rows made up to a basis, if no multiplier is negative; else one that holds by boxes alone."""
    bounds = (*program.rows.bounds, *(equality.value for equality in program.equalities))
    spread = int(max((abs(bound) for bound in bounds), default=Fraction(0))) + 1
    catalogue = _Catalogue(program, spread << 2 * (program.unknowns + 1))
    lowest, boxes = catalogue.boxes[-1], catalogue.boxes
    if suggested:
        basis = _Basis(catalogue, [*catalogue.equalities, *suggested, lowest, *boxes])
        if all(value >= 0 or not basis.may_leave(i) for i, value in enumerate(basis.multipliers())):
            return basis
    return _Basis(catalogue, [*catalogue.equalities, lowest, *boxes])


def _broken_row(program: LevelProgram, numerators: list[int], denominator: int, *, first: bool) -> int | None:
    """An active row that the point breaks: the most broken one, or the first; None if there is none.

    Floating point decides where its error bound allows, whole numbers where not.
    """
    rows = program.rows
    point = np.array([float(Fraction(numerator, denominator)) for numerator in numerators])
    broken_by = rows.matrix @ point - rows.floating_bounds
    magnitude = np.abs(rows.matrix) @ np.abs(point) + np.abs(rows.floating_bounds)
    error = (len(point) + 4) * ROUNDING * magnitude
    certain = program.active & (broken_by > error)
    if not first and certain.any():
        return int(np.where(certain, broken_by, -np.inf).argmax())
    unsure = np.flatnonzero(program.active & (broken_by >= -error))
    for row in unsure.tolist():
        if certain[row] or _breaks(rows, row, numerators, denominator):
            return int(row)
    return None


def _breaks(rows: Rows, row: int, numerators: list[int], denominator: int) -> bool:
    bound = rows.bounds[row]
    left = sum(a * b for a, b in zip(rows.exact(row), numerators, strict=True))
    return left * bound.denominator > bound.numerator * denominator


def _pivot(basis: _Basis, entering: int) -> Fraction:
    """Put a broken row into the basis for the one that must leave to keep multipliers good; return the new one."""
    combination, multipliers = basis.combination(entering), basis.multipliers()
    ratios = [
        (multipliers[i] / part, basis.ids[i], i)
        for i, part in enumerate(combination)
        if part > 0 and basis.may_leave(i)
    ]
    if not ratios:
        raise NoOptimumError("no point keeps all limits")
    ratio, _, leaving = min(ratios)
    basis.replace(leaving, entering)
    return ratio
