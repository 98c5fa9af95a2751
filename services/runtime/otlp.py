"""Spans sent to a collector by OTLP over gRPC; loaded only where traces are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from services.runtime.traces import Traces

_EVERY_MS: Final = 1_000
# A collector that is away must hold up nobody, the end of a program included.
_TIMEOUT_S: Final = 2
_SCOPE: Final = "cuntong"


@contextmanager
def exporting(endpoint: str, program: str) -> Iterator[Traces]:
    """Send spans to ``http://host:port``, or ``https`` with TLS, in the background; what is left is sent at the end."""
    exporter = OTLPSpanExporter(endpoint, insecure=endpoint.startswith("http://"), timeout=_TIMEOUT_S)
    with tracing(BatchSpanProcessor(exporter, schedule_delay_millis=_EVERY_MS), program) as traces:
        yield traces


@contextmanager
def tracing(processor: SpanProcessor, program: str) -> Iterator[Traces]:
    """Give spans to a processor. The provider is nobody's but ours: libraries that would make spans make none."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"cuntong-{program}"}))
    provider.add_span_processor(processor)
    try:
        yield Traces(provider.get_tracer(_SCOPE))
    finally:
        provider.shutdown()
