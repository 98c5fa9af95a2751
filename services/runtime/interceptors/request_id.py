"""Gives each call an id for the logs: the caller's ``x-request-id`` or a new one; the answer names it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from services.runtime.interceptors.wrapping import Around, Call
from services.runtime.logs import bound

REQUEST_ID_KEY: Final = "x-request-id"
_GOOD_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def bind_request_id(new_id: Callable[[], str]) -> Around:
    """Put the call's id on every line logged in it and into its trailing metadata."""

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        given = dict(call.context.invocation_metadata() or ()).get(REQUEST_ID_KEY, "")
        request_id = given if isinstance(given, str) and _GOOD_ID.fullmatch(given) else new_id()
        call.context.set_trailing_metadata(((REQUEST_ID_KEY, request_id),))
        with bound(request_id=request_id):
            yield

    return around
