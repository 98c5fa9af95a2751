from __future__ import annotations

from fractions import Fraction

import pytest

from services.model.errors import InvalidInputError
from services.settlement.games.proportional import proportional
from tests.cost_games import fen


def test_shares_are_in_proportion() -> None:
    assert proportional(100, (1, 2, 1)) == fen(25, 50, 25)
    assert proportional(-10, (1, 2)) == fen(Fraction(-10, 3), Fraction(-20, 3))


def test_who_has_no_weight_pays_nothing() -> None:
    assert proportional(100, (0, 5)) == fen(0, 100)


def test_without_any_weight_shares_are_equal() -> None:
    assert proportional(100, (0, 0, 0)) == fen(Fraction(100, 3)) * 3


def test_weights_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"weights\[1\]: -1 is negative"):
        proportional(100, (1, -1))
    with pytest.raises(InvalidInputError, match="weights: there are none"):
        proportional(100, ())
