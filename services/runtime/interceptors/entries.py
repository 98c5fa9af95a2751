"""Bounds how many messages are within a message, before any of them is made.

An empty message within another takes two bytes on the wire and some hundreds in memory: 32 MiB of them are 4 GB.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from services.model.errors import InvalidInputError, Violation

MAX_ENTRIES: Final = 1_000_000
_MIN_ENTRY_BYTES: Final = 2
_VARINT, _FIXED64, _BYTES, _END_OF_GROUP, _FIXED32 = 0, 1, 2, 4, 5
_MAX_DEPTH: Final = 100  # as deep as protobuf itself reads


def request_type(method: str) -> Descriptor | None:
    """Return the message that ``service/method`` takes; None where no contract has the method."""
    try:
        found: Any = descriptor_pool.Default().FindMethodByName(method.replace("/", "."))
    except KeyError:
        return None
    taken: Descriptor = found.input_type
    return taken


def bound_entries(descriptor: Descriptor, data: bytes, limit: int = MAX_ENTRIES) -> None:
    """Look through a serialised message for more messages than ``limit``, at any depth, without making them.

    Small ones are not looked at: they have no room. Bytes that are no message are left to whoever reads them.

    Raises
    ------
    InvalidInputError
        Naming the field where the limit was passed.
    """
    if len(data) > limit * _MIN_ENTRY_BYTES:
        _Counter(data, limit).look_through(descriptor, 0, len(data), "request", 0)


@cache
def _signs_of_messages(descriptor: Descriptor) -> tuple[bytes, ...]:
    """Bytes without which a message holds no messages: how such fields begin, in short or at needless length."""
    tags = [_written(field.number << 3 | _BYTES) for field in descriptor.fields if field.message_type is not None]
    return (*tags, b"\x00") if tags else ()


def _written(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class _Counter:
    def __init__(self, data: bytes, limit: int) -> None:
        self._data = data
        self._limit = limit
        self._count = 0

    def look_through(self, descriptor: Descriptor, at: int, end: int, path: str, depth: int) -> None:
        """Count the messages between two positions."""
        if all(self._data.find(tag, at, end) < 0 for tag in _signs_of_messages(descriptor)):
            return  # by far most of what there is, and found out at the speed of C
        fields = descriptor.fields_by_number
        while at < end and depth < _MAX_DEPTH:
            tag, at = self._varint(at, end)
            kind = tag & 7
            if kind == _VARINT:
                _, at = self._varint(at, end)
            elif kind == _FIXED64:
                at += 8
            elif kind == _FIXED32:
                at += 4
            elif kind == _BYTES:
                size, at = self._varint(at, end)
                field: FieldDescriptor | None = fields.get(tag >> 3)
                inner = None if field is None else field.message_type
                if field is not None and inner is not None:
                    here = f"{path}.{field.name}"
                    self._count += 1
                    if self._count > self._limit:
                        raise InvalidInputError([Violation(here, f"there are more than {self._limit} entries in all")])
                    if size:
                        self.look_through(inner, at, min(at + size, end), here, depth + 1)
                at += size
            elif kind > _END_OF_GROUP:
                return  # no message
            # What is in a group, which no message of ours has, counts as if it stood beside it.

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        number = shift = 0
        while at < end and shift < 70:
            byte = self._data[at]
            at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number, at
            shift += 7
        return 0, end  # broken off: nothing more can be read here
