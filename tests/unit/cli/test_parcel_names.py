"""Consignments know their parcels by both numbers, once each, with sizes that add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.cli.parcel_names import name_parcels
from services.model.agreements import Agreement, CooperationModel, Partner, Role, Sharing
from services.model.consignments import Relabelled
from services.model.day import Day
from services.validation import day_violations
from tests.builders import SERVICE_DATE, small_county
from tests.parcels import consolidate_small, small_parcels

SECOND: dict[str, Any] = {
    "waybill": "P-9",
    "carrier": "邮政",
    "original_waybill": "A-1",
    "original_carrier": "EXP-A",
}


@pytest.mark.parametrize(
    "rows",
    [
        ({"waybill": "A-1", "weight_g": 700}, {**SECOND, "weight_g": 900}, {"waybill": "A-2"}),
        ({**SECOND, "weight_g": 900}, {"waybill": "A-1", "weight_g": 700}, {"waybill": "A-2"}),
    ],
)
def test_a_parcel_with_two_rows_is_named_once_and_found_under_both_numbers(rows: tuple[dict[str, Any], ...]) -> None:
    county = small_county()
    postal = Agreement("AG-P", CooperationModel.POSTAL, ("EXP-A",), "POST", Sharing.TARIFF, tariff_piece_fen=25)
    county = replace(
        county,
        partners=(*county.partners, Partner("POST", "邮政", Role.POSTAL)),
        agreements=(*county.agreements, postal),
    )
    parcels = small_parcels(*rows)
    answer = consolidate_small(parcels, county)
    (named,) = name_parcels(answer.consignments, parcels.join(answer.fates, on="row"), county)
    assert sorted(zip(named.parcel_ids, named.parcel_g, strict=True)) == [("EXP-A/A-1", 700), ("EXP-A/A-2", 1_000)]
    assert named.relabelled == (Relabelled("EXP-A/A-1", "POST/P-9"),)
    assert day_violations(Day(county, SERVICE_DATE, (named,), answer.admission_sets)) == []
