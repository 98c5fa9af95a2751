"""Ways into villages on days small enough to reckon by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.model.agreements import Agreement, CooperationModel, Partner, Role, Sharing, Temperature
from services.model.consignments import Admission, AdmissionSet, ResourceKind
from services.model.day import Day
from services.model.lines import Trip
from services.model.plan import Plan
from services.model.units import rate_fen
from services.model.ways import NextBest, Terms, TransportMode, UsedWay, VillageWay
from services.route.day_index import DayIndex
from services.route.line_ledger import LineUse, use_of
from services.route.options import enumerate_options
from services.route.tours import Trips, make_visit
from services.route.village_ways import village_ways
from tests.builders import VILLAGES, small_consignment, small_day
from tests.rebuilt import rebuild, roads, spent_fen

FROZEN = Temperature.FROZEN


def day_of(*villages: int, **changes: Any) -> Day:
    """A consignment of EXP-A for each of ``villages``."""
    goods = [
        small_consignment(
            consignment_id=f"C{v}", village_code=VILLAGES[v], node_ids=(f"V-{v + 1}",), parcel_ids=(), **changes
        )
        for v in villages
    ]
    return small_day(consignments=tuple(goods))


def by_runs(day: Day, **tours: Sequence[Sequence[str]]) -> Plan:
    """``VAN_A=[["V-1", "V-2"], ["V-3"]]`` drives two trips."""
    index, matrix = DayIndex.of(day), roads(day)

    def trips(named: Sequence[Sequence[str]]) -> Trips:
        at = {n: [c for c in day.consignments if c.node_ids[0] == n] for trip in named for n in trip}
        return tuple(tuple(make_visit(matrix.position[n], at[n]) for n in trip) for trip in named)

    return rebuild(index, matrix, {name.replace("_", "-"): trips(named) for name, named in tours.items()}, ())


def by_bus(day: Day, *consignment_ids: str) -> Plan:
    return rebuild(DayIndex.of(day), roads(day), {}, [bus_use(day, c) for c in consignment_ids])


def bus_use(day: Day, consignment_id: str) -> LineUse:
    (found,) = [o for o in enumerate_options(DayIndex.of(day)) if o.consignment.consignment_id == consignment_id]
    return use_of(found)


def ways(day: Day, plan: Plan) -> dict[str, VillageWay]:
    return {way.village_code: way for way in village_ways(DayIndex.of(day), roads(day), plan)}


def changed(day: Day, **county: Any) -> Day:
    return replace(day, county=replace(day.county, **county))


def with_trip(day: Day, **changes: Any) -> Day:
    (line,) = day.county.lines
    trip: Trip = replace(line.trips[0], **changes)
    return changed(day, lines=(replace(line, trips=(trip,)),))


def test_a_village_alone_on_its_run_pays_the_whole_run_and_may_take_the_bus() -> None:
    day = day_of(0)
    plan = by_runs(day, VAN_A=[["V-1"]])
    way = ways(day, plan)[VILLAGES[0]]
    assert way.used == (UsedWay(TransportMode.SHARED_RUN, Terms.OWN, 2, 0, spent_fen(plan)),)
    assert way.marginal_fen == spent_fen(plan)
    # Two pieces at 30 fen and the shuttle to the station.
    assert way.next_best == NextBest(TransportMode.BUS, (Terms.TRANSIT,), 2 * 30 + 800, "班次 T-1")
    assert way.saved_fen == 860 - spent_fen(plan)


def test_a_village_on_the_bus_may_join_a_run_for_the_price_of_the_detour() -> None:
    day = day_of(0, 1)
    index, matrix = DayIndex.of(day), roads(day)
    visit = make_visit(matrix.position["V-2"], [day.consignments[1]])
    plan = rebuild(index, matrix, {"VAN-A": ((visit,),)}, [bus_use(day, "C0")])
    way = ways(day, plan)[VILLAGES[0]]
    assert way.used == (UsedWay(TransportMode.BUS, Terms.TRANSIT, 2, 0, 860),)
    assert way.marginal_fen == 860
    hub, first, second = (matrix.position[n] for n in ("HUB", "V-1", "V-2"))
    detour_m = int(matrix.distance_m[hub, first] + matrix.distance_m[first, second] - matrix.distance_m[hub, second])
    detour_s = int(matrix.duration_s[hub, first] + matrix.duration_s[first, second] - matrix.duration_s[hub, second])
    assert way.next_best is not None
    assert way.next_best.detail == "并入 R1（VAN-A）"
    assert way.next_best.terms == (Terms.OWN,)
    expected = rate_fen(detour_m, 95, 1000) + rate_fen(detour_s + 240, 3_000, 3600)
    assert abs(way.next_best.cost_fen - expected) <= 2
    assert way.saved_fen == way.next_best.cost_fen - 860


def test_a_shuttle_that_others_need_anyway_costs_the_next_village_nothing() -> None:
    day = day_of(0, 1)
    index, matrix = DayIndex.of(day), roads(day)
    visit = make_visit(matrix.position["V-2"], [day.consignments[1]])
    plan = rebuild(index, matrix, {"VAN-A": ((visit,),)}, [bus_use(day, "C0")])
    best = ways(day, plan)[VILLAGES[1]].next_best
    assert best is not None
    assert (best.mode, best.cost_fen) == (TransportMode.BUS, 60)


def test_a_shuttle_is_shared_by_pieces_and_saved_only_with_the_last_that_needs_it() -> None:
    day = day_of(0, 1)
    told = ways(day, by_bus(day, "C0", "C1"))
    assert [told[code].cost_fen for code in VILLAGES[:2]] == [60 + 400, 60 + 400]
    assert [told[code].marginal_fen for code in VILLAGES[:2]] == [60, 60]


def test_a_minimum_amount_is_part_of_what_bookings_cost() -> None:
    day = day_of(0, 1)
    agreements = tuple(replace(a, minimum_fen=1_001 if a.agreement_id == "AG-2" else 0) for a in day.county.agreements)
    day = changed(day, agreements=agreements)
    plan = by_bus(day, "C0", "C1")
    told = ways(day, plan)
    assert sum(way.cost_fen for way in told.values()) == spent_fen(plan) == 1_001 + 800
    # One village fewer saves nothing: the minimum is paid all the same.
    assert [way.marginal_fen for way in told.values()] == [0, 0]


def test_the_far_village_of_a_run_bears_more_of_it_than_the_near_one() -> None:
    day = day_of(0, 1, 2)
    plan = by_runs(day, VAN_A=[["V-1", "V-2", "V-3"]])
    told = ways(day, plan)
    near, middle, far = (told[code].cost_fen for code in VILLAGES)
    assert near + middle + far == spent_fen(plan)
    assert far > near > 0
    assert middle > 0


def test_another_owner_s_vehicle_is_another_way() -> None:
    day = day_of(2)
    third = Partner("TPL", "三方", Role.THIRD_PARTY)
    agreement = Agreement("AG-T", CooperationModel.THIRD_PARTY, ("EXP-A",), "TPL", Sharing.TARIFF, tariff_piece_fen=1)
    van = replace(day.county.vehicles[0], vehicle_id="BOX", owner="TPL", fixed_fen=5_000)
    (mine, theirs) = day.admission_sets
    sets = AdmissionSet("AS-A", (*mine.admissions, Admission(ResourceKind.VEHICLE, "BOX", "AG-T"))), theirs
    county = replace(
        day.county,
        partners=(*day.county.partners, third),
        agreements=(*day.county.agreements, agreement),
        vehicles=(*day.county.vehicles, van),
    )
    day = replace(day, county=county, admission_sets=sets)
    plan = by_runs(day, VAN_A=[["V-3"]])
    way = ways(day, plan)[VILLAGES[2]]
    fen = spent_fen(plan) - 12_000 + 5_000
    assert way.next_best == NextBest(TransportMode.SHARED_RUN, (Terms.THIRD_PARTY,), fen, "另派 BOX")
    assert way.saved_fen == -7_000


def test_a_full_trip_is_no_way() -> None:
    day = with_trip(day_of(0, 1), capacity_pieces=3)
    index, matrix = DayIndex.of(day), roads(day)
    visit = make_visit(matrix.position["V-2"], [day.consignments[1]])
    plan = rebuild(index, matrix, {"VAN-A": ((visit,),)}, [bus_use(day, "C0")])
    way = ways(day, plan)[VILLAGES[1]]
    assert way.next_best is None
    assert "客运班车余下运力不足" in way.why_none


def test_room_that_mail_takes_is_not_on_offer() -> None:
    day = day_of(0, 1)
    plan = by_runs(day, VAN_A=[["V-1"]], VAN_B=[["V-2"]])
    assert ways(with_trip(day, mail_pieces=38), plan)[VILLAGES[0]].next_best is not None
    assert ways(with_trip(day, mail_pieces=39), plan)[VILLAGES[0]].next_best is None


def why(day: Day, village: int) -> str:
    return ways(day, by_runs(day, VAN_A=[[f"V-{village + 1}"]]))[VILLAGES[village]].why_none


def test_it_is_said_why_there_is_no_other_way() -> None:
    assert why(day_of(2), 2) == "客运班车不停本村"
    assert why(changed(day_of(0), lines=()), 0) == "没有其他班线和车辆"
    assert why(with_trip(day_of(0), max_piece_g=1_999), 0) == "客运班车限重，最重单件 2 kg"
    closed = replace(day_of(0), admission_sets=(AdmissionSet("AS-A", (Admission(ResourceKind.VEHICLE, "VAN-A"),)),))
    agreements = tuple(
        replace(a, temperatures=(FROZEN,)) if a.agreement_id == "AG-2" else a for a in closed.county.agreements
    )
    assert why(changed(closed, agreements=agreements), 0) == "客运班车协议不含常温"
    assert why(changed(closed, agreements=()), 0) == "客运班车与甲速递没有协议"
    no_node = Admission(ResourceKind.VEHICLE, "VAN-A"), Admission(ResourceKind.TRIP, "T-1", "AG-2")
    assert why(replace(closed, admission_sets=(AdmissionSet("AS-A", no_node),)), 0) == (
        "客运班车经过，但甲速递不能用村内站点"
    )


def test_cold_goods_need_a_trip_that_keeps_them() -> None:
    day = day_of(0, temperature=FROZEN)
    vans = tuple(replace(van, temperatures=tuple(Temperature)) for van in day.county.vehicles)
    assert why(changed(day, vehicles=vans), 0) == "客运班车不保冷冻"


def test_a_village_with_nothing_on_the_plan_has_no_ways() -> None:
    day = day_of(0, 1)
    assert ways(day, by_runs(day, VAN_A=[["V-1"]])).keys() == {VILLAGES[0]}
