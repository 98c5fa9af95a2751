"""Good plans changed at random: what breaks a law is refused by its name, what breaks none passes.

``python -m bench.mutations --plans 1000`` does the same with many more.
"""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.model.day import Day
from services.model.plan import Plan
from services.route.checker import Law, check
from services.validation.plan_form import form_violations
from tests.driven_plans import driven_plans
from tests.mutations import KINDS
from tests.mutations.plans import planned
from tests.plans import Case, cases
from tests.random_days import last_mile_days, random_days

few = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
_seeds = st.integers(0, 2**32 - 1)


def judge_mutants(day: Day, plan: Plan, seed: int) -> None:
    assert check(day, plan) == []
    assert form_violations(day, plan) == []
    for name, mutate in KINDS.items():
        mutant = mutate(day, plan, random.Random(seed))
        if mutant is None:
            continue
        found = {broken.law for broken in check(day, mutant.plan)}
        assert mutant.must <= found, f"{name}: {mutant.must} expected, {found} found"
        assert bool(found) == bool(mutant.must), f"{name} breaks nothing, {found} found"
        if not found:
            assert form_violations(day, mutant.plan) == [], name


@given(case=cases(), seed=_seeds)
@settings(few, max_examples=40)
def test_mutants_of_tight_plans_are_refused_by_name(case: Case, seed: int) -> None:
    judge_mutants(case.day, case.plan, seed)


@given(driven=driven_plans(), seed=_seeds)
@settings(few, max_examples=25)
def test_mutants_of_driven_plans_are_refused_by_name(driven: tuple[Day, Plan], seed: int) -> None:
    judge_mutants(*driven, seed)


@given(day=random_days() | last_mile_days(), seed=_seeds)
@settings(few, max_examples=25)
def test_mutants_of_the_planners_plans_are_refused_by_name(day: Day, seed: int) -> None:
    judge_mutants(day, planned(day), seed)


@given(case=cases(), seed=_seeds)
@settings(few, max_examples=5)
def test_every_kind_has_something_to_change(case: Case, seed: int) -> None:
    """Or a kind that never applies would pass for one that is always refused."""
    mutants = {name: mutate(case.day, case.plan, random.Random(seed)) for name, mutate in KINDS.items()}
    rounding = {name for name, mutant in mutants.items() if mutant is None}
    assert rounding <= {"a stop's arrival", "a stop's departure", "all after a stop, at its price", "a rest more"}
    named = set[Law]().union(*(mutant.must for mutant in mutants.values() if mutant is not None))
    assert {Law.REFERENCE, Law.CONSERVATION, Law.VEHICLE_CAPACITY, Law.TRIP_TIMES, Law.COST, Law.ADMISSIBILITY} <= named
