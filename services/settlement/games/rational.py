"""Exact linear algebra over the integers, for small matrices."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

Row = list[int]


class SingularMatrixError(ArithmeticError):
    """The rows depend on each other."""


def invert(matrix: Sequence[Sequence[int]]) -> tuple[list[Row], int]:
    """Invert a square integer matrix: the inverse is the first result divided by the second.

    Gauss-Jordan elimination without fractions: every division is exact (Bareiss 1968, Sylvester's identity and
    multistep integer-preserving Gaussian elimination).

    Raises SingularMatrixError.

    >>> invert([[2, 1], [1, 1]])
    ([[1, -1], [-1, 2]], 1)
    """
    size = len(matrix)
    rows = [[*row, *(int(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    previous = 1
    for column in range(size):
        chosen = next((i for i in range(column, size) if rows[i][column]), None)
        if chosen is None:
            raise SingularMatrixError
        rows[column], rows[chosen] = rows[chosen], rows[column]
        pivot_row = rows[column]
        pivot = pivot_row[column]
        for i, row in enumerate(rows):
            if i != column:
                factor = row[column]
                rows[i] = [(pivot * a - factor * b) // previous for a, b in zip(row, pivot_row, strict=True)]
        previous = pivot
    return [row[size:] for row in rows], previous


class Span:
    """The space that the integer rows added so far span, kept in echelon form."""

    def __init__(self) -> None:
        self._echelon: dict[int, Row] = {}

    @property
    def rank(self) -> int:
        """The dimension of the space."""
        return len(self._echelon)

    def add(self, row: Sequence[int]) -> bool:
        """Add a row; False if it lay in the space already."""
        rest = self._reduce(row)
        pivot = next((column for column, value in enumerate(rest) if value), None)
        if pivot is None:
            return False
        self._echelon[pivot] = rest
        return True

    def contains(self, row: Sequence[int]) -> bool:
        """Whether a row is a combination of those added."""
        return not any(self._reduce(row))

    def _reduce(self, row: Sequence[int]) -> Row:
        rest = list(row)
        for pivot in sorted(self._echelon):
            if rest[pivot]:
                basis = self._echelon[pivot]
                scale, factor = basis[pivot], rest[pivot]
                rest = [scale * a - factor * b for a, b in zip(rest, basis, strict=True)]
        divisor = gcd(*rest)
        return [value // divisor for value in rest] if divisor > 1 else rest
