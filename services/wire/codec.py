"""Model dataclasses to protobuf messages and back, field by field, by name.

The contract mirrors the model: a field has the same name on both sides. Three things differ and are translated here:
an enum ``NodeKind.HUB`` is ``NODE_KIND_HUB``, a date is ``YYYY-MM-DD`` text, and a plan's ``arrival_s`` (seconds from
the service day's midnight) is an instant ``arrival_time``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import UTC, date
from enum import Enum, StrEnum, auto
from functools import cache, lru_cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf.descriptor import Descriptor, EnumDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.model.errors import Violation
from services.model.units import instant, seconds_of_day

M = TypeVar("M", bound=Message)
T = TypeVar("T")

_SECONDS, _TIME = "_s", "_time"
# Who makes so many mistakes is not helped by a list of more, and the list itself takes memory.
_MAX_VIOLATIONS: Final = 10_000
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Years beyond these are slips of the pen, and near the ends of the calendar instants and days cannot be reckoned.
_FIRST_YEAR, _LAST_YEAR = 1970, 2999


class _Kind(Enum):
    """What a field holds, whatever it is wrapped in."""

    PLAIN = auto()
    MESSAGE = auto()
    ENUM = auto()
    DATE = auto()
    INSTANT = auto()


@dataclass(frozen=True, slots=True)
class _Pair:
    """A field of the model and its field in the contract, looked up once: a day has thousands of each.

    ``numbers`` and ``members`` are an enum's, by the one and the other side's value.
    """

    name: str
    wire: str
    kind: _Kind
    inner: Any
    is_repeated: bool
    has_presence: bool
    default: Any
    numbers: Mapping[str, int]
    members: Mapping[int, StrEnum]


def encode(value: Any, message_type: type[M], service_date: date | None = None) -> M:
    """Turn a model dataclass into a message.

    ``service_date`` is needed for messages that hold instants, that is for parts of a plan.
    """
    message = message_type()
    _fill(value, message, service_date)
    return message


def decode(
    model_type: type[T],
    message: Message,
    violations: list[Violation],
    path: str = "",
    service_date: date | None = None,
) -> T | None:
    """Turn a message into a model dataclass.

    Every value that has no place in the model (an unspecified enum, text that is no date, a missing message) is added
    to ``violations`` under its path, and the answer is then ``None``: such an object is never half made. After ten
    thousand of them, lists are read no further.
    """
    before = len(violations)
    reading = _reading(model_type, message.DESCRIPTOR)
    values = list(reading.fetch(message))
    for place, pair in reading.others:
        values[place] = _decode_field(pair, values[place], message, path, violations, service_date)
    return model_type(*values) if len(violations) == before else None


def _fill(value: Any, message: Message, service_date: date | None) -> None:
    for pair in _pairs(type(value), message.DESCRIPTOR):
        item = getattr(value, pair.name)
        if item is None:
            continue
        if pair.is_repeated:
            if item:
                _extend(getattr(message, pair.wire), item, pair, service_date)
        elif pair.kind is _Kind.MESSAGE:
            target = getattr(message, pair.wire)
            target.SetInParent()
            _fill(item, target, service_date)
        elif pair.kind is _Kind.INSTANT:
            moment = instant(_required(service_date), item)
            getattr(message, pair.wire).FromDatetime(moment.astimezone(UTC))
        else:
            setattr(message, pair.wire, _scalar(item, pair))


def _extend(target: Any, items: Sequence[Any], pair: _Pair, service_date: date | None) -> None:
    if pair.kind is _Kind.MESSAGE:
        for item in items:
            _fill(item, target.add(), service_date)
    elif pair.kind is _Kind.PLAIN:
        target.extend(items)
    else:
        target.extend([_scalar(item, pair) for item in items])


def _scalar(item: Any, pair: _Pair) -> Any:
    if pair.kind is _Kind.ENUM:
        return pair.numbers[item]
    return item.isoformat() if pair.kind is _Kind.DATE else item


def enum_of(message: Any, field: str) -> EnumDescriptor:
    """Return the protobuf enum of a field, given its message's descriptor.

    Raises
    ------
    TypeError
        When the field is no enum.
    """
    descriptor: EnumDescriptor | None = message.fields_by_name[field].enum_type
    if descriptor is None:
        raise TypeError(f"{message.full_name}.{field} is no enum")
    return descriptor


def enum_number(descriptor: EnumDescriptor, member: str) -> int:
    """Return the number of a model enum's member in its protobuf enum."""
    return int(descriptor.values_by_name[_prefix(descriptor) + member].number)


def enum_names(descriptor: EnumDescriptor) -> dict[int, str]:
    """Names of the model enum's members by number; the unspecified value is left out."""
    prefix = _prefix(descriptor)
    return {value.number: value.name.removeprefix(prefix) for value in descriptor.values if value.number != 0}


def _prefix(descriptor: EnumDescriptor) -> str:
    return str(descriptor.values_by_number[0].name.removesuffix("UNSPECIFIED"))


