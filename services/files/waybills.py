"""Waybills 运单 as carriers export them, to parcels as columns.

Personal data is dropped on reading: what this module returns, logs or raises holds no name and no phone number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from services.files.faults import Findings
from services.files.tables import ROW, WIDTH, Table, Wanted, read_table
from services.model.agreements import Direction, Temperature
from services.model.parcels import PARCEL_SCHEMA

WAYBILL: Final = "运单号"
CARRIER: Final = "快递公司"
DIRECTION: Final = "方向"
VILLAGE_CODE: Final = "村代码"
ADDRESS: Final = "收件地址"
WEIGHT: Final = "重量(kg)"
VOLUME: Final = "体积(L)"
PIECES: Final = "件数"
TEMPERATURE: Final = "温层"
LAST_DATE: Final = "最晚日期"
CATEGORY: Final = "品类"
ORIGINAL_WAYBILL: Final = "原运单号"
ORIGINAL_CARRIER: Final = "原快递公司"
EMERGENCY: Final = "应急"
INSPECTED: Final = "收寄验视"
REAL_NAME: Final = "实名收寄"
SCANNED: Final = "过机安检"

REQUIRED: Final = (WAYBILL, CARRIER, DIRECTION, WEIGHT)
OPTIONAL: Final = (
    VILLAGE_CODE,
    ADDRESS,
    VOLUME,
    PIECES,
    TEMPERATURE,
    LAST_DATE,
    CATEGORY,
    ORIGINAL_WAYBILL,
    ORIGINAL_CARRIER,
    EMERGENCY,
    INSPECTED,
    REAL_NAME,
    SCANNED,
)
FLAGS: Final = {"emergency": EMERGENCY, "inspected": INSPECTED, "real_name": REAL_NAME, "scanned": SCANNED}
PERSONAL_WORDS: Final = (
    *("收件人", "寄件人", "发件人", "收货人", "发货人", "取件人", "联系人", "联系方式", "电话", "手机", "姓名"),
    *("身份证", "证件", "微信", "邮箱", "phone", "mobile", "email", "contact"),
)

_DIRECTIONS: Final = {"进村": Direction.INBOUND.value, "出村": Direction.OUTBOUND.value}
_TEMPERATURES: Final = {
    "": Temperature.AMBIENT.value,
    "常温": Temperature.AMBIENT.value,
    "冷藏": Temperature.CHILLED.value,
    "冷冻": Temperature.FROZEN.value,
}
_YES_NO: Final = dict.fromkeys(("是", "1", "Y", "YES", "TRUE"), True) | dict.fromkeys(
    ("", "否", "0", "N", "NO", "FALSE"), False
)

_SHOWN: Final = 40
_MAX_WAYBILL: Final = 128
_MAX_DIGITS: Final = 9  # of kilograms, litres, pieces: far beyond any true one, far below what overflows
_XLSX_DIGITS: Final = 15  # a spreadsheet's number keeps no more
_NUMBER: Final = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$"
_WHOLE: Final = r"^[+-]?[0-9]+(\.0*)?$"
_SCIENTIFIC: Final = r"^[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+$"
_CONTROL: Final = r"[\x00-\x1f\x7f]"
_DATE: Final = r"^([0-9]{4})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))(?:[ T]00:00(?::00)?)?$"
# Eleven digits as mobile numbers have, also grouped or with a country code, and landlines with their area code.
_PHONE: Final = (
    r"(^|[^0-9+])\+*(?:86[- ]?)?"
    r"(?:1[0-9]{2}[- ]?[0-9]{4}[- ]?[0-9]{4}|[0-9]{11}|0[0-9]{2,3}-[0-9]{7,8})([^0-9]|$)"
)


@dataclass(frozen=True, slots=True)
class WaybillTable:
    """A day's parcels with ``PARCEL_SCHEMA``, the personal columns dropped (with their non-empty cells), and notes."""

    parcels: pl.DataFrame
    dropped_columns: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]


