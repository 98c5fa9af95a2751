"""Messages within messages are counted before they are made, however they are written."""

from __future__ import annotations

import random
from typing import Any

import pytest
from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from services.model.errors import InvalidInputError
from services.runtime.interceptors.entries import bound_entries, request_type
from tests.chaos.fuzz import damaged, hostile
from tests.running import plan_request

REQUEST = pb.SubmitPlanRequest.DESCRIPTOR
CONSIGNMENTS = plan_pb2.Day.DESCRIPTOR.fields_by_name["consignments"].number


def varint(number: int, length: int = 1) -> bytes:
    """Write a number, in at least so many bytes."""
    out = bytearray()
    while number > 0x7F or len(out) < length - 1:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, content: bytes, length: int = 1) -> bytes:
    return varint(number << 3 | 2, length) + varint(len(content)) + content


def entries(message: Any) -> int:
    count = 0
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            inner = value if hasattr(value, "add") else [value]
            count += sum(1 + entries(one) for one in inner)
    return count


def is_bounded(data: bytes, limit: int) -> bool:
    try:
        bound_entries(REQUEST, data, limit)
    except InvalidInputError:
        return False
    return True


@given(st.integers(0, 10_000), st.integers(-3, 3))
def test_as_many_are_counted_as_there_are(seed: int, more: int) -> None:
    (data,) = hostile([plan_request("counted")], random.Random(seed))
    count = entries(pb.SubmitPlanRequest.FromString(data))
    assert is_bounded(data, count + more) == (more >= 0)


@given(st.integers(0, 10_000))
def test_of_damaged_bytes_none_are_overlooked(seed: int) -> None:
    (data,) = damaged([plan_request("counted")], random.Random(seed))
    try:
        count = entries(pb.SubmitPlanRequest.FromString(data))
    except DecodeError:
        is_bounded(data, 1)
    else:
        assert not is_bounded(data, count - 1)


@pytest.mark.parametrize("length", [1, 2, 3, 5])
@pytest.mark.parametrize("before", [b"", varint(100 << 3 | 3) + varint(100 << 3 | 4)], ids=["alone", "after a group"])
def test_needless_length_and_groups_hide_nothing(length: int, before: bytes) -> None:
    data = field(2, before + field(CONSIGNMENTS, b"", length) * 100)
    assert len(pb.SubmitPlanRequest.FromString(data).day.consignments) == 100
    assert is_bounded(data, 101)
    assert not is_bounded(data, 100)


def test_the_field_is_named() -> None:
    with pytest.raises(InvalidInputError, match=r"request\.day\.consignments"):
        bound_entries(REQUEST, field(2, field(CONSIGNMENTS, b"") * 100), 50)


def test_what_is_large_without_entries_passes() -> None:
    bound_entries(REQUEST, field(1, b"x" * 3_000_000))


def test_nesting_without_end_is_left_to_the_reader() -> None:
    data = b""
    for _ in range(5_000):
        data = field(2, data)
    bound_entries(REQUEST, data, 10_000)


def test_methods_are_found_by_their_path() -> None:
    found = request_type("cuntong.route.v1.RouteService/SubmitPlan")
    assert found is not None
    assert found.full_name == REQUEST.full_name
    assert request_type("test.Probe/Unary") is None
