"""Codes of bags: readable, stable, with a check character.

``HUADIAN-261123-J220282105207CP-001-K``: county, date, direction (J 进村, C 出村), village, temperature (C 常温,
L 冷藏, D 冷冻), fragility (P 普通, Y 易碎), running number, and the check character of ISO/IEC 7064, MOD 37,36, over
all letters and digits before it: one wrong character, or two neighbours exchanged, are noticed.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Final

from services.model.agreements import Direction, Temperature

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MODULUS: Final = len(_ALPHABET)
_PLAIN: Final = re.compile("[0-9A-Z]{1,12}")
_CODE: Final = re.compile("[0-9A-Z]+(-[0-9A-Z]+)*")
_HASHED_CHARS: Final = 8
_DIRECTIONS: Final = {Direction.INBOUND: "J", Direction.OUTBOUND: "C"}
_TEMPERATURES: Final = {Temperature.AMBIENT: "C", Temperature.CHILLED: "L", Temperature.FROZEN: "D"}


def code_prefix(
    county_id: str, service_date: date, direction: Direction, village_code: str, temperature: Temperature, fragile: bool
) -> str:
    """Write the part of a code that bags for one village and kind of goods have in common.

    >>> code_prefix("huadian", date(2026, 11, 23), Direction.INBOUND, "220282105207", Temperature.AMBIENT, False)
    'HUADIAN-261123-J220282105207CP'
    """
    kind = f"{_TEMPERATURES[temperature]}{'Y' if fragile else 'P'}"
    return f"{_token(county_id)}-{service_date:%y%m%d}-{_DIRECTIONS[direction]}{_token(village_code)}{kind}"


def bag_code(prefix: str, number: int) -> str:
    """Complete a code by its running number and check character."""
    body = f"{prefix}-{number:03d}"
    return f"{body}-{check_character(body)}"


def check_character(text: str) -> str:
    """Compute the check character of ISO/IEC 7064, MOD 37,36; characters other than letters and digits do not count.

    >>> check_character("A1-2425G-ABC1234002")
    'M'
    """
    product = _MODULUS
    for character in text:
        if character in _ALPHABET:
            total = (product + _ALPHABET.index(character)) % _MODULUS or _MODULUS
            product = 2 * total % (_MODULUS + 1)
    return _ALPHABET[(_MODULUS + 1 - product) % _MODULUS]


def has_valid_check(code: str) -> bool:
    """Whether a code ends in the check character of the rest."""
    body, _, check = code.rpartition("-")
    return bool(_CODE.fullmatch(body)) and check == check_character(body)


def _token(text: str) -> str:
    """Give letters and digits as they are; of anything else a digest that is always the same."""
    if _PLAIN.fullmatch(text.upper()):
        return text.upper()
    number = int.from_bytes(hashlib.sha256(text.encode()).digest())
    digits = ""
    for _ in range(_HASHED_CHARS):
        number, digit = divmod(number, _MODULUS)
        digits += _ALPHABET[digit]
    return digits
