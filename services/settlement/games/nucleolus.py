"""The nucleolus: the charges under which the coalition with the most to complain about complains least, then the next.

Schmeidler 1969, The nucleolus of a characteristic function game. A coalition's complaint is its excess: what its
members are charged above what it would cost alone. It is in the core wherever there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from services.settlement.games.coalition import Allocation, CostGame, incidence, proper_coalitions
from services.settlement.games.level_program import Equality, Rows
from services.settlement.games.lexicographic import lowest_level, minimise_lexicographically


@dataclass(frozen=True, slots=True)
class Nucleolus:
    """The nucleolus, exactly.

    Attributes
    ----------
    allocation
        A charge for each player.
    largest_excess
        The excess of the coalition that complains most; above 0: the core is empty. 0 with one player.
    keeps_stand_alone
        Whether it was sought among the charges that put nobody above its cost alone. Not if there are none: then the
        total is above what all would pay alone together, and this is the prenucleolus.
    levels
        Excesses at which coalitions were settled, round by round.
    pivots
        Exact simplex steps beyond what floating point had found.
    """

    allocation: Allocation
    largest_excess: Fraction
    keeps_stand_alone: bool
    levels: tuple[Fraction, ...]
    pivots: int


def nucleolus(game: CostGame) -> Nucleolus:
    """The nucleolus: nobody is charged above its cost alone, as long as the total can be raised that way.

    In a subadditive game it is the prenucleolus too. Measured by ``bench/games.py``.
    """
    keeps_stand_alone = sum(game.stand_alone_fen()) >= game.total_fen
    return _solve(game, keeps_stand_alone)


def prenucleolus(game: CostGame) -> Nucleolus:
    """The nucleolus among all charges that add up to the total, whether above somebody's cost alone or not."""
    return _solve(game, keeps_stand_alone=False)


def least_core_epsilon(game: CostGame) -> Fraction:
    """The least that every coalition's own cost must be raised by for some charges to leave no complaint.

    Maschler, Peleg and Shapley 1979. Below 0: all can be charged that much less than their own cost. 0 with one player.
    """
    if len(game.players) == 1:
        return Fraction(0)
    return lowest_level(_rows(game, keeps_stand_alone=False), [_raise_the_total(game)])


def is_core_empty(game: CostGame) -> bool:
    """Whether every sharing leaves some coalition charged above its own cost."""
    return least_core_epsilon(game) > 0


def _solve(game: CostGame, keeps_stand_alone: bool) -> Nucleolus:
    best = minimise_lexicographically(_rows(game, keeps_stand_alone), [_raise_the_total(game)])
    largest = best.levels[0] if best.levels else Fraction(0)
    return Nucleolus(best.point, largest, keeps_stand_alone, best.levels, best.pivots)


def _rows(game: CostGame, keeps_stand_alone: bool) -> Rows:
    """An objective for every proper coalition's excess and, if asked for, a limit for every player's cost alone."""
    count = len(game.players)
    masks = proper_coalitions(count)
    limits = (1 << np.arange(count if keeps_stand_alone else 0)).astype(np.int64)
    every = np.concatenate((masks, limits))
    on_level = np.arange(len(every)) < len(masks)
    return Rows(incidence(every, count), on_level, tuple(map(Fraction, game.costs[every].tolist())))


def _raise_the_total(game: CostGame) -> Equality:
    return Equality((1,) * len(game.players), Fraction(game.total_fen))
