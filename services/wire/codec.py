"""Model dataclasses to protobuf messages and back, field by field, by name.

The contract mirrors the model: a field has the same name on both sides. Three things differ and are translated here:
an enum ``NodeKind.HUB`` is ``NODE_KIND_HUB``, a date is ``YYYY-MM-DD`` text, and a plan's ``arrival_s`` (seconds from
the service day's midnight) is an instant ``arrival_time``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.model.errors import Violation
from services.model.units import instant, seconds_of_day

M = TypeVar("M", bound=Message)
T = TypeVar("T")

_SECONDS, _TIME = "_s", "_time"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Years beyond these are slips of the pen, and near the ends of the calendar instants and days cannot be reckoned.
_FIRST_YEAR, _LAST_YEAR = 1970, 2999


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
    to ``violations`` under its path, and the answer is then ``None``: such an object is never half made.
    """
    before = len(violations)
    arguments: dict[str, Any] = {}
    for field, hint in _typed_fields(model_type):
        name = _field_name(field.name, message)
        here = f"{path}.{name}" if path else name
        arguments[field.name] = _decode_field(hint, field, message, name, here, violations, service_date)
    return model_type(**arguments) if len(violations) == before else None


def _fill(value: Any, message: Message, service_date: date | None) -> None:
    for field, _ in _typed_fields(type(value)):
        item = getattr(value, field.name)
        name = _field_name(field.name, message)
        if item is None:
            continue
        if isinstance(item, tuple):
            _extend(getattr(message, name), item, message, name, service_date)
        elif is_dataclass(item):
            target = getattr(message, name)
            target.SetInParent()
            _fill(item, target, service_date)
        elif name != field.name:
            getattr(message, name).FromDatetime(instant(_required(service_date), item).astimezone(UTC))
        else:
            setattr(message, name, _scalar(item, message, name))


def _extend(target: Any, items: Iterable[Any], message: Message, name: str, service_date: date | None) -> None:
    for item in items:
        if is_dataclass(item):
            _fill(item, target.add(), service_date)
        else:
            target.append(_scalar(item, message, name))


def _scalar(item: Any, message: Message, name: str) -> Any:
    if isinstance(item, StrEnum):
        return enum_number(enum_of(message.DESCRIPTOR, name), item)
    return item.isoformat() if isinstance(item, date) else item


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
    hint: Any,
    field: Field[Any],
    message: Message,
    name: str,
    path: str,
    violations: list[Violation],
    service_date: date | None,
) -> Any:
    raw = getattr(message, name)
    if get_origin(hint) is tuple:
        convert = _converter(get_args(hint)[0], message, name, violations, service_date)
        return tuple(convert(item, f"{path}[{i}]") for i, item in enumerate(raw))
    inner = _without_none(hint)
    if message.DESCRIPTOR.fields_by_name[name].has_presence and not message.HasField(name):
        if field.default is not MISSING:
            return field.default
        violations.append(Violation(path, "is missing"))
        return None
    if name != field.name:
        return _decode_instant(message, name, _required(service_date))
    return _converter(inner, message, name, violations, service_date)(raw, path)


def _decode_instant(message: Message, name: str, service_date: date) -> int:
    return seconds_of_day(service_date, getattr(message, name).ToDatetime(tzinfo=UTC))


def _converter(
    inner: Any, message: Message, name: str, violations: list[Violation], service_date: date | None
) -> Callable[[Any, str], Any]:
    if is_dataclass(inner):
        model_type = inner if isinstance(inner, type) else type(inner)
        return lambda raw, path: decode(model_type, raw, violations, path, service_date)
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        names = enum_names(enum_of(message.DESCRIPTOR, name))
        return lambda raw, path: _decode_enum(inner, names.get(raw), raw, path, violations)
    if inner is date:
        return lambda raw, path: decode_date(raw, path, violations)
    return lambda raw, _: raw


def _decode_enum(
    enum: type[StrEnum], member: str | None, number: int, path: str, violations: list[Violation]
) -> StrEnum | None:
    if member is None:
        what = "is not specified" if number == 0 else f"has no value {number}"
        violations.append(Violation(path, what))
        return None
    return enum(member)


def decode_date(raw: str, path: str, violations: list[Violation]) -> date | None:
    """Read ``YYYY-MM-DD`` from 1970 to 2999; anything else becomes a violation."""
    try:
        read = date.fromisoformat(raw) if _DATE.fullmatch(raw) else None
    except ValueError:
        read = None
    if read is None:
        violations.append(Violation(path, f"{raw[:40]!r} is not a date like 2026-11-23"))
    elif not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        violations.append(Violation(path, f"{read} is not in the years from {_FIRST_YEAR} to {_LAST_YEAR}"))
        return None
    return read


def _field_name(name: str, message: Message) -> str:
    known = message.DESCRIPTOR.fields_by_name
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


def _typed_fields(model_type: Any) -> tuple[tuple[Field[Any], Any], ...]:
    return _fields_of(model_type)


@cache
def _fields_of(model_type: Hashable) -> tuple[tuple[Field[Any], Any], ...]:
    dataclass_type: Any = model_type
    hints = get_type_hints(dataclass_type)
    return tuple((field, hints[field.name]) for field in fields(dataclass_type))
