"""What holds a parcel, in which order, and in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from services.consolidation.gates import MAX_DAYS, MAX_PIECES, MAX_VOLUME_ML, MAX_WEIGHT_G
from services.consolidation.goods import PROHIBITED_CATEGORIES
from services.model.agreements import Partner, Role
from services.model.day import County
from services.model.held import HeldReason
from services.model.network import Village
from tests.builders import VILLAGES, small_county
from tests.parcels import GAZETTEER, consolidate_small, small_parcels

ELSEWHERE: Final = Village("220281100200", "远村", "220281100", "远镇", "220281", "蛟河市")
NAMESAKE: Final = Village("220282101200", "东村", "220282101", "二道甸子镇", "220282", "桦甸市")
VILLAGES_KNOWN: Final = (*GAZETTEER, ELSEWHERE, NAMESAKE)

# One change a reason, in the order in which they are looked for.
FAULTS: Final[dict[HeldReason, dict[str, Any]]] = {
    HeldReason.MALFORMED: {"weight_g": -1_000},
    HeldReason.UNKNOWN_CARRIER: {"carrier": "无名快递"},
    HeldReason.DUPLICATE: {"waybill": "FIRST"},
    HeldReason.RELABEL_REFUSED: {"original_waybill": "O-1", "original_carrier": "EXP-B"},
    HeldReason.VILLAGE_UNKNOWN: {"village_code": "", "address": "桦甸市某村"},
    HeldReason.VILLAGE_AMBIGUOUS: {"village_code": "", "address": "桦甸市东村"},
    HeldReason.VILLAGE_NOT_SERVED: {"village_code": ELSEWHERE.code},
    HeldReason.NODE_CLOSED: {"village_code": VILLAGES[1]},
    HeldReason.PROHIBITED: {"category": "烟花爆竹"},
    HeldReason.CHECKS_MISSING: {"direction": "OUTBOUND", "scanned": False},
    HeldReason.NODE_FULL: {"village_code": VILLAGES[2], "pieces": 2},
}
COLUMN_NAMED: Final = {
    HeldReason.MALFORMED: "重量(kg): -1.0",
    HeldReason.UNKNOWN_CARRIER: "快递公司: “无名快递”",
    HeldReason.DUPLICATE: "运单号: 与第 2 行重复",
    HeldReason.VILLAGE_UNKNOWN: "村代码/收件地址",
    HeldReason.VILLAGE_AMBIGUOUS: "收件地址: 可能是 2 个村之一",
    HeldReason.VILLAGE_NOT_SERVED: "村代码/收件地址",
    HeldReason.PROHIBITED: "品类: 烟花爆竹",
    HeldReason.CHECKS_MISSING: "缺少: 过机安检",
    HeldReason.RELABEL_REFUSED: "快递公司: EXP-A 与原快递公司之间没有快邮协议",
    HeldReason.NODE_CLOSED: "村代码/收件地址: 该村站点当日均不开放",
    HeldReason.NODE_FULL: "该村站点格口或货位已满",
}


def _strict_county() -> County:
    """The small county with the second village's node closed on Mondays and one door at the third's."""
    county = small_county()
    changes: dict[str, dict[str, Any]] = {"V-2": {"open_weekdays": (2, 3)}, "V-3": {"max_pieces": 1}}
    nodes = tuple(replace(node, **changes.get(node.node_id, {})) for node in county.network.nodes)
    return replace(county, network=replace(county.network, nodes=nodes))


def held(*changes: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Rows, reasons and details of what is held of these parcels."""
    answer = consolidate_small(small_parcels(*changes), _strict_county(), villages=VILLAGES_KNOWN)
    assert len(answer.fates) + len(answer.held) == len(changes)
    return answer.held.select("row", "reason", "detail").rows()


def detail_of(change: dict[str, Any]) -> str:
    """The words with which a malformed parcel is held; empty where it is good."""
    return next((detail for _, reason, detail in held(change) if reason == HeldReason.MALFORMED), "")


def test_a_good_parcel_is_not_held() -> None:
    assert held({}) == []


def test_every_reason_is_tested() -> None:
    assert set(FAULTS) == set(COLUMN_NAMED) == set(HeldReason)


