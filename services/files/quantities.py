"""Weights, volumes and counts as people write them, to whole grams, millilitres and pieces: exactly, without floats."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from services.files.plain_text import unguarded

KILOGRAM_G: Final = 1_000
LITRE_ML: Final = 1_000

GRAMS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("kg", "公斤", "千克"), 1_000),
    **dict.fromkeys(("g", "克"), 1),
    **dict.fromkeys(("斤", "市斤"), 500),
    **dict.fromkeys(("t", "吨"), 1_000_000),
}
MILLILITRES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("l", "升", "dm3", "立方分米"), 1_000),
    **dict.fromkeys(("ml", "毫升", "cm3", "cc", "立方厘米"), 1),
    **dict.fromkeys(("m3", "立方米", "方"), 1_000_000),
}

_MOST: Final = 10**12  # a million tons, a million cubic metres: far beyond any true one, far below what overflows
_MOST_CHARACTERS: Final = 40
_MEASURE: Final = re.compile(r"([+-]?[0-9.,]+)\s*([^0-9.,+\-\s][^.,+\-\s]*)?")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_GROUPED: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?P<decimals>\.[0-9]+)?")
_WHOLE: Final = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")

_NO_NUMBER: Final = "is not a number"
_TOO_LARGE: Final = "is too large"
_COMMA: Final = "has a decimal comma; write a point"
_EITHER_WAY: Final = "is ambiguous, as its comma may be a decimal one; write it without"


def read_measure(cell: str, units: Mapping[str, int], unit: int) -> int:
    """Read a quantity in the smallest of its units, half of one rounded up.

    Parameters
    ----------
    cell:
        A decimal number, which may have thousands separators and a unit of its own.
    units:
        What each unit is worth in the smallest one: ``GRAMS`` or ``MILLILITRES``.
    unit:
        What the column's unit is worth, for a cell that names none.

    Raises
    ------
    ValueError
        Saying what is wrong with it.

    >>> read_measure("1.2公斤", GRAMS, KILOGRAM_G), read_measure("1,200", GRAMS, 1)
    (1200, 1200)
    """
    text = unguarded(cell)
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(_TOO_LARGE if _NUMBER.fullmatch(text) else _NO_NUMBER)
    if _NUMBER.fullmatch(text):
        value = Decimal(text) * unit
    elif match := _MEASURE.fullmatch(text):
        unit = _unit(match[2], units) if match[2] else unit
        value = _decimal(match[1], unit) * unit
    else:
        raise ValueError(_NO_NUMBER)
    if abs(value) >= _MOST:
        raise ValueError(_TOO_LARGE)
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def read_count(cell: str) -> int:
    """Read a whole number, which may have thousands separators or say 件.

    >>> read_count("2 件"), read_count("1,200"), read_count("5.0")
    (2, 1200, 5)
    """
    text = unguarded(cell).removesuffix("件").rstrip()
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    match = _WHOLE.fullmatch(text)
    if not match:
        raise ValueError("is not a whole number")
    if len(match[1].lstrip("+-0")) > 9:
        raise ValueError(_TOO_LARGE)
    return int(match[1])


def _unit(name: str, units: Mapping[str, int]) -> int:
    try:
        return units[unicodedata.normalize("NFKC", name).casefold()]
    except KeyError:
        raise ValueError(_NO_NUMBER) from None


def _decimal(number: str, unit: int) -> Decimal:
    if match := _GROUPED.fullmatch(number):
        # 1,200 kg may be 1.2 kg by somebody who writes decimal commas; nobody weighs to thousandths of a gram.
        if unit > 1 and match["decimals"] is None and number.count(",") == 1:
            raise ValueError(_EITHER_WAY)
        return Decimal(number.replace(",", ""))
    if not _NUMBER.fullmatch(number):
        raise ValueError(_COMMA if "," in number and number.strip("+-.,") else _NO_NUMBER)
    return Decimal(number)
