"""Bags of small days: what goes into one, what stays out, and what each is called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.consolidation.bagging.bags import bag_day
from services.model.agreements import Direction, Temperature
from services.model.bags import BagContent, Bagging, BagLimits, BagRules
from services.model.consignments import Consignment, Goods
from services.model.day import Day
from services.model.plan import Booking, Carriage, Cost, Plan, Run, Stop, Unserved, UnservedReason, Waiting
from tests.builders import SERVICE_DATE, VILLAGES, small_consignment, small_day

C1 = small_consignment()
BY_B = small_consignment(
    consignment_id="C-B", carrier_id="EXP-B", admission_set_id="AS-B", parcel_ids=("EXP-B/8", "EXP-B/9")
)


def day(*consignments: Consignment) -> Day:
    return replace(small_day(), consignments=consignments)


def booked(*consignments: Consignment, **changes: Any) -> Plan:
    """All of them on the bus to the first village."""
    booking = Booking("B1", "", "L-1", "T-1", "AG-2", "BS", "V-1", 0, 1, 35_100, 36_000, 37_200, 38_100, 60)
    bookings = tuple(
        replace(booking, booking_id=f"B{i}", consignment_id=c.consignment_id) for i, c in enumerate(consignments)
    )
    return replace(Plan("small", SERVICE_DATE, (), bookings, (), (), Cost()), **changes)


def driven(*visits: tuple[str, tuple[Consignment, ...]]) -> Plan:
    """A van to one node after the other, everything loaded at the hub first, in one trip."""
    names = [tuple(c.consignment_id for c in goods) for _, goods in visits]
    ends = ("HUB", (), tuple(name for visit in names for name in visit)), ("HUB", (), ())
    calls = [ends[0], *((node, goods, ()) for (node, _), goods in zip(visits, names, strict=True)), ends[1]]
    stops = tuple(
        Stop(node, 25_200 + 600 * i, 25_200 + 600 * i, 25_260 + 600 * i, 0, drop, take, 0, 0, 0)
        for i, (node, drop, take) in enumerate(calls)
    )
    carriages = tuple(Carriage(name, "") for visit in names for name in visit)
    run = Run("R1", "VAN-A", stops, carriages, 0, 0, 0, 0, 0, 0)
    return Plan("small", SERVICE_DATE, (run,), (), (), (), Cost())


def bags(bagging: Bagging) -> list[list[str]]:
    """The parcels of each bag."""
    return [[c.parcel_id for c in bag.contents] for group in bagging.groups for bag in group.bags]


def test_carriers_share_a_bag() -> None:
    assert bags(bag_day(day(C1, BY_B), booked(C1, BY_B))) == [["EXP-A/1", "EXP-A/2", "EXP-B/8", "EXP-B/9"]]


def test_before_there_is_a_plan_goods_of_other_rights_keep_apart() -> None:
    assert bags(bag_day(day(C1, BY_B), None)) == [["EXP-A/1", "EXP-A/2"], ["EXP-B/8", "EXP-B/9"]]


@pytest.mark.parametrize(
    "change",
    [{"temperature": Temperature.CHILLED}, {"fragile": True}, {"goods": Goods.MAIL}],
    ids=["temperature", "fragility", "mail"],
)
def test_goods_of_another_kind_have_their_own_bag(change: dict[str, Any]) -> None:
    other = replace(BY_B, **change)
    for plan in (None, booked(C1, other), driven(("V-1", (C1, other)))):
        assert len(bags(bag_day(day(C1, other), plan))) == 2


def test_goods_for_two_stops_have_their_own_bags() -> None:
    other = replace(BY_B, village_code=VILLAGES[1], node_ids=("V-2",))
    bagging = bag_day(day(C1, other), driven(("V-1", (C1,)), ("V-2", (other,))))
    assert [(g.from_node, g.to_node, g.run_id, g.trip_id) for g in bagging.groups] == [
        ("HUB", "V-1", "R1", ""),
        ("HUB", "V-2", "R1", ""),
    ]


def test_one_node_visited_twice_gets_a_bag_for_each_visit() -> None:
    bagging = bag_day(day(C1, BY_B), driven(("V-1", (C1,)), ("V-2", ()), ("V-1", (BY_B,))))
    assert bags(bagging) == [["EXP-A/1", "EXP-A/2"], ["EXP-B/8", "EXP-B/9"]]
    codes = [bag.code for group in bagging.groups for bag in group.bags]
    assert [code.rpartition("-")[0] for code in codes] == [f"SMALL-261123-J{VILLAGES[0]}CP-00{n}" for n in (1, 2)]


def test_a_fragile_bag_is_lighter() -> None:
    heavy = replace(C1, pieces=4, weight_g=16_000, max_piece_g=4_000, parcel_ids=())
    assert len(bags(bag_day(day(heavy), None))) == 1
    assert len(bags(bag_day(day(replace(heavy, fragile=True)), None))) == 2


def test_a_piece_larger_than_a_bag_travels_loose() -> None:
    for size in ({"weight_g": 21_000, "max_piece_g": 20_001}, {"volume_ml": 81_000}):
        one = small_consignment(pieces=1, parcel_ids=("EXP-A/1",), **size)
        (group,) = bag_day(day(one), None).groups
        assert (group.bags, group.bound) == ((), 0)
        assert group.loose == (BagContent("C-1", "EXP-A/1", (1,), one.weight_g, one.volume_ml),)


def test_the_other_pieces_of_its_parcel_are_packed() -> None:
    known = {"parcel_ids": ("EXP-A/1",), "parcel_pieces": (3,), "parcel_g": (60_002,), "parcel_ml": (9_000,)}
    (group,) = bag_day(day(small_consignment(pieces=3, weight_g=60_002, **known)), None).groups
    assert [content.piece_numbers for content in group.loose] == [(1,)]
    assert [[c.piece_numbers for c in bag.contents] for bag in group.bags] == [[(2,)], [(3,)]]


def test_on_a_trip_a_bag_is_no_heavier_than_a_piece_may_be() -> None:
    heavy = replace(C1, pieces=2, weight_g=18_000, max_piece_g=9_000)
    (group,) = bag_day(day(heavy), booked(heavy)).groups
    assert (group.limits, len(group.bags)) == (BagLimits(15_000, 80_000), 2)
    (group,) = bag_day(day(heavy), driven(("V-1", (heavy,)))).groups
    assert (group.limits, len(group.bags)) == (BagLimits(20_000, 80_000), 1)


def test_an_agreement_limits_a_bag_on_its_trip_as_well() -> None:
    made = day(C1)
    agreements = tuple(replace(a, max_piece_g=5_000, max_piece_ml=8_000) for a in made.county.agreements)
    made = replace(made, county=replace(made.county, agreements=agreements))
    (group,) = bag_day(made, booked(C1)).groups
    assert group.limits == BagLimits(5_000, 8_000)


def test_what_stays_is_not_packed_and_named() -> None:
    waits = replace(C1, consignment_id="C-W", parcel_ids=("EXP-A/7", "EXP-A/8"))
    plan = booked(
        unserved=(Unserved("C-1", UnservedReason.TOO_LARGE, ""),), waiting=(Waiting("C-W", 10, 0, "tomorrow"),)
    )
    assert bag_day(day(C1, waits), plan) == Bagging((), ("C-1", "C-W"))


def test_goods_out_of_the_village_go_the_other_way() -> None:
    out = replace(C1, direction=Direction.OUTBOUND)
    (group,) = bag_day(day(out), None).groups
    assert (group.from_node, group.to_node) == ("V-1", "HUB")
    assert group.bags[0].code.startswith(f"SMALL-261123-C{VILLAGES[0]}CP-001-")


def test_limits_are_the_callers() -> None:
    rules = BagRules(normal=BagLimits(1_500, 80_000))
    assert len(bags(bag_day(day(C1), None, rules))) == 2
