"""Electric vehicles' charge 充电: full at the start of the day and, where they can recharge, after every trip.

A vehicle recharges at each call between two trips, whether it needs to or not, while goods are handled: nobody has to
know how full it is, and the next trip may be any that its range allows.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.model.fleet import Vehicle


def recharges(vehicle: Vehicle) -> bool:
    """Whether a vehicle recharges between its trips, so that its range is for each of them."""
    return vehicle.range_m is not None and vehicle.recharge_s is not None and vehicle.max_trips > 1


def recharge_between_trips_s(vehicle: Vehicle) -> int:
    """How long a call between two trips takes at least; 0 where a vehicle does not recharge."""
    return (vehicle.recharge_s or 0) if recharges(vehicle) else 0


def longest_day_m(vehicle: Vehicle) -> int | None:
    """How far a vehicle drives in a day at most; ``None`` without a limit."""
    limits = [vehicle.max_distance_m, None if recharges(vehicle) else vehicle.range_m]
    return min((limit for limit in limits if limit is not None), default=None)


def longest_trip_m(vehicle: Vehicle) -> int | None:
    """How far a vehicle drives on its only trip of a day at most; ``None`` without a limit."""
    limits = [limit for limit in (vehicle.max_distance_m, vehicle.range_m) if limit is not None]
    return min(limits, default=None)


def is_in_range(vehicle: Vehicle, legs_m: Sequence[int], recharged_at: Sequence[int]) -> bool:
    """Whether a day's legs keep to the range; a leg ends at the call that comes after it, charged at these calls.

    >>> van = Vehicle("V", "P", "VAN", "HUB", 1, 1, 1, max_trips=2, range_m=100, recharge_s=600)
    >>> is_in_range(van, [60, 40, 50, 50], [2]), is_in_range(van, [60, 40, 50, 51], [2])
    (True, False)
    """
    if vehicle.range_m is None:
        return True
    driven_m = 0
    for call, leg_m in enumerate(legs_m, start=1):
        driven_m += leg_m
        if driven_m > vehicle.range_m:
            return False
        if call in recharged_at and recharges(vehicle):
            driven_m = 0
    return True
