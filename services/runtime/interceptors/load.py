"""Refuses calls beyond a number under way, before they do any work.

gRPC's own limit counts wrongly in asyncio and cannot say when to come back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from services.model.errors import OverloadedError
from services.runtime.interceptors.wrapping import Call, RpcKind

_RETRY_AFTER_S: Final = 1
# Health checks and reflection: a server under load must still answer whether it is well.
_EXEMPT: Final = "grpc."


class LoadLimit:
    """At most so many calls at once, counted apart for those that stream their answer and the rest."""

    def __init__(self, max_calls: int, max_streams: int) -> None:
        self._max_calls = max_calls
        self._max_streams = max_streams
        self._calls = 0
        self._streams = 0

    @property
    def under_way(self) -> int:
        """Calls counted now."""
        return self._calls + self._streams

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[None]:
        """Count a call.

        Raises
        ------
        OverloadedError
            When there are too many.
        """
        if call.service.startswith(_EXEMPT):
            yield
            return
        is_stream = call.kind in (RpcKind.SERVER_STREAM, RpcKind.BIDI_STREAM)
        count, limit = (self._streams, self._max_streams) if is_stream else (self._calls, self._max_calls)
        if count >= limit:
            raise OverloadedError(f"{limit} calls are under way", _RETRY_AFTER_S)
        self._streams += is_stream
        self._calls += not is_stream
        try:
            yield
        finally:
            self._streams -= is_stream
            self._calls -= not is_stream
