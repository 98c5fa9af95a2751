"""The packing problem: pieces by size into identical bags with two limits, weight and volume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

Size = tuple[int, int]
"""A piece's weight in g and volume in ml."""
Pattern = tuple[tuple[int, int], ...]
"""What one bag holds: pairs of a size's index and how many pieces, ascending."""


@dataclass(frozen=True, slots=True)
class PackingProblem:
    """Pieces that each fit into a bag alone: ``counts[i]`` of ``sizes[i]``, the heaviest first."""

    sizes: tuple[Size, ...]
    counts: tuple[int, ...]
    limit_g: int
    limit_ml: int

    @property
    def pieces(self) -> int:
        """Pieces to pack."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Packing:
    """Bags that hold every piece once, and how many no packing can do without."""

    patterns: tuple[Pattern, ...]
    bound: int

    @property
    def is_optimal(self) -> bool:
        """Whether fewer bags are proven to be impossible."""
        return len(self.patterns) == self.bound


def make_problem(pieces: Iterable[Size], limit_g: int, limit_ml: int) -> PackingProblem:
    """Count pieces by size; the same pieces in any order make the same problem.

    >>> make_problem([(1, 5), (3, 2), (1, 5)], 10, 10).counts
    (1, 2)

    Raises
    ------
    ValueError
        When a piece is larger than a bag.
    """
    counts = Counter(pieces)
    for weight_g, volume_ml in counts:
        if weight_g > limit_g or volume_ml > limit_ml:
            raise ValueError(f"a piece of {weight_g} g and {volume_ml} ml is larger than a bag")
    sizes = tuple(sorted(counts, reverse=True))
    return PackingProblem(sizes, tuple(counts[size] for size in sizes), limit_g, limit_ml)
