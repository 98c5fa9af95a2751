"""Traces of calls and jobs, where they are asked for; where not, nothing is set up and nothing kept.

A span's attributes are ids and counts, never what a day holds, and never the text of an error. From process to process
a trace goes as a W3C ``traceparent``; what else a caller's trace may carry stays behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    get_current_span,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Attributes = Mapping[str, str | int]

TRACEPARENT: Final = "traceparent"
_PROPAGATOR: Final = TraceContextTextMapPropagator()
_NONE: Final[Attributes] = MappingProxyType({})


class Traces:
    """Makes spans by a tracer; without one there are none."""

    def __init__(self, tracer: Tracer | None = None) -> None:
        self._tracer = tracer

    @contextmanager
    def span(
        self,
        name: str,
        attributes: Attributes = _NONE,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: str = "",
        began_ns: int | None = None,
    ) -> Iterator[Span]:
        """Take what happens inside, tasks and threads that inherit the context included, for one span.

        ``parent`` is the ``traceparent`` of another process; without one it is part of the span under way, if any.
        ``began_ns`` says that it began earlier, in nanoseconds since 1970.
        """
        if self._tracer is None:
            yield INVALID_SPAN
            return
        context = _PROPAGATOR.extract({TRACEPARENT: parent}, Context()) if parent else None
        span = self._tracer.start_span(
            name, context, kind, attributes=named(attributes), start_time=began_ns, record_exception=False
        )
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield span
            except Exception as error:
                # The type alone: what an error says may quote what was sent.
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", type(error).__name__)
                raise

    def past(self, name: str, began_ns: int, ended_ns: int) -> None:
        """Add to the span under way what happened in it, from one moment to another in nanoseconds since 1970."""
        if self._tracer is not None:
            span = self._tracer.start_span(name, start_time=began_ns)
            span.end(max(began_ns, ended_ns))


NO_TRACES: Final = Traces()


@contextmanager
def open_traces(endpoint: str | None, program: str) -> Iterator[Traces]:
    """Send spans to a collector at ``endpoint`` as those of ``program``; without an endpoint there are none."""
    if endpoint is None:
        yield NO_TRACES
        return
    # What nobody asks for is not even loaded.
    from services.runtime.otlp import exporting  # noqa: PLC0415

    with exporting(endpoint, program) as traces:
        yield traces


def named(attributes: Attributes) -> dict[str, str | int]:
    """Give attributes of ours a name of their own.

    >>> named({"plan_id": "plan-1", "rpc.method": "GetPlan"})
    {'cuntong.plan_id': 'plan-1', 'rpc.method': 'GetPlan'}
    """
    return {name if "." in name else f"cuntong.{name}": value for name, value in attributes.items()}


def traceparent() -> str:
    """Name the span under way for another process; empty where there is none."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get(TRACEPARENT, "")


def trace_id_of(parent: str) -> str:
    """Give the trace that a ``traceparent`` belongs to; empty where it is none.

    >>> trace_id_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    '0af7651916cd43dd8448eb211c80319c'
    """
    context = get_current_span(_PROPAGATOR.extract({TRACEPARENT: parent}, Context())).get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""
