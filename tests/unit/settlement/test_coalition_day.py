"""A coalition's day is a valid day that a plan can be made of, and knows no names of its members."""

from dataclasses import replace

from services.model.agreements import Direction, Sharing, Temperature
from services.model.consignments import ResourceKind
from services.model.day import Day, PlanSettings
from services.route.planner import plan_day
from services.settlement.coalition_day import COALITION, Means, coalition_day
from services.settlement.sharing import Ridden
from services.validation import day_violations
from tests.engines import InProcessEngine
from tests.settlements import county, day_of, express, goods, transit

WHOLE = day_of(
    county(express(Sharing.SHAPLEY), transit(Sharing.SHAPLEY)),
    goods("C-1", "EXP-A"),
    goods("C-2", "EXP-B", pieces=3),
    goods("C-3", "EXP-B", 2),
    goods("C-4", "EXP-B", 2, direction=Direction.OUTBOUND),
)
VAN_A, VAN_T = WHOLE.county.vehicles
TRIP = WHOLE.county.lines[0].trips[0]
BY_VAN, BY_BOTH = Means((VAN_A,), ()), Means((VAN_A, VAN_T), (TRIP,))


def riding(day: Day, **booked: str) -> list[Ridden]:
    """All goods of a day, some of them on a trip."""
    return [
        Ridden(c, c.node_ids[0], TRIP.trip_id, 0, 2) if c.consignment_id in booked else Ridden(c, c.node_ids[0])
        for c in day.consignments
    ]


def test_it_is_a_valid_day_of_one_carrier_that_owns_everything() -> None:
    day = coalition_day(WHOLE, riding(WHOLE), BY_BOTH, 2)
    assert day_violations(day) == []
    assert day.county.agreements == ()
    assert {c.carrier_id for c in day.consignments} == {COALITION}
    assert {v.owner for v in day.county.vehicles} | {line.owner for line in day.county.lines} == {COALITION}
    assert {n.owner for n in day.county.network.nodes} == {COALITION}


def test_a_plan_can_be_made_of_it() -> None:
    settings = PlanSettings(iterations=10, cores=1, compare=False)
    plan = plan_day(
        coalition_day(WHOLE, riding(WHOLE), BY_BOTH, 2), settings, InProcessEngine(), lambda: False, lambda *_: None
    ).plan
    assert plan.unserved == ()
    assert plan.cost.co2_fen == 0


def test_each_kind_of_vehicle_is_there_as_often_as_asked() -> None:
    day = coalition_day(WHOLE, riding(WHOLE), BY_BOTH, 3)
    assert [v.vehicle_id for v in day.county.vehicles] == [f"{v}/{n}" for v in ("VAN-A", "VAN-T") for n in (1, 2, 3)]


def test_goods_of_one_place_direction_and_temperature_are_one_consignment() -> None:
    day = coalition_day(WHOLE, riding(WHOLE), BY_VAN, 1)
    assert [(c.node_ids, c.direction, c.pieces, c.weight_g) for c in day.consignments] == [
        (("V-1",), Direction.INBOUND, 5, 6_000),
        (("V-2",), Direction.INBOUND, 2, 3_000),
        (("V-2",), Direction.OUTBOUND, 2, 3_000),
    ]


def test_goods_of_different_temperatures_are_apart() -> None:
    cold = replace(WHOLE.consignments[1], temperature=Temperature.CHILLED)
    day = coalition_day(WHOLE, [Ridden(c, "V-1") for c in (WHOLE.consignments[0], cold)], BY_VAN, 1)
    assert [c.temperature for c in day.consignments] == [Temperature.AMBIENT, Temperature.CHILLED]
    assert day_violations(day) == []


def test_goods_that_came_by_trip_stay_apart_from_those_that_did_not() -> None:
    day = coalition_day(WHOLE, riding(WHOLE, **{"C-3": ""}), BY_BOTH, 1)
    assert len(day.consignments) == 3
    mixed = coalition_day(WHOLE, riding(WHOLE, **{"C-1": ""}), BY_BOTH, 1)
    assert [c.pieces for c in mixed.consignments if c.node_ids == ("V-1",)] == [3, 2]


