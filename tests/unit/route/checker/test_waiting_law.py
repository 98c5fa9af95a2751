"""Only what may wait does, within its promise and at its price."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.route.checker import Law, check
from tests.plans import SERVICE_DATE, Case, sample_case

TOMORROW = SERVICE_DATE + timedelta(days=1)


def details(case: Case) -> list[str]:
    return [broken.detail for broken in check(case.day, case.plan) if broken.law is Law.WAITING]


def says(**changes: int | str) -> Case:
    """Change what the plan says of C11, which waits for 77 fen."""
    (one,) = sample_case().plan.waiting
    return sample_case().with_plan(waiting=(replace(one, **changes),))  # type: ignore[arg-type]


def test_what_has_a_price_for_it_may_wait_until_its_last_day() -> None:
    assert sample_case().with_consignment("C11", due_date=TOMORROW).laws() == set()
    late = sample_case().with_consignment("C11", due_date=SERVICE_DATE)
    assert details(late) == ["waits past its promise, 2026-11-23"]
    assert details(sample_case().with_consignment("C11", wait_fen=None)) == ["waits and has no price for it"]


def test_an_emergency_never_waits() -> None:
    assert details(sample_case().with_consignment("C11", emergency=True)) == ["is an emergency and waits"]


def test_the_price_is_the_consignments_own() -> None:
    assert details(says(wait_fen=78)) == ["waits for 77 fen, stated as 78 fen"]
    assert sample_case().with_consignment("C11", wait_fen=78).laws() == {Law.WAITING, Law.COST}
    assert sample_case().with_cost(waiting_fen=78).laws() == {Law.COST}


def test_it_says_why_and_saves_nothing_less_than_nothing() -> None:
    assert details(says(detail="\t")) == ["waits without a word"]
    assert details(says(saved_fen=-1)) == ["saves -1 fen"]
    assert says(saved_fen=0).laws() == set()


def test_a_consignment_that_waits_is_neither_lost_nor_carried_as_well() -> None:
    assert sample_case().with_plan(waiting=()).laws() == {Law.CONSERVATION, Law.COST}
    (one,) = sample_case().plan.waiting
    carried = sample_case().with_plan(waiting=(one, replace(one, consignment_id="C0")))
    assert Law.CONSERVATION in carried.laws()
