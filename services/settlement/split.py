"""Dividing a whole charge among partners, in whole fen."""

from __future__ import annotations

from collections.abc import Mapping

from services.settlement.games.proportional import proportional
from services.settlement.games.rounding import round_to_fen


def split_fen(total_fen: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Divide a total in proportion to weights, equally where all are 0; of equal remainders the first name's is paid.

    >>> split_fen(100, {"B": 1, "A": 1, "C": 1})
    {'A': 34, 'B': 33, 'C': 33}
    """
    names = sorted(weights)
    shares = proportional(total_fen, [weights[name] for name in names])
    return dict(zip(names, round_to_fen(shares, total_fen), strict=True))
