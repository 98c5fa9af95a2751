"""A bound over random days: never above what a plan costs, and the best plan's cost where it says so."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.model.consignments import AdmissionSet
from services.model.day import Day, PlanSettings
from services.model.plan import BoundMethod
from services.route.bound import BoundEffort, bound_plan, lower_bound
from services.route.bound.small import MOST_STOPS
from services.route.planner import plan_day
from tests.engines import InProcessEngine
from tests.enumerated_plans import Enumerated
from tests.random_days import admissions, last_mile_days, random_days

EFFORT = BoundEffort(rounds=30)
slow = settings(deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def tiny_days(draw: st.DrawFn) -> Day:
    """A day with three consignments at most and two vehicles, so that all its plans can be written out.

    Vehicles start at the hub or at a station: plans that are written out go to the hub first wherever a vehicle
    starts, which the law does not ask for.
    """
    day = draw(random_days() | last_mile_days())
    vehicles = [replace(v, depot="HUB") if v.depot == "PO" else v for v in day.county.vehicles]
    tricycles = [v for v in vehicles if v.vehicle_id == "TRI"]
    others = [v for v in vehicles if v.vehicle_id != "TRI"][: 1 if tricycles else 2]
    county = replace(day.county, vehicles=(*others, *tricycles))
    goods = day.consignments[:3]
    sets = tuple(AdmissionSet(c.admission_set_id, admissions(county, c)) for c in goods)
    return replace(day, county=county, consignments=goods, admission_sets=sets)


@settings(parent=slow, max_examples=200)
@given(tiny_days())
def test_a_bound_is_never_above_the_best_of_all_plans_and_is_that_where_it_says_so(day: Day) -> None:
    best_fen = Enumerated(day).cheapest().cost.total_fen
    bound = lower_bound(day, EFFORT, lambda: False)
    assert 0 <= bound.lower_fen <= best_fen
    if bound.is_exact:
        assert bound.lower_fen == best_fen


@settings(parent=slow, max_examples=100)
@given(tiny_days())
def test_the_flow_alone_is_never_above_the_best_of_all_plans(day: Day) -> None:
    # Enough is known beforehand, so nothing is enumerated once the flow proves it.
    best = Enumerated(day).cheapest()
    bound = lower_bound(day, EFFORT, lambda: False, enough_fen=best.cost.total_fen)
    assert bound.lower_fen <= best.cost.total_fen
    cut_short = lower_bound(day, BoundEffort(rounds=1), lambda: False)
    assert cut_short.lower_fen <= best.cost.total_fen


@settings(parent=slow, max_examples=100)
@given(random_days() | last_mile_days())
def test_a_bound_is_never_above_a_plan_that_was_found(day: Day) -> None:
    plan = plan_day(
        day,
        PlanSettings(iterations=20, cores=1, compare=False),
        InProcessEngine(),
        lambda: False,
        lambda *_: None,
        with_ways=False,
    ).plan
    bound = bound_plan(day, plan, EFFORT, lambda: False)
    assert bound.lower_fen <= plan.cost.total_fen
    assert 0 <= bound.gap_permille <= 1_000
    assert bound == bound_plan(day, plan, EFFORT, lambda: False)
    assert len(day.consignments) <= MOST_STOPS
    if bound.gap_permille == 0:
        assert bound.is_exact


@settings(parent=slow, max_examples=50)
@given(random_days() | last_mile_days())
def test_without_time_nothing_is_proved_but_that_nothing_is_below_nothing(day: Day) -> None:
    bound = lower_bound(day, EFFORT, lambda: True)
    assert (bound.lower_fen, bound.method, bound.is_exact) == (0, BoundMethod.FLOW, False)
