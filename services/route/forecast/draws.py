"""What chance decides of simulated days: how long ways and handling take, how late trips leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from services.model.day import Noise
from services.model.lines import LineKind, Trip
from services.model.plan import Plan

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PERMILLE: Final = 1_000
# So that no rank is 0 or 1, where the normal distribution has no number.
_LEAST_RANK: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Draws:
    """Of each day its luck; the first axis of every array is the day.

    Factors have mean 1: ``roads`` (days) holds for every way of the day; ``legs`` and ``dwells``, an array a run, for
    the way to each stop but the first and the handling at each stop; ``trip_legs``, an array a trip, for the way to
    each call but the first; ``shuttles`` (days, shuttles). ``trip_delays_s`` is by how much each trip leaves late.
    """

    roads: Floats
    legs: tuple[Floats, ...]
    dwells: tuple[Floats, ...]
    shuttles: Floats
    trip_delays_s: Mapping[str, Ints]
    trip_legs: Mapping[str, Floats]

    @property
    def days(self) -> int:
        """How many days."""
        return len(self.roads)


def draw_days(plan: Plan, trips: Mapping[str, Trip], noise: Noise, days: int, rng: np.random.Generator) -> Draws:
    """Draw so many days of a plan; ``trips`` are those that it books, by id.

    Trains keep to their own rails: the day's weather and traffic are not theirs.
    """

    def factors(permille: int, *shape: int) -> Floats:
        return _factors(rng, permille, (days, *shape))

    roads = _lognormal(noise.day_permille, _stratified(rng, days))
    return Draws(
        roads=roads,
        legs=tuple(factors(noise.leg_permille, len(run.stops) - 1) for run in plan.runs),
        dwells=tuple(factors(noise.dwell_permille, len(run.stops)) for run in plan.runs),
        shuttles=factors(noise.leg_permille, len(plan.shuttles)),
        trip_delays_s={
            trip_id: np.rint(rng.standard_exponential(days) * mean_delay_s(noise, trip.kind)).astype(np.int64)
            for trip_id, trip in trips.items()
        },
        trip_legs={
            trip_id: factors(0 if trip.kind is LineKind.RAIL else noise.leg_permille, len(trip.stop_times) - 1)
            for trip_id, trip in trips.items()
        },
    )


def mean_delay_s(noise: Noise, kind: LineKind) -> int:
    """By how much trips of a kind leave late on average."""
    return {
        LineKind.BUS: noise.bus_delay_s,
        LineKind.POSTAL: noise.postal_delay_s,
        LineKind.FREIGHT: noise.freight_delay_s,
        LineKind.RAIL: noise.rail_delay_s,
        LineKind.COMMERCE: noise.commerce_delay_s,
    }[kind]


def sigma_of(permille: int) -> float:
    """The standard deviation of the logarithm of a lognormal factor with such a coefficient of variation.

    >>> sigma_of(0), round(sigma_of(100), 4)
    (0.0, 0.0998)
    """
    return float(np.sqrt(np.log1p((permille / _PERMILLE) ** 2)))


def _stratified(rng: np.random.Generator, days: int) -> Floats:
    """Standard normal numbers, one from each of so many equally likely intervals, in any order.

    All of a day hangs together by its roads: drawn freely, a forecast of 2,000 days would be off by a point at times.
    """
    ranks = (rng.permutation(days) + rng.uniform(_LEAST_RANK, 1 - _LEAST_RANK, days)) / days
    normal = NormalDist()
    return np.array([normal.inv_cdf(float(rank)) for rank in ranks])


def _factors(rng: np.random.Generator, permille: int, shape: tuple[int, ...]) -> Floats:
    return _lognormal(permille, rng.standard_normal(shape))


def _lognormal(permille: int, normal: Floats) -> Floats:
    sigma = sigma_of(permille)
    return np.exp(sigma * normal - sigma * sigma / 2)
