"""The first sheet of an XLSX as rows of texts, with what a sheet's own types tell and texts do not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import fastexcel
import polars as pl

from services.files.cutting import Records
from services.files.faults import Findings

# A spreadsheet's number keeps 15 digits; one that shows more has lost those beyond, whatever stands in their place.
_LONG_NUMBER: Final = r"^-?[0-9]{16,}(\.[0-9]+)?$"
_ERROR: Final = re.compile(r"Error\((\w+)\)")
_ERRORS: Final = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}
_OTHER_ERROR: Final = "#ERROR!"


def read_workbook(path: Path, file: str, findings: Findings) -> Records:
    """Read the first sheet that is not hidden.

    Row numbers are the sheet's, empty rows at its top included. A number of more than 15 digits comes out in
    scientific notation, as the spreadsheet shows it, and a formula's error as its text: both are then refused where
    they matter, where the bare digits or an empty cell would pass.

    Raises
    ------
    fastexcel.FastExcelError
        When it is no workbook.
    """
    workbook = fastexcel.read_excel(path)
    sheets = range(len(workbook.sheet_names))
    index, sheet = 0, _sheet(workbook, 0)
    while sheet.visible != "visible" and index + 1 < len(sheets):
        index += 1
        sheet = _sheet(workbook, index)
    if len(sheets) > 1:
        findings.note(f"{file}: only sheet {index + 1} of {len(sheets)} is read")
    if sheet.width == 0:
        return Records(pl.Series([], dtype=pl.List(pl.String)))
    cells = _with_long_numbers(workbook, index, _with_errors(sheet))
    return Records(cells.select(pl.concat_list(pl.all().fill_null(""))).to_series())


def _sheet(workbook: fastexcel.ExcelReader, index: int) -> fastexcel.ExcelSheet:
    return workbook.load_sheet(index, header_row=None, skip_rows=0, dtypes="string")


def _with_errors(sheet: fastexcel.ExcelSheet) -> pl.DataFrame:
    """Read the texts, with the cells that hold an error of a formula as a spreadsheet shows them."""
    batch, errors = sheet.to_arrow_with_errors()
    cells = pl.DataFrame(batch).select(pl.all().cast(pl.String))
    by_column: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for error in errors.errors if errors else ():
        row, column = error.position
        kind = _ERROR.search(error.detail)
        by_column[column][row] = _ERRORS.get(kind[1], _OTHER_ERROR) if kind else _OTHER_ERROR
    return _changed(cells, by_column)


def _with_long_numbers(workbook: fastexcel.ExcelReader, index: int, cells: pl.DataFrame) -> pl.DataFrame:
    """Tell long numbers from long texts of digits: read as truth values, numbers are some and texts are none."""
    long = {at: column.str.contains(_LONG_NUMBER).fill_null(value=False) for at, column in enumerate(cells)}
    suspect = [at for at, is_long in long.items() if is_long.any()]
    if not suspect:
        return cells
    typed = workbook.load_sheet(index, header_row=None, skip_rows=0, dtypes="boolean", use_columns=suspect).to_polars()
    by_column: dict[int, dict[int, str]] = {}
    for at, truth in zip(suspect, typed, strict=True):
        column = cells.to_series(at)
        lost = (long[at] & truth.is_not_null()).arg_true()
        by_column[at] = {row: f"{float(column[row]):.5E}" for row in lost}
    return _changed(cells, by_column)


def _changed(cells: pl.DataFrame, by_column: Mapping[int, Mapping[int, str]]) -> pl.DataFrame:
    changed = [
        cells.to_series(at).clone().scatter(list(texts), list(texts.values()))
        for at, texts in by_column.items()
        if texts
    ]
    return cells.with_columns(changed)
