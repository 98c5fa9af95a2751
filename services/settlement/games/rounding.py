"""Whole fen from exact shares.

Every share is rounded down; the fen that are left go one each to those with the largest fractions (Hamilton's method of
the largest remainder; Balinski and Young 1982, Fair Representation). Of equal fractions the earlier player's comes
first. Down is towards minus infinity, so what a player is paid follows the same rule as what a player pays, and nobody
is a whole fen away from the exact share.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from services.model.errors import InvalidInputError, Violation


def round_to_fen(allocation: Sequence[Fraction | int], total_fen: int) -> tuple[int, ...]:
    """Round an allocation so that it still adds up to the total exactly.

    Raises InvalidInputError if the exact shares do not add up to the total.

    >>> round_to_fen((Fraction(10, 3), Fraction(10, 3), Fraction(10, 3)), 10)
    (4, 3, 3)
    >>> round_to_fen((Fraction(5, 2), Fraction(-1, 2)), 2)
    (3, -1)
    """
    exact_fen = sum(allocation, Fraction(0))
    if exact_fen != total_fen:
        raise InvalidInputError([Violation("allocation", f"adds up to {exact_fen} fen, not {total_fen}")])
    charges = [floor(share) for share in allocation]
    left = total_fen - sum(charges)
    by_fraction = sorted(range(len(charges)), key=lambda player: (charges[player] - allocation[player], player))
    for player in by_fraction[:left]:
        charges[player] += 1
    return tuple(charges)
