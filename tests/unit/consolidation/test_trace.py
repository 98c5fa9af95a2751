"""A parcel is found under every name it has, and its account says what became of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.consolidation.bagging.bags import bag_day
from services.consolidation.trace import trace
from services.model.agreements import CooperationModel
from services.model.bags import BagLimits, BagRules
from services.model.consignments import Consignment, Relabelled
from services.model.day import Day
from services.model.errors import ParcelNotFoundError
from services.model.held import HeldParcel, HeldReason
from services.model.plan import Booking, Cost, Plan, Shuttle, Unserved, UnservedReason, Waiting
from services.model.trace import Trace, TracedName, TraceState
from tests.builders import SERVICE_DATE, small_consignment, small_day

C1 = small_consignment(parcel_g=(1_000, 2_000), parcel_ml=(4_000, 5_000), parcel_pieces=(1, 1))
BOOKING = Booking("B1", "C-1", "L-1", "T-1", "AG-2", "BS", "V-1", 0, 1, 35_100, 36_000, 37_200, 38_100, 60)
SHUTTLE = Shuttle("T-1", "HUB", "BS", 34_200, 35_100, 800, ("C-1",))
PLAN = Plan("small", SERVICE_DATE, (), (BOOKING,), (SHUTTLE,), (), Cost())
HELD = HeldParcel(9, "77", "EXP-B", HeldReason.PROHIBITED, "品类: 烟花爆竹属禁寄物品")


def day(consignment: Consignment = C1, held: tuple[HeldParcel, ...] = ()) -> Day:
    return replace(small_day(), consignments=(consignment,), held=held)


def account(parcel: str, made: Day | None = None, plan: Plan | None = PLAN, rules: BagRules | None = None) -> Trace:
    made = made or day()
    return trace(made, plan, bag_day(made, plan, rules), parcel)


@pytest.mark.parametrize("name", ["EXP-A/2", "甲速递/2", " EXP-A/2 ", "甲速递 / 2"])
def test_a_parcel_is_found_by_its_carrier_s_id_or_name(name: str) -> None:
    assert account(name).parcel_id == "EXP-A/2"


RELABELLED = replace(C1, relabelled=(Relabelled("EXP-A/2", "EXP-B/N2"),))


@pytest.mark.parametrize("name", ["EXP-A/2", "EXP-B/N2", "乙速递/N2"])
def test_a_relabelled_parcel_is_one_parcel_under_both_numbers(name: str) -> None:
    found = account(name, day(RELABELLED))
    assert (found.parcel_id, found.second_id) == ("EXP-A/2", "EXP-B/N2")
    assert found == account("EXP-A/2", day(RELABELLED))


def test_a_second_number_written_with_the_carrier_s_name_is_found_by_its_id() -> None:
    by_name = replace(C1, relabelled=(Relabelled("EXP-A/2", "乙速递/N2"),))
    assert account("EXP-B/N2", day(by_name)).parcel_id == "EXP-A/2"


def test_a_parcel_that_was_not_relabelled_has_one_number() -> None:
    assert account("EXP-A/1", day(RELABELLED)).second_id == ""


def test_numbers_and_carriers_may_have_slashes_in_them() -> None:
    made = day(replace(C1, parcel_ids=("EXP-A/A/1", "EXP-A/2")))
    partners = tuple(replace(p, name="甲/速递") if p.partner_id == "EXP-A" else p for p in made.county.partners)
    made = replace(made, county=replace(made.county, partners=partners))
    assert account("甲/速递/A/1", made).parcel_id == account("EXP-A/A/1", made).parcel_id == "EXP-A/A/1"


@pytest.mark.parametrize("name", ["EXP-A/3", "EXP-B/2", "2", "EXP-A", "", "/", "EXP-A/"])
def test_a_parcel_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ParcelNotFoundError):
        account(name)


def test_a_wrong_carrier_gets_the_parcels_of_the_same_number_named() -> None:
    with pytest.raises(ParcelNotFoundError, match="EXP-B/N2") as caught:
        account("EXP-A/n2", day(RELABELLED))
    assert caught.value.alike == ("EXP-B/N2",)


def test_a_held_parcel_says_why() -> None:
    found = account("乙速递/77", day(held=(HELD,)))
    assert (found.state, found.held, found.detail) == (TraceState.HELD, (HELD,), HELD.detail)
    assert (found.consignment_id, found.custodies, found.bags) == ("", (), ())
    assert found.partners == (TracedName("EXP-B", "乙速递"),)


def test_a_bad_row_of_a_parcel_that_travels_is_a_remark() -> None:
    twice = replace(HELD, waybill="1", carrier="EXP-A", reason=HeldReason.DUPLICATE)
    found = account("EXP-A/1", day(held=(HELD, twice)))
    assert (found.state, found.held, found.detail) == (TraceState.PLANNED, (twice,), "")


def test_a_held_row_of_a_carrier_that_is_none_is_found_as_written() -> None:
    stranger = replace(HELD, carrier="无此公司", reason=HeldReason.UNKNOWN_CARRIER)
    assert account("无此公司/77", day(held=(stranger,))).carrier_id == "无此公司"


def test_before_the_plan_it_says_what_may_carry_it_and_who_has_it() -> None:
    found = account("EXP-A/1", plan=None)
    assert found.state is TraceState.NOT_PLANNED
    assert [(w.agreement_id, w.operator_id, w.model, w.vehicles, w.trips, w.nodes) for w in found.ways] == [
        ("", "EXP-A", None, 1, 0, 3),
        ("AG-2", "BUS", CooperationModel.TRANSIT, 0, 1, 1),
    ]
    assert [(c.kind.name, c.partner_id) for c in found.custodies] == [("CARRIER", "EXP-A"), ("NODE", "EXP-A")]
    assert len(found.bags) == 1


def test_a_planned_parcel_names_its_bag_its_trip_and_all_who_had_it() -> None:
    found = account("EXP-A/1")
    assert (found.state, found.pieces, found.weight_g, found.volume_ml) == (TraceState.PLANNED, 1, 1_000, 4_000)
    assert [(bag.piece_numbers, bag.seal) for bag in found.bags] == [((1,), "")]
    assert [c.trip_id for c in found.custodies] == ["", "", "T-1", "", "T-1", ""]
    assert found.lines == (TracedName("L-1", "客运班线"),)
    assert {named.id for named in found.nodes} == {"HUB", "BS", "V-1"}
    assert {named.id for named in found.partners} == {"EXP-A", "BUS"}


def test_pieces_that_are_in_no_bag_are_named() -> None:
    known = {"parcel_g": (6_000, 2_000), "parcel_pieces": (3, 1)}
    several = small_consignment(pieces=4, weight_g=8_000, max_piece_g=2_000, **known)
    found = account("EXP-A/1", day(several), rules=BagRules(BagLimits(2_000, 80_000)))
    assert (sorted(bag.piece_numbers for bag in found.bags), found.loose_pieces) == ([(1,), (2,), (3,)], ())
    found = account("EXP-A/1", day(several), rules=BagRules(BagLimits(1_999, 80_000)))
    assert (found.bags, found.loose_pieces) == ((), (1, 2, 3))


def test_where_pieces_name_no_parcel_all_bags_of_the_consignment_are_given() -> None:
    unknown = small_consignment(pieces=3)
    found = account("EXP-A/2", day(unknown), rules=BagRules(BagLimits(1_000, 80_000)))
    assert [bag.piece_numbers for bag in found.bags] == [(), (), ()]


def test_what_the_plan_leaves_behind_says_which_limit() -> None:
    left = replace(PLAN, bookings=(), shuttles=(), unserved=(Unserved("C-1", UnservedReason.TOO_LARGE, "太重"),))
    found = account("EXP-A/1", plan=left)
    assert (found.state, found.unserved_reason, found.detail) == (
        TraceState.UNSERVED,
        UnservedReason.TOO_LARGE,
        "太重",
    )
    assert [c.partner_id for c in found.custodies] == ["EXP-A", "EXP-A"]
    assert found.bags == ()


def test_what_waits_says_why_and_who_has_it() -> None:
    waits = replace(PLAN, bookings=(), shuttles=(), waiting=(Waiting("C-1", 5, 900, "明日同线"),))
    found = account("EXP-A/1", plan=waits)
    assert (found.state, found.detail, found.bags) == (TraceState.WAITING, "明日同线", ())
    assert found.custodies[-1].partner_id == "EXP-A"
