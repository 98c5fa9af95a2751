"""Repairs costs that come from heuristic solves, so that no coalition is said to cost more than its parts.

A heuristic may find for a coalition a dearer plan than those of its parts together, which the coalition could simply
run side by side. Shares and the test of the core would then tell luck in the search from luck, not partners from
partners. Each cost is replaced by that of the cheapest partition into coalitions that were solved.

What is shared is the cost of the plan that is really run. By default the grand coalition therefore keeps its cost while
every other one is repaired; what its cheapest partition would have cost is reported beside it. Where that is less, no
allocation can satisfy every coalition (the parts of that partition together are charged more than they cost), the core
is empty, and the remedy is to run those plans, not to share differently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.settlement.games.coalition import CostGame, submasks


@dataclass(frozen=True, slots=True, eq=False)
class Repair:
    """A repaired game, and what was repaired.

    Attributes
    ----------
    game
        The repaired game.
    solved
        The game as it was solved.
    cheapest_fen
        int64 of shape (2**n,): what the cheapest partition of each coalition costs, the grand coalition's included.
    first_parts
        int64 of shape (2**n,): of that partition the part with the first member, or the coalition where that is all.
    """

    game: CostGame
    solved: CostGame
    cheapest_fen: NDArray[np.int64]
    first_parts: NDArray[np.int64]

    def partition(self, mask: int) -> tuple[int, ...]:
        """The solved coalitions whose costs add up to the cheapest for this one, by their first members."""
        parts = []
        while mask:
            parts.append(int(self.first_parts[mask]))
            mask ^= parts[-1]
        return tuple(parts)

    def repaired_masks(self) -> tuple[int, ...]:
        """The coalitions whose cost in the game differs from the solved one."""
        return tuple(np.flatnonzero(self.game.costs != self.solved.costs).tolist())

    @property
    def largest_fen(self) -> int:
        """The most that a cost was lowered by."""
        return int((self.solved.costs - self.game.costs).max())

    @property
    def largest_permille(self) -> int:
        """The most that a cost was lowered by in thousandths of itself, rounded up; costs of 0 do not count."""
        lowered, size = self.solved.costs - self.game.costs, np.abs(self.solved.costs)
        return int((-(-1_000 * lowered // np.where(size, size, 1)) * (size > 0)).max())

    @property
    def plan_gap_fen(self) -> int:
        """By how much the grand coalition's cost is above that of its cheapest partition."""
        everyone = self.game.everyone
        return self.game.cost_fen(everyone) - int(self.cheapest_fen[everyone])


def repair_subadditive(game: CostGame, *, keep_total: bool = True) -> Repair:
    """Lower every coalition's cost to that of its cheapest partition; the grand coalition's only if it is not kept.

    Ties go to the coalition undivided, then to the largest mask with the first member. 3**(n-1) steps over subsets.
    """
    cheapest, first_parts = game.costs.copy(), np.arange(len(game.costs), dtype=np.int64)
    for mask in range(1, len(game.costs)):
        first = mask & -mask
        if mask != first:
            parts = submasks(mask ^ first)[-2::-1] | first
            costs = game.costs[parts] + cheapest[mask ^ parts]
            best = int(costs.argmin())
            if costs[best] < cheapest[mask]:
                cheapest[mask], first_parts[mask] = costs[best], parts[best]
    repaired = cheapest.copy()
    if keep_total:
        repaired[-1] = game.costs[-1]
    return Repair(CostGame(game.players, repaired), game, cheapest, first_parts)