def read_waybills(path: Path, service_date: date) -> WaybillTable:
    """Read a waybill export; every non-empty row becomes one row of the frame.

    A cell that cannot be read makes no error but a text in the row's ``fault`` (``重量(kg): "abc" is not a number``)
    and leaves 0, false or nothing in its column. A row with cells too many or too few keeps only its waybill number,
    as nobody can say which cell is which.

    Raises
    ------
    CountyFolderError
        When the file cannot be read, is empty or lacks a required column.

    """
    findings = Findings()
    table = read_table(path, Wanted(REQUIRED, OPTIONAL, PERSONAL_WORDS), findings)
    if table and VILLAGE_CODE not in table.header and ADDRESS not in table.header:
        findings.fault(
            table.file, f"the column is missing, and {ADDRESS} too; one of them is required", None, VILLAGE_CODE
        )
    findings.raise_if_any()
    assert table is not None  # a table that cannot be read leaves a fault
    if table.blank_rows:
        findings.note(f"{table.file}: {table.blank_rows} empty rows skipped")
    _note_lost_digits(table, findings)
    return WaybillTable(_parcels(table, service_date), table.personal, tuple(findings.notes))


def _note_lost_digits(table: Table, findings: Findings) -> None:
    """Warn of waybills that a spreadsheet may have rounded: it keeps 15 digits of a number and fills up with 0."""
    if not table.file.endswith(".xlsx"):
        return
    rounded = table.rows.filter(pl.col(WAYBILL).str.contains(rf"^[0-9]{{{_XLSX_DIGITS},}}0$")).height
    if rounded:
        findings.note(f"{table.file}: {rounded} long waybill numbers end in 0; stored as numbers, they lost digits")


def _parcels(table: Table, service_date: date) -> pl.DataFrame:
    """Turn the texts of a table into parcels."""
    width = len(table.header)
    ragged = pl.col(WIDTH) != width
    waybill_kept = ~ragged | pl.lit(table.header[0] == WAYBILL)
    rows = table.rows.with_columns(
        pl.when(waybill_kept if name == WAYBILL else ~ragged).then(pl.col(name)).otherwise(pl.lit("")).alias(name)
        for name in (*REQUIRED, *OPTIONAL)
    )
    due, pieces = pl.col(LAST_DATE), pl.col(PIECES)
    values = {
        "waybill": pl.col(WAYBILL),
        "carrier": pl.col(CARRIER),
        "direction": _word(DIRECTION, _DIRECTIONS, pl.String()).fill_null(""),
        "village_code": pl.col(VILLAGE_CODE),
        "address": _without_phones(pl.col(ADDRESS)),
        "weight_g": _thousandths(pl.col(WEIGHT)).fill_null(0),
        "volume_ml": _thousandths(pl.col(VOLUME)).fill_null(0),
        "pieces": pl.when(pieces == "").then(pl.lit(1, pl.Int64)).otherwise(_whole(pieces)).fill_null(0),
        "temperature": _word(TEMPERATURE, _TEMPERATURES, pl.String()).fill_null(""),
        "due_in_days": (_date(due) - pl.lit(service_date)).dt.total_days().fill_null(0),
        "category": _without_phones(pl.col(CATEGORY)),
        "original_waybill": pl.col(ORIGINAL_WAYBILL),
        "original_carrier": pl.col(ORIGINAL_CARRIER),
        **{name: _word(column, _YES_NO, pl.Boolean()).fill_null(False) for name, column in FLAGS.items()},
    }
    width_fault = pl.format(f"row: has {{}} cells, the header {width}", pl.col(WIDTH))
    fault = pl.when(ragged).then(width_fault).otherwise(_faults())
    return rows.select(
        (pl.col(ROW) if name == ROW else fault if name == "fault" else values[name]).cast(dtype).alias(name)
        for name, dtype in PARCEL_SCHEMA.items()
    )


def _faults() -> pl.Expr:
    """Say what cannot be read in each row, by column; empty where all can."""
    number, small = "is not a number", "is too large"
    village = pl.col(VILLAGE_CODE)
    unreadable = "is in scientific notation; format the column as text"
    findings = [
        _empty(WAYBILL),
        *_wrong_waybill(WAYBILL, unreadable),
        *_wrong_waybill(ORIGINAL_WAYBILL, unreadable),
        _empty(CARRIER),
        _empty(DIRECTION),
        _wrong(DIRECTION, ~pl.col(DIRECTION).is_in(list(_DIRECTIONS)), "is neither 进村 nor 出村"),
        _wrong(VILLAGE_CODE, village.str.contains(_SCIENTIFIC), unreadable),
        _empty(WEIGHT),
        *(_wrong(name, ~pl.col(name).str.contains(_NUMBER), number) for name in (WEIGHT, VOLUME)),
        _wrong(PIECES, ~pl.col(PIECES).str.contains(_WHOLE), "is not a whole number"),
        *(
            _wrong(name, pl.col(name).str.contains(_NUMBER) & ~_is_small(pl.col(name)), small)
            for name in (WEIGHT, VOLUME, PIECES)
        ),
        _wrong(TEMPERATURE, ~pl.col(TEMPERATURE).is_in(list(_TEMPERATURES)), "is none of 常温 冷藏 冷冻"),
        _wrong(LAST_DATE, _date(pl.col(LAST_DATE)).is_null(), "is not a date"),
        *(
            _wrong(name, ~pl.col(name).str.to_uppercase().is_in(list(_YES_NO)), "is neither 是 nor 否")
            for name in FLAGS.values()
        ),
    ]
    return pl.concat_str(findings, separator="; ", ignore_nulls=True)