@pytest.mark.parametrize("reason", HeldReason)
def test_each_fault_holds_its_row_alone_and_names_the_column(reason: HeldReason) -> None:
    ((row, said, detail),) = held({"waybill": "FIRST"}, FAULTS[reason], {})
    assert (row, said) == (3, reason)
    assert COLUMN_NAMED[reason] in detail


@pytest.mark.parametrize("position", range(len(FAULTS) - 1))
def test_of_two_faults_the_earlier_in_order_is_the_reason(position: int) -> None:
    reasons = list(FAULTS)
    first, second = reasons[position], reasons[position + 1]
    ((row, said, _),) = held({"waybill": "FIRST"}, {**FAULTS[second], **FAULTS[first]})
    assert (row, said) == (3, first)


def test_a_parcel_with_every_fault_is_malformed() -> None:
    everything = {name: value for fault in FAULTS.values() for name, value in fault.items()}
    assert held({"waybill": "FIRST"}, everything)[0][1] == HeldReason.MALFORMED


def test_candidates_stand_beside_the_ambiguous_only() -> None:
    answer = consolidate_small(small_parcels(*FAULTS.values(), {"waybill": "FIRST"}), villages=VILLAGES_KNOWN)
    candidates = dict(answer.held.select("reason", "candidates").iter_rows())
    assert candidates.pop(HeldReason.VILLAGE_AMBIGUOUS) == [VILLAGES[0], NAMESAKE.code]
    assert set(map(tuple, candidates.values())) == {()}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weight_g": 0}, "重量(kg): 0.0 不是正数"),
        ({"weight_g": -1}, "重量(kg): -0.001 不是正数"),
        ({"weight_g": MAX_WEIGHT_G + 1}, "重量(kg): 100000.001 过大"),
        ({"weight_g": 2**63 - 1}, "过大"),
        ({"volume_ml": -1}, "体积(L): -0.001 超出范围"),
        ({"volume_ml": MAX_VOLUME_ML + 1}, "体积(L)"),
        ({"pieces": 0}, "件数: 0 超出范围"),
        ({"pieces": -3}, "件数: -3 超出范围"),
        ({"pieces": 13_912_345_678}, f"件数: 超过 {MAX_PIECES}"),
        ({"waybill": ""}, "运单号: 空"),
        ({"direction": ""}, "方向"),
        ({"temperature": ""}, "温层"),
        ({"due_in_days": MAX_DAYS + 1}, "最晚日期: 距作业日 367 天"),
        ({"due_in_days": -(2**31)}, "最晚日期"),
        ({"fault": '重量(kg): "abc" is not a number', "weight_g": 0}, '重量(kg): "abc" is not a number'),
    ],
)
def test_a_value_that_cannot_be_is_named(change: dict[str, Any], words: str) -> None:
    assert words in detail_of(change)


@pytest.mark.parametrize(
    "change",
    [
        {"weight_g": 1},
        {"weight_g": MAX_WEIGHT_G},
        {"volume_ml": 0},
        {"volume_ml": MAX_VOLUME_ML},
        {"pieces": MAX_PIECES},
        {"due_in_days": MAX_DAYS},
        {"due_in_days": -MAX_DAYS},
        {"category": ""},
    ],
)
def test_the_last_value_that_can_be_passes(change: dict[str, Any]) -> None:
    assert held(change) == []


def test_all_values_that_cannot_be_are_named_together() -> None:
    detail = detail_of({"weight_g": 0, "pieces": 0, "volume_ml": -1, "direction": ""})
    assert [part.split(":")[0] for part in detail.split("; ")] == ["方向", "重量(kg)", "体积(L)", "件数"]


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ('件数: "x" is not a whole number', {"pieces": 0}),
        ("方向: empty", {"direction": ""}),
        ("运单号: empty", {"waybill": ""}),
        ('温层: "?" is none of 常温 冷藏 冷冻', {"temperature": ""}),
        ("row: has 3 cells, the header 15", {"weight_g": 0, "pieces": 0, "direction": "", "waybill": ""}),
    ],
)
def test_what_could_not_be_read_is_not_said_twice(fault: str, change: dict[str, Any]) -> None:
    assert detail_of({"fault": fault, **change}) == fault


