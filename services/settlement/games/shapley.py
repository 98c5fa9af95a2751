"""The Shapley value: what a player adds to the cost of those before it, averaged over all orders of arrival.

Shapley 1953, A value for n-person games. Exact where all coalitions are solved; estimated from sampled orders where the
coalitions are too many: Castro, Gomez and Tejada 2009, Polynomial calculation of the Shapley value based on sampling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import factorial, sqrt
from random import Random
from typing import Final

import numpy as np

from services.model.errors import InvalidInputError, Violation
from services.settlement.games.coalition import Allocation, CostGame, sizes

MIN_PAIRS: Final = 30
NORMAL_95: Final = 1.959964
"""Two-sided 95 % of the normal distribution, which means of ``MIN_PAIRS`` and more follow well enough."""

Orders = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class SampledShapley:
    """An estimate of the Shapley value.

    Attributes
    ----------
    allocation
        The mean over the sampled orders, exact fractions; adds up to the grand coalition's cost exactly.
    standard_errors_fen
        Of each player's share.
    half_widths_fen
        Half of each player's own 95 % confidence interval: of twenty players one may be off by more.
    order_count, oracle_calls
        Orders that were averaged, and different coalitions whose cost was asked for.
    """

    allocation: Allocation
    standard_errors_fen: tuple[float, ...]
    half_widths_fen: tuple[float, ...]
    order_count: int
    oracle_calls: int


def shapley(game: CostGame) -> Allocation:
    """The Shapley value of a game whose coalitions are all known, as exact fractions.

    Marginal costs are added up in int64 by the size of the coalition that is joined (at most 2**15 of at most 2 *
    10**12 fen), then weighted by s! (n - 1 - s)! in whole numbers.
    """
    count = len(game.players)
    masks, joined = np.arange(len(game.costs)), sizes(count)
    weights = [factorial(size) * factorial(count - 1 - size) for size in range(count)]
    shares = []
    for player in range(count):
        without = masks[masks >> player & 1 == 0]
        marginal = game.costs[without | 1 << player] - game.costs[without]
        by_size = [int(marginal[joined[without] == size].sum()) for size in range(count)]
        weighted = sum(weight * fen for weight, fen in zip(weights, by_size, strict=True))
        shares.append(Fraction(weighted, factorial(count)))
    return tuple(shares)


def draw_orders(player_count: int, pairs: int, seed: int) -> Orders:
    """Draw orders of arrival in antithetic pairs: each second order is the one before it backwards.

    Who comes early in one comes late in the other, so that their mean varies less than that of two independent orders.

    Raises InvalidInputError below ``MIN_PAIRS`` pairs, or without players.
    """
    violations = [] if player_count > 0 else [Violation("player_count", "there are no players")]
    if pairs < MIN_PAIRS:
        violations.append(Violation("pairs", f"an error can be stated from {MIN_PAIRS} pairs, not {pairs}"))
    if violations:
        raise InvalidInputError(violations)
    random, players = Random(seed), list(range(player_count))
    orders: list[tuple[int, ...]] = []
    for _ in range(pairs):
        random.shuffle(players)
        orders += [tuple(players), tuple(reversed(players))]
    return tuple(orders)


def coalitions_met(orders: Orders) -> tuple[int, ...]:
    """The masks whose cost an estimate from these orders needs, ascending: to be solved beforehand, in parallel."""
    met = set()
    for order in orders:
        mask = 0
        for player in order:
            mask |= 1 << player
            met.add(mask)
    return tuple(sorted(met))


def sample_shapley(player_count: int, cost_of: Callable[[int], int], pairs: int, seed: int) -> SampledShapley:
    """Estimate the Shapley value from ``2 * pairs`` orders of arrival.

    ``cost_of`` gives a coalition's cost in fen for its mask; it is asked once for each coalition met, at most
    ``min(2**n - 1, 2 * pairs * (n - 1) + 1)`` times. The same seed asks for the same coalitions. The standard error is
    that of the mean over pairs, each pair one observation.

    Raises InvalidInputError as ``draw_orders`` does.
    """
    orders = draw_orders(player_count, pairs, seed)
    costs = {mask: cost_of(mask) for mask in coalitions_met(orders)} | {0: 0}
    doubled = [_pair_marginals(first, second, costs) for first, second in zip(orders[::2], orders[1::2], strict=True)]
    sums = [sum(column) for column in zip(*doubled, strict=True)]
    errors = []
    for player, total in enumerate(sums):
        # Exact up to the square root: floating squares of fen would lose what cancels.
        squares = sum((pairs * pair[player] - total) ** 2 for pair in doubled)
        errors.append(sqrt(Fraction(squares, 4 * pairs**3 * (pairs - 1))))
    return SampledShapley(
        tuple(Fraction(total, 2 * pairs) for total in sums),
        tuple(errors),
        tuple(NORMAL_95 * error for error in errors),
        len(orders),
        len(costs) - 1,
    )


def _pair_marginals(first: tuple[int, ...], second: tuple[int, ...], costs: dict[int, int]) -> list[int]:
    """Each player's marginal costs in two orders, added up."""
    marginals = [0] * len(first)
    for order in (first, second):
        mask = 0
        for player in order:
            marginals[player] += costs[mask | 1 << player] - costs[mask]
            mask |= 1 << player
    return marginals
