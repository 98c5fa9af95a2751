"""Drivers' rests 驾驶员休息: after so long at the wheel, so long a rest, taken on the road where it falls due."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from services.model.fleet import Vehicle


def rests_on_legs(drives_s: Iterable[int], max_drive_s: int | None, rest_s: int) -> list[int]:
    """Time to rest on each leg of a day, in seconds: a rest begins where the longest driving without one ends.

    >>> rests_on_legs([3_000, 2_000, 9_000], 4_000, 600)
    [0, 600, 1200]
    """
    rests, driven_s = [], 0
    for drive_s in drives_s:
        count = 0
        if max_drive_s is not None:
            count = max(0, -(-(driven_s + drive_s) // max_drive_s) - 1)
            driven_s += drive_s - count * max_drive_s
        rests.append(count * rest_s)
    return rests


def pace_of(vehicle: Vehicle) -> Fraction:
    """How many times as long as driving a leg takes with the driver's rests shared out over it.

    Planned at this pace a vehicle is never too late: up to any point, what its rests really take is at most their part
    of the driving so far. So limits are kept in constant time, whichever leg a rest falls on.
    """
    return Fraction(1) if vehicle.max_drive_s is None else 1 + Fraction(vehicle.rest_s, vehicle.max_drive_s)


def paced(duration_s: int, pace: Fraction) -> int:
    """What a drive takes at a pace, in whole seconds, rounded up."""
    return -(-duration_s * pace.numerator // pace.denominator)
