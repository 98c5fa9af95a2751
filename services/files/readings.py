"""A column of texts to a column of values, with what is wrong beside each.

A reader takes one cell and raises ``ValueError`` with what is wrong with it. It is asked once for each different text,
so plain Python is fast enough for columns of 300,000 cells whose texts repeat.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import polars as pl

from services.files.phones import phone_removed
from services.files.plain_text import unguarded

_SHOWN: Final = 40
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
# What a spreadsheet shows for a formula that failed.
SHEET_ERROR: Final = r"^#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|ERROR!)$"
SHEET_ERROR_SAID: Final = "is an error of the spreadsheet"
_SHEET_ERROR: Final = re.compile(SHEET_ERROR)
_WORDS: Final = re.compile(r"[^\W\d_a-zA-Z]+")
_LATIN: Final = re.compile(r"[a-zA-Z]+")
_MOST_LETTERS: Final = 4
# Words of the columns themselves; beside these, what stands in a cell may be anybody's name.
_KNOWN: Final = re.compile(
    "(?:公斤|千克|市斤|毫升|立方米|立方|进村|出村|常温|冷藏|冷冻|上午|下午|[年月日号时分件斤升])+"
)

Word = TypeVar("Word")


@dataclass(frozen=True, slots=True)
class Reader:
    """How a column is read: each cell, an empty one (a fault where ``None``), and what stands in for one at fault."""

    column: str
    read: Callable[[str], Any]
    dtype: pl.DataType
    stand_in: Any
    empty: Any = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Values, and for each what is wrong, naming the column; null where all is well."""

    values: pl.Series
    faults: pl.Series


def read_cells(cells: pl.Series, reader: Reader) -> Reading:
    """Read a column."""
    return read_distinct(cells, lambda cell: _read(cell, reader), reader.dtype)


def read_text(cell: str) -> str:
    """Take a text as it stands, unless it is what a formula left that failed."""
    if _SHEET_ERROR.fullmatch(cell):
        raise ValueError(SHEET_ERROR_SAID)
    return cell


def word_of(words: Mapping[str, Word], said: str) -> Callable[[str], Word]:
    """Make a reader of one of some words, in capitals or not."""

    def read(cell: str) -> Word:
        try:
            return words[unguarded(cell).upper()]
        except KeyError:
            raise ValueError(said) from None

    return read


def _read(cell: str, reader: Reader) -> tuple[Any, str | None]:
    if not cell:
        return (reader.stand_in, f"{reader.column}: empty") if reader.empty is None else (reader.empty, None)
    try:
        return reader.read(cell), None
    except ValueError as error:
        return reader.stand_in, f'{reader.column}: "{_quotable(cell)}" {error}'


def _quotable(cell: str) -> str:
    """Cut a cell to what a message may hold: a phone number or a name that strayed into it is left out.

    >>> _quotable("约2"), _quotable("张三丰 13912345678"), _quotable("Zhang San"), _quotable("2.5公斤多")
    ('约2', '…', '… …', '2.5公斤…')
    """
    shown = _CONTROL.sub(" ", phone_removed(cell))
    if not _SHEET_ERROR.fullmatch(shown):
        shown = _WORDS.sub(_without_names, shown)
        if sum(map(str.isascii, filter(str.isalpha, shown))) > _MOST_LETTERS:
            shown = _LATIN.sub("…", shown)
    return shown[:_SHOWN]


def _without_names(found: re.Match[str]) -> str:
    text, known = found[0], _KNOWN.match(found[0])
    if len(text) == 1:
        return text  # a single character says nothing of anybody
    word = known[0] if known else ""
    return text if text == word else f"{word}…"


def read_distinct(cells: pl.Series, read_one: Callable[[str], tuple[Any, str | None]], dtype: pl.DataType) -> Reading:
    """Read each different text once, into its value and its fault."""
    texts = cells.unique()
    read = [read_one(text) for text in texts.to_list()]
    known = pl.DataFrame(
        {
            "cell": texts,
            "value": pl.Series([value for value, _ in read], dtype=dtype),
            "fault": pl.Series([fault for _, fault in read], dtype=pl.String),
        }
    )
    found = cells.alias("cell").to_frame().join(known, on="cell", how="left", maintain_order="left")
    return Reading(found["value"], found["fault"])
