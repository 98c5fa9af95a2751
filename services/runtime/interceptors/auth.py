"""Lets a call in by its bearer token and the scopes that the token names; the tenant comes from the token alone."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from services.model.errors import NotPermittedError, TokenFault, UnauthenticatedError
from services.runtime.caller import LOCAL_CALLER, Caller, calling
from services.runtime.interceptors.wrapping import Around, Call
from services.runtime.permissions import OPEN_SERVICES, PERMISSIONS
from services.runtime.tokens import TokenReader

_KEY: Final = "authorization"
_SCHEME: Final = "bearer"
# A flood of bad tokens must not become a flood of lines.
_LOG_EVERY_S: Final = 1.0
_log: Final = logging.getLogger(__name__)


@asynccontextmanager
async def as_local_caller(call: Call) -> AsyncIterator[None]:
    """Let every call in: for a service on loopback that asks for no tokens."""
    with calling(LOCAL_CALLER):
        yield


def authenticate(tokens: TokenReader, clock: Callable[[], float]) -> Around:
    """Let calls in that have a valid token with a scope for their method; health checks need none."""
    last_logged = -_LOG_EVERY_S

    def note(reason: str, cause: str, call: Call) -> None:
        nonlocal last_logged
        now = clock()
        if now - last_logged >= _LOG_EVERY_S:
            last_logged = now
            # Never the token, nor anything out of one that did not hold.
            _log.warning("%s/%s refused: %s (%s)", call.service, call.method, reason, cause)

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        if call.service in OPEN_SERVICES:
            yield
            return
        try:
            caller = tokens.caller_of(_token(call))
        except UnauthenticatedError as error:
            note("unauthenticated", error.cause, call)
            raise
        if not _may(caller, call):
            note("not permitted", "scope", call)
            raise NotPermittedError("this caller may not use this method")
        with calling(caller):
            yield

    return around


def _may(caller: Caller, call: Call) -> bool:
    return bool(caller.scopes & PERMISSIONS.get(f"{call.service}/{call.method}", frozenset()))


def _token(call: Call) -> str:
    given = [value for key, value in call.context.invocation_metadata() or () if key == _KEY]
    if len(given) != 1 or not isinstance(given[0], str):
        raise UnauthenticatedError("no token" if not given else "more than one token", TokenFault.MISSING)
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != _SCHEME or not token:
        raise UnauthenticatedError("no bearer token", TokenFault.MISSING)
    return token.strip()
