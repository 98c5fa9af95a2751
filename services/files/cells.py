"""Cells to values: which column fills which field of the model and how its text is read.

A reader takes a cell's text and raises ``ValueError`` with what is wrong with it. An empty cell of an optional column
leaves the model's own default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from services.files.dates import read_date
from services.files.faults import Findings
from services.files.headers import Wanted
from services.files.phones import phone_removed
from services.files.plain_text import unguarded
from services.files.tables import ROW, WIDTH, Table, read_table, refuse_ragged_rows
from services.model.units import DAY_S
from services.validation.fields import quoted
from services.validation.phones import holds_phone

_MAX_DIGITS: Final = 15
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_WHOLE: Final = re.compile(r"([+-]?\d+)(?:\.0*)?", re.ASCII)  # a spreadsheet may write 5 as 5.0
_SCIENTIFIC: Final = re.compile(r"\d+(\.\d+)?[eE]\+?\d+", re.ASCII)
_CODE: Final = re.compile(r"\d{12}", re.ASCII)
_TOWNSHIP_CODE: Final = re.compile(r"\d{9}(\d{3})?", re.ASCII)
# XLSX keeps a time of day as a moment of its first day.
_CLOCK: Final = re.compile(r"(?:1899-12-3[01] )?(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_FLAGS: Final = {"0": False, "1": True, "false": False, "true": True, "否": False, "是": True}

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Column:
    """A column, the field it fills, how to read it, and what stands in where a required cell cannot be read."""

    name: str
    read: Callable[[str], Any]
    field: str = ""
    required: bool = False
    stand_in: Any = ""

    @property
    def target(self) -> str:
        """The field that it fills: its own name unless said otherwise."""
        return self.field or self.name


@dataclass(frozen=True, slots=True)
class Record:
    """One row's values by field, ready for a model class; fields of empty optional cells are left out."""

    file: str
    row: int
    values: dict[str, Any]


def wanted(columns: Sequence[Column]) -> Wanted:
    """Say to a table which columns to keep."""
    return Wanted(
        tuple(column.name for column in columns if column.required),
        tuple(column.name for column in columns if not column.required),
    )


def read_records(path: Path, columns: Sequence[Column], findings: Findings, folder: str = "") -> list[Record]:
    """Read a table's rows as records; what is wrong goes to the findings."""
    table = read_table(path, wanted(columns), findings, folder)
    if table is None:
        return []
    refuse_ragged_rows(table, findings)
    if table.blank_rows:
        findings.note(f"{table.file}: {table.blank_rows} empty rows skipped")
    return list(records_of(table, columns, findings))


def records_of(table: Table, columns: Sequence[Column], findings: Findings) -> Iterator[Record]:
    """Read the rows of a table that is there already."""
    for cells in table.rows.iter_rows(named=True):
        # A row with cells too many or too few is reported as such; what its cells seem to say is only consequence.
        heard = findings if cells[WIDTH] == len(table.header) else Findings()
        yield Record(table.file, cells[ROW], _values(table.file, cells, columns, heard))


def _values(file: str, cells: Mapping[str, Any], columns: Sequence[Column], findings: Findings) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in columns:
        text = cells[column.name]
        if not text:
            if column.required:
                findings.fault(file, "is empty", cells[ROW], column.name)
                values[column.target] = column.stand_in
            continue
        try:
            values[column.target] = column.read(text)
        except ValueError as error:
            findings.fault(file, f"{quoted(phone_removed(text))} {error}", cells[ROW], column.name)
            if column.required:
                values[column.target] = column.stand_in
    return values


def text(cell: str) -> str:
    """Take the cell as it stands, an id most often; a person's telephone number is none."""
    if holds_phone(cell):
        raise ValueError("holds a telephone number, which goes into no plan and no paper")
    return cell


def name(cell: str) -> str:
    """Take what something is called; a telephone number in it is left out.

    >>> name("东村服务站 13912345678")
    '东村服务站'
    """
    return phone_removed(cell)


