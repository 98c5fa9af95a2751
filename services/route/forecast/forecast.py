"""How punctual a plan is: the share of simulated days on which each call, booking and piece is on time.

Plain Monte Carlo, as in Wang and Lin (2013), A simulation-based algorithm for the capacitated vehicle routing problem
with stochastic travel times, Journal of Applied Mathematics, 127156.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.model.day import Day, Noise, PlanSettings
from services.model.forecast import BookingForecast, Forecast, RunForecast, StopForecast
from services.model.plan import Plan, Run
from services.route.forecast.draws import draw_days
from services.route.forecast.driving import DrivenDays, DrivenRun, Flags, Times, booked_trips, drive_days

# Days are driven so many at a time: a large county's would not fit the memory together.
_BLOCK: Final = 500
_EARLY, _LATE, _BAD_DAY = 0.05, 0.95, 0.05
_PERMILLE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A forecast with what its rate was on each day: the part on time of what is due."""

    forecast: Forecast
    daily: npt.NDArray[np.float64]

    @property
    def surely(self) -> float:
        """The rate less two standard errors: what other days drawn like these will hardly be below."""
        return float(self.daily.mean() - 2 * self.daily.std() / np.sqrt(len(self.daily)))


def forecast_plan(day: Day, plan: Plan, settings: PlanSettings) -> Forecast:
    """Drive a plan that the checker has passed on simulated days; the same settings give the same forecast.

    Of a plan that was revised only what was to come then is left to chance.
    """
    return measure_plan(day, plan, settings).forecast


def measure_plan(day: Day, plan: Plan, settings: PlanSettings) -> Measured:
    """Forecast a plan, and keep the rate of each day."""
    days = settings.forecast_days
    driven = _drive(day, plan, settings.noise, days, settings.seed)
    daily = _daily_rates(day, plan, driven, days)
    rate, due = float(daily.mean()), due_pieces(day, plan)
    forecast = Forecast(
        days=days,
        on_time_permille=_permille(rate),
        bad_day_permille=_permille(float(np.quantile(daily, _BAD_DAY, method="inverted_cdf"))),
        due_pieces=due,
        late_pieces=round((1 - rate) * due),
        stops=tuple(
            one
            for run, took in zip(plan.runs, driven.runs, strict=True)
            for one in _stops(run, took, settings.promise_tolerance_s)
        ),
        runs=tuple(_run(day, run, took) for run, took in zip(plan.runs, driven.runs, strict=True)),
        bookings=tuple(
            BookingForecast(b.booking_id, _share(driven.caught[b.booking_id]), _share(driven.on_time[b.consignment_id]))
            for b in plan.bookings
        ),
    )
    return Measured(forecast, daily)


def _drive(day: Day, plan: Plan, noise: Noise, days: int, seed: int) -> DrivenDays:
    rng, trips = np.random.default_rng(seed), booked_trips(day, plan)
    sizes = [min(_BLOCK, days - done) for done in range(0, days, _BLOCK)]
    blocks = [drive_days(day, plan, draw_days(plan, trips, noise, size, rng)) for size in sizes]
    # What is stranded has begun its way, and does not come to its end.
    left = {one.consignment_id for one in plan.unserved}
    return DrivenDays(
        tuple(_together(parts) for parts in zip(*(block.runs for block in blocks), strict=True)),
        {name: np.concatenate([block.caught[name] for block in blocks]) for name in blocks[0].caught},
        {
            name: np.concatenate([block.on_time[name] for block in blocks]) & (name not in left)
            for name in blocks[0].on_time
        },
    )


def _together(parts: Sequence[DrivenRun]) -> DrivenRun:
    return DrivenRun(
        np.concatenate([part.starts_s for part in parts]),
        np.concatenate([part.departures_s for part in parts]),
        np.concatenate([part.on_time for part in parts]),
    )


def due_pieces(day: Day, plan: Plan) -> int:
    """Pieces that are due today: what waits within its promise is not."""
    waiting = {one.consignment_id for one in plan.waiting}
    return sum(c.pieces for c in day.consignments if c.consignment_id not in waiting)


def _daily_rates(day: Day, plan: Plan, driven: DrivenDays, days: int) -> npt.NDArray[np.float64]:
    pieces = {c.consignment_id: c.pieces for c in day.consignments}
    on_time = np.zeros(days)
    for consignment_id, is_kept in driven.on_time.items():
        on_time += pieces[consignment_id] * is_kept
    due = due_pieces(day, plan)
    return on_time / due if due else np.ones(days)


def _stops(run: Run, took: DrivenRun, tolerance_s: int) -> Iterator[StopForecast]:
    for i, stop in enumerate(run.stops):
        if stop.drop or stop.take:
            starts_s = took.starts_s[:, i]
            early_s, late_s = _nine_of_ten(starts_s)
            promised = starts_s <= stop.start_s + tolerance_s
            yield StopForecast(run.run_id, i, _share(took.on_time[:, i]), _share(promised), early_s, late_s)


def _run(day: Day, run: Run, took: DrivenRun) -> RunForecast:
    vehicle = next(v for v in day.county.vehicles if v.vehicle_id == run.vehicle_id)
    ends_s = took.departures_s[:, -1]
    within = ends_s <= vehicle.shift_end_s
    if vehicle.max_work_s is not None:
        within = within & (ends_s - took.starts_s[:, 0] <= vehicle.max_work_s)
    return RunForecast(run.run_id, _share(within), *_nine_of_ten(ends_s))


def _nine_of_ten(times_s: Times) -> tuple[int, int]:
    early_s, late_s = np.quantile(times_s, (_EARLY, _LATE), method="inverted_cdf")
    return int(early_s), int(late_s)


def _share(is_so: Flags) -> int:
    return _permille(float(is_so.mean()))


def _permille(share: float) -> int:
    return round(_PERMILLE * share)
