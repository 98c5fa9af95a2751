"""Waybills 运单 as carriers export them, to parcels as columns.

Personal data is dropped on reading: what this module returns, logs or raises holds no name and no phone number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from services.files.dates import read_date
from services.files.faults import Findings
from services.files.phones import phone_removed, phones_removed
from services.files.quantities import GRAMS, MILLILITRES, read_count, read_measure
from services.files.readings import SHEET_ERROR, SHEET_ERROR_SAID, Reader, Reading, read_cells, read_text, word_of
from services.files.tables import ROW, WIDTH, Table, read_table
from services.files.totals import take_totals, total_notes
from services.files.waybill_headings import (
    ADDRESS,
    CARRIER,
    CATEGORY,
    DIRECTION,
    EMERGENCY,
    INSPECTED,
    LAST_DATE,
    OPTIONAL,
    ORIGINAL_CARRIER,
    ORIGINAL_WAYBILL,
    PIECES,
    REAL_NAME,
    REQUIRED,
    SCANNED,
    TEMPERATURE,
    VILLAGE_CODE,
    VOLUME,
    WANTED,
    WAYBILL,
    WEIGHT,
    volume_unit_ml,
    weight_unit_g,
)
from services.files.waybill_numbers import (
    ROUNDED,
    is_none,
    read_numbers,
    read_original_waybill,
    read_village_code,
    read_waybill,
    refuse_rounded,
)
from services.model.agreements import Direction, Temperature
from services.model.parcels import PARCEL_SCHEMA

FLAGS: Final = {"emergency": EMERGENCY, "inspected": INSPECTED, "real_name": REAL_NAME, "scanned": SCANNED}

_DIRECTIONS: Final = {"进村": Direction.INBOUND.value, "出村": Direction.OUTBOUND.value}
_TEMPERATURES: Final = {
    "常温": Temperature.AMBIENT.value,
    "冷藏": Temperature.CHILLED.value,
    "冷冻": Temperature.FROZEN.value,
}
_YES_NO: Final = dict.fromkeys(("是", "1", "Y", "YES", "TRUE"), True) | dict.fromkeys(
    ("否", "0", "N", "NO", "FALSE"), False
)
_TEXTS: Final = ("carrier", "village_code", "address", "category", "original_waybill", "original_carrier")
_STRAY: Final = "row: has neither a waybill number nor a direction"


@dataclass(frozen=True, slots=True)
class WaybillTable:
    """A day's parcels with ``PARCEL_SCHEMA``, the personal columns dropped (with their non-empty cells), and notes."""

    parcels: pl.DataFrame
    dropped_columns: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]


def read_waybills(path: Path, service_date: date) -> WaybillTable:
    """Read a waybill export; every row that is neither empty nor a header nor a total becomes one row of the frame.

    A cell that cannot be read makes no error but a text in the row's ``fault`` (``重量(kg): "abc" is not a number``)
    and leaves 0, false or nothing in its column. A row with cells too many or too few keeps only its waybill number,
    as nobody can say which cell is which, and a row with neither waybill number nor direction keeps nothing.

    Raises
    ------
    CountyFolderError
        When the file cannot be read, is empty, lacks a required column or has two of one meaning.

    """
    findings = Findings()
    table = read_table(path, WANTED, findings)
    if table and not table.keys.keys() & {VILLAGE_CODE, ADDRESS}:
        findings.fault(
            table.file, f"the column is missing, and {ADDRESS} too; one of them is required", None, VILLAGE_CODE
        )
    findings.raise_if_any()
    assert table is not None  # a table that cannot be read leaves a fault
    if table.blank_rows:
        findings.note(f"{table.file}: {table.blank_rows} empty rows skipped")
    rows, totals = take_totals(table.rows, weight_unit_g(table.keys))
    parcels = _parcels(table, rows, service_date)
    fault = pl.col("fault")
    has_weight = ~fault.str.contains(WEIGHT, literal=True) & ~fault.str.starts_with("row:")
    counted = parcels.filter(fault != _STRAY).with_columns(has_weight=has_weight)
    findings.notes.extend(total_notes(table.file, totals, counted))
    _note_round_numbers(table.file, parcels, findings)
    return WaybillTable(parcels, table.personal, tuple(findings.notes))


def _note_round_numbers(file: str, parcels: pl.DataFrame, findings: Findings) -> None:
    """Warn of waybills that may have been rounded, where too few are so to tell."""
    ends_in_zeros = pl.col("waybill").str.contains(ROUNDED)
    if count := parcels.filter((pl.col("fault") == "") & ends_in_zeros).height:
        findings.note(f"{file}: {count} long waybill numbers end in 0; stored as numbers, they lost digits")


