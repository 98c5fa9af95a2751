"""What holds for any single field, whatever the subject: identifiers, texts, amounts."""

from __future__ import annotations

import re
from collections.abc import Container, Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Final, get_args, get_origin, get_type_hints

from services.model.agreements import Role
from services.model.errors import Violation
from services.model.units import clock
from services.validation.phones import holds_phone

MAX_TEXT: Final = 128
MAX_AMOUNT: Final = 10**12
MAX_TOTAL: Final = 2**53  # beyond it a float, and so every solver and spreadsheet, loses units

_MAX_INT32: Final = 2**31 - 1  # what the contract has room for in these fields
_INT32_FIELDS: Final = frozenset({"distance_m", "detour_permille", "speed_m_per_h", "max_trips"})
_SHOWN: Final = 40
# What people write as they like, and what stands in papers and stores.
_FREE_TEXTS: Final = frozenset({"name", "kind"})

# Control characters, line separators and lone surrogates: invisible in a list, and some cannot be encoded at all.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def quoted(text: str) -> str:
    """Write a value for a message: in quotes, unprintable characters escaped, cut when long.

    >>> quoted("HUB")
    '"HUB"'
    """
    cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f'"{without_controls(cut)}"'


def time_text(time_s: int) -> str:
    """Write a time of day for a message, with seconds where there are any.

    >>> time_text(66_600)
    '18:30'
    """
    if abs(time_s) >= MAX_AMOUNT:
        return "beyond any clock"
    return f"{clock(time_s)}:{time_s % 60:02d}" if time_s % 60 else clock(time_s)


def id_violations(ids: Sequence[str], path: str, field: str) -> Iterator[Violation]:
    """Report empty and repeated identifiers of a list at ``path``."""
    first: dict[str, int] = {}
    for index, text in enumerate(ids):
        if not text.strip():
            yield Violation(f"{path}[{index}].{field}", "is empty")
        elif first.setdefault(text, index) != index:
            yield Violation(f"{path}[{index}].{field}", f"{quoted(text)} is already {path}[{first[text]}]")


def reference_violation(value: str, known: Container[str], path: str, what: str) -> Iterator[Violation]:
    """Report a name that is not among the ``known`` ones."""
    if value not in known:
        yield Violation(path, f"{quoted(value)} is no {what}")


def value_violations(item: Any, path: str) -> Iterator[Violation]:
    """Report what no field of its type may be: unprintable or overlong text, negative or huge amounts.

    Looks at the item's own fields and lists of texts and numbers, not at the objects within it.
    """
    if not _is_sound(item):
        yield from text_violations(item, path)
        yield from amount_violations(item, path)


@dataclass(frozen=True, slots=True)
class _Fields:
    """A type's fields by what they hold, looked up once: a day has thousands of each."""

    texts: tuple[str, ...]
    lists: tuple[str, ...]
    amounts: tuple[tuple[str, int], ...]


@cache
def _fields_of(kind: Hashable) -> _Fields:
    hints: dict[str, Any] = get_type_hints(kind)
    optional = {name: {hint, *get_args(hint)} for name, hint in hints.items()}
    return _Fields(
        texts=tuple(name for name, held in optional.items() if str in held and get_origin(hints[name]) is not tuple),
        lists=tuple(name for name, hint in hints.items() if get_origin(hint) is tuple and str in get_args(hint)),
        amounts=tuple(
            (name, _limit_of(name))
            for name, held in optional.items()
            if int in held and get_origin(hints[name]) is not tuple
        ),
    )


def _limit_of(name: str) -> int:
    return _MAX_INT32 if name.endswith("_s") or name in _INT32_FIELDS else MAX_AMOUNT


def _is_sound(item: Any) -> bool:
    """Prove in a moment that nothing is wrong with an item; where that fails, something may be."""
    kind: Any = type(item)
    known = _fields_of(kind)
    for name in known.texts:
        text = getattr(item, name)
        if text and (len(text) > MAX_TEXT or not text.isprintable() or (name in _FREE_TEXTS and holds_phone(text))):
            return False
    for name in known.lists:
        for text in getattr(item, name):
            if len(text) > MAX_TEXT or not text.isprintable():
                return False
    for name, limit in known.amounts:
        amount = getattr(item, name)
        if amount is not None and not 0 <= amount <= limit:
            return False
    return True


def text_violations(item: Any, path: str) -> Iterator[Violation]:
    """Report control characters and texts longer than ``MAX_TEXT``, in names also telephone numbers."""
    for name in item.__match_args__:
        value = getattr(item, name)
        if isinstance(value, str):
            yield from _text(value, f"{path}.{name}")
            if name in _FREE_TEXTS and holds_phone(value):
                # Not quoted: the number must not go on.
                yield Violation(f"{path}.{name}", "holds a telephone number")
        elif isinstance(value, tuple):
            for index, part in enumerate(value):
                if isinstance(part, str):
                    yield from _text(part, f"{path}.{name}[{index}]")


def amount_violations(item: Any, path: str) -> Iterator[Violation]:
    """Report negative numbers and numbers too large to be true in an item's own fields."""
    for name in item.__match_args__:
        value = getattr(item, name)
        if isinstance(value, int) and not isinstance(value, bool):
            limit = _limit_of(name)
            if value < 0:
                yield Violation(f"{path}.{name}", f"{_number(value)} is negative")
            elif value > limit:
                yield Violation(f"{path}.{name}", f"{_number(value)} is larger than {limit}")


def weekday_violations(weekdays: Sequence[int], path: str) -> Iterator[Violation]:
    """Report numbers that are no ISO weekday."""
    for index, day in enumerate(weekdays):
        if not 1 <= day <= 7:
            yield Violation(f"{path}[{index}]", f"{day} is no weekday (1 = Monday to 7 = Sunday)")


def mail_violations(item: Any, owner_role: Role | None, path: str) -> Iterator[Violation]:
    """Report room kept for universal-service mail by somebody else than the post, or more than there is."""
    for unit in ("g", "ml", "pieces"):
        kept, room = getattr(item, f"mail_{unit}"), getattr(item, f"capacity_{unit}")
        if kept > room:
            yield Violation(f"{path}.mail_{unit}", f"{kept} for mail is more than the capacity of {room}")
        if kept and owner_role is not None and owner_role is not Role.POSTAL:
            yield Violation(f"{path}.mail_{unit}", f"keeps room for mail, but its owner has role {owner_role}")


def printable_violation(value: str, path: str, max_chars: int = MAX_TEXT) -> Iterator[Violation]:
    """Report a text with control characters or more than ``max_chars``."""
    if _UNPRINTABLE.search(value):
        yield Violation(path, f"{quoted(value)} has a control character")
    if len(value) > max_chars:
        yield Violation(path, f"{quoted(value)} has {len(value)} characters, more than {max_chars}")


def without_controls(text: str) -> str:
    r"""Write the control characters of a text out, so that it can be shown and sent.

    >>> without_controls("A\x001")
    'A\\u00001'
    """
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _text(value: str, path: str) -> Iterator[Violation]:
    if not isinstance(value, Enum):
        yield from printable_violation(value, path)


def _number(value: int) -> str:
    # Writing out an integer of thousands of digits is slow, and refused by Python.
    return str(value) if abs(value) < 10**30 else f"a number of {value.bit_length()} bits"
