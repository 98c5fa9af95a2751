"""Load factors of any plan: 1 where the day's limits are drawn close around it, and smaller with any more room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from services.model.day import Day
from services.model.fleet import Vehicle
from services.model.lines import Trip
from services.model.plan import PlanResult
from services.route.figures import figures_of
from services.route.load_factors import run_load_factors, trip_load_factors
from services.runtime.metrics import Measure
from tests.plans import Case, cases, sample_case


def with_room(day: Day, times: int) -> Day:
    """Every vehicle and trip with so many times the room beside mail."""

    def wider(one: Vehicle | Trip) -> dict[str, Any]:
        return {
            f"capacity_{unit}": times * getattr(one, f"capacity_{unit}") - (times - 1) * getattr(one, f"mail_{unit}")
            for unit in ("g", "ml", "pieces")
        }

    vehicles = tuple(replace(one, **wider(one)) for one in day.county.vehicles)
    lines = tuple(
        replace(line, trips=tuple(replace(trip, **wider(trip)) for trip in line.trips)) for line in day.county.lines
    )
    return replace(day, county=replace(day.county, vehicles=vehicles, lines=lines))


@settings(max_examples=40, deadline=None)
@given(cases())
def test_what_is_as_full_as_can_be_has_factor_one(case: Case) -> None:
    for factors in (run_load_factors(case.day, case.plan), trip_load_factors(case.day, case.plan)):
        assert factors == dict.fromkeys(Measure, 1.0)


@settings(max_examples=20, deadline=None)
@given(cases())
def test_four_times_the_room_is_a_quarter_full(case: Case) -> None:
    day = with_room(case.day, 4)
    for factors in (run_load_factors(day, case.plan), trip_load_factors(day, case.plan)):
        assert factors == pytest.approx(dict.fromkeys(Measure, 0.25))


@settings(max_examples=40, deadline=None)
@given(cases())
def test_every_consignment_that_goes_counts_under_the_model_that_opens_its_way(case: Case) -> None:
    plan, agreements = case.plan, {one.agreement_id: one for one in case.day.county.agreements}
    expected: dict[str, set[str]] = {}
    for booking in plan.bookings:
        model = agreements[booking.agreement_id].model if booking.agreement_id else "OWN"
        expected.setdefault(model, set()).add(booking.consignment_id)
    for run in plan.runs:
        for carriage in run.carriages:
            model = agreements[carriage.agreement_id].model if carriage.agreement_id else "OWN"
            expected.setdefault(model, set()).add(carriage.consignment_id)
    figures = figures_of(case.day, PlanResult(plan))
    pieces = {one.consignment_id: one.pieces for one in case.day.consignments}
    assert {model: n for model, n in figures.by_model.items() if n} == {m: len(c) for m, c in expected.items()}
    assert {model: n for model, n in figures.pieces_by_model.items() if n} == {
        model: sum(pieces[one] for one in carried) for model, carried in expected.items()
    }


def test_a_plan_without_runs_has_nothing_full() -> None:
    case = sample_case()
    empty = replace(case.plan, runs=(), bookings=())
    assert run_load_factors(case.day, empty) == dict.fromkeys(Measure, 0.0)
    assert trip_load_factors(case.day, empty) == dict.fromkeys(Measure, 0.0)
