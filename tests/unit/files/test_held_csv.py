"""The list of held parcels."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest

from services.files.held_csv import HEADER, held_csv
from services.files.sheet import as_text
from services.model.held import HeldReason
from tests.papers_fixture import held_frame


def rows_of(content: bytes) -> list[list[str]]:
    assert content.startswith("\ufeff".encode())
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_each_held_parcel_is_a_row_with_its_reason_in_words() -> None:
    header, *rows = rows_of(held_csv(held_frame()))
    assert tuple(header) == HEADER
    assert len(rows) == held_frame().height
    assert rows[0] == [
        "2401",
        "A22028200002039",
        "甲速递",
        "村名有歧义 VILLAGE_AMBIGUOUS",
        "收件地址: 可能是 2 个村",
        "220282002206|220282100208",
    ]
    assert rows[2][3] == "运单重复 DUPLICATE"


def test_every_reason_has_a_chinese_name() -> None:
    frame = pl.concat([held_frame().head(1)] * len(HeldReason)).with_columns(
        pl.Series("reason", [reason.name for reason in HeldReason])
    )
    shown = [row[3].split() for row in rows_of(held_csv(frame))[1:]]
    assert [code for _, code in shown] == [reason.name for reason in HeldReason]
    assert all(not name.isascii() for name, _ in shown)


def test_no_free_text_is_a_formula() -> None:
    rows = rows_of(held_csv(held_frame()))
    assert rows[2][1] == "'=1+1"
    assert rows[5][2] == "'@丁速递"
    assert rows[5][4].startswith("'-")


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@A1", "\tx", "\rx", "\nx", " =1", "＝1", "＠A1"])
def test_a_cell_that_would_run_is_shown(cell: str) -> None:
    assert as_text(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "锦山村-2", "12.5", "08:15", "12345678901", "a=b", "0", "0.5", "EXP-A"])
def test_a_harmless_cell_stays_as_it_is(cell: str) -> None:
    assert as_text(cell) == cell


@pytest.mark.parametrize("cell", ["773012345678901", "220282100208", "007", "12E10"])
def test_a_number_that_a_spreadsheet_would_change_is_text(cell: str) -> None:
    assert as_text(cell) == f"{cell}\t"


def test_missing_values_are_empty_cells() -> None:
    frame = held_frame().head(1).with_columns(carrier=pl.lit(None, pl.String), candidates=None)
    assert rows_of(held_csv(frame))[1][2::3] == ["", ""]
