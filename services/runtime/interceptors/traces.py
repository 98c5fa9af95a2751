"""Makes each call a span: of the caller's trace where it names one, else of a new one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from grpc import aio
from opentelemetry.trace import SpanKind, StatusCode

from services.runtime.interceptors.load import ASIDE
from services.runtime.interceptors.metrics import sent_code
from services.runtime.interceptors.wrapping import Around, Call
from services.runtime.logs import bound, bound_ids
from services.runtime.traces import TRACEPARENT, Traces, trace_id_of, traceparent


def trace_calls(traces: Traces) -> Around:
    """Make spans with the method, the call's id and its status; health checks and reflection have none."""

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        if call.service.startswith(ASIDE):
            yield
            return
        given = dict(call.context.invocation_metadata() or ()).get(TRACEPARENT, "")
        attributes: dict[str, str | int] = {
            "rpc.system": "grpc",
            "rpc.service": call.service,
            "rpc.method": call.method,
            "request_id": bound_ids().get("request_id", ""),
        }
        parent = given if isinstance(given, str) else ""
        name = f"{call.service}/{call.method}"
        with (
            traces.span(name, attributes, kind=SpanKind.SERVER, parent=parent) as span,
            bound(trace_id=trace_id_of(traceparent())),
        ):
            code = grpc.StatusCode.CANCELLED
            try:
                yield
                code = sent_code(call) or grpc.StatusCode.OK
            except aio.AbortError:
                code = sent_code(call) or grpc.StatusCode.UNKNOWN
                raise
            finally:
                span.set_attribute("rpc.grpc.status_code", code.value[0])
                if code is not grpc.StatusCode.OK:
                    span.set_status(StatusCode.ERROR)

    return around
