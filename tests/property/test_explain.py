"""What is left behind is explained: the limit that binds is named, and the change that is suggested serves it.

``python -m bench.explanations`` does the same with a hundred days of each kind.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from services.model.day import Day
from services.model.explanations import Explanation, LimitKind, SubjectKind
from services.model.plan import Plan, Run, UnservedReason
from services.route.assemble import make_plan
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.engines.engine import Effort, OnBest, RunProblem, RunSolution, ShouldStop
from services.route.engines.kernel import KernelEngine
from services.route.explain.changes import apply_change
from services.route.explain.explain import explain
from services.route.explain.limits import UNITS
from services.route.last_mile import enumerate_last_mile
from services.route.options import enumerate_options
from services.route.plan_decision import read_decision
from services.route.roads.of_day import roads_of
from services.validation import day_violations
from tests.infeasible import BUILDERS, Infeasible, let_go, planned
from tests.mutations.plans import planned as planned_quickly
from tests.random_days import last_mile_days, random_days

few = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def explained(day: Day, plan: Plan, **more: Any) -> tuple[Explanation, ...]:
    return explain(day, plan, roads_of, KernelEngine(), lambda: False, **more)


class RunsOnly:
    """The default engine without what it knows of lines."""

    def solve(
        self,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        """Search runs."""
        return KernelEngine().solve(problem, effort, should_stop, on_best, start)


def faults_of(case: Infeasible, plan: Plan) -> list[str]:
    """Say what is wrong with the explanations of a constructed day."""
    faults = []
    for one in explained(case.day, plan):
        change = one.change
        if not one.limits or (one.limits[0].kind, one.limits[0].subject) != (case.kind, case.subject):
            faults.append(f"{case.kind} of {case.subject} was to be named, {[x.detail_en for x in one.limits]} was")
        elif change is None or not change.verified or change.relaxes.kind is not case.kind:
            faults.append(f"{one.limits[0].detail_en}: no change of it is verified")
        else:
            after = let_go(case.day, one.consignment_id, change.relaxes)
            if day_violations(after):
                faults.append(f"{change.relaxes.detail_en}: {day_violations(after)}")
            elif one.consignment_id in {left.consignment_id for left in planned(after).unserved}:
                faults.append(f"{change.relaxes.detail_en} does not serve {one.consignment_id}")
    return faults


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", BUILDERS)
def test_the_limit_is_named_and_letting_it_go_serves_the_consignment(kind: str, seed: int) -> None:
    case = BUILDERS[kind](random.Random(seed))
    assert day_violations(case.day) == []
    plan = planned(case.day)
    assert plan.unserved, "the day was to leave something behind"
    assert faults_of(case, plan) == []


@pytest.mark.parametrize("kind", ["capacity in grams", "shift", "range", "storage"])
def test_less_than_the_change_is_not_enough(kind: str) -> None:
    """A unit less, and neither the plan as it is nor one made anew has a place."""
    for seed in range(3):
        case = BUILDERS[kind](random.Random(seed))
        plan = planned(case.day)
        if len(plan.unserved) != 1:
            continue
        (one,) = explained(case.day, plan)
        assert one.change is not None
        relaxes = one.change.relaxes
        (name,) = [name for name in UNITS if getattr(relaxes, name)]
        less: Any = {name: getattr(relaxes, name) - UNITS[name]}
        after = let_go(case.day, one.consignment_id, replace(relaxes, **less))
        assert planned(after).unserved, relaxes.detail_en


# What a reason in words leaves open: limits that do not contradict it.
AGREES = {
    UnservedReason.NO_COLD_RESOURCE: {LimitKind.COLD, LimitKind.ADMISSIBILITY},
    UnservedReason.ROAD_CLOSED: {LimitKind.ROAD_CLOSED},
}


@given(day=random_days() | last_mile_days())
@settings(few, max_examples=25)
def test_on_any_day_a_verified_change_is_one_and_nothing_contradicts_the_reason(day: Day) -> None:
    plan = planned_quickly(day)
    left = {one.consignment_id: one for one in plan.unserved}
    explanations = explained(day, plan, most=3)
    assert [one.consignment_id for one in explanations] == list(left)
    for number, one in enumerate(explanations):
        assert one.is_explained is (number < 3)
        assert all(limit.detail and limit.detail_en for limit in one.limits)
        kinds = {limit.kind for limit in one.limits}
        reason = left[one.consignment_id].reason
        alone = {LimitKind.PROMISE_PAST, LimitKind.UNSEARCHED}
        if reason in AGREES and one.limits and not one.stand_together and not kinds & alone:
            by_line = any(limit.subject_kind is SubjectKind.TRIP for limit in one.limits)
            assert by_line or kinds & AGREES[reason], (reason, kinds)
        if one.change is None:
            continue
        assert one.limits[0].kind is one.change.relaxes.kind
        if one.change.verified:
            changed = apply_change(day, one.consignment_id, one.change.relaxes)
            assert day_violations(changed) == []
            again = explained(changed, plan, consignment_ids=[one.consignment_id])
            assert [x.limits[0].kind for x in again] == [LimitKind.UNSEARCHED]


def in_order(runs: tuple[Run, ...]) -> list[Run]:
    """Two visits that became one stop are read back as one: what is listed is the same, not where."""
    return [
        replace(
            run,
            carriages=tuple(sorted(run.carriages, key=lambda carriage: carriage.consignment_id)),
            stops=tuple(replace(s, drop=tuple(sorted(s.drop)), take=tuple(sorted(s.take))) for s in run.stops),
        )
        for run in runs
    ]


@given(day=random_days() | last_mile_days())
@settings(few, max_examples=40)
def test_a_plan_is_read_back_as_the_decision_that_it_was(day: Day) -> None:
    plan, index, matrix = planned_quickly(day), DayIndex.of(day), roads_of(day)
    options = enumerate_options(index) + enumerate_last_mile(index, matrix)
    again = make_plan(index, matrix, read_decision(index, matrix, plan, options))
    assert (in_order(again.runs), again.bookings, again.shuttles) == (in_order(plan.runs), plan.bookings, plan.shuttles)
    assert check(day, again) == []


@pytest.mark.parametrize("kind", ["capacity in pieces", "shift", "trip full"])
def test_an_engine_that_knows_runs_only_explains_as_well(kind: str) -> None:
    case = BUILDERS[kind](random.Random(3))
    for one in explain(case.day, planned(case.day), roads_of, RunsOnly(), lambda: False):
        assert one.change is not None
        assert (one.change.relaxes.kind, one.change.verified) == (case.kind, True)


def test_the_same_day_and_plan_are_explained_alike() -> None:
    case = BUILDERS["shift"](random.Random(1))
    plan = planned(case.day)
    assert explained(case.day, plan) == explained(case.day, plan)


def test_who_is_told_to_stop_names_what_is_not_explained() -> None:
    case = BUILDERS["cold"](random.Random(1))
    plan = planned(case.day)
    told = explain(case.day, plan, roads_of, KernelEngine(), lambda: True)
    assert told == tuple(Explanation(one.consignment_id, is_explained=False) for one in plan.unserved)


def test_only_what_is_asked_for_and_unserved_is_explained() -> None:
    case = BUILDERS["cold"](random.Random(2))
    plan = planned(case.day)
    assert explained(case.day, plan, consignment_ids=["nobody", "C9"]) == ()
    assert [one.consignment_id for one in explained(case.day, plan, consignment_ids=["C0"])] == ["C0"]
