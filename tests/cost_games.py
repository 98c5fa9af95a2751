"""Cost games for tests: classic families, drawn ones, and Kohlberg's criterion as a judge of a nucleolus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from ortools.linear_solver.python import model_builder

from services.settlement.games.coalition import CostGame, excesses, game_of, members


def named(count: int) -> tuple[str, ...]:
    return tuple(f"P{player}" for player in range(count))


def fen(*amounts: int | Fraction) -> tuple[Fraction, ...]:
    """Amounts as rules give them."""
    return tuple(map(Fraction, amounts))


def game(count: int, cost_of: Callable[[frozenset[int]], int]) -> CostGame:
    """A game from a function of the set of players."""
    return game_of(named(count), lambda mask: cost_of(frozenset(members(mask))))


def savings_game(count: int, value_of: Callable[[frozenset[int]], int]) -> CostGame:
    """A game of gains: what a coalition gains is its cost with the sign turned."""
    return game(count, lambda coalition: -value_of(coalition))


def from_table(*costs: int) -> CostGame:
    """A game from the costs of masks 1, 2, 3, ..."""
    count = len(costs).bit_length()
    return CostGame(named(count), np.array([0, *costs], np.int64))


def glove(left: int, right: int, pair_fen: int = 60) -> CostGame:
    """Each of the first players has a left glove, each of the rest a right one; only pairs are worth anything."""
    return savings_game(
        left + right,
        lambda coalition: pair_fen * min(sum(p < left for p in coalition), sum(p >= left for p in coalition)),
    )


def airport(runways: Sequence[int]) -> CostGame:
    """A coalition needs the longest runway of its members."""
    return game(len(runways), lambda coalition: max(runways[player] for player in coalition))


def bankruptcy(estate: int, claims: Sequence[int]) -> CostGame:
    """A coalition gets what the others' claims leave of the estate (O'Neill 1982)."""
    return savings_game(
        len(claims),
        lambda coalition: max(0, estate - sum(claim for p, claim in enumerate(claims) if p not in coalition)),
    )


def majority(count: int, prize_fen: int) -> CostGame:
    """More than half of the players take the prize: every sharing leaves some majority that could take more."""
    return savings_game(count, lambda coalition: prize_fen * (2 * len(coalition) > count))


def renamed(original: CostGame, order: Sequence[int]) -> CostGame:
    """The same game with player ``order[i]`` in place i."""
    players = tuple(original.players[player] for player in order)
    return game_of(players, lambda mask: original.cost_fen(sum(1 << order[place] for place in members(mask))))


@st.composite
def drawn_games(draw: st.DrawFn, min_players: int = 2, max_players: int = 6, largest: int = 10**8) -> CostGame:
    """Games of three kinds: anything at all; few different costs, so that ties abound; cheaper together and owners."""
    count = draw(st.integers(min_players, max_players))
    kind = draw(st.sampled_from(("anything", "ties", "together")))
    size = (1 << count) - 1
    if kind == "anything":
        costs = draw(st.lists(st.integers(-largest, largest), min_size=size, max_size=size))
    elif kind == "ties":
        costs = draw(st.lists(st.integers(-2, 3), min_size=size, max_size=size))
    else:
        alone = draw(st.lists(st.sampled_from((0, 1, 2, 5)) | st.integers(0, largest), min_size=count, max_size=count))
        kept = draw(st.lists(st.integers(50, 100), min_size=size, max_size=size))
        costs = [
            sum(alone[p] for p in members(mask)) * (100 if mask.bit_count() == 1 else kept[mask - 1]) // 100
            for mask in range(1, size + 1)
        ]
    return from_table(*costs)


def satisfies_kohlberg(original: CostGame, allocation: Sequence[Fraction], keeps_stand_alone: bool) -> bool:
    """Whether an allocation is the nucleolus, by Kohlberg 1971, On the nucleolus of a characteristic function game.

    For every level, no change of charges that adds up to nothing may help some coalition at or above the level without
    hurting another one there (or, if nobody may pay more than alone, a player that does already).
    """
    count = len(original.players)
    excess = excesses(original, allocation)
    if sum(allocation) != original.total_fen:
        return False
    proper = range(1, original.everyone)
    at_limit = [1 << p for p in range(count) if keeps_stand_alone and excess[1 << p] == 0]
    if keeps_stand_alone and any(excess[1 << p] > 0 for p in range(count)):
        return False
    levels = sorted({excess[mask] for mask in proper}, reverse=True)
    return all(
        _most_help(count, [mask for mask in proper if excess[mask] >= level], at_limit) < 1e-6 for level in levels
    )


def _most_help(count: int, coalitions: list[int], unhurt: list[int]) -> float:
    model = model_builder.Model()  # type: ignore[no-untyped-call]
    change = [model.new_num_var(-count, count, "") for _ in range(count)]
    model.add_linear_constraint(model_builder.LinearExpr.sum(change), 0, 0)
    helped = []
    for mask in coalitions:
        # Capped at 1, the sum is above 0 exactly if somebody can be helped.
        help_ = model.new_num_var(0, 1, "")
        model.add(help_ <= -model_builder.LinearExpr.sum([change[p] for p in members(mask)]))
        helped.append(help_)
    for mask in unhurt:
        model.add(model_builder.LinearExpr.sum([change[p] for p in members(mask)]) <= 0)
    model.maximize(model_builder.LinearExpr.sum(helped))
    solver = model_builder.Solver("glop")
    assert solver.solve(model) == model_builder.SolveStatus.OPTIMAL
    return float(solver.objective_value)
