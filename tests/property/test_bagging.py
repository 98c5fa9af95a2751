"""Whatever the day and its plan: every piece is in one bag or loose, no bag is too full, and nothing is mixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.consolidation.bagging.bags import bag_day, seal_bags
from services.consolidation.bagging.codes import has_valid_check
from services.consolidation.bagging.effort import PackingEffort
from services.consolidation.bagging.pieces import pieces_of
from services.model.bags import BagContent, Bagging, BagGroup, BagLimits, BagRules, BagSeal
from services.model.consignments import Consignment, Goods
from services.model.day import Day
from services.model.errors import InvalidInputError
from services.model.plan import Plan
from services.validation.consignments import consignment_violations
from tests.plans import Case, cases, sample_case

T = TypeVar("T")

LITTLE = PackingEffort(0.05, 0.2)
RULES = BagRules(BagLimits(4_000, 25_000), BagLimits(2_500, 25_000))


@st.composite
def bagged_cases(draw: st.DrawFn) -> Case:
    """A planned day whose consignments are of several kinds and some of whose parcels have sizes."""
    case = draw(cases())
    return case.with_day(consignments=tuple(draw(_varied(c)) for c in case.day.consignments))


@st.composite
def _varied(draw: st.DrawFn, consignment: Consignment) -> Consignment:
    made = replace(
        consignment, fragile=draw(st.booleans()), goods=draw(st.sampled_from([Goods.PARCEL, Goods.PARCEL, Goods.MAIL]))
    )
    if consignment.pieces == 1 or draw(st.booleans()):
        return made
    first = draw(st.integers(1, consignment.pieces - 1))
    heavy, large = (draw(st.integers(0, n)) for n in (consignment.weight_g, consignment.volume_ml))
    return replace(
        made,
        parcel_ids=(consignment.parcel_ids[0], f"{consignment.parcel_ids[0]}b"),
        parcel_pieces=(first, consignment.pieces - first),
        parcel_g=(heavy, consignment.weight_g - heavy),
        parcel_ml=(large, consignment.volume_ml - large),
    )


def in_groups(bagging: Bagging) -> Iterator[tuple[BagGroup, BagContent, str]]:
    for group in bagging.groups:
        for bag in group.bags:
            yield from ((group, content, bag.code) for content in bag.contents)
        yield from ((group, content, "") for content in group.loose)


def check_laws(day: Day, plan: Plan | None) -> None:
    bagging = bag_day(day, plan, RULES, LITTLE)
    consignments = {c.consignment_id: c for c in day.consignments}
    packed = Counter(
        (content.consignment_id, content.parcel_id, number)
        for _, content, _ in in_groups(bagging)
        for number in content.piece_numbers
    )
    stays: set[str] = set()
    if plan:
        stays = {c.consignment_id for c in plan.unserved} | {c.consignment_id for c in plan.waiting}
    expected = Counter(
        (p.consignment_id, p.parcel_id, p.number)
        for c in day.consignments
        if c.consignment_id not in stays
        for p in pieces_of(c)
    )
    assert packed == expected
    assert set(bagging.left) == stays
    check_bags(bagging)
    for group, content, _ in in_groups(bagging):
        goods = consignments[content.consignment_id]
        theirs = (goods.direction, goods.village_code, goods.temperature, goods.fragile, goods.goods)
        assert theirs == (group.direction, group.village_code, group.temperature, group.fragile, group.goods)


def check_bags(bagging: Bagging) -> None:
    codes = [bag.code for group in bagging.groups for bag in group.bags]
    assert len(set(codes)) == len(codes) == bagging.bags >= bagging.bound
    assert all(map(has_valid_check, codes))
    for group in bagging.groups:
        assert len(group.bags) >= group.bound
        for bag in group.bags:
            assert 0 < bag.pieces == sum(len(content.piece_numbers) for content in bag.contents)
            assert bag.weight_g == sum(content.weight_g for content in bag.contents) <= group.limits.weight_g
            assert bag.volume_ml == sum(content.volume_ml for content in bag.contents) <= group.limits.volume_ml


@given(bagged_cases())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_piece_that_travels_is_in_one_bag_or_loose(case: Case) -> None:
    assert list(consignment_violations(case.day)) == []
    check_laws(case.day, case.plan)


@given(bagged_cases())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_before_there_is_a_plan_everything_is_packed(case: Case) -> None:
    check_laws(case.day, None)


@given(bagged_cases())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_shares_a_bag_boards_and_leaves_the_same_run_or_trip_at_the_same_stops(case: Case) -> None:
    rides: dict[str, object] = {}
    for run in case.plan.runs:
        for what in ("take", "drop"):
            for index, stop in enumerate(run.stops):
                for name in getattr(stop, what):
                    rides[name] = (rides.get(name), run.run_id, what, index)
    for booking in case.plan.bookings:
        rides[booking.consignment_id] = (booking.trip_id, booking.board_index, booking.alight_index)
    by_bag: dict[str, set[object]] = {}
    for group, content, code in in_groups(bag_day(case.day, case.plan, RULES, LITTLE)):
        by_bag.setdefault(code or f"{group}", set()).add(rides[content.consignment_id])
    assert all(len(ways) == 1 for ways in by_bag.values())


@given(bagged_cases(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_order_of_the_input_changes_neither_bags_nor_codes(case: Case, rng: Random) -> None:
    def shuffled(items: tuple[T, ...]) -> tuple[T, ...]:
        mixed = list(items)
        rng.shuffle(mixed)
        return tuple(mixed)

    for plan in (case.plan, None):
        mixed_day = replace(case.day, consignments=shuffled(case.day.consignments))
        mixed = plan and replace(plan, runs=shuffled(plan.runs), bookings=shuffled(plan.bookings))
        assert bag_day(mixed_day, mixed, RULES, LITTLE) == bag_day(case.day, plan, RULES, LITTLE)


@given(bagged_cases(), st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_seals_go_on_the_bags_that_they_name(case: Case, data: st.DataObject) -> None:
    bagging = bag_day(case.day, case.plan, RULES, LITTLE)
    codes = [bag.code for group in bagging.groups for bag in group.bags]
    chosen = data.draw(st.lists(st.sampled_from(codes), unique=True))
    sealed = seal_bags(bagging, [BagSeal(code, f"S{i}") for i, code in enumerate(chosen)])
    found = {bag.code: bag.seal for group in sealed.groups for bag in group.bags}
    assert found == {code: f"S{chosen.index(code)}" if code in chosen else "" for code in codes}


@pytest.mark.parametrize(
    ("seals", "path"),
    [
        ([("?", "S1")], r"seals\[0\]\.code"),
        ([(0, "S1"), (0, "S2")], r"seals\[1\]\.code"),
        ([(0, "S1"), (1, "S1")], r"seals\[1\]\.seal"),
        ([(0, " ")], r"seals\[0\]\.seal"),
    ],
    ids=["no bag", "two seals on a bag", "one seal on two bags", "no seal"],
)
def test_a_seal_that_cannot_be_is_refused(seals: list[tuple[int | str, str]], path: str) -> None:
    case = sample_case()
    bagging = bag_day(case.day, case.plan, RULES, LITTLE)
    codes = [bag.code for group in bagging.groups for bag in group.bags]
    given_ = [BagSeal(code if isinstance(code, str) else codes[code], seal) for code, seal in seals]
    with pytest.raises(InvalidInputError, match=path):
        seal_bags(bagging, given_)
