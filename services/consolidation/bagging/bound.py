"""How many bags no packing can do without.

Martello and Toth (1990, Knapsack Problems, section 8.3), bound L2, of each dimension and of mixtures of both: a packing
that keeps both limits keeps every weighted sum of them, so a bound of the sum is one of the problem. Caprara and Toth
(2001, Lower bounds and algorithms for the 2-dimensional vector packing problem) bound it so, by surrogate relaxation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.consolidation.bagging.problem import PackingProblem

_MIXTURES: Final = 8
Numbers = NDArray[np.int64]


def lower_bound(problem: PackingProblem) -> int:
    """Return the best of the bounds; 0 where there is nothing to pack."""
    if not problem.sizes:
        return 0
    counts = np.array(problem.counts, dtype=np.int64)
    return max(_bound_l2(weights, counts, capacity) for weights, capacity in _surrogates(problem))


def _surrogates(problem: PackingProblem) -> Iterator[tuple[Numbers, int]]:
    """Give one-dimensional problems: volume alone, weight alone, and mixtures of their shares of a bag."""
    sizes = np.array(problem.sizes, dtype=np.int64)
    limit_g, limit_ml = max(problem.limit_g, 1), max(problem.limit_ml, 1)
    for part in range(_MIXTURES + 1):
        mixed = part * limit_ml * sizes[:, 0] + (_MIXTURES - part) * limit_g * sizes[:, 1]
        yield mixed, _MIXTURES * limit_g * limit_ml


def _bound_l2(weights: Numbers, counts: Numbers, capacity: int) -> int:
    """Bound L2 of the one-dimensional problem.

    For a threshold k up to half a bag: pieces above capacity - k are alone, those above one half share no bag with each
    other, and pieces from k to one half go where those leave room, or into more bags.
    """
    order = np.argsort(weights, kind="stable")
    sorted_weights, sorted_counts = weights[order], counts[order]
    number = np.concatenate(([0], np.cumsum(sorted_counts)))
    weight = np.concatenate(([0], np.cumsum(sorted_weights * sorted_counts)))
    above_half = int(np.searchsorted(2 * sorted_weights, capacity, side="right"))
    thresholds = np.unique(np.concatenate(([0], sorted_weights[:above_half])))
    alone: Any = np.searchsorted(sorted_weights, capacity - thresholds, side="right")
    small: Any = np.searchsorted(sorted_weights, thresholds, side="left")
    alone = np.maximum(alone, above_half)
    large = number[-1] - number[above_half]
    room = (number[alone] - number[above_half]) * capacity - (weight[alone] - weight[above_half])
    left_over = weight[above_half] - weight[small] - room
    return int((large + np.maximum(0, -(-left_over // capacity))).max())
