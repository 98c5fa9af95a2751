from dataclasses import replace
from typing import Any

import pytest

from services.model.agreements import Direction, Temperature
from services.model.consignments import AdmissionSet, Consignment
from services.model.plan import Unserved, UnservedReason
from services.route.day_index import DayIndex
from services.route.roads.of_day import choose_roads
from services.route.unserved import explain_unserved
from tests.builders import small_consignment, small_day

OUT = Direction.OUTBOUND


def explain(
    consignment: Consignment,
    van: dict[str, Any] | None = None,
    nodes: dict[str, dict[str, Any]] | None = None,
    admitted: bool = True,
    more: tuple[Consignment, ...] = (),
) -> Unserved:
    day = small_day(consignments=(*more, consignment))
    network = day.county.network
    changed = tuple(replace(node, **(nodes or {}).get(node.node_id, {})) for node in network.nodes)
    vehicles = tuple(replace(vehicle, **(van or {})) for vehicle in day.county.vehicles)
    day = replace(day, county=replace(day.county, network=replace(network, nodes=changed), vehicles=vehicles))
    if not admitted:
        day = replace(day, admission_sets=tuple(AdmissionSet(s.set_id, ()) for s in day.admission_sets))
    index = DayIndex.of(day)
    return explain_unserved(index, choose_roads(day).matrix(day.county.network.nodes), consignment)


def test_no_vehicle_may_carry_it() -> None:
    left = explain(small_consignment(), admitted=False)
    assert (left.consignment_id, left.reason) == ("C-1", UnservedReason.NO_ADMISSIBLE_RESOURCE)
    assert "EXP-A" in left.detail
    assert "2 kg" in left.detail


def test_a_vehicle_of_the_last_mile_is_none_for_runs_and_lines_are_said_to_be_all_there_is() -> None:
    left = explain(small_consignment(), van={"depot": "V-1"})
    assert left.reason is UnservedReason.FLEET_EXHAUSTED
    assert "只有班线可运" in left.detail


@pytest.mark.parametrize("admitted", [True, False])
def test_nothing_keeps_it_cold(admitted: bool) -> None:
    left = explain(small_consignment(temperature=Temperature.FROZEN), admitted=admitted)
    assert left.reason is UnservedReason.NO_COLD_RESOURCE
    assert "冷冻车辆" in left.detail


@pytest.mark.parametrize(
    ("amount", "missing"),
    [
        ({"weight_g": 701_500}, "1.5 kg"),
        ({"volume_ml": 4_502_000}, "2 L"),
        ({"pieces": 453}, "3 件"),
        ({"pieces": 451, "weight_g": 800_000}, "100 kg、1 件"),
    ],
)
def test_it_is_larger_than_every_vehicle(amount: dict[str, int], missing: str) -> None:
    left = explain(small_consignment(**amount))
    assert left.reason is UnservedReason.TOO_LARGE
    assert f"VAN-A：还差 {missing}" in left.detail


# The village is some 5.4 km from the hub: 461 s each way; the hub opens at 05:00, the village from 07:00 to 20:00.
@pytest.mark.parametrize(
    ("van", "nodes", "said"),
    [
        ({"max_distance_m": 10_000}, {}, "往返 11 km，超出续航 10 km"),
        ({"shift_start_s": 72_000, "shift_end_s": 86_000}, {}, "站点 20:00 关门"),
        ({"shift_end_s": 25_500}, {}, "最早 07:11 返回，班次 07:05 结束"),
        ({"max_work_s": 900}, {}, "需工作 0.3 小时"),
        ({}, {"V-1": {"closes_s": 25_400}}, "站点 07:03 关门"),
    ],
)
def test_no_vehicle_gets_there_and_back(van: dict[str, Any], nodes: dict[str, dict[str, Any]], said: str) -> None:
    left = explain(small_consignment(), van=van, nodes=nodes)
    assert left.reason is UnservedReason.OUT_OF_REACH
    assert said in left.detail


def test_the_hub_is_closed_when_it_comes_back() -> None:
    early = {"HUB": {"closes_s": 25_500}}
    left = explain(small_consignment(direction=OUT), nodes=early)
    assert left.reason is UnservedReason.OUT_OF_REACH
    assert "县级共配中心 07:05 关门" in left.detail
    assert explain(small_consignment(), nodes=early).reason is UnservedReason.FLEET_EXHAUSTED


def test_mail_is_taken_off_before_it_is_called_too_large() -> None:
    left = explain(small_consignment(pieces=40), van={"mail_pieces": 420})
    assert left.reason is UnservedReason.TOO_LARGE
    assert "VAN-A（已扣除普服邮件）：还差 10 件" in left.detail


def test_the_village_or_the_hub_does_not_open_that_day() -> None:
    left = explain(small_consignment(), nodes={"V-1": {"open_weekdays": (2, 3)}})
    assert (left.reason, left.detail[:13]) == (UnservedReason.OUT_OF_REACH, "东村服务站 当日（周一）不")
    left = explain(small_consignment(), nodes={"HUB": {"open_weekdays": (2, 3)}})
    assert (left.reason, left.detail[:14]) == (UnservedReason.OUT_OF_REACH, "县级共配中心当日（周一）不开")


def test_its_node_can_never_keep_it() -> None:
    left = explain(small_consignment(), nodes={"V-1": {"max_pieces": 1, "max_volume_ml": 90_000}})
    assert left.reason is UnservedReason.TOO_LARGE
    assert "2 件 9 L 超出站点存放上限：东村服务站 1 件/90 L" in left.detail


def test_others_fill_its_node() -> None:
    nodes = {"V-1": {"max_pieces": 3}}
    left = explain(small_consignment(), nodes=nodes, more=(small_consignment(consignment_id="C-0", parcel_ids=()),))
    assert left.reason is UnservedReason.FLEET_EXHAUSTED
    assert "东村服务站 3 件" in left.detail


def test_the_largest_piece_is_named_where_nobody_may_carry_it() -> None:
    left = explain(small_consignment(max_piece_ml=5_500), admitted=False)
    assert "最重单件 2 kg、最大单件 5.5 L" in left.detail


def test_it_would_fit_alone() -> None:
    left = explain(small_consignment())
    assert left.reason is UnservedReason.FLEET_EXHAUSTED
    assert "VAN-A" in left.detail


def test_the_other_carriers_vehicle_counts_where_an_agreement_opens_it() -> None:
    left = explain(small_consignment(carrier_id="EXP-B", admission_set_id="AS-B"))
    assert "VAN-B" in left.detail
    assert "2 辆" in left.detail
