"""A cost game: what every coalition of its players would have to pay on its own.

A coalition is a bit mask: bit i set means that player i is in it. Costs may be negative (a coalition that earns) and
need not grow with the coalition: who owns a resource costs nothing alone and makes others cheaper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.model.errors import InvalidInputError, Violation

MAX_PLAYERS: Final = 16
MAX_COST_FEN: Final = 10**12

Allocation = tuple[Fraction, ...]
"""A charge in fen for each player, in the game's order; negative: the player is paid."""
Masks = NDArray[np.int64]
Costs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CostGame:
    """What each coalition costs in fen.

    Parameters
    ----------
    players
        Names, no two alike, 1 to ``MAX_PLAYERS``. Their order breaks ties of rounding and of nothing else.
    costs
        int64 of shape (2**n,) indexed by mask; ``costs[0]`` is 0; none beyond ``MAX_COST_FEN`` either way. Copied.

    Raises
    ------
    InvalidInputError
        With everything that is wrong.
    """

    players: tuple[str, ...]
    costs: Costs

    def __post_init__(self) -> None:
        violations = [*_player_violations(self.players), *_cost_violations(len(self.players), self.costs)]
        if violations:
            raise InvalidInputError(violations)
        costs = np.array(self.costs, np.int64)
        costs.flags.writeable = False
        object.__setattr__(self, "costs", costs)

    @property
    def everyone(self) -> int:
        """The mask of the grand coalition."""
        return (1 << len(self.players)) - 1

    @property
    def total_fen(self) -> int:
        """What is shared: the cost of the grand coalition."""
        return self.cost_fen(self.everyone)

    def cost_fen(self, mask: int) -> int:
        """The cost of one coalition."""
        return int(self.costs[mask])

    def stand_alone_fen(self) -> tuple[int, ...]:
        """What each player would pay alone."""
        return tuple(self.cost_fen(1 << player) for player in range(len(self.players)))

    def names(self, mask: int) -> tuple[str, ...]:
        """The members of a coalition by name, in the game's order."""
        return tuple(self.players[player] for player in members(mask))


def game_of(players: Sequence[str], cost_of: Callable[[int], int]) -> CostGame:
    """Build a game from a function of the mask; it is not asked for the empty coalition.

    >>> game_of(("A", "B"), lambda mask: 7 if mask == 3 else 5).costs.tolist()
    [0, 5, 5, 7]
    """
    if len(players) > MAX_PLAYERS:
        raise InvalidInputError(_player_violations(tuple(players)))
    costs = [0, *(cost_of(mask) for mask in range(1, 1 << len(players)))]
    return CostGame(tuple(players), np.array(costs, np.int64))


def members(mask: int) -> tuple[int, ...]:
    """The players of a coalition, ascending.

    >>> members(0b1101)
    (0, 2, 3)
    """
    return tuple(player for player in range(mask.bit_length()) if mask >> player & 1)


def proper_coalitions(player_count: int) -> Masks:
    """All masks but the empty one and everyone, ascending."""
    return np.arange(1, (1 << player_count) - 1, dtype=np.int64)


def incidence(masks: Masks, player_count: int) -> NDArray[np.int64]:
    """Who is in which coalition: 0 or 1, of shape (masks, players)."""
    return masks[:, None] >> np.arange(player_count, dtype=np.int64) & 1


def sizes(player_count: int) -> NDArray[np.int64]:
    """The number of members of every mask, of shape (2**n,)."""
    counts = np.zeros(1, np.int64)
    for _ in range(player_count):
        counts = np.concatenate((counts, counts + 1))
    return counts


def submasks(mask: int) -> Masks:
    """All subsets of a coalition, the empty one and itself included, ascending.

    >>> submasks(0b101).tolist()
    [0, 1, 4, 5]
    """
    subsets = np.zeros(1, np.int64)
    for player in members(mask):
        subsets = np.concatenate((subsets, subsets | 1 << player))
    return subsets


def excesses(game: CostGame, allocation: Sequence[Fraction | int]) -> tuple[Fraction, ...]:
    """What each coalition is charged above its own cost, by mask: above 0, its members would be better off alone.

    Raises InvalidInputError if there is not one charge for each player.
    """
    if len(allocation) != len(game.players):
        message = f"has {len(allocation)} charges for {len(game.players)} players"
        raise InvalidInputError([Violation("allocation", message)])
    charges = [Fraction(0)]
    for charge in allocation:
        charges += [charged + charge for charged in charges]
    return tuple(charged - cost for charged, cost in zip(charges, game.costs.tolist(), strict=True))


def _player_violations(players: tuple[str, ...]) -> list[Violation]:
    if not 1 <= len(players) <= MAX_PLAYERS:
        return [Violation("players", f"must be 1 to {MAX_PLAYERS}, not {len(players)}")]
    return [
        Violation(f"players[{player}]", f"{name!r} is the name of an earlier player")
        for player, name in enumerate(players)
        if name in players[:player]
    ]


def _cost_violations(player_count: int, costs: Costs) -> list[Violation]:
    if not isinstance(costs, np.ndarray) or not np.issubdtype(costs.dtype, np.signedinteger):
        return [Violation("costs", "must be an array of signed integers (fen)")]
    if costs.shape != (1 << min(player_count, MAX_PLAYERS),):
        return [Violation("costs", f"must have shape (2**{player_count},), not {costs.shape}")]
    violations = [Violation("costs[0]", f"nobody costs nothing, not {costs[0]}")] if costs[0] else []
    beyond = np.flatnonzero((costs > MAX_COST_FEN) | (costs < -MAX_COST_FEN))
    violations += [Violation(f"costs[{mask}]", f"{costs[mask]} is beyond {MAX_COST_FEN} fen") for mask in beyond[:10]]
    return violations
