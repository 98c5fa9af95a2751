"""Uploads: every byte in its place, no more of them than was announced, room for everybody."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.client import upload_parts
from services.model.errors import InvalidInputError, OverloadedError
from services.runtime.uploads import Assembly, UploadRoom


def sha256(whole: bytes) -> bytes:
    return hashlib.sha256(whole).digest()


def path(caught: pytest.ExceptionInfo[InvalidInputError]) -> str:
    (violation,) = caught.value.violations
    return violation.path


@given(st.binary(min_size=1, max_size=300), st.integers(1, 50))
def test_what_a_client_cuts_is_put_together_again(whole: bytes, part_bytes: int) -> None:
    first, *others = upload_parts(whole, part_bytes)
    assembly = Assembly(first.total_bytes, first.sha256)
    for part in (first, *others):
        assert len(part.data) <= part_bytes
        assembly.add(part.offset, part.data)
    assert assembly.finish() == whole
    assert not any(part.total_bytes or part.sha256 for part in others)


@pytest.mark.parametrize(
    ("parts", "wrong"),
    [
        ([(0, b"abc"), (4, b"de")], "offset"),
        ([(0, b"abc"), (0, b"abc")], "offset"),
        ([(-1, b"abc")], "offset"),
        ([(2**62, b"abc")], "offset"),
        ([(0, b"abc"), (3, b"")], "data"),
        ([(0, b"abcdef")], "data"),
        ([(0, b"abc"), (3, b"def")], "data"),
        ([(0, b"abc")], "total_bytes"),
        ([(0, b"abcdx")], "sha256"),
    ],
)
def test_parts_that_do_not_fit_are_refused_by_path(parts: list[tuple[int, bytes]], wrong: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        assembly = Assembly(5, sha256(b"abcde"))
        for offset, data in parts:
            assembly.add(offset, data)
        assembly.finish()
    assert path(caught) == wrong


@pytest.mark.parametrize("total_bytes", [0, -1, 101, 2**62])
def test_an_upload_is_neither_empty_nor_too_large(total_bytes: int) -> None:
    with pytest.raises(InvalidInputError) as caught, UploadRoom(100).taken("one", total_bytes):
        pass
    assert path(caught) == "total_bytes"


def test_a_sum_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        Assembly(5, b"short")
    assert path(caught) == "sha256"


def test_one_tenant_does_not_take_all_the_room_and_gives_back_what_it_took() -> None:
    room = UploadRoom(100)
    with room.taken("one", 60):
        with pytest.raises(OverloadedError), room.taken("one", 41):
            pass
        with (
            room.taken("one", 40),
            room.taken("two", 100),
            pytest.raises(OverloadedError),
            room.taken("three", 1),
        ):
            pass
    with room.taken("one", 100), room.taken("three", 100):
        pass
