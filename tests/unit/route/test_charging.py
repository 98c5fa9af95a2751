"""Electric vehicles: no trip beyond one charge, recharging takes its time, and who is out of range hears so."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.manifests import manifests
from services.model.day import Day, PlanSettings
from services.model.errors import PlanningFailedError
from services.model.fleet import Energy
from services.model.plan import Plan, Run, UnservedReason
from services.route.charging import is_in_range, longest_day_m, longest_trip_m, recharges
from services.route.checker import Law, check
from services.route.day_index import DayIndex
from services.route.engines.engine import Engine
from services.route.planner import plan_day
from services.route.roads.of_day import choose_roads
from services.route.tours import TourMeter, read_trips
from services.validation import day_violations
from tests.builders import small_county
from tests.engines import InProcessEngine
from tests.last_mile import last_mile_day, last_mile_plan
from tests.unit.route.test_compartments import AMBIENT, OrtoolsEngine, PyvrpEngine, day_of
from tests.unit.route.test_rests import with_node

# There and back: V-1 is about 11 km, V-2 about 22 km, both together as far as V-2.
ELECTRIC: dict[str, Any] = {"energy": Energy.ELECTRIC, "range_m": 30_000, "recharge_s": 5_400}


def electric_day(**changes: Any) -> Day:
    """Two consignments, to V-1 and to V-2, that one van has no room for at once."""
    return day_of(AMBIENT, AMBIENT, vans=1, **{"capacity_pieces": 3, "max_trips": 3, **ELECTRIC, **changes})


def planned(day: Day, engine: Engine | None = None) -> Plan:
    settings = PlanSettings(iterations=20, cores=1, compare=False)
    return plan_day(day, settings, engine or InProcessEngine(), lambda: False, lambda *_: None).plan


def with_vans(day: Day, **changes: Any) -> Day:
    vans = tuple(replace(van, **changes) for van in day.county.vehicles)
    return replace(day, county=replace(day.county, vehicles=vans))


def laws(day: Day, plan: Plan) -> set[Law]:
    return {one.law for one in check(day, plan)}


def distances_of_trips(run: Run, base: str) -> list[int]:
    trips = [0]
    for before, stop in pairwise(run.stops):
        if before.node_id == base and before is not run.stops[0]:
            trips.append(0)
        trips[-1] += stop.leg_distance_m
    return trips


def test_a_vehicle_recharges_between_trips_while_it_loads() -> None:
    day = electric_day()
    (run,) = planned(day).runs
    assert [stop.recharge_s for stop in run.stops if stop.node_id == "HUB"] == [0, 5_400, 0]
    (reload,) = [stop for stop in run.stops if stop.recharge_s]
    assert reload.departure_s - reload.start_s == 5_400
    assert all(distance_m <= 30_000 < run.distance_m for distance_m in distances_of_trips(run, "HUB"))


def test_where_loading_takes_longer_recharging_adds_nothing() -> None:
    def lasts_s(**changes: Any) -> int:
        (run,) = planned(with_node(electric_day(**changes), "HUB", service_s=1_800)).runs
        return run.duration_s

    assert lasts_s(recharge_s=1_800) == lasts_s(range_m=None, recharge_s=None)
    assert lasts_s(recharge_s=2_000) == lasts_s(recharge_s=1_800) + 200


def test_without_recharging_the_range_is_for_the_day() -> None:
    left = planned(electric_day(recharge_s=None)).unserved
    assert [one.reason for one in left] == [UnservedReason.FLEET_EXHAUSTED]
    assert planned(electric_day(recharge_s=None, range_m=36_000)).unserved == ()
    # With one departure nothing can be recharged in between either.
    assert len(planned(electric_day(max_trips=1)).unserved) == 1


def test_a_village_beyond_one_charge_is_told_so() -> None:
    (left,) = planned(electric_day(range_m=15_000)).unserved
    assert (left.reason, left.consignment_id) == (UnservedReason.OUT_OF_REACH, "C1")
    assert left.detail == "VAN-A 往返 22 km，超出一次充电的续航 15 km"


def test_the_ways_from_and_to_the_depot_use_the_charge_too() -> None:
    day = electric_day(range_m=24_000)
    assert planned(day).unserved == ()
    # The bus station, some kilometres off, is where it stands overnight.
    far = with_vans(day, depot="BS")
    assert [one.consignment_id for one in planned(far).unserved] == ["C1"]
    assert planned(with_vans(far, range_m=30_000)).unserved == ()


def test_who_drives_beyond_the_range_or_recharges_too_briefly_breaks_the_law() -> None:
    day = electric_day()
    plan = planned(day)
    (run,) = plan.runs
    assert laws(day, plan) == set()
    longest_m = max(distances_of_trips(run, "HUB"))
    assert laws(with_vans(day, range_m=longest_m), plan) == set()
    assert laws(with_vans(day, range_m=longest_m - 1), plan) == {Law.RANGE}
    assert laws(with_vans(day, recharge_s=5_401), plan) == {Law.RANGE}
    assert laws(with_vans(day, recharge_s=None), plan) == {Law.RANGE}

    def changed(at: int, **changes: Any) -> Plan:
        stops = tuple(replace(stop, **changes) if i == at else stop for i, stop in enumerate(run.stops))
        return replace(plan, runs=(replace(run, stops=stops),))

    reload = next(i for i, stop in enumerate(run.stops) if stop.recharge_s)
    assert laws(day, changed(reload, recharge_s=0)) == {Law.RANGE}
    assert laws(day, changed(reload, recharge_s=5_401)) == {Law.RANGE}
    assert laws(day, changed(reload, departure_s=run.stops[reload].departure_s - 1)) == {Law.RANGE}
    assert laws(day, changed(1, recharge_s=5_400)) == {Law.RANGE}


@pytest.mark.parametrize(("engine", "name"), [(PyvrpEngine(), "PyVRP"), (OrtoolsEngine(), "OR-Tools")])
def test_other_engines_refuse_what_recharges_and_hold_a_range_of_the_day(engine: Engine, name: str) -> None:
    with pytest.raises(PlanningFailedError, match=f"{name} .* 续航"):
        planned(electric_day(), engine)
    assert len(planned(electric_day(recharge_s=None), engine).unserved) == 1
    assert planned(electric_day(recharge_s=None, range_m=36_000), engine).unserved == ()


def test_the_last_mile_recharges_at_its_station() -> None:
    day = last_mile_day(**ELECTRIC, capacity_pieces=2)
    # What leaves has to be there in time, recharged or not.
    plan = last_mile_plan(day)
    (run,) = plan.runs
    assert plan.unserved == () or run.stops
    stops = [stop for stop in run.stops if stop.recharge_s]
    assert stops
    assert {stop.node_id for stop in stops} == {"TS"}
    assert all(stop.departure_s - stop.start_s >= 5_400 for stop in stops)
    elsewhere = tuple(replace(s, recharge_s=0 if s.node_id == "TS" else 5_400) for s in run.stops)
    assert Law.RANGE in laws(day, replace(plan, runs=(replace(run, stops=elsewhere),)))
    short = last_mile_plan(last_mile_day(**{**ELECTRIC, "range_m": 1_000}))
    assert short.runs == ()


def test_the_meter_measures_a_day_as_it_is_planned() -> None:
    day = electric_day(range_m=22_500)
    (run,) = planned(day).runs
    index, matrix = DayIndex.of(day), choose_roads(day).matrix(day.county.network.nodes)
    van = day.county.vehicles[0]
    trips = read_trips(index, matrix, run)
    measure = TourMeter(index, matrix).measure(van, trips)
    assert (measure.distance_m, measure.duration_s, measure.is_possible) == (run.distance_m, run.duration_s, True)
    assert not TourMeter(index, matrix).measure(replace(van, range_m=20_000), trips).is_possible
    assert not TourMeter(index, matrix).measure(replace(van, recharge_s=None), trips).is_possible
    assert not TourMeter(index, matrix).measure(replace(van, recharge_s=40_000), trips).is_possible


def test_the_paper_shows_where_and_for_how_long_it_recharges() -> None:
    day = electric_day()
    plan = planned(day)
    paper = next(text for name, text in manifests(day, plan).items() if name.startswith("路单"))
    rows = paper.decode("utf-8-sig").splitlines()
    header = next(row for row in rows if "充电(分)" in row).split(",")
    at = rows.index(",".join(header)) + 1
    shown = [dict(zip(header, row.split(","), strict=True)) for row in rows[at : at + len(plan.runs[0].stops)]]
    assert [row["充电(分)"] for row in shown if row["节点"] == "HUB"] == ["0", "90", "0"]


def test_a_range_of_what_has_no_battery_and_a_recharge_of_no_length_are_refused() -> None:
    def paths(**changes: Any) -> list[str]:
        return [found.path.removeprefix("county.vehicles[0].") for found in day_violations(electric_day(**changes))]

    assert paths() == paths(recharge_s=None) == paths(range_m=None, recharge_s=None) == []
    assert paths(energy=Energy.DIESEL) == paths(range_m=0) == paths(range_m=-1) == ["range_m"]
    assert paths(range_m=None) == paths(recharge_s=0) == paths(recharge_s=-1) == ["recharge_s"]


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=8),
    st.sets(st.integers(1, 8)),
    st.integers(1, 200),
    st.booleans(),
    st.integers(1, 2),
)
def test_a_day_is_in_range_if_a_battery_never_runs_empty(
    legs: list[int], calls: set[int], range_m: int, may_recharge: bool, trips: int
) -> None:
    van = replace(small_county().vehicles[0], max_trips=trips, range_m=range_m, recharge_s=60 if may_recharge else None)
    charge, never_empty = range_m, True
    for call, leg in enumerate(legs, start=1):
        charge -= leg
        never_empty = never_empty and charge >= 0
        if call in calls and may_recharge and trips > 1:
            charge = range_m
    assert is_in_range(van, legs, sorted(calls)) == never_empty
    assert recharges(van) == (may_recharge and trips > 1)
    assert longest_trip_m(van) == min(range_m, 320_000)
    assert longest_day_m(van) == (320_000 if recharges(van) else range_m)
