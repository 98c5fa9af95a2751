"""Whatever the day, its plan obeys the checker, forgets nothing and can be made again."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from services.files.plan_json import plan_document
from services.model.agreements import Agreement, CooperationModel, Direction, Sharing
from services.model.consignments import Admission, AdmissionSet, ResourceKind
from services.model.day import Day, PlanSettings
from services.model.plan import PlanResult
from services.route.day_index import DayIndex
from services.route.planner import plan_day
from services.validation import day_violations
from tests.builders import VILLAGES, small_consignment, small_day
from tests.engines import InProcessEngine
from tests.random_days import last_mile_days, random_days

OUT = Direction.OUTBOUND
VAN_A = Admission(ResourceKind.VEHICLE, "VAN-A")


def plan(day: Day, seed: int = 1, **changes: Any) -> PlanResult:
    settings_ = replace(PlanSettings(iterations=50, seed=seed, cores=1), **changes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=UserWarning)  # PyVRP remarks on days that cannot be served whole
        return plan_day(day, settings_, InProcessEngine(), lambda: False, lambda *_: None)


def small(*villages: int, van: dict[str, Any] | None = None, **changes: Any) -> Day:
    """The small county with a consignment for each of ``villages``; the van without most of its limits."""
    day = small_day(
        consignments=tuple(
            small_consignment(
                consignment_id=f"C{i}",
                village_code=VILLAGES[v],
                node_ids=(f"V-{v + 1}",),
                parcel_ids=(),
                **changes,
            )
            for i, v in enumerate(villages)
        )
    )
    vans = tuple(replace(vehicle, **(van or {})) for vehicle in day.county.vehicles)
    return replace(day, county=replace(day.county, vehicles=vans))


def with_nodes(day: Day, **changes: dict[str, Any]) -> Day:
    nodes = tuple(replace(node, **changes.get(node.node_id.replace("-", ""), {})) for node in day.county.network.nodes)
    return replace(day, county=replace(day.county, network=replace(day.county.network, nodes=nodes)))


def with_limit(day: Day, pieces: int) -> Day:
    """Only AG-1 opens a vehicle, to EXP-B, and for so many pieces."""
    agreements = tuple(replace(a, max_pieces_per_day=pieces) for a in day.county.agreements)
    goods = tuple(replace(c, carrier_id="EXP-B", admission_set_id="AS-B") for c in day.consignments)
    turned = tuple(replace(c, direction=OUT) if i % 2 else c for i, c in enumerate(goods))
    vans = day.county.vehicles[:1]
    sets = tuple(
        replace(s, admissions=tuple(a for a in s.admissions if a.resource_id != "VAN-B")) for s in day.admission_sets
    )
    county = replace(day.county, agreements=agreements, vehicles=vans)
    return replace(day, county=county, consignments=turned, admission_sets=sets)


# Found by this test or in review: a visit longer than the village is open; goods both ways under a daily limit;
# handling by the piece at the hub; a vehicle that leaves the hub just before it closes; a village out of reach.
FOUND = {
    "a visit longer than the village is open": with_nodes(
        small(0, 0, 0, pieces=20), V1={"opens_s": 36_000, "closes_s": 37_800, "service_per_piece_s": 60}
    ),
    "both ways under a daily limit": with_limit(small(0, 0, pieces=5), 7),
    "handling by the piece at the hub": with_nodes(
        small(0, 1, pieces=100, van={"max_work_s": 3_600}), HUB={"service_per_piece_s": 10}
    ),
    "loading before the hub closes": with_nodes(
        small(0, van={"max_work_s": 9_000}),
        HUB={"closes_s": 43_200, "service_s": 1_800},
        V1={"opens_s": 50_400},
    ),
    "a village out of reach": small(0, 2, van={"max_distance_m": 20_000}),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_day_that_was_once_planned_badly_is_planned_well(name: str) -> None:
    check_laws(FOUND[name])


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_days() | last_mile_days())
def test_every_plan_passes_the_checker_and_forgets_nothing(day: Day) -> None:
    assert day_violations(day) == []
    check_laws(day)


def check_laws(day: Day) -> None:
    """``plan_day`` itself has the checker's word; what follows is beyond it."""
    result = plan(day)
    made = result.plan
    from_hub = {v.vehicle_id for v in day.county.vehicles if v.depot in ("HUB", "PO")}
    carried = [c.consignment_id for run in made.runs if run.vehicle_id in from_hub for c in run.carriages]
    carried += [b.consignment_id for b in made.bookings]
    last_mile = [c.consignment_id for run in made.runs if run.vehicle_id not in from_hub for c in run.carriages]
    assert set(last_mile) <= {b.consignment_id for b in made.bookings}
    assert len(last_mile) == len(set(last_mile))
    left = {u.consignment_id: u.detail for u in made.unserved}
    waiting = {w.consignment_id: w.detail for w in made.waiting}
    assert sorted([*carried, *left, *waiting]) == sorted(c.consignment_id for c in day.consignments)
    assert all(left.values())
    assert all(waiting.values())
    assert result.comparison is not None
    assert made.cost.total_fen <= result.comparison.shared_runs_fen
    check_waiting(day, result)


