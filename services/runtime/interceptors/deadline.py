"""Ends calls whose time is up, and does not begin those that have none left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.model.errors import DeadlineError
from services.runtime.interceptors.wrapping import Around, Call, RpcKind


def keep_deadlines(least_s: float, unary_ceiling_s: float, upload_ceiling_s: float) -> Around:
    """Refuse a call with less than ``least_s`` left; give a ceiling to one that answers once and names no time.

    What is awaited when the time is up is cancelled, whether or not the client says so as well.
    """
    ceilings = {RpcKind.UNARY: unary_ceiling_s, RpcKind.CLIENT_STREAM: upload_ceiling_s}

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        left_s = call.context.time_remaining()
        if left_s is None:
            left_s = ceilings.get(call.kind)
        elif left_s < least_s:
            raise DeadlineError("no time is left to begin this call")
        try:
            async with asyncio.timeout(left_s) as limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise DeadlineError("the time for this call is up") from error

    return around
