"""A forecast drives days as a simulation of its own does, and obeys what any day obeys."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.forecast import said, seen
from services.model.day import Day, Noise, PlanSettings
from services.model.lines import LineKind
from services.model.plan import Plan
from services.route.forecast import forecast_plan
from services.route.forecast.draws import Draws, draw_days
from services.route.forecast.driving import DrivenDays, booked_trips, drive_days
from services.route.planner import plan_day
from tests.builders import small_day
from tests.day_simulator import DaySimulator, luck_of, own_luck, simulate_day
from tests.engines import InProcessEngine
from tests.last_mile import last_mile_day
from tests.random_days import last_mile_days, random_days

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
QUIET = Noise(**dict.fromkeys(Noise.__dataclass_fields__, 0))
WILD = Noise(300, 400, 900, 900, 900, 1_200, 600, 900)
days_of_all_kinds = random_days() | last_mile_days()
some_noise = st.sampled_from([Noise(), WILD, replace(WILD, day_permille=0), replace(QUIET, dwell_permille=800)])
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def planned(day: Day, **changes: Any) -> Plan:
    within = replace(PlanSettings(iterations=5, cores=1, compare=False, forecast_days=0), **changes)
    return plan_day(day, within, InProcessEngine(), lambda: False, lambda *_: None, with_ways=False).plan


def driven(day: Day, plan: Plan, noise: Noise, count: int, seed: int) -> tuple[Draws, DrivenDays]:
    draws = draw_days(plan, booked_trips(day, plan), noise, count, np.random.default_rng(seed))
    return draws, drive_days(day, plan, draws)


@few
@given(days_of_all_kinds, st.integers(0, 100), st.integers(0, 86_400))
def test_what_has_been_went_as_it_did_and_nothing_comes_before_now(day: Day, seed: int, now_s: int) -> None:
    plan = replace(planned(day), as_of_s=now_s)
    _, found = driven(day, plan, WILD, 8, seed)
    for run, took in zip(plan.runs, found.runs, strict=True):
        for i, stop in enumerate(run.stops):
            for times_s, was_s in ((took.starts_s, stop.start_s), (took.departures_s, stop.departure_s)):
                assert (times_s[:, i] == was_s).all() if was_s <= now_s else (times_s[:, i] >= now_s).all()


@few
@given(days_of_all_kinds, some_noise, st.integers(0, 100), st.none() | st.integers(5, 20))
def test_every_day_goes_as_an_event_by_event_simulation_says(
    day: Day, noise: Noise, seed: int, hours_lived: int | None
) -> None:
    plan = planned(day)
    plan = replace(plan, as_of_s=None if hours_lived is None else hours_lived * 3_600)
    draws, found = driven(day, plan, noise, 8, seed)
    for number in range(8):
        log = simulate_day(day, plan, luck_of(draws, number))
        for run, took in zip(plan.runs, found.runs, strict=True):
            for i in range(len(run.stops)):
                call = run.run_id, i
                assert took.starts_s[number, i] == log.starts_s[call]
                assert took.departures_s[number, i] == log.departures_s[call]
                assert took.on_time[number, i] == log.calls_on_time[call]
        assert {name: bool(caught[number]) for name, caught in found.caught.items()} == log.caught
        assert {name: bool(kept[number]) for name, kept in found.on_time.items()} == log.on_time


@few
@given(days_of_all_kinds)
def test_a_day_that_goes_as_planned_is_on_time_wherever_that_was_planned(day: Day) -> None:
    plan = planned(day)
    nodes = {node.node_id: node for node in day.county.network.nodes}
    runs = {run.run_id: run for run in plan.runs}
    forecast = forecast_plan(day, plan, PlanSettings(noise=QUIET, forecast_days=3, promise_tolerance_s=0))
    for one in forecast.stops:
        stop = runs[one.run_id].stops[one.stop_index]
        due_by_s = nodes[stop.node_id].due_by_s
        if due_by_s is None or stop.start_s <= due_by_s:
            assert one.on_time_permille == 1_000
        assert one.promise_permille == 1_000
        assert one.early_s == one.late_s <= stop.start_s
    assert all(one.within_hours_permille == 1_000 for one in forecast.runs)
    assert all(one.caught_permille == 1_000 for one in forecast.bookings)
    if not any(node.due_by_s is not None for node in nodes.values()):
        unserved = {one.consignment_id for one in plan.unserved}
        assert forecast.late_pieces == sum(c.pieces for c in day.consignments if c.consignment_id in unserved)


@few
@given(days_of_all_kinds, st.integers(0, 100), st.floats(1.0, 1.5))
def test_where_everything_takes_longer_nothing_begins_earlier(day: Day, seed: int, factor: float) -> None:
    # A rest that falls due sooner may fall into a wait, and then costs nothing.
    restless = tuple(replace(vehicle, max_drive_s=None) for vehicle in day.county.vehicles)
    day = replace(day, county=replace(day.county, vehicles=restless))
    plan = planned(day)
    draws, before = driven(day, plan, Noise(), 20, seed)
    slower = replace(
        draws,
        roads=draws.roads * factor,
        dwells=tuple(dwell * factor for dwell in draws.dwells),
        trip_delays_s={name: delay_s + 60 for name, delay_s in draws.trip_delays_s.items()},
    )
    after = drive_days(day, plan, slower)
    for early, late in zip(before.runs, after.runs, strict=True):
        assert (late.starts_s >= early.starts_s).all()
        assert (late.departures_s >= early.departures_s).all()


@few
@given(days_of_all_kinds, st.integers(0, 100))
def test_a_forecast_can_be_made_again_and_its_parts_agree(day: Day, seed: int) -> None:
    plan = planned(day)
    within = PlanSettings(forecast_days=700, seed=seed)
    forecast = forecast_plan(day, plan, within)
    assert forecast == forecast_plan(day, plan, within)
    assert [(s.run_id, s.stop_index) for s in forecast.stops] == [
        (run.run_id, i) for run in plan.runs for i, stop in enumerate(run.stops) if stop.drop or stop.take
    ]
    assert [one.booking_id for one in forecast.bookings] == [booking.booking_id for booking in plan.bookings]
    assert all(one.early_s <= one.late_s for one in forecast.stops)
    assert all(one.early_s <= one.late_s for one in forecast.runs)
    assert all(one.on_time_permille <= one.caught_permille for one in forecast.bookings)
    assert forecast.bad_day_permille <= 1_000 and 0 <= forecast.late_pieces <= forecast.due_pieces
    waiting = {one.consignment_id for one in plan.waiting}
    assert forecast.due_pieces == sum(c.pieces for c in day.consignments if c.consignment_id not in waiting)


@few
@given(random_days())
def test_factors_have_the_mean_and_variation_that_were_asked_for(day: Day) -> None:
    plan = planned(day)
    trips = {trip.trip_id: trip for line in day.county.lines for trip in line.trips}
    draws = draw_days(plan, trips, WILD, 4_000, np.random.default_rng(3))
    samples = [(draws.roads, 300), *((leg.ravel(), 400) for leg in draws.legs if leg.size)]
    samples += [(dwell.ravel(), 900) for dwell in draws.dwells]
    for sample, permille in samples:
        # Heavy tails: a standard deviation of the sample's is itself uncertain by some percent.
        assert abs(sample.mean() - 1) < 4.5 * permille / 1_000 / 4_000**0.5
        assert abs(sample.std() / (permille / 1_000) - 1) < 0.25
    for trip in trips.values():
        if trip.kind is LineKind.RAIL:
            assert (draws.trip_legs[trip.trip_id] == 1).all()


@pytest.mark.parametrize("noise", [Noise(), WILD], ids=["usual", "wild"])
@pytest.mark.parametrize("day", [small_day(), last_mile_day()], ids=["runs", "last mile"])
def test_what_is_said_to_be_likely_happens_as_often_on_days_drawn_by_another_generator(day: Day, noise: Noise) -> None:
    plan, within, count = planned(day), PlanSettings(noise=noise), 1_500
    generator, simulator = random.Random(11), DaySimulator(day, plan)
    counts: Counter[tuple[str, ...]] = Counter()
    for _ in range(count):
        log = simulator.run(own_luck(noise, generator))
        counts.update(dict(seen(day, plan, log, within.promise_tolerance_s)))
    for what, permille in said(forecast_plan(day, plan, within)):
        stated, happened = permille / 1_000, counts[what] / count
        middle = (stated + happened) / 2
        error = (max(middle * (1 - middle), 0.0005) * (1 / count + 1 / within.forecast_days)) ** 0.5
        assert abs(stated - happened) < 4.5 * error + 0.001, what