def check_waiting(day: Day, result: PlanResult) -> None:
    """What may wait does so within its promise, makes nothing dearer, and is never called unserved."""
    made, comparison = result.plan, result.comparison
    assert comparison is not None
    goods = {c.consignment_id: c for c in day.consignments}
    assert all(goods[w.consignment_id].due_date > day.service_date for w in made.waiting)
    assert made.cost.waiting_fen == sum(goods[w.consignment_id].wait_fen or 0 for w in made.waiting)
    if all(c.wait_fen is None for c in day.consignments):
        assert (made.waiting, comparison.all_today_fen) == ((), 0)
        return
    assert made.cost.total_fen <= comparison.all_today_fen <= comparison.shared_runs_fen
    if made.waiting:
        spared_fen = comparison.all_today_fen - made.cost.total_fen + made.cost.waiting_fen
        assert sum(w.saved_fen for w in made.waiting) == spared_fen
    index = DayIndex.of(day)
    if all(c.wait_fen is None or c.wait_fen <= index.unserved_fen(c) for c in day.consignments):
        assert all(goods[u.consignment_id].wait_fen is None for u in made.unserved)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_days() | last_mile_days())
def test_the_same_seed_and_iterations_give_the_same_bytes(day: Day) -> None:
    assert plan_document(plan(day, seed=5)) == plan_document(plan(day, seed=5))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_days())
@example(small(0, 1))
def test_without_lines_nothing_is_booked(day: Day) -> None:
    result = plan(day, use_lines=False)
    assert not result.plan.bookings
    assert not result.plan.shuttles


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_days())
def test_without_waiting_nothing_waits(day: Day) -> None:
    result = plan(day, use_waiting=False)
    assert not result.plan.waiting
    assert result.comparison is not None
    assert result.comparison.all_today_fen == 0


def test_goods_of_different_rights_are_parted_where_a_vehicle_would_stand_idle_otherwise() -> None:
    # EXP-A's goods may ride in both vans, EXP-B's in VAN-B only, and VAN-B has no room for all of them.
    mine = tuple(
        small_consignment(consignment_id=f"A{v}", village_code=VILLAGES[v], node_ids=(f"V-{v + 1}",), parcel_ids=())
        for v in (0, 1)
    )
    theirs = tuple(
        replace(c, consignment_id=c.consignment_id.replace("A", "B"), carrier_id="EXP-B", admission_set_id="AS-B")
        for c in mine
    )
    day = small_day(consignments=tuple(replace(c, pieces=200) for c in (*mine, *theirs)))
    both = Agreement("AG-3", CooperationModel.EXPRESS, ("EXP-A",), "EXP-B", Sharing.TARIFF, tariff_piece_fen=1)
    sets = (
        AdmissionSet("AS-A", (VAN_A, Admission(ResourceKind.VEHICLE, "VAN-B", "AG-3"))),
        AdmissionSet("AS-B", (Admission(ResourceKind.VEHICLE, "VAN-B"),)),
    )
    vans = tuple(replace(van, max_trips=1) for van in day.county.vehicles)
    county = replace(day.county, agreements=(*day.county.agreements, both), vehicles=vans)
    result = plan(replace(day, county=county, admission_sets=sets), compare=False)
    assert result.plan.unserved == ()
    assert {run.vehicle_id for run in result.plan.runs} == {"VAN-A", "VAN-B"}
