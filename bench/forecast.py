"""Hold forecasts against simulated days: what is said to be so with probability p should be so on p of the days.

``python -m bench.forecast --county data/huadian --days 10000`` plans the county's day and a drawn county's, forecasts
each plan as it is, with half and with twice the noise, and drives every one of them on so many days drawn with another
generator by the event-by-event simulation that the tests have. It prints, for all probabilities of a forecast (calls on
time, calls within what is promised, trips caught, goods on time, runs within hours), by tenths: how many, what was said
and seen on average, and by how much the two differ in points.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from bench.county_generator import draw_day
from bench.day import read_day
from services.model.day import Day, Noise, PlanSettings
from services.model.forecast import Forecast
from services.model.plan import Plan
from services.route.engines.kernel import KernelEngine
from services.route.forecast import forecast_plan
from services.route.planner import plan_day
from tests.day_simulator import DayLog, DaySimulator, own_luck

_NOISE_PARTS: Final = (0.5, 1.0, 2.0)
_DECILES: Final = 10
# An average over fewer says little.
_FEW: Final = 5


def said(forecast: Forecast) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every probability of a forecast with what it is about, in permille."""
    for stop in forecast.stops:
        yield ("on time", stop.run_id, str(stop.stop_index)), stop.on_time_permille
        yield ("promise", stop.run_id, str(stop.stop_index)), stop.promise_permille
    for run in forecast.runs:
        yield ("hours", run.run_id), run.within_hours_permille
    for booking in forecast.bookings:
        yield ("caught", booking.booking_id), booking.caught_permille
        yield ("goods", booking.booking_id), booking.on_time_permille


def seen(day: Day, plan: Plan, log: DayLog, tolerance_s: int) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The same on one simulated day: whether it was so."""
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in day.county.vehicles}
    for run in plan.runs:
        for i, stop in enumerate(run.stops):
            if stop.drop or stop.take:
                yield ("on time", run.run_id, str(i)), log.calls_on_time[run.run_id, i]
                is_kept = log.starts_s[run.run_id, i] <= stop.start_s + tolerance_s
                yield ("promise", run.run_id, str(i)), is_kept
        vehicle, last = vehicles[run.vehicle_id], len(run.stops) - 1
        worked_s = log.departures_s[run.run_id, last] - log.starts_s[run.run_id, 0]
        within = vehicle.max_work_s is None or worked_s <= vehicle.max_work_s
        yield ("hours", run.run_id), within and log.departures_s[run.run_id, last] <= vehicle.shift_end_s
    for booking in plan.bookings:
        yield ("caught", booking.booking_id), log.caught[booking.booking_id]
        yield ("goods", booking.booking_id), log.on_time[booking.consignment_id]


def times(noise: Noise, factor: float) -> Noise:
    """So many times the noise."""
    return replace(noise, **{part.name: round(getattr(noise, part.name) * factor) for part in fields(noise)})


def main() -> None:
    """Print a line a plan, then the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--county", type=Path, default=Path("data/huadian"))
    parser.add_argument("--villages", type=Path, default=Path("data/jilin"))
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 11, 23))
    parser.add_argument("--drawn", type=int, default=60, help="villages of the drawn county; 0 for none")
    parser.add_argument("--only-drawn", action="store_true", help="leave the county of the folder out")
    parser.add_argument("--days", type=int, default=10_000)
    parser.add_argument("--budget", type=int, default=20)
    parser.add_argument("--iterations", type=int, default=None, help="in place of the budget; the figures then repeat")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    days = {} if given.only_drawn else {given.county.name: read_day(given.county, given.date, given.villages)}
    if given.drawn:
        days[f"drawn, {given.drawn} villages"] = draw_day(given.villages, given.drawn, given.seed)
    pairs: list[tuple[float, float]] = []
    print(f"{'plan':20} {'noise':>5} {'forecast %':>10} {'simulated %':>11} {'forecast s':>10} {'simulated s':>11}")
    for name, day in days.items():
        within = PlanSettings(given.budget, given.iterations, given.seed, compare=False, forecast_days=0)
        plan = plan_day(day, within, KernelEngine(), lambda: False, lambda *_: None, with_ways=False).plan
        for factor in _NOISE_PARTS:
            pairs += _held_against(name, day, plan, factor, given.days, given.seed)
    _print_table(pairs)


def _held_against(name: str, day: Day, plan: Plan, factor: float, count: int, seed: int) -> list[tuple[float, float]]:
    within = PlanSettings(noise=times(Noise(), factor), seed=seed)
    began = time.perf_counter()
    forecast = forecast_plan(day, plan, within)
    forecast_s, began = time.perf_counter() - began, time.perf_counter()
    generator, simulator = random.Random(f"{name} {factor} {seed}"), DaySimulator(day, plan)
    counts: dict[tuple[str, ...], int] = {}
    pieces = {c.consignment_id: c.pieces for c in day.consignments}
    on_time = 0
    for _ in range(count):
        log = simulator.run(own_luck(within.noise, generator))
        on_time += sum(pieces[consignment_id] for consignment_id, is_kept in log.on_time.items() if is_kept)
        for what, is_so in seen(day, plan, log, within.promise_tolerance_s):
            counts[what] = counts.get(what, 0) + is_so
    rate = on_time / max(1, forecast.due_pieces * count)
    print(
        f"{name:20} {factor:5.1f} {forecast.on_time_permille / 10:10.1f} {rate * 100:11.1f} {forecast_s:10.2f} "
        f"{time.perf_counter() - began:11.0f}",
        flush=True,
    )
    return [(permille / 1_000, counts[what] / count) for what, permille in said(forecast)]


def _print_table(pairs: list[tuple[float, float]]) -> None:
    print(f"{'said':>12} {'how many':>9} {'said %':>8} {'seen %':>8} {'points':>7}")
    for decile in range(_DECILES):
        here = [(p, q) for p, q in pairs if min(int(p * _DECILES), _DECILES - 1) == decile]
        label = f"{decile * 10}-{decile * 10 + 10} %"
        if len(here) < _FEW:
            print(f"{label:>12} {len(here):9d}")
            continue
        stated, happened = (100 * float(np.mean(column)) for column in zip(*here, strict=True))
        print(f"{label:>12} {len(here):9d} {stated:8.2f} {happened:8.2f} {happened - stated:7.2f}")
    worst = max(abs(p - q) for p, q in pairs)
    print(f"largest difference of a single probability: {100 * worst:.1f} points of {len(pairs):,}")


if __name__ == "__main__":
    main()
