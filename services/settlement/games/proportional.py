"""Shares in proportion to a weight: pieces, grams, whatever the agreement counts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from services.model.errors import InvalidInputError, Violation
from services.settlement.games.coalition import Allocation


def proportional(total_fen: int, weights: Sequence[int]) -> Allocation:
    """Share a total in proportion to integer weights, exactly; where all weights are 0, equally.

    Raises InvalidInputError if there are no weights or one is negative.

    >>> proportional(100, (1, 0, 2))
    (Fraction(100, 3), Fraction(0, 1), Fraction(200, 3))
    >>> proportional(9, (0, 0))
    (Fraction(9, 2), Fraction(9, 2))
    """
    violations = [Violation(f"weights[{i}]", f"{w} is negative") for i, w in enumerate(weights) if w < 0]
    if not weights:
        violations = [Violation("weights", "there are none")]
    if violations:
        raise InvalidInputError(violations)
    whole = sum(weights)
    if whole == 0:
        return tuple(Fraction(total_fen, len(weights)) for _ in weights)
    return tuple(Fraction(total_fen * weight, whole) for weight in weights)