def _parcels(table: Table, rows: pl.DataFrame, service_date: date) -> pl.DataFrame:
    """Turn the texts of a table into parcels."""
    width = len(table.header)
    ragged = pl.col(WIDTH) != width
    waybill_kept = ~ragged | pl.lit(table.leading == WAYBILL)
    rows = rows.with_columns(
        pl.when(waybill_kept if name == WAYBILL else ~ragged).then(pl.col(name)).otherwise(pl.lit("")).alias(name)
        for name in (*REQUIRED, *OPTIONAL)
    )
    readings = _readings(table, rows, service_date)
    values = pl.DataFrame({name: reading.values for name, reading in readings.items()})
    faults = pl.DataFrame({name: reading.faults for name, reading in readings.items()})
    width_fault = pl.format(f"row: has {{}} cells, the header {width}", pl.col(WIDTH))
    # A damaged number is quoted in its fault; words where it belongs are not.
    stray = (pl.col("waybill") == "") & ~faults["waybill"].str.contains('"') & (pl.col("direction") == "")
    parcels = values.with_columns(
        rows.select(ROW, WIDTH),
        fault=faults.select(pl.concat_str(pl.all(), separator="; ", ignore_nulls=True)).to_series(),
    ).with_columns(
        *(pl.when(stray).then(pl.lit("")).otherwise(pl.col(name)).alias(name) for name in _TEXTS),
        fault=pl.when(ragged).then(width_fault).when(stray).then(pl.lit(_STRAY)).otherwise(pl.col("fault")),
    )
    return parcels.select(pl.col(name).cast(dtype) for name, dtype in PARCEL_SCHEMA.items())


def _readings(table: Table, rows: pl.DataFrame, service_date: date) -> dict[str, Reading]:
    """Read each column, in the order in which faults are told."""
    number, words, truth = pl.Int64(), pl.String(), pl.Boolean()
    grams = partial(read_measure, units=GRAMS, unit=weight_unit_g(table.keys))
    millilitres = partial(read_measure, units=MILLILITRES, unit=volume_unit_ml(table.keys))
    yes_or_no = word_of(_YES_NO, "is neither 是 nor 否")
    readers = {
        "carrier": Reader(CARRIER, _read_words, words, ""),
        "direction": Reader(DIRECTION, word_of(_DIRECTIONS, "is neither 进村 nor 出村"), words, ""),
        "village_code": Reader(VILLAGE_CODE, read_village_code, words, "", ""),
        "weight_g": Reader(WEIGHT, grams, number, 0),
        "volume_ml": Reader(VOLUME, millilitres, number, 0, 0),
        "pieces": Reader(PIECES, read_count, number, 0, 1),
        "temperature": Reader(
            TEMPERATURE, word_of(_TEMPERATURES, "is none of 常温 冷藏 冷冻"), words, "", Temperature.AMBIENT.value
        ),
        "due_in_days": Reader(LAST_DATE, partial(_days_from, service_date), number, 0, 0),
        **{name: Reader(column, yes_or_no, truth, False, False) for name, column in FLAGS.items()},
        "category": Reader(CATEGORY, _read_words, words, "", ""),
        "original_carrier": Reader(ORIGINAL_CARRIER, _read_original_carrier, words, "", ""),
    }
    read = {name: read_cells(rows[reader.column], reader) for name, reader in readers.items()}
    waybills = read_numbers(rows[WAYBILL], WAYBILL, read_waybill)
    return {
        "waybill": refuse_rounded(waybills, WAYBILL, read["carrier"].values),
        "original_waybill": read_numbers(rows[ORIGINAL_WAYBILL], ORIGINAL_WAYBILL, read_original_waybill),
        **read,
        "address": _read_addresses(rows[ADDRESS]),
    }


def _read_addresses(cells: pl.Series) -> Reading:
    """Read addresses, which are nearly all different, as whole columns."""
    values = cells.to_frame().select(phones_removed(pl.first())).to_series()
    faults = cells.to_frame().select(
        pl.when(pl.first().str.contains(SHEET_ERROR)).then(
            pl.format(f'{ADDRESS}: "{{}}" {SHEET_ERROR_SAID}', pl.first())
        )
    )
    return Reading(values, faults.to_series())


def _read_words(cell: str) -> str:
    return phone_removed(read_text(cell))


def _read_original_carrier(cell: str) -> str:
    return "" if is_none(cell) else _read_words(cell)


def _days_from(service_date: date, cell: str) -> int:
    return (read_date(cell, service_date) - service_date).days
