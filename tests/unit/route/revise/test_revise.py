"""What happens to a day that is under way, one event at a time on the smallest county."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from services.happenings.after import day_after
from services.model.changes import ChangeKind
from services.model.consignments import Admission, ResourceKind
from services.model.day import Day, PlanSettings
from services.model.errors import InvalidInputError
from services.model.events import MOST_MOVED_FEN, Events, LateTrip, Revision
from services.model.lines import LineKind
from services.model.network import ClosedRoad
from services.model.plan import Plan, PlanResult, Run, UnservedReason
from services.model.units import DAY_S
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day
from services.route.revise.promises import promised_times
from services.route.revise.revise import prepare_revision, revise_plan
from tests.builders import VILLAGES, small_consignment, small_day

SETTINGS = PlanSettings(iterations=10, cores=1, compare=False)
NEW = small_consignment(consignment_id="C-9", parcel_ids=())


def planned(day: Day, **changes: Any) -> Plan:
    settings = replace(SETTINGS, **changes)
    return plan_day(day, settings, KernelEngine(), lambda: False, lambda *_: None, with_ways=False).plan


def revised(day: Day, plan: Plan, now_s: int, moved_fen: int = 500, **events: Any) -> PlanResult:
    revision = Revision(plan, now_s, Events(**events), moved_fen)
    return revise_plan(day, revision, SETTINGS, KernelEngine(), lambda: False, lambda *_: None)


def run_of(plan: Plan, consignment_id: str) -> Run:
    return next(run for run in plan.runs if any(c.consignment_id == consignment_id for c in run.carriages))


def kinds(result: PlanResult) -> dict[str, ChangeKind]:
    assert result.changes is not None
    return {change.consignment_id: change.kind for change in result.changes.changes}


@pytest.fixture
def by_van() -> tuple[Day, Plan]:
    day = small_day()
    return day, planned(day, use_lines=False)


@pytest.fixture
def by_bus() -> tuple[Day, Plan]:
    """Both inbound consignments on the bus, which costs next to nothing."""
    day = small_day()
    vans = tuple(replace(vehicle, fixed_fen=100_000) for vehicle in day.county.vehicles)
    day = replace(day, county=replace(day.county, vehicles=vans), consignments=day.consignments[:2])
    plan = planned(day)
    assert {booking.consignment_id for booking in plan.bookings} == {"C-1", "C-2"}
    return day, plan


def test_a_cancelled_trip_s_goods_go_by_van(by_bus: tuple[Day, Plan]) -> None:
    day, plan = by_bus
    result = revised(day, plan, 28_000, cancelled_trips=("T-1",))
    assert not result.plan.bookings
    assert {c.consignment_id for run in result.plan.runs for c in run.carriages} == {"C-1", "C-2"}
    assert not result.plan.unserved


def test_goods_that_wait_at_the_station_for_a_trip_that_does_not_run_are_taken_back(by_bus: tuple[Day, Plan]) -> None:
    day, plan = by_bus
    result = revised(day, plan, plan.shuttles[0].arrival_s, cancelled_trips=("T-1",))
    assert not result.plan.unserved
    assert not result.plan.shuttles


def test_a_ban_on_passenger_trips_stops_buses_and_no_post(by_bus: tuple[Day, Plan]) -> None:
    day, plan = by_bus
    line = day.county.lines[0]
    post = replace(line, line_id="P", trips=(replace(line.trips[0], trip_id="P-1", kind=LineKind.POSTAL),))
    day = replace(day, county=replace(day.county, lines=(line, post)))
    after = day_after(day, Revision(plan, 28_000, Events(passenger_ban_s=30_000)))
    rooms = {trip.trip_id: trip.capacity_pieces for each in after.county.lines for trip in each.trips}
    assert rooms == {"T-1": 0, "P-1": 40}
    assert not revised(day, plan, 28_000, passenger_ban_s=30_000).plan.bookings


def test_a_trip_that_left_before_the_ban_goes_on(by_bus: tuple[Day, Plan]) -> None:
    day, plan = by_bus
    result = revised(day, plan, 36_600, passenger_ban_s=36_600)
    assert {booking.consignment_id for booking in result.plan.bookings} == {"C-1", "C-2"}


def test_a_late_trip_brings_its_goods_later(by_bus: tuple[Day, Plan]) -> None:
    day, plan = by_bus
    result = revised(day, plan, 36_600, late_trips=(LateTrip("T-1", 1_800),))
    assert [b.departure_s for b in result.plan.bookings] == [b.departure_s for b in plan.bookings]
    assert [b.arrival_s for b in result.plan.bookings] == [b.arrival_s + 1_800 for b in plan.bookings]
    assert set(kinds(result).values()) == {ChangeKind.LATER}


def test_goods_on_a_trip_that_comes_after_closing_time_are_named(by_bus: tuple[Day, Plan]) -> None:
    day, plan = by_bus
    result = revised(day, plan, 36_600, late_trips=(LateTrip("T-1", 36_000),))
    assert {(one.consignment_id, one.reason) for one in result.plan.unserved} == {
        ("C-1", UnservedReason.STRANDED),
        ("C-2", UnservedReason.STRANDED),
    }
    assert all("班次晚点" in one.detail for one in result.plan.unserved)


def test_what_is_in_a_vehicle_that_broke_down_is_named(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    run = run_of(plan, "C-1")
    now_s = run.stops[0].departure_s + 60
    result = revised(day, plan, now_s, down_vehicles=(run.vehicle_id,))
    stranded = [one for one in result.plan.unserved if one.reason is UnservedReason.STRANDED]
    aboard = {c for stop in run.stops if stop.start_s <= now_s for c in stop.take}
    assert {one.consignment_id for one in stranded} == aboard != set()
    assert all(run.vehicle_id in one.detail for one in stranded)
    assert all(kinds(result)[name] is ChangeKind.DROPPED for name in aboard)
    assert result.forecast is not None
    assert result.forecast.late_pieces >= sum(c.pieces for c in day.consignments if c.consignment_id in aboard)


def test_of_a_revised_plan_only_what_is_to_come_is_left_to_chance(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    now_s = run_of(plan, "C-1").stops[1].start_s
    result = revised(day, plan, now_s)
    assert result.forecast is not None
    runs = {run.run_id: run for run in result.plan.runs}
    before: set[tuple[int, int]] = set()
    after: set[tuple[int, int]] = set()
    for one in result.forecast.stops:
        start_s = runs[one.run_id].stops[one.stop_index].start_s
        (before if start_s <= now_s else after).add((one.early_s - start_s, one.late_s - start_s))
    assert before == {(0, 0)}
    assert after
    assert all(early < late for early, late in after)


def test_what_a_broken_vehicle_had_not_loaded_goes_by_another(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    run = run_of(plan, "C-1")
    result = revised(day, plan, run.stops[0].start_s - 600, down_vehicles=(run.vehicle_id,))
    assert not result.plan.unserved
    assert {one.vehicle_id for one in result.plan.runs} == {"VAN-A", "VAN-B"} - {run.vehicle_id}


def test_a_vehicle_on_its_way_goes_round_a_road_that_closes(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    run = run_of(plan, "C-1")
    leg = next((a, b) for a, b in zip(run.stops[1:], run.stops[2:], strict=False) if a.node_id != b.node_id)
    road = ClosedRoad(from_node=leg[0].node_id, to_node=leg[1].node_id)
    result = revised(day, plan, run.stops[0].departure_s + 1, closed_roads=(road,))
    ways = [
        way
        for one in result.plan.runs
        for a, b in zip(one.stops, one.stops[1:], strict=False)
        for way in zip((a.node_id, *b.via), (*b.via, b.node_id), strict=True)
    ]
    assert (road.from_node, road.to_node) not in ways
    assert not result.plan.unserved
    assert day_after(day, Revision(plan, 30_000, Events(closed_roads=(road,)))).county.network.closed_roads == (
        replace(road, from_s=30_001),
    )


def test_who_leaves_as_a_road_closes_is_through(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    run = run_of(plan, "C-1")
    first, second = next((a, b) for a, b in pairwise(run.stops[1:]) if a.node_id != b.node_id)
    road = ClosedRoad(from_node=first.node_id, to_node=second.node_id)
    result = revised(day, plan, first.departure_s, closed_roads=(road,))
    ways = [(a.node_id, b.node_id) for one in result.plan.runs for a, b in pairwise(one.stops)]
    assert (road.from_node, road.to_node) in ways


def test_goods_whose_road_is_closed_for_good_come_back_stranded(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    run = run_of(plan, "C-1")
    others = [node.node_id for node in day.county.network.nodes if node.node_id != "V-1"]
    coming_to = run.stops[1].drop[0]
    later = ({"C-1", "C-2"} - {coming_to}).pop()
    cut_off = f"V-{later[-1]}"
    others = [node.node_id for node in day.county.network.nodes if node.node_id != cut_off]
    roads = tuple(ClosedRoad(from_node=node, to_node=cut_off) for node in others)
    result = revised(day, plan, run.stops[0].departure_s + 1, closed_roads=roads)
    assert [(one.consignment_id, one.reason) for one in result.plan.unserved] == [(later, UnservedReason.STRANDED)]


def test_what_is_added_is_fetched_by_who_is_out_already(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    run = run_of(plan, "C-3")
    outbound = replace(
        day.consignments[2], consignment_id="C-9", parcel_ids=(), village_code=VILLAGES[2], node_ids=("V-3",)
    )
    result = revised(day, plan, run.stops[0].departure_s + 1, added=(outbound,))
    assert run_of(result.plan, "C-9").vehicle_id == run.vehicle_id
    assert kinds(result) == {"C-9": ChangeKind.ADDED}
    assert len(result.plan.runs) == len(plan.runs)


def test_what_is_at_the_hub_cannot_go_with_who_has_left(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    run = run_of(plan, "C-1")
    now_s = run.stops[0].departure_s + 1
    lines = tuple(replace(line, trips=()) for line in day.county.lines)
    sets = tuple(
        replace(one, admissions=tuple(a for a in one.admissions if a.kind is not ResourceKind.TRIP))
        for one in day.admission_sets
    )
    day = replace(day, county=replace(day.county, lines=lines), admission_sets=sets)
    result = revised(day, plan, now_s, added=(NEW,))
    new = run_of(result.plan, "C-9")
    loaded = next(stop for stop in new.stops if "C-9" in stop.take)
    assert loaded.node_id == "HUB"
    assert loaded.start_s >= now_s


def test_withdrawn_goods_are_in_no_plan(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    result = revised(day, plan, 0, withdrawn=("C-2",))
    assert kinds(result)["C-2"] is ChangeKind.WITHDRAWN
    assert "C-2" not in {c.consignment_id for run in result.plan.runs for c in run.carriages}


def test_a_high_price_of_moving_keeps_promises(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    free, dear = (revised(day, plan, 0, price, added=(NEW,)) for price in (0, 1_000_000))
    assert dear.changes is not None
    assert free.changes is not None
    assert dear.changes.moved == 0
    assert dear.plan.cost.total_fen >= free.plan.cost.total_fen


def test_a_wait_for_a_promise_is_not_put_before_another_promise() -> None:
    """Without its second call a van can wait before its third; leaving later instead would make the first late."""
    day = small_day()
    nodes = tuple(
        replace(node, service_s=5_400 if node.node_id == "V-2" else node.service_s, owner="EXP-A")
        if node.node_id in ("V-2", "V-3")
        else node
        for node in day.county.network.nodes
    )
    county = replace(day.county, network=replace(day.county.network, nodes=nodes), vehicles=day.county.vehicles[:1])
    consignments = tuple(
        small_consignment(
            consignment_id=f"C-{n}", village_code=VILLAGES[n - 1], node_ids=(f"V-{n}",), parcel_ids=(f"EXP-A/{n}",)
        )
        for n in (1, 2, 3)
    )
    opens = (
        Admission(ResourceKind.VEHICLE, "VAN-A"),
        *(Admission(ResourceKind.NODE, node_id) for node_id in ("HUB", "V-1", "V-2", "V-3")),
    )
    sets = (replace(day.admission_sets[0], admissions=opens),)
    day = replace(day, county=county, consignments=consignments, admission_sets=sets)
    plan = planned(day, use_lines=False, iterations=200)
    (run,) = plan.runs
    assert [stop.node_id for stop in run.stops if stop.drop] == ["V-3", "V-2", "V-1"]
    result = revised(day, plan, 0, moved_fen=20_000, withdrawn=("C-2",))
    assert kinds(result) == {"C-2": ChangeKind.WITHDRAWN}


def test_a_revised_plan_can_be_revised_again(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    run = run_of(plan, "C-1")
    first = Revision(plan, run.stops[0].departure_s + 1, Events(added=(NEW,)))
    after = day_after(day, first)
    once = revise_plan(day, first, SETTINGS, KernelEngine(), lambda: False, lambda *_: None)
    assert once.plan.as_of_s == first.now_s
    twice = revised(after, once.plan, first.now_s + 1_800)
    assert twice.plan.cost.total_fen <= once.plan.cost.total_fen
    with pytest.raises(InvalidInputError, match=r"now_time: .* is before"):
        revised(after, once.plan, first.now_s - 60)


def test_promises_are_the_times_of_hand_over(by_bus: tuple[Day, Plan]) -> None:
    day, plan = by_bus
    promised = promised_times(prepare_revision(day, Revision(plan, 0)).before, plan)
    assert promised == {b.consignment_id: b.available_s for b in plan.bookings}


@pytest.mark.parametrize("moved_fen", [-1, MOST_MOVED_FEN + 1])
def test_a_price_of_moving_that_cannot_be_is_refused(moved_fen: int, by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    with pytest.raises(InvalidInputError, match=r"revision\.moved_fen: "):
        revised(day, plan, 0, moved_fen)
    assert revised(day, plan, 0, MOST_MOVED_FEN).changes is not None


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ({"cancelled_trips": ("T-9",)}, r'cancelled_trips\[0\]: "T-9" is no trip of the day'),
        ({"cancelled_trips": ("T-1", "T-1")}, r"cancelled_trips\[1\]: .* is already cancelled_trips\[0\]"),
        ({"cancelled_trips": ("T-1",)}, r'"T-1" left at 10:00: a trip under way cannot be cancelled'),
        ({"late_trips": (LateTrip("T-9", 60),)}, r"late_trips\[0\].trip_id: .* is no trip"),
        ({"late_trips": (LateTrip("T-1", 0),)}, r"late_s: must be from 1 to 86400, not 0"),
        ({"down_vehicles": ("VAN-9",)}, r"down_vehicles\[0\]: .* is no vehicle"),
        ({"withdrawn": ("C-9",)}, r"withdrawn\[0\]: .* is no consignment"),
        ({"withdrawn": ("C-1",)}, r'"C-1" is on its way since .* and cannot be withdrawn any more'),
        ({"added": (replace(NEW, consignment_id="C-2"),)}, r"added\[0\].consignment_id: .* is already"),
        ({"added": (replace(NEW, pieces=0),)}, r"added\[0\].pieces: is 0"),
        ({"closed_roads": (ClosedRoad(from_node="HUB", to_node="V-9"),)}, r"closed_roads\[0\].to_node"),
        ({"closed_roads": (ClosedRoad(from_node="HUB", to_node="V-1", from_s=DAY_S),)}, "is after now"),
    ],
)
def test_what_cannot_be_is_named(events: dict[str, Any], said: str, by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    with pytest.raises(InvalidInputError, match=said):
        revised(day, plan, 43_200, **events)


def test_events_that_contradict_each_other_are_named(by_bus: tuple[Day, Plan]) -> None:
    day, plan = by_bus
    with pytest.raises(InvalidInputError) as refused:
        revised(
            day,
            plan,
            20_000,
            cancelled_trips=("T-1",),
            late_trips=(LateTrip("T-1", 60),),
            added=(replace(NEW, consignment_id="C-1"),),
            withdrawn=("C-1",),
        )
    assert [v.path for v in refused.value.violations] == [
        "revision.events.late_trips[0].trip_id",
        "revision.events.added[0].consignment_id",
    ]


def test_a_plan_of_another_day_s_input_is_refused(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    with pytest.raises(InvalidInputError, match="C-2"):
        revised(replace(day, consignments=day.consignments[:1]), plan, 0)
    with pytest.raises(InvalidInputError, match="service_date"):
        revised(day, replace(plan, service_date=plan.service_date.replace(year=2027)), 0)


def test_a_plan_that_breaks_a_law_is_refused(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    with pytest.raises(InvalidInputError, match="breaks COST"):
        revised(day, replace(plan, cost=replace(plan.cost, distance_fen=0)), 0)


def test_a_time_that_is_not_on_the_day_is_refused(by_van: tuple[Day, Plan]) -> None:
    day, plan = by_van
    for now_s in (-1, 2 * DAY_S + 1):
        with pytest.raises(InvalidInputError, match="now_time"):
            revised(day, plan, now_s)
