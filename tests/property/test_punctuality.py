"""Plans with slack: legal on the real day, nowhere later than with it, and as punctual as they say."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.model.agreements import Direction
from services.model.consignments import Admission, AdmissionSet, ResourceKind
from services.model.day import Day, Noise, PlanSettings
from services.model.plan import Plan
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.padding import padded_day
from services.route.planner import plan_day
from services.route.retime import retime_plan
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.route.take_along import take_along
from tests.builders import VILLAGES, small_consignment, small_day
from tests.day_simulator import own_luck, simulate_day
from tests.engines import InProcessEngine
from tests.random_days import last_mile_days, random_days

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
slacks = st.sampled_from([500, 1_500, 3_000])
WITHIN = PlanSettings(iterations=5, cores=1, compare=False, forecast_days=0)


def planned(day: Day, within: PlanSettings = WITHIN) -> Plan:
    return plan_day(day, within, InProcessEngine(), lambda: False, lambda *_: None, with_ways=False).plan


def retimed(day: Day, slower: Plan) -> Plan:
    return retime_plan(DayIndex.of(day), choose_roads(day).matrix(nodes_on_roads(day)), slower)


@few
@given(random_days() | last_mile_days(), slacks)
def test_a_plan_with_slack_obeys_every_law_of_the_real_day(day: Day, slack: int) -> None:
    slower = planned(padded_day(day, Noise(), slack))
    plan = retimed(day, slower)
    assert check(day, plan) == []
    for run, slow_run in zip(plan.runs, slower.runs, strict=True):
        assert run.stops[0].start_s == slow_run.stops[0].start_s
        for stop, slow in zip(run.stops, slow_run.stops, strict=True):
            assert (stop.node_id, stop.drop, stop.take) == (slow.node_id, slow.drop, slow.take)
            assert stop.start_s <= slow.start_s
            assert stop.departure_s <= slow.departure_s


@few
@given(random_days() | last_mile_days(), st.sampled_from([2_500, 6_000]))
def test_what_is_taken_along_breaks_no_law_and_makes_nothing_dearer(day: Day, slack: int) -> None:
    index, matrix = DayIndex.of(day), choose_roads(day).matrix(nodes_on_roads(day))
    before = retime_plan(index, matrix, planned(padded_day(day, Noise(), slack)))
    after = take_along(index, matrix, before)
    assert check(day, after) == []
    assert after.cost.total_fen <= before.cost.total_fen
    assert {one.consignment_id for one in after.unserved} <= {one.consignment_id for one in before.unserved}
    assert [run.vehicle_id for run in after.runs] == [run.vehicle_id for run in before.runs]
    assert [run.stops[0].start_s for run in after.runs] == [run.stops[0].start_s for run in before.runs]


@pytest.mark.parametrize("direction", list(Direction))
def test_what_fits_only_without_slack_is_taken_along(direction: Direction) -> None:
    day = tight_day(0, count=1)
    day = replace(day, consignments=tuple(replace(c, direction=direction) for c in day.consignments))
    index, matrix = DayIndex.of(day), choose_roads(day).matrix(nodes_on_roads(day))
    before = retime_plan(index, matrix, planned(padded_day(day, Noise(), 2_500)))
    assert len(before.unserved) == 1
    after = take_along(index, matrix, before)
    assert after.unserved == ()
    assert check(day, after) == []
    assert after.cost.total_fen < before.cost.total_fen


@few
@given(random_days() | last_mile_days())
def test_without_slack_a_plan_keeps_its_price_but_for_time_and_lateness(day: Day) -> None:
    plan = planned(day)
    again = retimed(day, plan)
    assert replace(again.cost, time_fen=0, lateness_fen=0) == replace(plan.cost, time_fen=0, lateness_fen=0)
    assert check(day, again) == []


@few
@given(random_days() | last_mile_days(), slacks, slacks)
def test_more_slack_makes_nothing_quicker(day: Day, one: int, other: int) -> None:
    less, more = (padded_day(day, Noise(), slack).county for slack in sorted((one, other)))
    for quick, slow in zip(less.network.nodes, more.network.nodes, strict=True):
        assert (quick.service_s, quick.service_per_piece_s) <= (slow.service_s, slow.service_per_piece_s)
    assert less.network.roads.speed_m_per_h >= more.network.roads.speed_m_per_h
    for quick_way, slow_way in zip(less.network.road_pairs, more.network.road_pairs, strict=True):
        assert quick_way.duration_s <= slow_way.duration_s
    for quick_line, slow_line in zip(less.lines, more.lines, strict=True):
        for quick_trip, slow_trip in zip(quick_line.trips, slow_line.trips, strict=True):
            assert quick_trip.handling_s <= slow_trip.handling_s
            assert quick_trip.stop_times == slow_trip.stop_times


@few
@given(random_days() | last_mile_days(), st.sampled_from([500, 950, 999]))
def test_with_a_target_the_plan_is_legal_and_says_what_it_reaches(day: Day, target: int) -> None:
    within = replace(WITHIN, forecast_days=300, on_time_target_permille=target)
    result = plan_day(day, within, InProcessEngine(), lambda: False, lambda *_: None, with_ways=False)
    forecast = result.forecast
    assert forecast is not None and check(day, result.plan) == []
    assert forecast.target_permille == target
    assert forecast.levels[0].slack_permille == 0
    costs = {level.cost_fen for level in forecast.levels}
    assert result.plan.cost.total_fen in costs
    if forecast.is_target_reached:
        assert forecast.on_time_permille >= target and not forecast.detail
        reaching = [one for one in forecast.levels if one.cost_fen < result.plan.cost.total_fen]
        assert all(one.on_time_permille < target + 20 for one in reaching)
    else:
        assert forecast.detail
        assert forecast.on_time_permille == max(level.on_time_permille for level in forecast.levels)


def tight_day(spare_s: int, count: int = 2) -> Day:
    """Three villages that one van of so many can do until they close, with so much time to spare."""
    small = small_day()
    vans = tuple(replace(small.county.vehicles[0], vehicle_id=f"VAN-{number}") for number in range(count))
    goods = tuple(
        small_consignment(consignment_id=f"C-{v}", village_code=VILLAGES[v - 1], node_ids=(f"V-{v}",), parcel_ids=())
        for v in (1, 2, 3)
    )
    sets = (AdmissionSet("AS-A", tuple(Admission(ResourceKind.VEHICLE, van.vehicle_id) for van in vans)),)
    county = replace(small.county, vehicles=vans, lines=())
    day = replace(small, county=county, consignments=goods, admission_sets=sets)
    last_s = max(stop.departure_s for stop in planned(day).runs[0].stops[1:-1])
    nodes = [replace(node, closes_s=last_s + spare_s) if node.village_code else node for node in county.network.nodes]
    return replace(day, county=replace(county, network=replace(county.network, nodes=tuple(nodes))))


@pytest.mark.parametrize(("target", "is_reached", "runs"), [(0, False, 1), (600, True, 1), (950, True, 2)])
def test_a_target_that_is_reached_is_reached_on_other_days_too(target: int, is_reached: bool, runs: int) -> None:
    day = tight_day(60)
    within = PlanSettings(iterations=20, cores=1, compare=False, on_time_target_permille=target)
    result = plan_day(day, within, InProcessEngine(), lambda: False, lambda *_: None)
    forecast = result.forecast
    assert forecast is not None
    assert (forecast.is_target_reached, len(result.plan.runs)) == (is_reached, runs)
    generator, pieces = random.Random(7), {c.consignment_id: c.pieces for c in day.consignments}
    count = 4_000
    logs = [simulate_day(day, result.plan, own_luck(within.noise, generator)) for _ in range(count)]
    rates = [sum(pieces[c] for c, good in log.on_time.items() if good) / sum(pieces.values()) for log in logs]
    error = float(np.std(rates)) * (1 / count + 1 / within.forecast_days) ** 0.5
    assert abs(float(np.mean(rates)) - forecast.on_time_permille / 1_000) < 4 * error + 0.0005
    if is_reached:
        assert np.mean(rates) >= target / 1_000


def test_a_target_out_of_reach_gives_the_most_punctual_plan_and_says_why() -> None:
    forecast = plan_day(
        tight_day(0, count=1),
        PlanSettings(iterations=20, cores=1, compare=False, on_time_target_permille=950),
        InProcessEngine(),
        lambda: False,
        lambda *_: None,
    ).forecast
    assert forecast is not None and not forecast.is_target_reached
    assert forecast.detail.startswith(f"目标 95%，最准的方案为 {forecast.on_time_permille / 10:g}%：")
    assert len(forecast.levels) > 1
    assert forecast.on_time_permille == max(level.on_time_permille for level in forecast.levels)


def test_a_forecast_changes_no_plan() -> None:
    day, plain = tight_day(60), PlanSettings(iterations=20, cores=1)
    with_it, without = (
        plan_day(day, replace(plain, forecast_days=days), InProcessEngine(), lambda: False, lambda *_: None)
        for days in (500, 0)
    )
    assert without.forecast is None
    assert with_it.forecast is not None and with_it.forecast.days == 500
    assert replace(with_it, forecast=None) == without


def test_a_search_that_is_stopped_makes_do_with_the_plan_it_has() -> None:
    day = tight_day(60)
    told: list[str] = []
    within = PlanSettings(iterations=5, cores=1, compare=False, on_time_target_permille=999)

    def report(phase: str, *_: int) -> None:
        told.append(phase)

    result = plan_day(day, within, InProcessEngine(), lambda: "forecast" in told, report)
    assert result.forecast is not None
    assert [level.slack_permille for level in result.forecast.levels] == [0]
    assert check(day, result.plan) == []