def _wrong_waybill(column: str, unreadable: str) -> list[pl.Expr]:
    waybill = pl.col(column)
    return [
        _wrong(column, waybill.str.contains(_SCIENTIFIC), unreadable, is_private=False),
        _said(column, waybill.str.contains(_CONTROL), "has a control character"),
        _said(column, waybill.str.len_chars() > _MAX_WAYBILL, f"has more than {_MAX_WAYBILL} characters"),
    ]


def _empty(column: str) -> pl.Expr:
    return _said(column, pl.col(column) == "", "empty")


def _said(column: str, where: pl.Expr, said: str) -> pl.Expr:
    return pl.when(where).then(pl.lit(f"{column}: {said}"))


def _wrong(column: str, where: pl.Expr, said: str, *, is_private: bool = True) -> pl.Expr:
    """Quote a cell that cannot be read; a phone number that strayed into it is left out."""
    cell = pl.col(column)
    shown = (_without_phones(cell) if is_private else cell).str.replace_all(_CONTROL, " ").str.slice(0, _SHOWN)
    return pl.when((cell != "") & where).then(pl.format(f'{column}: "{{}}" {said}', shown))


def _word(column: str, words: Mapping[str, str] | Mapping[str, bool], dtype: pl.DataType) -> pl.Expr:
    return pl.col(column).str.to_uppercase().replace_strict(words, default=None, return_dtype=dtype)


def _without_phones(text: pl.Expr) -> pl.Expr:
    # Two numbers share the character between them, so one pass sees only every other.
    once = text.str.replace_all(_PHONE, "${1}${2}")
    return once.str.replace_all(_PHONE, "${1}${2}").str.strip_chars()


def _is_small(text: pl.Expr) -> pl.Expr:
    return text.str.extract(r"^[+-]?0*([0-9]*)").str.len_chars() <= _MAX_DIGITS


def _sign(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.starts_with("-")).then(pl.lit(-1, pl.Int64)).otherwise(pl.lit(1, pl.Int64))


def _units(text: pl.Expr) -> pl.Expr:
    digits = text.str.extract(r"^[+-]?0*([0-9]*)")
    return pl.when(digits == "").then(pl.lit("0")).otherwise(digits).cast(pl.Int64, strict=False)


def _whole(text: pl.Expr) -> pl.Expr:
    """Whole numbers, null where the text is none."""
    return pl.when(text.str.contains(_WHOLE) & _is_small(text)).then(_sign(text) * _units(text))


def _thousandths(text: pl.Expr) -> pl.Expr:
    """Decimal numbers in thousandths, the fourth decimal rounded half up: exact, as no float is in between."""
    decimals = text.str.extract(r"\.([0-9]*)$").fill_null("").str.slice(0, 4).str.pad_end(4, "0")
    below = (decimals.cast(pl.Int64, strict=False) + 5) // 10
    value = _sign(text) * (_units(text) * 1000 + below)
    return pl.when(text.str.contains(_NUMBER) & _is_small(text)).then(value)


def _date(text: pl.Expr) -> pl.Expr:
    """Dates in the ways that people write them, null where the text is none."""
    year, month, day = (
        text.str.extract(_DATE, 1),
        pl.coalesce(text.str.extract(_DATE, 2), text.str.extract(_DATE, 4)),
        pl.coalesce(text.str.extract(_DATE, 3), text.str.extract(_DATE, 5)),
    )
    iso = pl.concat_str(year, month.str.zfill(2), day.str.zfill(2), separator="-")
    return iso.str.to_date("%Y-%m-%d", strict=False)
