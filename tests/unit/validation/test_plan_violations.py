"""A plan that comes from outside names what the day knows and gives every consignment one fate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from services.model.plan import Unserved, UnservedReason, Waiting
from services.validation.plan import plan_violations
from tests.plans import Case, cases, sample_case


def paths(case: Case) -> set[str]:
    return {violation.path for violation in plan_violations(case.day, case.plan)}


@given(cases())
@settings(max_examples=30, deadline=None)
def test_a_plan_that_obeys_the_laws_is_sound(case: Case) -> None:
    assert plan_violations(case.day, case.plan) == []


def left(case: Case, consignment_id: str) -> Case:
    more = Unserved(consignment_id, UnservedReason.TOO_LARGE, "")
    return case.with_plan(unserved=(*case.plan.unserved, more))


SPOILT: dict[str, tuple[Callable[[Case], Case], str]] = {
    "another county": (lambda c: c.with_plan(county_id="elsewhere"), "plan.county_id"),
    "another date": (lambda c: c.with_plan(service_date=date(2026, 11, 24)), "plan.service_date"),
    "two runs of one name": (
        lambda c: c.with_run("VAN-A", run_id=c.run("VAN-T").run_id),
        "plan.runs[1].run_id",
    ),
    "an unknown vehicle": (lambda c: c.with_run(vehicle_id="?"), "plan.runs[0].vehicle_id"),
    "an unknown node": (lambda c: c.with_stop(1, node_id="?"), "plan.runs[0].stops[1].node_id"),
    "no stops": (lambda c: c.with_run(stops=()), "plan.runs[0].stops"),
    "an unknown consignment": (lambda c: c.with_stop(1, take=("?",)), "plan.runs[0].stops[1].take[0]"),
    "back in time between stops": (lambda c: c.with_stop(2, arrival_s=0), "plan.runs[0].stops[2].arrival_time"),
    "back in time at a stop": (lambda c: c.with_stop(1, departure_s=0), "plan.runs[0].stops[1]"),
    "never dropped": (
        lambda c: c.with_run(stops=tuple(replace(s, drop=()) for s in c.run().stops)),
        "plan.runs[0].carriages[0]",
    ),
    "dropped twice": (
        lambda c: c.with_stop(-1, drop=c.run().stops[2].drop),
        "plan.runs[0].stops",
    ),
    "an unknown agreement": (
        lambda c: c.with_run(carriages=(replace(c.run().carriages[0], agreement_id="?"), *c.run().carriages[1:])),
        "plan.runs[0].carriages[0].agreement_id",
    ),
    "two bookings of one name": (
        lambda c: c.with_plan(bookings=tuple(replace(b, booking_id="B") for b in c.plan.bookings)),
        "plan.bookings[1].booking_id",
    ),
    "an unknown trip": (lambda c: c.with_booking("BUS-O", trip_id="?"), "plan.bookings[0].trip_id"),
    "another line": (lambda c: c.with_booking("BUS-O", line_id="POST"), "plan.bookings[0].line_id"),
    "an unknown stop": (lambda c: c.with_booking("BUS-O", alight_node="?"), "plan.bookings[0].alight_node"),
    "back in time on a trip": (lambda c: c.with_booking("BUS-O", arrival_s=0), "plan.bookings[0]"),
    "a negative tariff": (lambda c: c.with_booking("BUS-O", tariff_fen=-1), "plan.bookings[0].tariff_fen"),
    "a shuttle for nobody": (
        lambda c: c.with_shuttle("BUS-O", consignment_ids=("C0",)),
        "plan.shuttles[0].consignment_ids[0]",
    ),
    "a shuttle too late": (
        lambda c: c.with_shuttle("BUS-O", arrival_s=c.booking("BUS-O").ready_by_s + 1),
        "plan.shuttles[0].consignment_ids[0]",
    ),
    "a shuttle back in time": (lambda c: c.with_shuttle("BUS-O", arrival_s=0), "plan.shuttles[0]"),
    "an unknown one unserved": (
        lambda c: left(c, "?"),
        f"plan.unserved[{len(sample_case().plan.unserved)}].consignment_id",
    ),
    "carried and unserved": (lambda c: left(c, "C0"), "plan"),
    "waiting and unserved": (
        lambda c: c.with_plan(waiting=(Waiting(c.plan.unserved[0].consignment_id, 1, 0, ""),)),
        "plan",
    ),
    "forgotten": (lambda c: c.with_plan(unserved=c.plan.unserved[1:]), "plan"),
    "a negative cost": (lambda c: c.with_cost(co2_fen=-1), "plan.cost.co2_fen"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_contradicts_the_day_is_found_by_path(name: str) -> None:
    spoil, path = SPOILT[name]
    assert path in paths(spoil(sample_case()))