def test_goods_are_joined_no_further_than_the_smallest_of_the_means_takes() -> None:
    small = Means((replace(VAN_A, capacity_pieces=4), VAN_T), ())
    day = coalition_day(WHOLE, riding(WHOLE), small, 1)
    assert sorted(c.pieces for c in day.consignments if c.node_ids == ("V-1",)) == [2, 3]
    mail = Means((replace(VAN_A, capacity_g=8_000, mail_g=2_500),), ())
    parts = coalition_day(WHOLE, riding(WHOLE), mail, 1).consignments
    assert [c.weight_g for c in parts if c.node_ids == ("V-1",)] == [3_000, 3_000]


def test_cold_goods_are_joined_no_further_than_a_compartment_takes() -> None:
    cold = [replace(r, consignment=replace(r.consignment, temperature=Temperature.CHILLED)) for r in riding(WHOLE)]
    kind = replace(VAN_A, temperatures=tuple(Temperature), cold_capacity_g=5_000, cold_capacity_ml=90_000)
    parts = coalition_day(WHOLE, cold, Means((kind,), ()), 1).consignments
    assert [c.weight_g for c in parts if c.node_ids == ("V-1",)] == [3_000, 3_000]
    frozen = Means((replace(kind, cold_temperatures=(Temperature.FROZEN,)),), ())
    parts = coalition_day(WHOLE, cold, frozen, 1).consignments
    assert [c.weight_g for c in parts if c.node_ids == ("V-1",)] == [6_000]


def test_nothing_is_lost_by_joining() -> None:
    for means in (BY_VAN, BY_BOTH, Means((), ()), Means((replace(VAN_A, capacity_pieces=1),), ())):
        day = coalition_day(WHOLE, riding(WHOLE), means, 1)
        for amount in ("pieces", "weight_g", "volume_ml"):
            assert sum(getattr(c, amount) for c in day.consignments) == sum(
                getattr(c, amount) for c in WHOLE.consignments
            )


def test_equal_coalitions_have_equal_days_whatever_their_members_are_called() -> None:
    renamed = [
        Ridden(replace(r.consignment, carrier_id="EXP-C", admission_set_id="x"), r.node_id) for r in riding(WHOLE)
    ]
    assert coalition_day(WHOLE, renamed, BY_VAN, 2) == coalition_day(WHOLE, riding(WHOLE), BY_VAN, 2)


def test_it_does_not_depend_on_the_order_of_the_goods() -> None:
    assert coalition_day(WHOLE, riding(WHOLE)[::-1], BY_BOTH, 2) == coalition_day(WHOLE, riding(WHOLE), BY_BOTH, 2)


def test_it_holds_no_place_that_it_does_not_need() -> None:
    only_first = [r for r in riding(WHOLE) if r.node_id == "V-1"]
    day = coalition_day(WHOLE, only_first, BY_VAN, 1)
    assert [n.node_id for n in day.county.network.nodes] == ["HUB", "V-1"]
    assert day.county.network.transfers == ()


def test_goods_go_where_the_plan_hands_them_over() -> None:
    elsewhere = [Ridden(replace(WHOLE.consignments[0], node_ids=("V-1", "V-2")), "V-2")]
    (consignment,) = coalition_day(WHOLE, elsewhere, BY_VAN, 1).consignments
    assert consignment.node_ids == ("V-2",)


def test_nobody_waits_and_carbon_dioxide_has_no_price() -> None:
    waiting = [Ridden(replace(WHOLE.consignments[0], wait_fen=5), "V-1")]
    day = coalition_day(WHOLE, waiting, BY_VAN, 1)
    assert day.consignments[0].wait_fen is None
    assert day.objective == replace(WHOLE.objective, co2_fen_per_kg=0)


def test_cold_goods_have_the_means_that_keep_them_cold() -> None:
    cold = replace(WHOLE.consignments[0], temperature=Temperature.FROZEN)
    reefer = replace(VAN_T, temperatures=tuple(Temperature))
    day = coalition_day(WHOLE, [Ridden(cold, "V-1")], Means((VAN_A, reefer), (TRIP,)), 1)
    (admitted,) = day.admission_sets
    assert {a.resource_id for a in admitted.admissions} == {"VAN-T/1"}
    assert {a.kind for a in admitted.admissions} == {ResourceKind.VEHICLE}
