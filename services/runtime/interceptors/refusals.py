"""Counts calls that are not let in, and by which limit or for what they lack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter

from services.model.errors import Limit, NotPermittedError, OverloadedError, TokenFault, UnauthenticatedError
from services.runtime.interceptors.wrapping import Around, Call

UNAUTHENTICATED: Final = "unauthenticated"
NOT_PERMITTED: Final = "not permitted"


def count_refusals(registry: CollectorRegistry) -> Around:
    """Count by reason; every reason is shown from the beginning, so that an alert sees its first."""
    refused = Counter("cuntong_calls_refused", "Calls that were not let in.", ["reason"], registry=registry)
    failures = Counter("cuntong_authentication_failures", "Calls without a valid token.", ["reason"], registry=registry)
    for reason in (UNAUTHENTICATED, NOT_PERMITTED, *Limit):
        refused.labels(reason)
    for fault in TokenFault:
        failures.labels(fault)

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        try:
            yield
        except UnauthenticatedError as error:
            refused.labels(UNAUTHENTICATED).inc()
            failures.labels(error.fault).inc()
            raise
        except NotPermittedError:
            refused.labels(NOT_PERMITTED).inc()
            raise
        except OverloadedError as error:
            refused.labels(error.limit).inc()
            raise

    return around
