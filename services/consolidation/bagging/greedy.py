"""Packings made at once: first-fit and best-fit decreasing by several measures of size, and bag by bag.

Johnson (1974, Fast algorithms for bin packing) for the decreasing rules; Panigrahy, Talwar, Uyeda and Wieder (2011,
Heuristics for vector bin packing) for measures of vectors and for filling bags one by one by the dot product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.consolidation.bagging.problem import Packing, PackingProblem, Pattern

Shares = NDArray[np.float64]
"""For each size the share of a bag's weight and of its volume that one piece takes: two columns."""

_MANY: Final = 2**40
_FEW_SIZES: Final = 1_000
_FEW_PIECES: Final = 5_000


def pack_greedily(problem: PackingProblem, bound: int) -> Packing:
    """Return the best packing of all rules; the search ends where the bound is met.

    Where there are very many sizes only the first measures are tried.
    """
    best: tuple[Pattern, ...] | None = None
    for attempt in _attempts(problem):
        found = attempt()
        if best is None or len(found) < len(best):
            best = found
        if len(best) <= bound:
            break
    return Packing(best or (), bound)


def _attempts(problem: PackingProblem) -> Iterator[Callable[[], tuple[Pattern, ...]]]:
    if not problem.sizes:
        return
    shares = _shares(problem)
    measures = list(_measures(shares, np.array(problem.counts)))
    if len(problem.sizes) > _FEW_SIZES:
        measures = measures[:2]
    for measure in measures:
        order = np.argsort(-measure, kind="stable")
        yield lambda order=order: fill(problem, order, is_best_fit=False)  # type: ignore[misc]
        yield lambda order=order: fill(problem, order, is_best_fit=True)  # type: ignore[misc]
    if problem.pieces <= _FEW_PIECES:
        yield lambda: fill_one_by_one(problem, shares)


def _shares(problem: PackingProblem) -> Shares:
    limits = np.array([max(problem.limit_g, 1), max(problem.limit_ml, 1)], dtype=np.float64)
    return np.array(problem.sizes, dtype=np.float64) / limits


def _measures(shares: Shares, counts: NDArray[np.int64]) -> Iterator[Shares]:
    """How large a piece of each size is: by its greater share, the sum, the scarcer dimension, and so on."""
    demand = (shares * counts[:, None]).sum(axis=0)
    yield shares.max(axis=1)
    yield shares.sum(axis=1)
    yield shares @ demand
    yield shares[:, 0]
    yield shares[:, 1]
    yield (shares**2).sum(axis=1)
    yield shares.prod(axis=1)


def fill(problem: PackingProblem, order: NDArray[np.intp], *, is_best_fit: bool) -> tuple[Pattern, ...]:
    """Put sizes, in the given order, into the first bags with room, or into the fullest; open bags as needed.

    Equal pieces that follow each other fill a bag before they go to the next, as they would one by one.
    """
    left_g = np.full(problem.pieces, problem.limit_g, dtype=np.int64)
    left_ml = np.full(problem.pieces, problem.limit_ml, dtype=np.int64)
    contents: list[list[tuple[int, int]]] = []
    for size in map(int, order):
        (piece_g, piece_ml), count = problem.sizes[size], problem.counts[size]
        used = len(contents)
        room = _room(left_g[:used], left_ml[:used], piece_g, piece_ml)
        bags = np.flatnonzero(room)
        if is_best_fit and len(bags) > 1:
            emptiness = left_g[bags] / max(problem.limit_g, 1) + left_ml[bags] / max(problem.limit_ml, 1)
            bags = bags[np.argsort(emptiness, kind="stable")]
        before = np.concatenate(([0], np.cumsum(room[bags])))
        for place in range(min(len(bags), int(np.searchsorted(before, count)))):
            bag = int(bags[place])
            put = min(int(room[bag]), count - int(before[place]))
            _put(contents[bag], left_g, left_ml, bag, (size, put), (piece_g, piece_ml))
        count -= min(count, int(before[-1]))
        full = int(_room(np.array([problem.limit_g]), np.array([problem.limit_ml]), piece_g, piece_ml)[0])
        while count:
            put = min(count, full)
            contents.append([])
            _put(contents[-1], left_g, left_ml, len(contents) - 1, (size, put), (piece_g, piece_ml))
            count -= put
    return tuple(tuple(sorted(content)) for content in contents)


def _put(
    content: list[tuple[int, int]],
    left_g: NDArray[np.int64],
    left_ml: NDArray[np.int64],
    bag: int,
    what: tuple[int, int],
    piece: tuple[int, int],
) -> None:
    content.append(what)
    left_g[bag] -= what[1] * piece[0]
    left_ml[bag] -= what[1] * piece[1]


def _room(left_g: NDArray[np.int64], left_ml: NDArray[np.int64], piece_g: int, piece_ml: int) -> NDArray[np.int64]:
    """How many equal pieces each bag has room for."""
    by_weight = left_g // piece_g if piece_g else np.full(len(left_g), _MANY)
    by_volume = left_ml // piece_ml if piece_ml else np.full(len(left_ml), _MANY)
    return np.minimum(by_weight, by_volume)


def fill_one_by_one(problem: PackingProblem, shares: Shares) -> tuple[Pattern, ...]:
    """Fill one bag after the other, each time with the piece whose shares go best with the room that is left."""
    sizes = np.array(problem.sizes, dtype=np.int64)
    left = np.array(problem.counts, dtype=np.int64)
    patterns: list[Pattern] = []
    while left.any():
        room = np.array([problem.limit_g, problem.limit_ml], dtype=np.int64)
        limits = np.maximum(room, 1).astype(np.float64)
        content: dict[int, int] = {}
        while True:
            fits = (left > 0) & (sizes <= room).all(axis=1)
            if not fits.any():
                break
            size = int(np.argmax(np.where(fits, shares @ (room / limits), -1.0)))
            content[size] = content.get(size, 0) + 1
            left[size] -= 1
            room -= sizes[size]
        patterns.append(tuple(sorted(content.items())))
    return tuple(patterns)
