"""A day as a document comes back as it was, or says what is wrong with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from services.model.consignments import Goods, Relabelled
from services.model.day import Day
from services.model.errors import InvalidInputError
from services.model.held import HeldParcel, HeldReason
from services.wire.documents import day_document, read_day
from tests.builders import VILLAGES, small_day
from tests.random_days import random_days


@given(random_days())
@settings(max_examples=25, deadline=None)
def test_a_day_comes_back_from_its_document_as_it_was(day: Day) -> None:
    assert read_day(day_document(day)) == day


def test_what_a_consignment_knows_of_its_parcels_comes_back() -> None:
    day = small_day()
    first = day.consignments[0]
    known = replace(
        first,
        goods=Goods.MAIL,
        fragile=True,
        relabelled=(Relabelled(first.parcel_ids[0], "POST/9"),),
        parcel_g=(first.weight_g - 1, 1),
        parcel_ml=(first.volume_ml, 0),
        parcel_pieces=(first.pieces - 1, 1),
    )
    day = replace(day, consignments=(known, *day.consignments[1:]))
    assert read_day(day_document(day)) == day


def test_what_is_held_comes_back() -> None:
    held = HeldParcel(7, "W7", "EXP-A", HeldReason.VILLAGE_AMBIGUOUS, "可能是 2 个村之一", VILLAGES[:2])
    day = replace(small_day(), held=(held, HeldParcel(9, "", "?", HeldReason.MALFORMED, "运单号: 空")))
    assert read_day(day_document(day)) == day


@pytest.mark.parametrize("document", [b"", b"{", b"\xff", b'{"county": 3}', b'{"serviceDay": ""}'])
def test_what_is_no_day_is_refused_by_name(document: bytes) -> None:
    with pytest.raises(InvalidInputError, match="day"):
        read_day(document)


def test_a_day_that_contradicts_itself_is_refused_by_path() -> None:
    day = small_day()
    document = day_document(replace(day, consignments=(replace(day.consignments[0], parcel_g=(1,)),)))
    with pytest.raises(InvalidInputError, match=r"day\.consignments\[0\]\.parcel_g"):
        read_day(document)
