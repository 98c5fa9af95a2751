from __future__ import annotations

from fractions import Fraction

import pytest

from services.model.errors import InvalidInputError
from services.settlement.games.rounding import round_to_fen


def test_the_largest_fractions_are_rounded_up() -> None:
    assert round_to_fen((Fraction(1, 4), Fraction(3, 4), Fraction(5, 4), Fraction(-1, 4)), 2) == (0, 1, 1, 0)


def test_of_equal_fractions_the_earlier_players_get_the_fen() -> None:
    assert round_to_fen((Fraction(1, 3),) * 3, 1) == (1, 0, 0)


def test_what_is_paid_out_is_rounded_like_what_is_paid() -> None:
    assert round_to_fen((Fraction(-10, 3),) * 3, -10) == (-3, -3, -4)
    assert round_to_fen((Fraction(-1, 2), Fraction(1, 2)), 0) == (0, 0)


def test_whole_fen_stay() -> None:
    assert round_to_fen((7, -7, 0), 0) == (7, -7, 0)


def test_nothing_may_be_lost_before_rounding() -> None:
    with pytest.raises(InvalidInputError, match="adds up to 1 fen, not 2"):
        round_to_fen((Fraction(1, 2), Fraction(1, 2)), 2)
