"""Divide a whole among parts so that the parts add up to it exactly."""

from __future__ import annotations

from collections.abc import Sequence


def apportion(whole: int, weights: Sequence[int]) -> list[int]:
    """Divide ``whole`` in proportion to weights by the method of largest remainders (Hamilton, 1792).

    Each part is its exact share rounded down or up; of equal remainders the first gets the unit. Weights that are all 0
    count as equal.

    Raises
    ------
    ValueError
        When a weight or the whole is negative, or there is something to divide and nobody to take it.

    >>> apportion(100, [1, 1, 1])
    [34, 33, 33]
    >>> apportion(7, [0, 0])
    [4, 3]
    """
    if whole < 0 or any(weight < 0 for weight in weights):
        raise ValueError("neither the whole nor a weight may be negative")
    if not weights:
        if whole:
            raise ValueError("there is nobody to divide among")
        return []
    total = sum(weights)
    if not total:
        weights, total = [1] * len(weights), len(weights)
    parts = [whole * weight // total for weight in weights]
    remainders = [whole * weight % total for weight in weights]
    for i in sorted(range(len(weights)), key=lambda i: -remainders[i])[: whole - sum(parts)]:
        parts[i] += 1
    return parts
