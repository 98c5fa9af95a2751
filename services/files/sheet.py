"""One way to write a CSV that people open in a spreadsheet: Chinese shows, and no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

# What a spreadsheet may run as a formula, the full-width signs of Chinese input methods included.
_FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
# An amount of yuan below nothing begins with a sign and is no formula.
_AMOUNT: Final = re.compile(r"-[0-9]{1,11}\.[0-9]{2}")
# What a spreadsheet would take for a number: rounded (12 digits and more), without leading zeros, or as 7E+12.
_NUMBER_LIKE: Final = re.compile(r"[0-9]{12,}|0[0-9]+|[0-9]+[eE][0-9]+")

Row = Sequence[str | int]


def sheet(rows: Iterable[Row]) -> bytes:
    """Write rows as CSV in UTF-8 with a byte order mark and CRLF; texts pass ``as_text``."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(
        [as_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return buffer.getvalue().encode("utf-8-sig", errors="replace")


def as_text(cell: str) -> str:
    r"""Make a spreadsheet show a text as it is.

    A text that would run as a formula gets an apostrophe before it; one that would be read as a number and shown
    otherwise, such as a waybill or a village code of 12 and more digits, gets a tab after it.

    >>> as_text("=HYPERLINK(A1)"), as_text("773012345678901"), as_text("锦山村 -2"), as_text("-1.50"), as_text("-1+1")
    ("'=HYPERLINK(A1)", '773012345678901\t', '锦山村 -2', '-1.50', "'-1+1")
    """
    if _FORMULA.match(cell) and not _AMOUNT.fullmatch(cell):
        return f"'{cell}"
    return f"{cell}\t" if _NUMBER_LIKE.fullmatch(cell) else cell


def thousandths(amount: int) -> str:
    """Write a whole number of thousandths (g, ml, m) in the larger unit (kg, L, km), exactly.

    >>> thousandths(12_340), thousandths(0), thousandths(100_000)
    ('12.34', '0', '100')
    """
    sign, rest = ("-" if amount < 0 else ""), abs(amount)
    return f"{sign}{rest // 1000}.{rest % 1000:03d}".rstrip("0").rstrip(".")


def yuan(amount_fen: int) -> str:
    """Write fen as yuan with two decimals.

    >>> yuan(123_456), yuan(-5)
    ('1234.56', '-0.05')
    """
    sign, rest = ("-" if amount_fen < 0 else ""), abs(amount_fen)
    return f"{sign}{rest // 100}.{rest % 100:02d}"


def percent(permille: int) -> str:
    """Write permille as percent with one decimal.

    >>> percent(999), percent(5)
    ('99.9', '0.5')
    """
    return f"{permille // 10}.{permille % 10}"
