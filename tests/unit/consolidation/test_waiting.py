"""What may wait until tomorrow, at what price."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.consolidation.consolidate import consolidate
from services.model.agreements import Partner, Role
from services.model.day import HoldPolicy
from tests.builders import SERVICE_DATE, small_county
from tests.parcels import GAZETTEER, small_parcels


def price(change: dict[str, Any], policy: HoldPolicy | None = None) -> int | None:
    county = small_county()
    county = replace(county, partners=(*county.partners, Partner("POST", "邮政", Role.POSTAL)))
    answer = consolidate(county, SERVICE_DATE, GAZETTEER, small_parcels(change), hold=policy)
    (consignment,) = answer.consignments
    return consignment.wait_fen


@pytest.mark.parametrize(("days", "fen"), [(-1, None), (0, None), (1, 180), (2, 90), (3, 60), (4, 45), (7, 26)])
def test_waiting_is_dearer_the_nearer_the_promise_and_not_offered_on_its_last_day(days: int, fen: int | None) -> None:
    assert price({"due_in_days": days, "pieces": 3}) == fen


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": "CHILLED"},
        {"temperature": "FROZEN"},
        {"emergency": True},
        {"category": "平信", "carrier": "POST"},
    ],
)
def test_cold_goods_emergencies_and_mail_never_wait(change: dict[str, Any]) -> None:
    assert price({"due_in_days": 2, **change}) is None


def test_letters_of_an_express_company_are_no_universal_service_mail() -> None:
    assert price({"due_in_days": 1, "category": "平信"}) == 60


def test_a_policy_sets_the_price_or_offers_nothing() -> None:
    assert price({"due_in_days": 1}, HoldPolicy(fen_per_piece=7)) == 7
    assert price({"due_in_days": 1}, HoldPolicy(is_offered=False)) is None
