"""Explanations of single cases: limits that stand together, prices, lines, who competes, and changes as days."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.model.agreements import Direction, Temperature
from services.model.day import Day, PlanSettings
from services.model.explanations import BindingLimit, Explanation, LimitKind, SubjectKind
from services.model.plan import Cost, Plan, Unserved, UnservedReason
from services.route.day_index import DayIndex
from services.route.engines.kernel import KernelEngine
from services.route.explain.amounts import least_of
from services.route.explain.changes import apply_change
from services.route.explain.explain import explain
from services.route.explain.limits import disturbance
from services.route.explain.standing import index_after
from services.route.explain.words import worded
from services.route.planner import plan_day
from services.route.roads.of_day import roads_of
from services.validation import county_violations
from tests.builders import SERVICE_DATE, small_consignment, small_day
from tests.infeasible import BUILDERS, let_go, planned

VAN_A = SubjectKind.VEHICLE, "VAN-A"


def with_vans(day: Day, **changes: Any) -> Day:
    vehicles = tuple(replace(vehicle, **changes) for vehicle in day.county.vehicles)
    return replace(day, county=replace(day.county, vehicles=vehicles, lines=()))


def one_good(**changes: Any) -> Day:
    return with_vans(small_day(consignments=(small_consignment(**changes),)))


def explained(day: Day, plan: Plan | None = None) -> Explanation:
    (one,) = explain(day, plan or planned(day), roads_of, KernelEngine(), lambda: False)
    return one


def test_limits_of_which_none_is_enough_alone_stand_together() -> None:
    one = explained(with_vans(one_good(), capacity_g=1_500, max_distance_m=9_000))
    assert [limit.kind for limit in one.limits] == [LimitKind.CAPACITY_G, LimitKind.RANGE]
    assert (one.stand_together, one.change) == (True, None)
    assert [(limit.by_g, limit.by_m) for limit in one.limits] == [(2_000, 0), (0, 2_000)]


def test_where_nothing_helps_nothing_is_named() -> None:
    day = with_vans(one_good(), owner="EXP-B", temperatures=(Temperature.CHILLED,), capacity_g=1, max_distance_m=1)
    assert explained(replace(day, county=replace(day.county, vehicles=()), admission_sets=_empty(day))).limits == ()


def _empty(day: Day) -> Any:
    return tuple(replace(one, admissions=()) for one in day.admission_sets)


def test_what_the_plan_has_a_place_for_needs_a_search_and_no_change() -> None:
    day = one_good()
    left = Unserved("C-1", UnservedReason.FLEET_EXHAUSTED, "没有车")
    plan = Plan("small", day.service_date, (), (), (), (left,), Cost(unserved_fen=22_000))
    one = explained(day, plan)
    assert one.limits[0].kind is LimitKind.UNSEARCHED
    assert one.change is not None
    assert one.change.verified


def test_two_that_compete_are_each_told_what_is_enough_for_both() -> None:
    """One of them alone would need less, but with that the other might be served in its place."""
    for seed in range(12):
        case = BUILDERS["shift"](random.Random(seed))
        plan = planned(case.day)
        if len(plan.unserved) < 2:
            continue
        for one in explain(case.day, plan, roads_of, KernelEngine(), lambda: False):
            assert one.change is not None
            after = planned(let_go(case.day, one.consignment_id, one.change.relaxes))
            assert one.consignment_id not in {left.consignment_id for left in after.unserved}


@pytest.mark.parametrize("explains", [False, True])
def test_only_what_was_asked_for_costs_a_plan_its_searches(explains: bool) -> None:
    day = with_vans(one_good(), capacity_g=1_500)
    settings = PlanSettings(iterations=2, cores=1, compare=False, explain=explains)
    told: list[tuple[str, int, int]] = []
    result = plan_day(day, settings, KernelEngine(), lambda: False, lambda *news: told.append(news))
    assert [one.consignment_id for one in result.explanations] == (["C-1"] if explains else [])
    assert ("explain" in [phase for phase, _, _ in told]) is explains
    assert [percent for _, _, percent in told] == sorted(percent for _, _, percent in told)


def test_an_amount_is_the_least_in_handy_units() -> None:
    limit = BindingLimit(LimitKind.CAPACITY_G, *VAN_A, by_g=20_000, by_ml=9_000, by_pieces=4)
    least = least_of(limit, lambda one: one.by_ml >= 3_500 and one.by_pieces >= 3)
    assert (least.kind, least.by_g, least.by_ml, least.by_pieces) == (LimitKind.CAPACITY_ML, 0, 4_000, 3)
    earlier = BindingLimit(LimitKind.SHIFT, *VAN_A, by_s=-1_000)
    assert least_of(earlier, lambda one: one.by_s <= -500).by_s == -600
    assert least_of(earlier, lambda one: one.by_s <= -950).by_s == -1_000


def test_a_shift_before_a_larger_van_before_an_agreement() -> None:
    kinds = [LimitKind.TRIP_FULL, LimitKind.SHIFT, LimitKind.TRIPS, LimitKind.CAPACITY_G, LimitKind.ADMISSIBILITY]
    limits = [BindingLimit(kind, *VAN_A) for kind in kinds]
    assert sorted(reversed(limits), key=disturbance) == limits
    opened = BindingLimit(LimitKind.TIME_WINDOW, SubjectKind.NODE, "V-1", by_days=1)
    promise = BindingLimit(LimitKind.PROMISE_PAST, SubjectKind.CONSIGNMENT, "C-1", by_days=1)
    assert disturbance(promise) < disturbance(opened)


@pytest.mark.parametrize(
    ("limit", "chinese", "english"),
    [
        (BindingLimit(LimitKind.SHIFT, *VAN_A, by_s=1_200), "VAN-A 班次延后 20 分钟 结束", "ends 20 min later"),
        (BindingLimit(LimitKind.SHIFT, *VAN_A, by_s=-300), "VAN-A 班次提前 5 分钟 开始", "begins 5 min earlier"),
        (
            BindingLimit(LimitKind.TRIP_FULL, SubjectKind.TRIP, "T-1", by_g=30_000, by_pieces=2),
            "客运班线 10:00 班次（T-1） 再多留 30 kg、2 件 舱位",
            "30 kg, 2 pieces more on the 10:00 trip T-1",
        ),
        (
            BindingLimit(LimitKind.TIME_WINDOW, SubjectKind.NODE, "V-1", by_days=1),
            "东村服务站 当日开放",
            "open on the day",
        ),
    ],
)
def test_a_limit_is_told_as_a_dispatcher_would(limit: BindingLimit, chinese: str, english: str) -> None:
    told = worded(DayIndex.of(small_day()), limit)
    assert told.detail == chinese
    assert english in told.detail_en


def test_every_kind_of_limit_has_words() -> None:
    index = DayIndex.of(small_day())
    subjects = {LimitKind.TIME_WINDOW: (SubjectKind.NODE, "V-1"), LimitKind.TRIP_FULL: (SubjectKind.TRIP, "T-1")}
    for kind in LimitKind:
        told = worded(index, BindingLimit(kind, *subjects.get(kind, VAN_A), by_s=300))
        assert told.detail
        assert told.detail_en
        assert "{" not in told.detail + told.detail_en


def test_a_change_leaves_the_day_alone_and_all_else_in_it() -> None:
    day = small_day()
    longer = apply_change(day, "C-1", BindingLimit(LimitKind.SHIFT, *VAN_A, by_s=600))
    assert day == small_day()
    changed = [v for v in longer.county.vehicles if v not in day.county.vehicles]
    assert [(v.vehicle_id, v.shift_end_s) for v in changed] == [("VAN-A", 67_200)]
    assert longer.county.network is day.county.network
    assert longer.consignments is day.consignments


@pytest.mark.parametrize(
    "limit",
    [
        BindingLimit(LimitKind.SHIFT, *VAN_A, by_s=600),
        BindingLimit(LimitKind.ADMISSIBILITY, SubjectKind.VEHICLE, "VAN-B"),
        BindingLimit(LimitKind.COLD, *VAN_A),
        BindingLimit(LimitKind.TRIP_FULL, SubjectKind.TRIP, "T-1", by_g=1_000),
        BindingLimit(LimitKind.TIME_WINDOW, SubjectKind.NODE, "V-1", by_s=600),
        BindingLimit(LimitKind.STORAGE, SubjectKind.NODE, "V-1", by_pieces=9),
        BindingLimit(LimitKind.PROMISE_PAST, SubjectKind.CONSIGNMENT, "C-1", by_days=1),
    ],
    ids=lambda limit: limit.kind.value,
)
def test_a_changed_day_is_indexed_as_if_it_were_new(limit: BindingLimit) -> None:
    day = small_day()
    nodes = tuple(replace(n, max_pieces=1 if n.node_id == "V-1" else None) for n in day.county.network.nodes)
    day = replace(day, county=replace(day.county, network=replace(day.county.network, nodes=nodes)))
    after = apply_change(day, "C-1", limit)
    assert index_after(DayIndex.of(day), after) == DayIndex.of(after)


@pytest.mark.parametrize(
    "scope",
    [
        {"directions": (Direction.OUTBOUND,)},
        {"temperatures": (Temperature.FROZEN,)},
        {"townships": ("220282999000",)},
        {"weekdays": (SERVICE_DATE.isoweekday() % 7 + 1,)},
        {"valid_to": SERVICE_DATE - timedelta(days=1)},
    ],
)
def test_an_agreement_made_for_a_consignment_covers_nothing_that_another_does(scope: dict[str, Any]) -> None:
    day = small_day(consignments=(small_consignment(carrier_id="EXP-B", admission_set_id="AS-B"),))
    narrow = replace(day.county.agreements[0], **scope)
    own = tuple(replace(s, admissions=tuple(a for a in s.admissions if not a.agreement_id)) for s in day.admission_sets)
    county = replace(day.county, agreements=(narrow, *day.county.agreements[1:]))
    changed = apply_change(
        replace(day, county=county, admission_sets=own), "C-1", BindingLimit(LimitKind.ADMISSIBILITY, *VAN_A)
    )
    assert len(changed.county.agreements) == len(county.agreements) + 1
    assert not county_violations(changed.county)
