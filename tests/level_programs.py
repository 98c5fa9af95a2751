"""Small level programs for tests, written row by row, and drawn ones."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from services.settlement.games.level_program import Equality, LevelProgram, Rows

Row = tuple[tuple[int, ...], bool, int]
"""Coefficients, whether it is an objective (else a limit), and its bound."""


def program(rows: list[Row], total: int | None = None) -> LevelProgram:
    """A program of these rows, whose unknowns add up to a total if one is given."""
    coefficients = np.array([row[0] for row in rows], np.int64)
    every = Rows(coefficients, np.array([row[1] for row in rows]), tuple(Fraction(row[2]) for row in rows))
    unknowns = coefficients.shape[1]
    equalities = () if total is None else (Equality((1,) * unknowns, Fraction(total)),)
    return LevelProgram(every, np.ones(len(rows), np.bool_), equalities)


@st.composite
def drawn_programs(draw: st.DrawFn) -> LevelProgram:
    """Sums of some unknowns under near, far and equal bounds; each unknown under an objective; perhaps no optimum."""
    unknowns = draw(st.integers(1, 4))
    bounds = st.integers(-3, 3) | st.integers(-(10**9), 10**9) | st.sampled_from((10**9, 10**9 + 1, 10**9 - 1))
    row = st.tuples(st.tuples(*[st.integers(0, 1)] * unknowns), st.booleans(), bounds)
    rows = draw(st.lists(row, max_size=12))
    rows += [(tuple(int(i == j) for i in range(unknowns)), True, draw(bounds)) for j in range(unknowns)]
    return program(rows, total=draw(bounds))
