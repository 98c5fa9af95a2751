"""The equal profit method: relative savings as equal as the core allows.

Frisk, Goethe-Lundgren, Joernsten and Roennqvist 2010, Cost allocation in collaborative forest transportation: minimise
the largest difference between two players' relative savings, subject to no coalition being charged above its own cost;
where there is no such charge, above its own cost and the least epsilon that gives one. That alone leaves several
answers. Here the second largest difference is made as small as can be next, and so on, which leaves one.

A player whose stand-alone cost is 0 or less (who brings a bus, a shop) has no relative saving. Its charge is settled
first, by the nucleolus, which is in the core, so that the others can always be settled within it too. To let its charge
float while the others' savings are made equal would pay it whatever makes others look alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

import numpy as np

from services.settlement.games.coalition import Allocation, CostGame, incidence, members
from services.settlement.games.level_program import Equality, Rows
from services.settlement.games.lexicographic import minimise_lexicographically
from services.settlement.games.nucleolus import Nucleolus, nucleolus


@dataclass(frozen=True, slots=True)
class EqualProfit:
    """Charges by the equal profit method, exactly.

    Attributes
    ----------
    allocation
        A charge for each player.
    largest_difference
        Between the relative savings of two players that have one (0.05 is five percentage points); 0 with fewer than
        two.
    relaxed_by_fen
        What coalitions' costs had to be raised by for the core not to be empty; 0 if it is not. Nobody alone is charged
        above its own cost as long as that is possible for all.
    without_own_cost
        Players that were settled by the nucleolus.
    """

    allocation: Allocation
    largest_difference: Fraction
    relaxed_by_fen: Fraction
    without_own_cost: tuple[int, ...]


def equal_profit(game: CostGame) -> EqualProfit:
    """Share the total so that all save as nearly the same part of their stand-alone cost as the core allows."""
    anchor = nucleolus(game)
    alone_fen = game.stand_alone_fen()
    with_cost = tuple(player for player, fen in enumerate(alone_fen) if fen > 0)
    without = tuple(player for player, fen in enumerate(alone_fen) if fen <= 0)
    relaxed_by_fen = max(anchor.largest_excess, Fraction(0))
    if not with_cost:
        return EqualProfit(anchor.allocation, Fraction(0), relaxed_by_fen, without)
    left_fen = game.total_fen - sum((anchor.allocation[player] for player in without), Fraction(0))
    best = minimise_lexicographically(
        _rows(game, anchor, with_cost, relaxed_by_fen),
        [Equality(tuple(alone_fen[player] for player in with_cost), left_fen)],
    )
    charges = list(anchor.allocation)
    for player, share in zip(with_cost, best.point, strict=True):
        charges[player] = share * alone_fen[player]
    largest = best.levels[0] if best.levels else Fraction(0)
    return EqualProfit(tuple(charges), largest, relaxed_by_fen, without)


def _rows(game: CostGame, anchor: Nucleolus, with_cost: tuple[int, ...], relaxed_by_fen: Fraction) -> Rows:
    """Over charges as parts of stand-alone costs: an objective for every ordered pair, a limit for every coalition.

    What is settled by the nucleolus is known: of the coalitions with the same other players the tightest counts.
    """
    count = len(with_cost)
    pairs = np.zeros((count * (count - 1), count), np.int64)
    for row, (more, less) in enumerate(permutations(range(count), 2)):
        pairs[row, more], pairs[row, less] = 1, -1
    limits = _tightest_limits(game, anchor, with_cost, relaxed_by_fen)
    alone_fen = game.costs[[1 << player for player in with_cost]]
    coalitions = incidence(np.arange(1, len(limits) + 1, dtype=np.int64), count) * alone_fen
    return Rows(
        np.concatenate((pairs, coalitions)),
        np.arange(len(pairs) + len(limits)) < len(pairs),
        (*(Fraction(0),) * len(pairs), *limits),
    )


def _tightest_limits(
    game: CostGame, anchor: Nucleolus, with_cost: tuple[int, ...], relaxed_by_fen: Fraction
) -> list[Fraction]:
    """What players with a cost may be charged at most, by their mask among themselves: one of them to all but one."""
    settled_fen = [Fraction(0) if player in with_cost else fen for player, fen in enumerate(anchor.allocation)]
    limits: dict[int, Fraction] = {}
    for mask in range(1, game.everyone):
        own = sum(1 << position for position, player in enumerate(with_cost) if mask >> player & 1)
        spared = anchor.keeps_stand_alone and mask.bit_count() == 1
        limit = game.cost_fen(mask) + (0 if spared else relaxed_by_fen)
        limit -= sum((settled_fen[player] for player in members(mask)), Fraction(0))
        limits[own] = min(limits.get(own, limit), limit)
    return [limits[own] for own in range(1, (1 << len(with_cost)) - 1)]