def test_what_could_not_be_read_hides_no_other_fault() -> None:
    detail = detail_of({"fault": '最晚日期: "x" is not a date', "weight_g": -1_000})
    assert detail == '最晚日期: "x" is not a date; 重量(kg): -1.0 不是正数'


def test_the_first_of_duplicates_counts_also_across_a_carriers_name_and_id() -> None:
    one = {"waybill": "D"}
    assert held({**one, "carrier": "甲速递"}, {**one, "carrier": "EXP-A"}, {}, {**one, "carrier": "甲速递"}) == [
        (3, HeldReason.DUPLICATE, "运单号: 与第 2 行重复"),
        (5, HeldReason.DUPLICATE, "运单号: 与第 2 行重复"),
    ]


def test_two_carriers_may_use_one_waybill_number() -> None:
    assert held({"waybill": "D"}, {"waybill": "D", "carrier": "EXP-B"}) == []


def test_the_first_of_duplicates_is_the_first_row_in_whatever_order_rows_arrive() -> None:
    rows = small_parcels({"waybill": "D", "row": 9}, {"waybill": "D", "row": 4}, {"waybill": "D", "row": 7})
    answer = consolidate_small(rows)
    assert answer.fates["row"].to_list() == [4]
    assert answer.held["row"].to_list() == [7, 9]


def test_empty_waybills_are_malformed_and_no_duplicates() -> None:
    assert {reason for _, reason, _ in held({"waybill": ""}, {"waybill": ""})} == {HeldReason.MALFORMED}


def test_a_carrier_name_that_two_partners_share_names_nobody() -> None:
    county = small_county()
    county = replace(county, partners=(*county.partners, Partner("EXP-C", "甲速递", Role.EXPRESS)))
    answer = consolidate_small(small_parcels({"carrier": "甲速递"}, {"carrier": "EXP-A"}), county)
    assert answer.held.select("row", "reason").rows() == [(2, HeldReason.UNKNOWN_CARRIER)]


def test_an_id_counts_before_a_name() -> None:
    county = small_county()
    county = replace(county, partners=(*county.partners, Partner("EXP-C", "EXP-A", Role.EXPRESS)))
    (consignment,) = consolidate_small(small_parcels({}), county).consignments
    assert consignment.carrier_id == "EXP-A"


def test_partners_without_parcels_and_parcels_without_partners() -> None:
    assert len(consolidate_small(small_parcels()).held) == 0
    answer = consolidate_small(small_parcels({}), small_county(partners=(), agreements=()))
    assert answer.held["reason"].to_list() == [HeldReason.UNKNOWN_CARRIER]


@pytest.mark.parametrize("category", ["家用烟花爆竹", "氧化剂（二类）"])
def test_a_prohibited_word_counts_wherever_it_stands(category: str) -> None:
    assert [reason for _, reason, _ in held({"category": category})] == [HeldReason.PROHIBITED]


@pytest.mark.parametrize("category", ["循环中转袋", "空袋返程"])
def test_empty_bags_on_their_way_back_need_no_checks(category: str) -> None:
    unchecked = {"direction": "OUTBOUND", "inspected": False, "real_name": False, "scanned": False}
    assert held({**unchecked, "category": category}) == []
    assert [reason for _, reason, _ in held({**unchecked, "category": "书籍"})] == [HeldReason.CHECKS_MISSING]


@pytest.mark.parametrize("category", PROHIBITED_CATEGORIES)
def test_prohibited_goods_are_held_even_as_emergencies(category: str) -> None:
    ((_, reason, detail),) = held({"category": category, "emergency": True})
    assert reason == HeldReason.PROHIBITED
    assert category in detail


@pytest.mark.parametrize(
    ("check", "name"), [("inspected", "收寄验视"), ("real_name", "实名收寄"), ("scanned", "过机安检")]
)
def test_an_outbound_parcel_needs_each_check(check: str, name: str) -> None:
    assert held({"direction": "OUTBOUND", check: False}) == [(2, HeldReason.CHECKS_MISSING, f"缺少: {name}")]
    assert held({"direction": "INBOUND", check: False}) == []


def test_all_missing_checks_are_named() -> None:
    unchecked = {"direction": "OUTBOUND", "inspected": False, "real_name": False, "scanned": False}
    assert held(unchecked)[0][2] == "缺少: 收寄验视、实名收寄、过机安检"
