"""Refuses calls beyond a number under way, before they do any work.

gRPC's own limit counts wrongly in asyncio and cannot say when to come back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from services.model.errors import Limit, OverloadedError
from services.runtime.caller import current_caller
from services.runtime.interceptors.wrapping import Call, RpcKind

_RETRY_AFTER_S: Final = 1
# Health checks and reflection: a server under load must still answer whether it is well.
ASIDE: Final = "grpc."
# Of the places, this part is kept for tenants that hold fewer than that part of them.
_KEPT_PART: Final = 4
_SMALL_PART: Final = 16


class _Places:
    """So many places, some of them for tenants that hold few."""

    def __init__(self, limit: int, is_shared: bool) -> None:
        self._limit = limit
        self._kept = limit // _KEPT_PART if is_shared else 0
        self._few = max(1, limit // _SMALL_PART)
        self._held: Counter[str] = Counter()
        self.taken = 0

    @contextmanager
    def one(self, tenant: str) -> Iterator[None]:
        """Take a place and give it back."""
        is_small = self._held[tenant] < self._few
        if self.taken >= self._limit - (0 if is_small else self._kept):
            self._drop_if_none(tenant)
            raise OverloadedError(f"{self.taken} calls are under way", _RETRY_AFTER_S, Limit.CONCURRENCY)
        self.taken += 1
        self._held[tenant] += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._held[tenant] -= 1
            self._drop_if_none(tenant)

    def _drop_if_none(self, tenant: str) -> None:
        if not self._held[tenant]:
            del self._held[tenant]


class LoadLimit:
    """At most so many calls at once, counted apart for those that stream their answer and the rest.

    With ``is_shared``, a quarter of the places is out of reach for a tenant that holds a sixteenth already: however
    much the others ask for, a tenant with few calls finds one. What is asked of health and reflection has places of its
    own, as many as there are for streams, and ends with the server.
    """

    def __init__(self, max_calls: int, max_streams: int, *, is_shared: bool = False) -> None:
        self._calls = _Places(max_calls, is_shared)
        self._streams = _Places(max_streams, is_shared)
        self._aside = _Places(max_streams, is_shared=False)

    @property
    def under_way(self) -> int:
        """Calls counted now, health and reflection left out."""
        return self._calls.taken + self._streams.taken

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[None]:
        """Count a call.

        Raises
        ------
        OverloadedError
            When there are too many.
        """
        if call.service.startswith(ASIDE):
            with self._aside.one(""):
                yield
            return
        is_stream = call.kind in (RpcKind.SERVER_STREAM, RpcKind.BIDI_STREAM)
        with (self._streams if is_stream else self._calls).one(current_caller().tenant):
            yield
