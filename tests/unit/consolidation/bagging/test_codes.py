"""Codes of bags can be told apart and notice what is copied wrongly."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consolidation.bagging.codes import bag_code, check_character, code_prefix, has_valid_check
from services.model.agreements import Direction, Temperature

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PREFIX = code_prefix("huadian", date(2026, 11, 23), Direction.INBOUND, "220282105207", Temperature.AMBIENT, False)


def test_a_code_says_where_from_when_and_what() -> None:
    frozen = code_prefix("huadian", date(2026, 11, 23), Direction.OUTBOUND, "220282105207", Temperature.FROZEN, True)
    assert bag_code(PREFIX, 1).startswith("HUADIAN-261123-J220282105207CP-001-")
    assert frozen == "HUADIAN-261123-C220282105207DY"


@pytest.mark.parametrize(
    ("text", "check"),
    [("A12425GABC1234002", "M"), ("", "1"), ("0", "2"), ("Z", "4")],
    ids=["the example of the GRid standard", "empty", "0", "Z"],
)
def test_check_characters_are_those_of_the_standard(text: str, check: str) -> None:
    assert check_character(text) == check


@given(st.text(ALPHABET, min_size=1, max_size=30), st.data())
def test_one_wrong_character_is_noticed(body: str, data: st.DataObject) -> None:
    code = f"{body}-{check_character(body)}"
    assert has_valid_check(code)
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.sampled_from([c for c in ALPHABET if c != body[place]]))
    assert not has_valid_check(code[:place] + other + code[place + 1 :])


def test_two_neighbours_exchanged_are_noticed() -> None:
    code = bag_code(PREFIX, 1)
    for place, (a, b) in enumerate(pairwise(code)):
        if a != b and "-" not in (a, b):
            assert not has_valid_check(code[:place] + b + a + code[place + 2 :])


@given(st.text(max_size=12), st.text(max_size=12), st.integers(1, 5_000))
def test_whatever_names_are_given_a_code_can_be_printed_as_a_barcode(county: str, village: str, number: int) -> None:
    made = code_prefix(county, date(2026, 1, 2), Direction.INBOUND, village, Temperature.CHILLED, True)
    code = bag_code(made, number)
    assert re.fullmatch(r"[0-9A-Z]{1,12}-260102-J[0-9A-Z]{1,12}LY-[0-9]{3,}-[0-9A-Z]", code)
    assert has_valid_check(code)


@pytest.mark.parametrize("text", ["", "A", "-", "HUADIAN", "桦甸-1"])
def test_what_is_no_code_has_no_valid_check(text: str) -> None:
    assert not has_valid_check(text)
