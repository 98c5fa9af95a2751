"""Packing problems for tests: any small one, and the least number of bags by brute force."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from services.consolidation.bagging.problem import Packing, PackingProblem, Size, make_problem

LIMIT_G, LIMIT_ML = 20, 80


def sizes() -> st.SearchStrategy[Size]:
    """Pieces that fit into a bag of ``LIMIT_G`` and ``LIMIT_ML``, zero and whole bags among them."""
    return st.tuples(st.integers(0, LIMIT_G), st.integers(0, LIMIT_ML))


def problem(pieces: list[Size]) -> PackingProblem:
    """The problem of packing these pieces into bags of ``LIMIT_G`` and ``LIMIT_ML``."""
    return make_problem(pieces, LIMIT_G, LIMIT_ML)


def least_bags(pieces: list[Size]) -> int:
    """Try every way to part at most a dozen pieces into bags."""

    @cache
    def fits(chosen: int) -> bool:
        inside = [piece for i, piece in enumerate(pieces) if chosen >> i & 1]
        return sum(g for g, _ in inside) <= LIMIT_G and sum(ml for _, ml in inside) <= LIMIT_ML

    @cache
    def least(left: int) -> int:
        if not left:
            return 0
        first, best, chosen = left & -left, len(pieces), left
        while chosen:  # every part of what is left that holds the first piece
            if chosen & first and fits(chosen):
                best = min(best, 1 + least(left & ~chosen))
            chosen = (chosen - 1) & left
        return best

    return least((1 << len(pieces)) - 1)


def first_fit_decreasing(pieces: list[Size]) -> int:
    """The textbook rule, the largest share of a bag first, piece by piece."""
    bags: list[list[int]] = []
    for g, ml in sorted(pieces, key=lambda p: (-max(p[0] / LIMIT_G, p[1] / LIMIT_ML), -p[0], -p[1])):
        for bag in bags:
            if bag[0] + g <= LIMIT_G and bag[1] + ml <= LIMIT_ML:
                bag[0], bag[1] = bag[0] + g, bag[1] + ml
                break
        else:
            bags.append([g, ml])
    return len(bags)


def check_packing(packing: Packing, given: PackingProblem) -> None:
    """Every piece is in one bag, no bag is too full or empty, and there are not fewer bags than can be."""
    packed = [0] * len(given.sizes)
    for pattern in packing.patterns:
        assert pattern
        assert all(count > 0 for _, count in pattern)
        for index, count in pattern:
            packed[index] += count
        assert sum(given.sizes[i][0] * n for i, n in pattern) <= given.limit_g
        assert sum(given.sizes[i][1] * n for i, n in pattern) <= given.limit_ml
    assert tuple(packed) == given.counts
    assert packing.bound <= len(packing.patterns)
