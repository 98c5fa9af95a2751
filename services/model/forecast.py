"""The on-time forecast 准点预测 of a plan: what is on time where days go otherwise than planned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StopForecast:
    """A call of a run at which goods are handled, by its position in the run from 0.

    ``on_time_permille`` of days it keeps to every limit that binds it here: hours, due time, shift, the trip to catch.
    ``promise_permille`` of days it begins no later than planned plus the tolerance of the settings. On nine days of ten
    it begins between ``early_s`` and ``late_s``.
    """

    run_id: str
    stop_index: int
    on_time_permille: int
    promise_permille: int
    early_s: int
    late_s: int


@dataclass(frozen=True, slots=True)
class RunForecast:
    """A run: of how many days it ends within its shift and hours of work, and when it ends on nine days of ten."""

    run_id: str
    within_hours_permille: int
    early_s: int
    late_s: int


@dataclass(frozen=True, slots=True)
class BookingForecast:
    """A booking: of how many days its goods catch the trip, and are on time in the end."""

    booking_id: str
    caught_permille: int
    on_time_permille: int


@dataclass(frozen=True, slots=True)
class PunctualityLevel:
    """A plan that was tried on the way to a target: how much slack it was made with, and what it came to.

    With ``slack_permille`` everything was planned so many standard deviations longer than it takes on average, in
    permille: 1,000 is one.
    """

    slack_permille: int
    on_time_permille: int
    cost_fen: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What came of a plan on simulated days.

    ``on_time_permille`` is THE rate: of the pieces that are due today, carried or unserved, how many are handed over on
    time, over all days. ``bad_day_permille`` is the same rate on a bad day: 19 days of 20 are better. ``late_pieces``
    are those expected to be late, unserved ones among them. Where a target was set, ``levels`` are what it took, from
    the least slack, and ``detail`` says why where it is not reached.
    """

    days: int
    on_time_permille: int
    bad_day_permille: int
    due_pieces: int
    late_pieces: int
    stops: tuple[StopForecast, ...] = ()
    runs: tuple[RunForecast, ...] = ()
    bookings: tuple[BookingForecast, ...] = ()
    target_permille: int = 0
    is_target_reached: bool = False
    detail: str = ""
    levels: tuple[PunctualityLevel, ...] = ()
