from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.settlement.games.rational import SingularMatrixError, Span, invert

entries = st.integers(-3, 3) | st.integers(-(10**9), 10**9)
squares = st.integers(1, 5).flatmap(
    lambda size: st.lists(st.lists(entries, min_size=size, max_size=size), min_size=size, max_size=size)
)


def product(left: list[list[int]], right: list[list[int]]) -> list[list[int]]:
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*right, strict=True)] for row in left
    ]


@settings(deadline=None)
@given(squares)
def test_a_matrix_by_its_inverse_is_one(matrix: list[list[int]]) -> None:
    try:
        inverse, determinant = invert(matrix)
    except SingularMatrixError:
        assume(False)
    size = len(matrix)
    assert product(matrix, inverse) == [[determinant * (i == j) for j in range(size)] for i in range(size)]


@settings(deadline=None)
@given(squares)
def test_rows_are_independent_exactly_if_they_have_an_inverse(matrix: list[list[int]]) -> None:
    span = Span()
    independent = all([span.add(row) for row in matrix])
    assert span.rank <= len(matrix)
    assert all(span.contains(row) for row in matrix)
    if independent:
        invert(matrix)
    else:
        with pytest.raises(SingularMatrixError):
            invert(matrix)


def test_a_row_outside_the_space_is_not_in_it() -> None:
    span = Span()
    assert span.add((1, 1, 0))
    assert not span.add((2, 2, 0))
    assert not span.contains((1, 0, 0))
