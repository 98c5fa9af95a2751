"""Drivers' rests and vehicles' access: what is planned keeps them, and what breaks them is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.model.day import Day, PlanSettings
from services.model.plan import Plan, UnservedReason
from services.route.checker import Law, check
from services.route.planner import plan_day
from services.route.rests import paced, rests_on_legs
from services.validation import day_violations
from tests.builders import small_day
from tests.engines import InProcessEngine


def planned(day: Day) -> Plan:
    settings = PlanSettings(iterations=20, cores=1, compare=False)
    return plan_day(day, settings, InProcessEngine(), lambda: False, lambda *_: None).plan


def with_vans(**changes: Any) -> Day:
    day = small_day()
    vans = tuple(replace(van, **changes) for van in day.county.vehicles)
    return replace(day, county=replace(day.county, vehicles=vans))


def with_node(day: Day, node_id: str, **changes: Any) -> Day:
    nodes = tuple(replace(n, **changes) if n.node_id == node_id else n for n in day.county.network.nodes)
    return replace(day, county=replace(day.county, network=replace(day.county.network, nodes=nodes)))


@given(
    st.lists(st.integers(0, 9_000), max_size=12), st.integers(1, 5_000), st.integers(1, 2_000), st.integers(1, 10**6)
)
def test_at_its_pace_nobody_is_planned_too_early(drives: list[int], limit_s: int, rest_s: int, more: int) -> None:
    """The reference drives second by second in thought: a rest each time the limit is reached and driving goes on."""
    rests = rests_on_legs(drives, limit_s, rest_s)
    driven, really_s = 0, 0
    for drive_s, rest in zip(drives, rests, strict=True):
        before, driven = max(0, driven - 1) // limit_s, driven + drive_s
        assert rest == rest_s * (max(0, driven - 1) // limit_s - before)
        really_s += drive_s + rest
        assert really_s <= paced(driven, 1 + Fraction(rest_s, limit_s))
    assert rests_on_legs(drives, None, rest_s) == [0] * len(drives)
    assert rests_on_legs(drives, sum(drives) + more, rest_s) == [0] * len(drives)


def test_a_driver_rests_on_the_road_where_it_falls_due() -> None:
    plan = planned(with_vans(max_drive_s=600, rest_s=900))
    assert plan.runs
    for run in plan.runs:
        assert any(stop.rest_s for stop in run.stops)
        assert all(stop.rest_s % 900 == 0 for stop in run.stops)
        for before, stop in pairwise(run.stops):
            assert stop.arrival_s - before.departure_s >= stop.rest_s


def test_who_drives_on_without_a_rest_or_too_fast_breaks_a_law() -> None:
    day = with_vans(max_drive_s=600, rest_s=900)
    plan = planned(day)
    run = next(run for run in plan.runs if any(stop.rest_s for stop in run.stops))
    tireless = replace(run, stops=tuple(replace(stop, rest_s=0) for stop in run.stops))
    others = tuple(other for other in plan.runs if other is not run)
    assert {one.law for one in check(day, replace(plan, runs=(*others, tireless)))} == {Law.DRIVER_REST}
    longer = replace(run, stops=tuple(replace(stop, rest_s=stop.rest_s * 2) for stop in run.stops))
    assert {one.law for one in check(day, replace(plan, runs=(*others, longer)))} == {Law.RUN_TIMES}


def test_a_rest_of_no_length_is_refused() -> None:
    assert [v.path for v in day_violations(with_vans(max_drive_s=600, rest_s=0))] == [
        "county.vehicles[0].rest_s",
        "county.vehicles[1].rest_s",
    ]
    assert day_violations(with_vans(rest_s=0)) == []


def test_no_vehicle_calls_where_its_kind_cannot_go() -> None:
    day = with_node(small_day(), "V-3", barred_kinds=("MINIVAN",))
    plan = planned(day)
    (left,) = plan.unserved
    assert (left.consignment_id, left.reason) == ("C-3", UnservedReason.OUT_OF_REACH)
    assert "不通 MINIVAN" in left.detail
    anyway = planned(small_day())
    assert {one.law for one in check(day, anyway)} == {Law.ACCESS}
    bikes = replace(day, county=replace(day.county, vehicles=tuple(replace(v, kind="X") for v in day.county.vehicles)))
    assert planned(bikes).unserved == ()


def test_what_rests_after_a_wait_make_late_is_left_out_and_said() -> None:
    """At the pace of rests shared out the vehicle is back in time; it has to wait for the village, and rests after."""
    day = with_vans(max_drive_s=1_200, rest_s=1_800, max_work_s=None, max_distance_m=None, shift_end_s=66_600)
    day = with_node(day, "HUB", lon=126.75, lat=42.96, opens_s=0, closes_s=68_400, service_s=1_800)
    for village in ("V-1", "V-2", "V-3"):
        day = with_node(day, village, lon=127.28, lat=43.16, opens_s=50_400, closes_s=50_600, service_s=0)
    settings = PlanSettings(iterations=20, cores=1, compare=False, use_lines=False)
    plan = plan_day(day, settings, InProcessEngine(), lambda: False, lambda *_: None).plan
    assert not check(day, plan)
    assert {one.reason for one in plan.unserved} == {UnservedReason.FLEET_EXHAUSTED}
    later = replace(day, county=replace(day.county, vehicles=with_vans(shift_end_s=80_000).county.vehicles))
    assert not plan_day(later, settings, InProcessEngine(), lambda: False, lambda *_: None).plan.unserved
