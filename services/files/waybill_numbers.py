"""Waybill numbers 运单号 as exports write them: the number that was meant, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import polars as pl

from services.files.phones import phone_removed
from services.files.plain_text import unguarded
from services.files.readings import Reading, read_distinct, read_text

MOST_CHARACTERS: Final = 128
SCIENTIFIC: Final = "is in scientific notation; format the column as text"

# Double precision keeps 15 digits of any number.
_EXACT_DIGITS: Final = 15
_NUMBER: Final = re.compile(r"(?=.*[0-9])[A-Za-z0-9._-]+")
_SCIENTIFIC: Final = re.compile(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+")
_DECIMAL: Final = re.compile(r"([0-9]+)\.([0-9]*)")
_BLANKS: Final = re.compile(r"[ \t]+")
_WHOLE_NUMBER_CHARACTERS: Final = 7  # parts as long as this are numbers of their own, not groups of one
_PLAIN: Final = rf"^[A-Za-z0-9_-]{{0,{MOST_CHARACTERS}}}$"
_DAMAGED: Final = re.compile(r"(?=.*[0-9])[A-Za-z0-9.+_ -]+")
_SHOWN: Final = 40
_LONG: Final = rf"^[0-9]{{{_EXACT_DIGITS + 1},}}$"
ROUNDED: Final = rf"^[0-9]{{{_EXACT_DIGITS}}}0+$"
_ROUNDED_SAID: Final = "lost digits, as all long numbers of the carrier end in 0; format the column as text"
_NONE: Final = frozenset(("无", "-", "--", "—", "——", "/", "N/A", "NA", "NULL", "NONE"))


def read_waybill(cell: str) -> str:
    """Read a waybill number: letters, digits, ``-``, ``_`` and dots, with at least one digit.

    Raises
    ------
    ValueError
        When digits are lost, or the cell holds something else or more than one number.

    >>> read_waybill('="773 0123 4567"'), read_waybill("ＹＴ１２"), read_waybill("7730123.0")
    ('77301234567', 'YT12', '7730123')
    """
    text = unguarded(cell)
    if len(parts := _BLANKS.split(text)) > 1:
        if sum(len(part) >= _WHOLE_NUMBER_CHARACTERS for part in parts) > 1:
            raise ValueError("is more than one waybill number")
        text = "".join(parts)
    if not text:
        raise ValueError("empty")
    if _SCIENTIFIC.fullmatch(text):
        raise ValueError(SCIENTIFIC)
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"has more than {MOST_CHARACTERS} characters")
    if not _NUMBER.fullmatch(text):
        raise ValueError("is no waybill number")
    if match := _DECIMAL.fullmatch(text):
        if match[2].strip("0"):
            raise ValueError("is a number with decimals; format the column as text")
        if len(match[1]) > _EXACT_DIGITS:
            raise ValueError("was a decimal number and lost digits; format the column as text")
        text = match[1]
    return text


def read_original_waybill(cell: str) -> str:
    """Read the number that a re-labelled parcel had before; empty where the cell says that there is none."""
    return "" if is_none(cell) else read_waybill(cell)


def is_none(cell: str) -> bool:
    """Whether a cell says in one of the usual ways that there is nothing."""
    text = unguarded(cell)
    return not text or text.upper() in _NONE


def read_village_code(cell: str) -> str:
    """Read a village's code as it stands, freed of what a spreadsheet put around it."""
    text = "".join(unguarded(read_text(cell)).split())
    if _SCIENTIFIC.fullmatch(text):
        raise ValueError(SCIENTIFIC)
    match = _DECIMAL.fullmatch(text)
    return match[1] if match and not match[2].strip("0") else text


def read_numbers(cells: pl.Series, column: str, read: Callable[[str], str]) -> Reading:
    """Read a column of waybill numbers.

    What cannot be read is not kept, and what does not even look like a damaged number is not quoted either: somebody
    may have written a name there.
    """
    is_plain = cells.str.contains(_PLAIN) & cells.str.contains("[0-9]") & ~cells.str.contains(r"^[0-9]+[eE][0-9]+$")

    def read_one(cell: str) -> tuple[str, str | None]:
        try:
            return read(cell), None
        except ValueError as error:
            shown = phone_removed(unguarded(cell))
            quoted = f'"{shown[:_SHOWN]}" ' if _DAMAGED.fullmatch(shown) else ""
            return "", f"{column}: {quoted}{error}"

    # Nearly all stand for themselves; only the others are looked at one by one.
    others = read_distinct(cells.filter(~is_plain), read_one, pl.String())
    at = (~is_plain).arg_true()
    faults = pl.repeat(None, len(cells), dtype=pl.String, eager=True)
    return Reading(cells.clone().scatter(at, others.values), faults.scatter(at, others.faults))


def refuse_rounded(reading: Reading, column: str, carriers: pl.Series) -> Reading:
    """Refuse numbers that a spreadsheet rounded before they became text: it keeps 15 digits and fills up with 0.

    One number may end in 0 by chance. A carrier's are refused where all its long ones do, with two digits or more
    between them: less than one time in a hundred that is chance.
    """
    frame = pl.DataFrame({"waybill": reading.values, "carrier": carriers, "fault": reading.faults})
    waybill, length = pl.col("waybill"), pl.col("waybill").str.len_bytes()
    is_long = waybill.str.contains(_LONG)
    is_round = waybill.str.contains(ROUNDED)
    if not frame.select(is_round.any()).item():
        return reading
    digits = pl.when(is_long).then(length - _EXACT_DIGITS).otherwise(0)
    refused = is_round & ~(is_long & ~is_round).any().over("carrier") & (digits.sum().over("carrier") > 1)
    said = pl.format(f'{column}: "{{}}" {_ROUNDED_SAID}', waybill.str.head(_SHOWN))
    return Reading(
        frame.select(pl.when(refused).then(pl.lit("")).otherwise(waybill)).to_series(),
        frame.select(pl.when(refused).then(said).otherwise(pl.col("fault"))).to_series(),
    )
