from __future__ import annotations

from fractions import Fraction

import pytest

from services.settlement.games.level_program import Equality, NoOptimumError
from services.settlement.games.lexicographic import lowest_level, minimise_lexicographically
from tests.cost_games import fen
from tests.level_programs import program

TWELVE = Equality((1, 1, 1), Fraction(12))


def test_after_the_largest_the_next_is_made_small() -> None:
    # The first is at least 6 by a limit; the others share the rest, the second 2 below its objective.
    rows = program([((1, 0, 0), True, 0), ((0, 1, 0), True, 2), ((0, 0, 1), True, 0), ((-1, 0, 0), False, -6)]).rows
    best = minimise_lexicographically(rows, [TWELVE])
    assert best.point == fen(6, 4, 2)
    assert best.levels == fen(6, 2)
    assert lowest_level(rows, [TWELVE]) == 6


def test_an_objective_that_is_equal_by_chance_stays_open() -> None:
    # All could be 4; but the first two are held at 5 together with their limit, and the third need not be.
    rows = program([((1, 0, 0), True, 0), ((0, 1, 0), True, 0), ((0, 0, 1), True, 3), ((-1, -1, 0), False, -10)]).rows
    best = minimise_lexicographically(rows, [TWELVE])
    assert best.point == fen(5, 5, 2)


def test_limits_that_hold_the_level_are_settled_at_their_bounds() -> None:
    # The first two are at least 3 and 4, which holds their sum at 7; the third is then halfway between 0 and 5.
    rows = program(
        [
            ((1, 1, 0), True, 0),
            ((0, 0, 1), True, 0),
            ((0, 0, -1), True, -5),
            ((-1, 0, 0), False, -3),
            ((0, -1, 0), False, -4),
        ]
    ).rows
    best = minimise_lexicographically(rows, ())
    assert best.point == fen(3, 4, Fraction(5, 2))
    assert best.levels == fen(7, Fraction(5, 2))


def test_one_unknown_that_is_given_needs_no_round() -> None:
    best = minimise_lexicographically(program([((1,), True, 0)]).rows, [Equality((2,), Fraction(7))])
    assert best.point == fen(Fraction(7, 2))
    assert best.levels == ()


def test_objectives_that_leave_the_point_open_are_an_error() -> None:
    rows = program([((1, 0), True, 0), ((-1, 0), True, 0)]).rows
    with pytest.raises(NoOptimumError, match="do not determine"):
        minimise_lexicographically(rows, ())
