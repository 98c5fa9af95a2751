"""A parcel is its carrier and its number; under 快邮 it may have a second pair and is still one parcel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from services.consolidation.consolidate import Consolidation
from services.model.agreements import Agreement, CooperationModel, Partner, Role, Sharing
from services.model.day import County
from services.model.held import HeldReason
from tests.builders import SERVICE_DATE, VILLAGES, small_county
from tests.parcels import consolidate_small, small_parcels

POSTAL: Final = Agreement(
    "AG-P", CooperationModel.POSTAL, ("EXP-A",), "POST", Sharing.TARIFF, tariff_piece_fen=25, tariff_kg_fen=5
)
FIRST: Final = {"waybill": "A-1"}
SECOND: Final = {
    "waybill": "P-9",
    "carrier": "POST",
    "original_waybill": "A-1",
    "original_carrier": "甲速递",
}


def postal_county(*agreements: Agreement) -> County:
    """The small county with a post that may give EXP-A's parcels a second number, or as the agreements say."""
    county = small_county()
    partners = (*county.partners, Partner("POST", "邮政", Role.POSTAL), Partner("EXP-C", "丙速递", Role.EXPRESS))
    return replace(county, partners=partners, agreements=(*county.agreements, *(agreements or (POSTAL,))))


def pooled(*changes: dict[str, Any], county: County | None = None) -> Consolidation:
    answer = consolidate_small(small_parcels(*changes), county or postal_county())
    assert len(answer.fates) + len(answer.held) == len(changes)
    return answer


def refusal(*changes: dict[str, Any], county: County | None = None) -> str:
    """The words with which the last row is held as a second number that does not hold."""
    held = pooled(*changes, county=county).held
    assert held.select("row", "reason").rows() == [(1 + len(changes), HeldReason.RELABEL_REFUSED)]
    return str(held["detail"][0])


@pytest.mark.parametrize("rows", [(FIRST, SECOND), (SECOND, FIRST)])
def test_two_numbers_of_one_parcel_make_one_consignment_and_count_once(rows: tuple[dict[str, Any], ...]) -> None:
    answer = pooled(*rows)
    (consignment,) = answer.consignments
    assert (consignment.carrier_id, consignment.pieces, consignment.weight_g) == ("EXP-A", 1, 1_000)
    assert answer.fates.rows() == [(2, 0), (3, 0)]


def test_rows_without_a_number_are_nobodys_original() -> None:
    nameless = {"waybill": "", "fault": "运单号: empty"}
    answer = pooled(nameless, nameless, {**SECOND, "original_waybill": ""})
    assert answer.held["reason"].to_list() == ["MALFORMED", "MALFORMED", "RELABEL_REFUSED"]


def test_a_second_number_whose_first_row_is_not_there_carries_the_original_carriers_goods() -> None:
    (consignment,) = pooled(SECOND).consignments
    assert (consignment.carrier_id, consignment.pieces) == ("EXP-A", 1)


def test_the_original_row_says_what_the_parcel_is_like() -> None:
    (consignment,) = pooled(FIRST, {**SECOND, "weight_g": 9_000, "village_code": "", "address": ""}).consignments
    assert (consignment.weight_g, consignment.village_code) == (1_000, VILLAGES[0])


@pytest.mark.parametrize("change", [{"direction": "OUTBOUND"}, {"village_code": VILLAGES[1]}])
def test_a_second_number_that_contradicts_the_first_is_held_and_the_first_goes(change: dict[str, Any]) -> None:
    assert refusal(FIRST, {**SECOND, **change}) == "原运单号: 与原单第 2 行的方向或村不一致"
    assert len(pooled(FIRST, {**SECOND, **change}).consignments) == 1


def test_a_second_number_is_held_with_its_first() -> None:
    held = pooled({**FIRST, "category": "毒品"}, SECOND).held
    assert held["reason"].to_list() == [HeldReason.PROHIBITED, HeldReason.RELABEL_REFUSED]
    assert held["detail"][1] == "原运单号: 原单第 2 行被扣留"


@pytest.mark.parametrize(
    ("agreement", "change"),
    [
        (replace(POSTAL, principals=("EXP-B",)), {}),
        (replace(POSTAL, valid_to=SERVICE_DATE - timedelta(days=1)), {}),
        (POSTAL, {"carrier": "EXP-B"}),
        (POSTAL, {"original_carrier": "EXP-B"}),
    ],
)
def test_only_a_postal_agreement_in_force_allows_a_second_number(agreement: Agreement, change: dict[str, Any]) -> None:
    assert "没有快邮协议" in refusal({**SECOND, **change}, county=postal_county(agreement))


def test_what_a_second_number_lacks_is_named() -> None:
    assert refusal({**SECOND, "original_waybill": ""}) == "原运单号: 空，而原快递公司已填"
    assert refusal({**SECOND, "original_carrier": ""}) == "原快递公司: “”不在合作方名单中"
    assert refusal({**SECOND, "original_carrier": "无名"}) == "原快递公司: “无名”不在合作方名单中"


def test_a_parcel_is_not_given_a_second_number_twice() -> None:
    assert refusal(SECOND, {**SECOND, "waybill": "P-10"}) == "原运单号: 第 2 行已为同一原单换单"
    held = pooled(SECOND, SECOND).held
    assert held.select("row", "reason").rows() == [(3, HeldReason.DUPLICATE)]


def test_a_second_number_has_no_second_number() -> None:
    own = replace(POSTAL, agreement_id="AG-Q", principals=("POST",), operator="POST-2")
    county = postal_county(POSTAL, own)
    county = replace(county, partners=(*county.partners, Partner("POST-2", "邮政二", Role.POSTAL)))
    third = {"waybill": "Q-1", "carrier": "POST-2", "original_waybill": "P-9", "original_carrier": "POST"}
    held = pooled(SECOND, third, county=county).held
    assert held["reason"].to_list() == [HeldReason.RELABEL_REFUSED]
    assert held["detail"][0] == "原运单号: 原单本身又是换单，只能换一次"


def test_numbers_of_two_carriers_may_be_the_same() -> None:
    answer = pooled({"waybill": "P-9"}, SECOND)
    assert [c.pieces for c in answer.consignments] == [2]


def test_a_second_number_of_a_parcel_that_found_no_door_is_held_along_with_it() -> None:
    county = postal_county()
    nodes = tuple(
        replace(node, max_pieces=1) if node.village_code == VILLAGES[0] else node for node in county.network.nodes
    )
    county = replace(county, network=replace(county.network, nodes=nodes))
    held = pooled({"waybill": "X", "emergency": True}, FIRST, SECOND, county=county).held
    assert held.select("row", "reason").rows() == [(3, HeldReason.NODE_FULL), (4, HeldReason.RELABEL_REFUSED)]
    assert held["detail"][1] == "原运单号: 原单第 3 行被扣留"