def _decode_field(
    pair: _Pair, raw: Any, message: Message, path: str, violations: list[Violation], service_date: date | None
) -> Any:
    if pair.is_repeated:
        if pair.kind is _Kind.PLAIN:
            return tuple(raw)
        here = _below(path, pair.wire)
        items: list[Any] = []
        for i, item in enumerate(raw):
            if len(violations) > _MAX_VIOLATIONS:
                break
            items.append(_read(pair, item, f"{here}[{i}]", violations, service_date))
        return tuple(items)
    if pair.has_presence and not message.HasField(pair.wire):
        if pair.default is MISSING:
            violations.append(Violation(_below(path, pair.wire), "is missing"))
            return None
        return pair.default
    return raw if pair.kind is _Kind.PLAIN else _read(pair, raw, _below(path, pair.wire), violations, service_date)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _read(pair: _Pair, raw: Any, path: str, violations: list[Violation], service_date: date | None) -> Any:
    match pair.kind:
        case _Kind.MESSAGE:
            return decode(pair.inner, raw, violations, path, service_date)
        case _Kind.ENUM:
            return _decode_enum(pair, raw, path, violations)
        case _Kind.DATE:
            return decode_date(raw, path, violations)
        case _Kind.INSTANT:
            return _decode_instant(raw, path, violations, _required(service_date))
        case _:
            return raw


def _decode_instant(raw: Timestamp, path: str, violations: list[Violation], service_date: date) -> int | None:
    """Read an instant of the years that the contract's timestamps have; anything else becomes a violation."""
    try:
        return seconds_of_day(service_date, raw.ToDatetime(tzinfo=UTC))
    except (ValueError, OverflowError):
        violations.append(Violation(path, "is no instant of the years from 1 to 9999"))
        return None


def _decode_enum(pair: _Pair, number: int, path: str, violations: list[Violation]) -> StrEnum | None:
    member = pair.members.get(number)
    if member is None:
        violations.append(Violation(path, "is not specified" if number == 0 else f"has no value {number}"))
    return member


def decode_date(raw: str, path: str, violations: list[Violation]) -> date | None:
    """Read ``YYYY-MM-DD`` from 1970 to 2999; anything else becomes a violation."""
    read = _date_of(raw)
    if read is None:
        violations.append(Violation(path, f"{raw[:40]!r} is not a date like 2026-11-23"))
    elif not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        violations.append(Violation(path, f"{read} is not in the years from {_FIRST_YEAR} to {_LAST_YEAR}"))
        return None
    return read


@lru_cache(maxsize=1024)
def _date_of(raw: str) -> date | None:
    """A day's messages name few days, and those often."""
    try:
        return date.fromisoformat(raw) if _DATE.fullmatch(raw) else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Reading:
    """How to read a message: all its fields at once, and the places of those that are not as they come."""

    fetch: Callable[[Message], Iterable[Any]]
    others: tuple[tuple[int, _Pair], ...]


def _reading(model_type: Any, message: Any) -> _Reading:
    return _known_reading(model_type, message)


@cache
def _known_reading(model_type: Hashable, message: Descriptor) -> _Reading:
    pairs = _pairs(model_type, message)
    wires = [pair.wire for pair in pairs]
    others = tuple(
        (place, pair)
        for place, pair in enumerate(pairs)
        if pair.is_repeated or pair.has_presence or pair.kind is not _Kind.PLAIN
    )
    if len(wires) > 1:
        return _Reading(attrgetter(*wires), others)
    return _Reading(lambda one: [getattr(one, wire) for wire in wires], others)


def _pairs(model_type: Any, message: Any) -> tuple[_Pair, ...]:
    return _known_pairs(model_type, message)


@cache
def _known_pairs(model_type: Hashable, message: Descriptor) -> tuple[_Pair, ...]:
    dataclass_type: Any = model_type
    hints = get_type_hints(dataclass_type)
    return tuple(_pair(field, hints[field.name], message) for field in fields(dataclass_type))


def _pair(field: Field[Any], hint: Any, message: Descriptor) -> _Pair:
    wire = _field_name(field.name, message)
    is_repeated = get_origin(hint) is tuple
    inner = get_args(hint)[0] if is_repeated else _without_none(hint)
    kind = _Kind.INSTANT if wire != field.name else _kind_of(inner)
    names = enum_names(enum_of(message, wire)) if kind is _Kind.ENUM else {}
    return _Pair(
        name=field.name,
        wire=wire,
        kind=kind,
        inner=inner,
        is_repeated=is_repeated,
        has_presence=message.fields_by_name[wire].has_presence,
        default=field.default,
        numbers={name: number for number, name in names.items()},
        members={number: inner(name) for number, name in names.items()},
    )


def _kind_of(inner: Any) -> _Kind:
    if is_dataclass(inner):
        return _Kind.MESSAGE
    if inner is date:
        return _Kind.DATE
    return _Kind.ENUM if issubclass(inner, StrEnum) else _Kind.PLAIN


def _field_name(name: str, message: Descriptor) -> str:
    known = message.fields_by_name
    if name not in known and name.endswith(_SECONDS):
        instant_name = name.removesuffix(_SECONDS) + _TIME
        instant_type = known[instant_name].message_type if instant_name in known else None
        if instant_type is not None and instant_type.full_name == Timestamp.DESCRIPTOR.full_name:
            return instant_name
    return name


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        return next(argument for argument in get_args(hint) if argument is not NoneType)
    return hint


def _required(service_date: date | None) -> date:
    if service_date is None:
        raise TypeError("a message with instants needs the service date")
    return service_date
