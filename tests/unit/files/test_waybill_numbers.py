"""A waybill number is the one that was meant, or none."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.waybill_numbers import (
    read_numbers,
    read_original_waybill,
    read_village_code,
    read_waybill,
    refuse_rounded,
)

NUMBERS = st.from_regex(r"\A[A-Z]{0,4}[0-9]{4,20}(-[0-9]{1,3}){0,2}\Z")
WIDE = str.maketrans({chr(0x21 + i): chr(0xFF01 + i) for i in range(94)})
GUARDS = (
    lambda number: number,
    lambda number: f'="{number}"',
    lambda number: f"'{number}",
    lambda number: f"’{number}",
    lambda number: f"\t{number} ",
    lambda number: f"\ufeff{number}\u200b",
    lambda number: number.translate(WIDE),
    lambda number: f"{number[:3]}\u3000{number[3:]}" if len(number) < 9 else number,
    lambda number: " ".join(number[i : i + 4] for i in range(0, len(number), 4)),
)


@given(NUMBERS, st.sampled_from(GUARDS))
def test_what_spreadsheets_and_web_pages_put_around_a_number_goes(number, guard) -> None:  # type: ignore[no-untyped-def]
    assert read_waybill(guard(number)) == number


@given(st.integers(0, 10**22), st.integers(1, 3))
def test_a_decimal_tail_goes_only_where_no_digit_is_lost(number: int, zeros: int) -> None:
    if len(str(number)) <= 15:
        assert read_waybill(f"{number}.{'0' * zeros}") == str(number)
    else:
        with pytest.raises(ValueError, match="lost digits"):
            read_waybill(f"{number}.{'0' * zeros}")


@given(st.floats(1e12, 1e22))
def test_scientific_notation_is_never_a_number(value: float) -> None:
    for text in (f"{value:.5E}", f"{value:.2e}", f"{value:.0E}"):
        with pytest.raises(ValueError, match="scientific notation"):
            read_waybill(text)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "empty"),
        ('=""', "empty"),
        ("钱多多", "is no waybill number"),
        ("无", "is no waybill number"),
        ("-", "is no waybill number"),
        ("#N/A", "is no waybill number"),
        ("YT1,YT2", "is no waybill number"),
        ("YT12****89", "is no waybill number"),
        ("单号7730", "is no waybill number"),
        ("773012345678901 773012345678902", "is more than one waybill number"),
        ("YT12345 YT12346", "is more than one waybill number"),
        ("773.5", "is a number with decimals"),
        ("1" * 129, "has more than 128 characters"),
    ],
)
def test_what_is_no_number_is_said(cell: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_waybill(cell)


@pytest.mark.parametrize("cell", ["", "无", "-", "/", "N/A", "none", '=""'])
def test_nothing_said_in_words_is_no_original_number(cell: str) -> None:
    assert read_original_waybill(cell) == ""


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("'220282100201", "220282100201"),
        ("220282100201.0", "220282100201"),
        ("２２０２８２ 100201", "220282100201"),
        ("x", "x"),
    ],
)
def test_a_village_code_is_freed_of_what_stands_around_it(cell: str, code: str) -> None:
    assert read_village_code(cell) == code


def test_a_name_where_the_number_belongs_is_neither_kept_nor_quoted() -> None:
    reading = read_numbers(pl.Series(["YT1", "钱多多", "19912345678号", "1.2E+3", "YT 2"]), "运单号", read_waybill)
    assert reading.values.to_list() == ["YT1", "", "", "", "YT2"]
    assert reading.faults.to_list() == [
        None,
        "运单号: is no waybill number",
        "运单号: is no waybill number",
        '运单号: "1.2E+3" is in scientific notation; format the column as text',
        None,
    ]


def rounded(*rows: tuple[str, str]) -> list[bool]:
    """Say which of some numbers, each with its carrier, are refused as rounded."""
    numbers, carriers = (pl.Series(column, dtype=pl.String) for column in zip(*rows, strict=True))
    reading = refuse_rounded(read_numbers(numbers, "运单号", read_waybill), "运单号", carriers)
    assert [value == "" for value in reading.values] == [fault is not None for fault in reading.faults]
    return [fault is not None for fault in reading.faults]


def test_a_carriers_long_numbers_that_all_end_in_zeros_are_refused() -> None:
    assert rounded(("123456789012345000", "A"), ("123456789012346000", "A")) == [True, True]
    assert rounded(("1234567890123450", "A"), ("1234567890123460", "A"), ("YT1", "A")) == [True, True, False]
    assert rounded(("12345678901234500", "A")) == [True]


def test_zeros_that_may_be_chance_are_left() -> None:
    assert rounded(("1234567890123450", "A")) == [False]
    assert rounded(("123456789012345000", "A"), ("123456789012345678", "A")) == [False, False]
    assert rounded(("123456789012000", "A"), ("123456789013000", "A")) == [False, False]


def test_carriers_are_judged_apart() -> None:
    rows = (("123456789012345000", "A"), ("123456789012345678", "B"), ("123456789012346000", "A"))
    assert rounded(*rows) == [True, False, True]
