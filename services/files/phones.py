"""Telephone numbers that stray into other cells."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from services.files.plain_text import half_width

# Eleven digits as mobile numbers have, also grouped or with a country code, and landlines with their area code.
_PHONE: Final = (
    r"(^|[^0-9+])\+*(?:86[- ]?)?"
    r"(?:1[0-9]{2}[- ]?[0-9]{4}[- ]?[0-9]{4}|[0-9]{11}|0[0-9]{2,3}-[0-9]{7,8})([^0-9]|$)"
)
_DIGITS: Final = list("0123456789")
_WIDE_DIGITS: Final = list("０１２３４５６７８９")
_RUN: Final = re.compile("[0-9]{3}")  # every number has one
_PATTERN: Final = re.compile(_PHONE)


def phones_removed(cells: pl.Expr) -> pl.Expr:
    """Cut telephone numbers out of texts."""
    cells = cells.str.replace_many(_WIDE_DIGITS, _DIGITS)
    # Two numbers share the character between them, so one pass sees only every other.
    once = cells.str.replace_all(_PHONE, "${1}${2}")
    return once.str.replace_all(_PHONE, "${1}${2}").str.strip_chars()


def phone_removed(cell: str) -> str:
    """Cut telephone numbers out of one text.

    >>> phone_removed("永兴村13900000000")
    '永兴村'
    """
    cell = half_width(cell)
    if not _RUN.search(cell):
        return cell.strip()
    return _PATTERN.sub(r"\1\2", _PATTERN.sub(r"\1\2", cell)).strip()
