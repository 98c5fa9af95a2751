"""Requests that come in parts: put together, bounded in memory, checked by length and SHA-256."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from services.model.errors import InvalidInputError, Limit, OverloadedError, Violation

_SHA256_BYTES: Final = 32
_RETRY_AFTER_S: Final = 10
# The largest uploads that fit at once.
_LARGEST_AT_ONCE: Final = 2


class UploadRoom:
    """Memory for uploads under way: of one tenant as much as the largest has, of all together twice that."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held: Counter[str] = Counter()

    @contextmanager
    def taken(self, tenant: str, total_bytes: int) -> Iterator[None]:
        """Keep room for an upload until it is dealt with.

        Raises
        ------
        InvalidInputError
            When it is empty or larger than any may be.
        OverloadedError
            When others have the room.
        """
        if not 0 < total_bytes <= self._max_bytes:
            raise InvalidInputError([Violation("total_bytes", f"must be from 1 to {self._max_bytes}")])
        is_too_much = self._held[tenant] + total_bytes > self._max_bytes
        if is_too_much or self._held.total() + total_bytes > _LARGEST_AT_ONCE * self._max_bytes:
            self._forget_if_none(tenant)
            raise OverloadedError("other uploads are under way", _RETRY_AFTER_S, Limit.UPLOADS)
        self._held[tenant] += total_bytes
        try:
            yield
        finally:
            self._held[tenant] -= total_bytes
            self._forget_if_none(tenant)

    def _forget_if_none(self, tenant: str) -> None:
        if not self._held[tenant]:
            del self._held[tenant]


class Assembly:
    """The parts of one upload, in their order; no more of them than was announced is ever kept.

    Raises
    ------
    InvalidInputError
        When ``sha256`` is no such sum.
    """

    def __init__(self, total_bytes: int, sha256: bytes) -> None:
        if len(sha256) != _SHA256_BYTES:
            raise InvalidInputError([Violation("sha256", f"must have {_SHA256_BYTES} bytes")])
        self._total_bytes = total_bytes
        self._sha256 = sha256
        self._parts = io.BytesIO()

    def add(self, offset: int, data: bytes) -> None:
        """Take the next part.

        Raises
        ------
        InvalidInputError
            When it is empty, not the next one, or goes beyond what was announced.
        """
        here = self._parts.tell()
        if offset != here:
            raise InvalidInputError([Violation("offset", f"must be {here}, not {offset}")])
        if not data:
            raise InvalidInputError([Violation("data", "is empty")])
        if here + len(data) > self._total_bytes:
            raise InvalidInputError([Violation("data", f"goes beyond the {self._total_bytes} bytes of total_bytes")])
        self._parts.write(data)

    def finish(self) -> bytes:
        """Give all parts together.

        Raises
        ------
        InvalidInputError
            When something is missing or the sum is another.
        """
        came = self._parts.tell()
        if came != self._total_bytes:
            raise InvalidInputError([Violation("total_bytes", f"is {self._total_bytes}, but {came} bytes came")])
        whole = self._parts.getvalue()
        if hashlib.sha256(whole).digest() != self._sha256:
            raise InvalidInputError([Violation("sha256", "is not that of the bytes that came")])
        return whole
