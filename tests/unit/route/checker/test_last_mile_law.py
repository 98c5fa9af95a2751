"""A run from a station meets its trips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from services.model.day import Day
from services.model.plan import Plan, Run, Stop
from services.route.checker import Law, check
from tests.last_mile import last_mile_day, last_mile_plan


@cache
def planned() -> tuple[Day, Plan]:
    day = last_mile_day()
    return day, last_mile_plan(day)


def laws(change: Callable[[Plan], Plan]) -> set[Law]:
    day, plan = planned()
    return {broken.law for broken in check(day, change(plan))}


def moved(run: Run, by_s: int) -> Run:
    def later(stop: Stop) -> Stop:
        return replace(
            stop, arrival_s=stop.arrival_s + by_s, start_s=stop.start_s + by_s, departure_s=stop.departure_s + by_s
        )

    return replace(run, stops=tuple(map(later, run.stops)))


def test_the_plan_as_it_is_breaks_no_law() -> None:
    assert laws(lambda plan: plan) == set()


def test_nothing_is_loaded_before_its_trip_has_brought_it() -> None:
    _, plan = planned()
    by_booking = {b.consignment_id: b for b in plan.bookings}
    slack_s = plan.runs[0].stops[0].start_s - by_booking["C-1"].available_s
    assert laws(lambda p: replace(p, runs=(moved(p.runs[0], -slack_s),))) == set()
    assert laws(lambda p: replace(p, runs=(moved(p.runs[0], -slack_s - 1),))) == {Law.LAST_MILE}


def test_what_a_trip_takes_is_there_in_time() -> None:
    _, plan = planned()
    due_s = next(b.ready_by_s for b in plan.bookings if b.consignment_id == "C-3")
    slack_s = due_s - plan.runs[0].stops[-1].departure_s
    assert laws(lambda p: replace(p, runs=(moved(p.runs[0], slack_s),))) == set()
    assert laws(lambda p: replace(p, runs=(moved(p.runs[0], slack_s + 1),))) == {Law.LAST_MILE}


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: replace(plan, bookings=plan.bookings[1:]),
        lambda plan: replace(plan, runs=()),
        lambda plan: replace(plan, bookings=(replace(plan.bookings[0], alight_node="V-1"), *plan.bookings[1:])),
        lambda plan: replace(plan, runs=(*plan.runs, replace(plan.runs[0], run_id="R9", vehicle_id="TRI"))),
    ],
    ids=["no booking", "no run", "booked to the village", "two runs"],
)
def test_trip_and_run_belong_together(change: Callable[[Plan], Plan]) -> None:
    assert Law.CONSERVATION in laws(change)


def test_no_vehicle_of_another_place_does_the_rest() -> None:
    day, plan = planned()
    elsewhere = tuple(replace(v, depot="V-3") for v in day.county.vehicles)
    broken = check(replace(day, county=replace(day.county, vehicles=elsewhere)), plan)
    assert {Law.CONSERVATION, Law.RUN_ROUTE} <= {one.law for one in broken}
