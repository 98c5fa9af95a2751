"""Quantities are exact in every unit, and no comma is taken for what it may not be."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.quantities import GRAMS, MILLILITRES, read_count, read_measure

KILOGRAM, LITRE = 1_000, 1_000


@given(st.integers(-(10**9), 10**9))
def test_every_gram_survives(grams: int) -> None:
    assert read_measure(f"{'-' * (grams < 0)}{abs(grams) // 1000}.{abs(grams) % 1000:03d}", GRAMS, KILOGRAM) == grams


@given(
    st.integers(0, 10**11), st.sampled_from(sorted(GRAMS)), st.sampled_from(["", " "]), st.sampled_from([1, 500, 1_000])
)
def test_a_unit_in_the_cell_goes_before_the_columns(grams: int, unit: str, space: str, column: int) -> None:
    number = Decimal(grams) / GRAMS[unit]
    assert read_measure(f"{number:f}{space}{unit}", GRAMS, column) == grams


@given(st.integers(0, 10**11), st.sampled_from([1, 500, 1_000, 10**6]))
def test_thousands_separators_change_nothing_or_are_refused(value: int, unit: int) -> None:
    plain, grouped = str(value), f"{value:,}"
    try:
        got = read_measure(grouped, GRAMS, unit)
    except ValueError as error:
        is_lone = grouped.count(",") == 1
        assert str(error) == "is too large" or (is_lone and unit > 1 and "ambiguous" in str(error))
    else:
        assert got == read_measure(plain, GRAMS, unit)


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(0, 99_999))
def test_a_decimal_comma_is_never_a_number_of_kilograms(whole: int, digits: int, decimals: int) -> None:
    with pytest.raises(ValueError, match="comma"):
        read_measure(f"{whole},{decimals % 10**digits:0{digits}}", GRAMS, KILOGRAM)


@pytest.mark.parametrize(
    ("cell", "grams"),
    [
        ("0.7", 700),
        ("1.0005", 1_001),
        ("1.00049", 1_000),
        (".5", 500),
        ("2.", 2_000),
        ("-1.5", -1_500),
        ("+3", 3_000),
        ("007", 7_000),
        ("１．２㎏", 1_200),
        ("1.2 KG", 1_200),
        ("1,200.5", 1_200_500),
        ("1,234,567", 1_234_567_000),
        ("0.001吨", 1_000),
        ("'0.7", 700),
    ],
)
def test_kilograms_become_grams(cell: str, grams: int) -> None:
    assert read_measure(cell, GRAMS, KILOGRAM) == grams


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("abc", "is not a number"),
        ("", "is not a number"),
        ("1e3", "is not a number"),
        ("1.2.3", "is not a number"),
        ("约2", "is not a number"),
        ("1²", "is not a number"),
        ("½", "is not a number"),
        ("2L", "is not a number"),
        ("2kg3", "is not a number"),
        ("+", "is not a number"),
        (",", "is not a number"),
        ("(1.5)", "is not a number"),
        ("0,70", "has a decimal comma"),
        ("0,700", "has a decimal comma"),
        ("1.200,5", "has a decimal comma"),
        ("1,20,000", "has a decimal comma"),
        ("1,200", "is ambiguous"),
        ("9" * 13, "is too large"),
        ("9" * 5_000, "is too large"),
    ],
)
def test_what_is_no_weight_is_said(cell: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_measure(cell, GRAMS, KILOGRAM)


@pytest.mark.parametrize(
    ("cell", "millilitres"),
    [
        ("2.7", 2_700),
        ("2700ml", 2_700),
        ("0.003m³", 3_000),
        ("0.003 ㎥", 3_000),
        ("3升", 3_000),
        ("30cm³", 30),
        ("2方", 2_000_000),
    ],
)
def test_litres_become_millilitres(cell: str, millilitres: int) -> None:
    assert read_measure(cell, MILLILITRES, LITRE) == millilitres


@pytest.mark.parametrize(
    ("cell", "pieces"), [("1", 1), ("5.0", 5), ("２件", 2), ("3 件", 3), ("1,200", 1_200), ("-1", -1)]
)
def test_counts_are_whole(cell: str, pieces: int) -> None:
    assert read_count(cell) == pieces


@pytest.mark.parametrize(
    ("cell", "said"), [("1.5", "whole"), ("1,5", "whole"), ("一", "whole"), ("3箱", "whole"), ("1" * 10, "too large")]
)
def test_what_is_no_count_is_said(cell: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_count(cell)


@given(st.text(max_size=20))
def test_any_text_is_a_quantity_or_says_why_not(text: str) -> None:
    for read in (read_count, lambda cell: read_measure(cell, GRAMS, KILOGRAM)):
        try:
            read(text)
        except ValueError as error:
            assert str(error).startswith(("is ", "has "))
