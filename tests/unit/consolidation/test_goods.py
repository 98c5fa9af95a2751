"""What categories mean: mail, bags on their way back, fragile goods, and what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.consolidation.goods import MAIL_CATEGORIES, ORDINARY_CATEGORIES, REUSABLE_BAG_CATEGORIES, TRAITS
from services.model.agreements import Partner, Role
from services.model.consignments import Goods
from tests.builders import small_county
from tests.parcels import consolidate_small, small_parcels


def kinds(*changes: dict[str, Any]) -> list[tuple[Goods, bool]]:
    county = small_county()
    county = replace(county, partners=(*county.partners, Partner("POST", "邮政", Role.POSTAL)))
    answer = consolidate_small(small_parcels(*changes), county)
    return [(c.goods, c.fragile) for c in answer.consignments]


@pytest.mark.parametrize("category", MAIL_CATEGORIES)
def test_mail_is_what_the_post_itself_brings_as_such(category: str) -> None:
    assert kinds({"category": category, "carrier": "POST"}) == [(Goods.MAIL, False)]
    assert kinds({"category": category}) == [(Goods.PARCEL, False)]


@pytest.mark.parametrize("category", REUSABLE_BAG_CATEGORIES)
def test_bags_on_their_way_back_are_goods_of_their_own(category: str) -> None:
    rows = ({"category": category, "direction": "OUTBOUND"}, {"direction": "OUTBOUND"})
    assert kinds(*rows) == [(Goods.PARCEL, False), (Goods.REUSABLE_BAGS, False)]


@pytest.mark.parametrize("category", TRAITS["FRAGILE"])
def test_fragile_goods_are_not_pooled_with_others(category: str) -> None:
    assert kinds({"category": category}, {}) == [(Goods.PARCEL, False), (Goods.PARCEL, True)]


def test_an_unknown_category_travels_and_is_reported() -> None:
    rows = [{"category": "量子波动仪"}, {"category": "量子波动仪"}, {"category": "无人知晓"}, {"category": ""}, {}]
    answer = consolidate_small(small_parcels(*rows))
    assert len(answer.fates) == len(rows)
    assert answer.unknown_categories.rows() == [("量子波动仪", 2), ("无人知晓", 1)]


@pytest.mark.parametrize("category", ORDINARY_CATEGORIES)
def test_ordinary_goods_are_known(category: str) -> None:
    assert consolidate_small(small_parcels({"category": category})).unknown_categories.is_empty()
