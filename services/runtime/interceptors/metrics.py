"""Counts calls under the names of go-grpc-prometheus, so that ready-made dashboards fit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import grpc
from grpc import aio
from prometheus_client import CollectorRegistry, Counter, Histogram

from services.runtime.interceptors.wrapping import Around, Call

_LABELS: Final = ("grpc_type", "grpc_service", "grpc_method")
_ODD_NAMES: Final = {grpc.StatusCode.OK: "OK", grpc.StatusCode.CANCELLED: "Canceled"}


def count_calls(registry: CollectorRegistry, clock: Callable[[], float]) -> Around:
    """Count calls started and handled, by status, and their seconds by ``clock``; unknown methods are not counted."""
    started = Counter("grpc_server_started", "RPCs started on the server.", _LABELS, registry=registry)
    handled = Counter(
        "grpc_server_handled", "RPCs completed on the server.", (*_LABELS, "grpc_code"), registry=registry
    )
    handling = Histogram("grpc_server_handling_seconds", "Time to handle an RPC.", _LABELS, registry=registry)

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        labels = (call.kind, call.service, call.method)
        started.labels(*labels).inc()
        start = clock()
        code = grpc.StatusCode.UNKNOWN
        try:
            yield
            code = sent_code(call) or grpc.StatusCode.OK
        except aio.AbortError:
            code = sent_code(call) or code
            raise
        except asyncio.CancelledError:
            code = grpc.StatusCode.CANCELLED
            raise
        finally:
            handling.labels(*labels).observe(clock() - start)
            handled.labels(*labels, _camel(code)).inc()

    return around


def sent_code(call: Call) -> grpc.StatusCode | None:
    """Give the status that was set for a call, if any was."""
    code = call.context.code()
    return code if isinstance(code, grpc.StatusCode) else None


def _camel(code: grpc.StatusCode) -> str:
    """Write a code as Go does: ``OK``, ``NotFound``, ``Canceled``."""
    return _ODD_NAMES.get(code) or code.name.title().replace("_", "")
