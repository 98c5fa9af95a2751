"""Makes the largest of many objectives as small as can be, then the second largest, and so on, exactly.

The scheme is Maschler, Peleg and Shapley's (1979, Geometric properties of the kernel, nucleolus, and related solution
concepts), for any linear objectives (Maschler, Potters and Tijs 1992, The general nucleolus): find the lowest level
under which all objectives can be kept, settle those that cannot go below it, repeat with the rest.

An objective may be settled only if it meets the level at *every* optimal point. That it does at the point which
happened to be found proves nothing: settling such objectives is the mistake that Guajardo and Joernsten found all over
the literature (2015, Common mistakes in computing the nucleolus). Here a row is settled when its multiplier is
positive, exactly; objectives whose multiplier is 0 stay open, even if the next level turns out the same. Multipliers of
objectives add up to 1, so that every round settles at least one that was not determined before, and there are no more
rounds than unknowns. It ends when the settled rows determine all unknowns (Fromen 1997, Reducing the number of linear
programs needed for solving the nucleolus problem).

Each program is solved by GLOP in floating point first; the exact simplex method proves the basis or goes on from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from services.settlement.games.glop import probably_tight
from services.settlement.games.level_program import Equality, LevelProgram, NoOptimumError, Rows, minimise
from services.settlement.games.rational import Span, invert


@dataclass(frozen=True, slots=True)
class LexicographicOptimum:
    """The one point that is lexicographically best.

    Attributes
    ----------
    point
        The unknowns.
    levels
        The level of each round, never rising.
    pivots
        Exact simplex steps in all, beyond what floating point had found.
    """

    point: tuple[Fraction, ...]
    levels: tuple[Fraction, ...]
    pivots: int


def minimise_lexicographically(rows: Rows, equalities: Sequence[Equality]) -> LexicographicOptimum:
    """Minimise the objectives, sorted from the largest, lexicographically over the points that keep the rest.

    The equalities must be independent, and the objectives determine a point together with them.

    Raises NoOptimumError if no point keeps all limits, or if objectives and equalities leave the point undetermined.
    """
    settled, span = list(equalities), Span()
    for equality in equalities:
        span.add(equality.coefficients)
    unknowns, levels, pivots, working = rows.coefficients.shape[1], [], 0, set[int]()
    active = np.ones(len(rows.bounds), np.bool_)
    while span.rank < unknowns:
        for row in np.flatnonzero(active & rows.on_level).tolist():
            active[row] = not span.contains(rows.coefficients[row].tolist())
        if not (active & rows.on_level).any():
            raise NoOptimumError("the objectives do not determine a point")
        program = LevelProgram(rows, active, tuple(settled))
        best = minimise(program, probably_tight(program, working))
        levels.append(best.level)
        pivots += best.pivots
        for row in best.held_by:
            coefficients = tuple(rows.coefficients[row].tolist())
            if span.add(coefficients):
                settled.append(Equality(coefficients, rows.bounds[row] + best.level * int(rows.on_level[row])))
    return LexicographicOptimum(_solve(settled), tuple(levels), pivots)


def lowest_level(rows: Rows, equalities: Sequence[Equality]) -> Fraction:
    """The lowest level under which all objectives can be kept: the first round alone.

    Raises NoOptimumError as ``minimise_lexicographically`` does.
    """
    program = LevelProgram(rows, np.ones(len(rows.bounds), np.bool_), tuple(equalities))
    return minimise(program, probably_tight(program, set())).level


def _solve(equalities: Sequence[Equality]) -> tuple[Fraction, ...]:
    inverse, determinant = invert([equality.coefficients for equality in equalities])
    values = [equality.value for equality in equalities]
    return tuple(sum((v * x for x, v in zip(row, values, strict=True)), Fraction(0)) / determinant for row in inverse)
