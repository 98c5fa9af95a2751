from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from services.model.errors import InvalidInputError
from services.settlement.games.coalition import (
    MAX_COST_FEN,
    MAX_PLAYERS,
    CostGame,
    excesses,
    game_of,
    incidence,
    proper_coalitions,
    sizes,
    submasks,
)
from tests.cost_games import fen, from_table, named


def refusals(players: tuple[str, ...], costs: object) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        CostGame(players, costs)  # type: ignore[arg-type]
    return [violation.path for violation in caught.value.violations]


def test_a_game_says_everything_that_is_wrong_with_it() -> None:
    costs = np.array([1, 0, 0, MAX_COST_FEN + 1], np.int64)
    assert refusals(("A", "A"), costs) == ["players[1]", "costs[0]", "costs[3]"]


@pytest.mark.parametrize(
    ("players", "costs", "path"),
    [
        ((), np.array([0]), "players"),
        (named(MAX_PLAYERS + 1), np.zeros(1 << MAX_PLAYERS, np.int64), "players"),
        (("A",), np.array([0, 1, 2]), "costs"),
        (("A",), np.array([[0, 1]]), "costs"),
        (("A",), np.array([0.0, 1.0]), "costs"),
        (("A",), [0, 1], "costs"),
        (("A",), np.array([0, -MAX_COST_FEN - 1]), "costs[1]"),
    ],
)
def test_a_malformed_game_is_refused(players: tuple[str, ...], costs: object, path: str) -> None:
    assert path in refusals(players, costs)


def test_more_players_than_can_be_solved_are_refused_before_any_cost_is_asked_for() -> None:
    with pytest.raises(InvalidInputError, match="must be 1 to 16"):
        game_of(named(MAX_PLAYERS + 1), lambda mask: pytest.fail(f"asked for {mask}"))


def test_a_game_does_not_change_with_the_array_it_was_made_from() -> None:
    costs = np.array([0, 5], np.int64)
    game = CostGame(("A",), costs)
    costs[1] = 9
    assert game.total_fen == 5
    with pytest.raises(ValueError, match="read-only"):
        game.costs[1] = 9


def test_a_game_names_its_coalitions() -> None:
    game = from_table(1, 2, 3, 4, 5, 6, 7)
    assert game.names(0b110) == ("P1", "P2")
    assert (game.stand_alone_fen(), game.total_fen, game.everyone) == ((1, 2, 4), 7, 0b111)


def test_sizes_incidence_and_subsets_agree() -> None:
    masks = proper_coalitions(5)
    assert masks.tolist() == list(range(1, 31))
    assert (incidence(masks, 5).sum(axis=1) == sizes(5)[masks]).all()
    assert submasks(0b11010).tolist() == [mask for mask in range(32) if mask & 0b11010 == mask]


def test_an_excess_is_what_is_charged_above_the_own_cost() -> None:
    game = from_table(5, 7, 9)
    assert excesses(game, (Fraction(9, 2), Fraction(9, 2))) == fen(0, Fraction(-1, 2), Fraction(-5, 2), 0)


def test_there_is_one_charge_for_each_player() -> None:
    with pytest.raises(InvalidInputError, match="3 charges for 2 players"):
        excesses(from_table(5, 7, 9), (1, 2, 3))