def code(cell: str) -> str:
    """Read a 12-digit statistical code.

    >>> code("'220282100201")
    '220282100201'
    """
    cell = unguarded(cell)
    if _SCIENTIFIC.fullmatch(cell):
        raise ValueError("is in scientific notation; format the column as text")
    if not _CODE.fullmatch(cell):
        raise ValueError("is no 12-digit code")
    return cell


def township_code(cell: str) -> str:
    """Read a township's statistical code in its long form; the short one of 9 digits is the same without its zeros.

    >>> township_code("220282100")
    '220282100000'
    """
    return f"{cell}000" if _TOWNSHIP_CODE.fullmatch(cell) else code(cell)


def townships(cell: str) -> tuple[str, ...]:
    """Read a list of townships' codes."""
    return tuple(township_code(item) for item in listed(cell))


def whole(cell: str) -> int:
    """Read a whole number."""
    match = _WHOLE.fullmatch(cell)
    if not match:
        raise ValueError("is not a whole number" if _NUMBER.fullmatch(cell) else "is not a number")
    if len(match[1].lstrip("+-0")) > _MAX_DIGITS:
        raise ValueError("is too large")
    return int(match[1])


def amount(cell: str) -> int:
    """Read a whole number that is not negative.

    >>> amount("700000")
    700000
    """
    value = whole(cell)
    if value < 0:
        raise ValueError("is negative")
    return value


def degrees(cell: str) -> float:
    """Read a decimal number."""
    if not _NUMBER.fullmatch(cell):
        raise ValueError("is not a number")
    return float(cell)


def thousandths(cell: str) -> int:
    """Read a decimal number that is not negative in thousandths, rounded half up: kilometres to metres.

    >>> thousandths("320.5")
    320500
    """
    if not _NUMBER.fullmatch(cell):
        raise ValueError("is not a number")
    if len(cell) > 2 * _MAX_DIGITS:
        raise ValueError("is too large")
    value = Decimal(cell)
    if value < 0:
        raise ValueError("is negative")
    return int((value * 1000).quantize(Decimal(1), ROUND_HALF_UP))


def flag(cell: str) -> bool:
    """Read 0 or 1."""
    try:
        return _FLAGS[cell.lower()]
    except KeyError:
        raise ValueError("is neither 0 nor 1") from None


def day(cell: str) -> date:
    """Read a date in one of the ways that people and spreadsheets write it; its year must be there.

    >>> day("2026/1/5")
    datetime.date(2026, 1, 5)
    """
    return read_date(cell)


def clock_time(cell: str) -> int:
    """Read HH:MM, from 00:00 to 24:00, as seconds from midnight.

    >>> clock_time("18:30")
    66600
    """
    seconds = transit_time(cell)
    if seconds > DAY_S:
        raise ValueError("is after 24:00")
    return seconds


def transit_time(cell: str) -> int:
    """Read HH:MM:SS or HH:MM as seconds from midnight; hours may pass 24.

    >>> transit_time("25:10:00")
    90600
    """
    match = _CLOCK.fullmatch(cell)
    if not match:
        raise ValueError("is not a time (HH:MM)")
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)


def weekdays(cell: str) -> tuple[int, ...]:
    """Read weekdays as digits, Monday = 1.

    >>> weekdays("135")
    (1, 3, 5)
    """
    if not (cell.isascii() and cell.isdigit()):
        raise ValueError("is not a row of weekday digits like 12345")
    return tuple(int(digit) for digit in cell)


def listed(cell: str) -> tuple[str, ...]:
    """Read the values between ``|``."""
    return tuple(text(part.strip()) for part in cell.split("|") if part.strip())


def one_of(kinds: type[Choice]) -> Callable[[str], Choice]:
    """Read a word of an enum, in capitals or not."""

    def read(cell: str) -> Choice:
        try:
            return kinds(cell.upper())
        except ValueError:
            raise ValueError(f"is none of {' '.join(kinds)}") from None

    return read


def some_of(kinds: type[Choice]) -> Callable[[str], tuple[Choice, ...]]:
    """Read words of an enum between ``|``."""
    read_one = one_of(kinds)

    def read(cell: str) -> tuple[Choice, ...]:
        return tuple(dict.fromkeys(read_one(part) for part in listed(cell)))

    return read
