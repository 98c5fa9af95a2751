"""Traces from a call to the commit of its plan, across processes; off unless asked for, and without anybody's data."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from cuntong.route.v1 import route_service_pb2 as route_pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from services.runtime.config import ServiceSettings
from services.runtime.embedded import EmbeddedStore
from services.runtime.job_records import JobRecord, JobState
from services.runtime.jobs import JobRunner
from services.runtime.metrics import make_registry
from services.runtime.otlp import tracing
from services.runtime.phases import Phases
from services.runtime.server import GrpcServer, Service
from services.runtime.solver_messages import Progress
from services.runtime.solvers import Solvers
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect
from services.runtime.traces import NO_TRACES, Traces, open_traces, traceparent
from tests.builders import small_county, small_day
from tests.running import TIMEOUT_S, plan_request, serving

ROOT = Path(__file__).resolve().parents[2]
PLACES = os.pathsep.join(place or os.getcwd() for place in sys.path)
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"
METHOD = "/cuntong.route.v1.RouteService/GetPlan"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@contextmanager
def in_memory() -> Iterator[tuple[Traces, InMemorySpanExporter]]:
    exporter = InMemorySpanExporter()
    with tracing(SimpleSpanProcessor(exporter), "test") as traces:
        yield traces, exporter


def context_of(span: ReadableSpan) -> SpanContext:
    context = span.get_span_context()
    assert context is not None
    return context


def times(span: ReadableSpan) -> tuple[int, int]:
    assert span.start_time is not None and span.end_time is not None
    return span.start_time, span.end_time


def parent_of(span: ReadableSpan, spans: dict[str, ReadableSpan]) -> str:
    """The name of a span's parent."""
    names = {context_of(one).span_id: name for name, one in spans.items()}
    return names[span.parent.span_id] if span.parent else ""


class NoQueue:
    """Nothing is queued again."""

    async def enqueue(self, job: JobRecord) -> None:
        return None


async def work_on_one(traces: Traces, url: str, payload: bytes, submitting: Traces) -> JobRecord:
    """Submit a job in a span of its own and have it worked on, by a child."""
    redis = connect(url)
    store = JobStore(redis, lambda: datetime.now(UTC), JobLimits(), traces=submitting)
    record = JobRecord(
        plan_id="plan-1",
        request_id="r",
        county_id="huadian",
        service_date=date(2026, 3, 2),
        create_time=NOON,
        update_time=NOON,
    )
    try:
        await redis.flushall()
        with submitting.span("call"):
            await store.submit(record, "x", payload)
        async with Solvers(
            "tests.solver_program", idle=1, memory_mib=2_000, environment={"PYTHONPATH": PLACES}, traces=traces
        ) as solvers:
            runner = JobRunner(store, solvers, NoQueue(), clock=time.monotonic, name="w", traces=traces)
            await runner.work_on("plan-1")
        return await store.get("plan-1")
    finally:
        await redis.aclose()


@pytest.mark.parametrize(("payload", "state"), [(b"phases", JobState.SUCCEEDED), (b"refuse", JobState.FAILED)])
def test_a_job_is_one_trace_from_the_call_to_its_commit(payload: bytes, state: JobState) -> None:
    with EmbeddedStore() as store, in_memory() as (calling, called), in_memory() as (working, worked):
        job = asyncio.run(work_on_one(working, store.url, payload, calling))
        spans = {span.name: span for span in (*called.get_finished_spans(), *worked.get_finished_spans())}
    assert job.state is state
    phases = {"roads", "runs", "check"} if payload == b"phases" else set()
    assert spans.keys() == {"call", "submit", "attempt", "begin", "solve", "commit"} | phases
    assert len({context_of(span).trace_id for span in spans.values()}) == 1
    parents = {"call": "", "submit": "call", "attempt": "submit"} | dict.fromkeys(
        ("begin", "solve", "commit"), "attempt"
    )
    assert {name: parent_of(span, spans) for name, span in spans.items()} == parents | dict.fromkeys(phases, "solve")
    assert {name: dict(span.attributes or {}) for name, span in spans.items() if span.attributes} == {
        "submit": {"cuntong.plan_id": "plan-1"},
        "attempt": {"cuntong.plan_id": "plan-1", "cuntong.attempt": 1},
        "solve": {"cuntong.plan_id": "plan-1"},
        "commit": {"cuntong.state": state},
    }
    for name in phases:
        (began, ended), (first, last) = times(spans["solve"]), times(spans[name])
        assert began <= first <= last <= ended


def test_a_child_that_dies_leaves_the_phases_that_it_reported() -> None:
    with EmbeddedStore() as store, in_memory() as (traces, exporter):
        asyncio.run(work_on_one(traces, store.url, b"phases then die", traces))
        spans = {span.name: span for span in exporter.get_finished_spans()}
    assert {"roads", "runs"} <= spans.keys()
    assert "commit" not in spans
    assert (spans["solve"].attributes or {})["error.type"] == "ChildDiedError"
    assert not spans["solve"].events


def test_phases_are_not_more_than_a_collector_should_have() -> None:
    with in_memory() as (traces, exporter), traces.span("solve"):
        phases = Phases(traces)
        for at in range(1_000):
            phases.hear(Progress("runs" if at % 2 else "lines", 0, 10, at))
        phases.end(1_000)
        assert len(exporter.get_finished_spans()) == 64


def test_without_a_tracer_there_is_nothing() -> None:
    with NO_TRACES.span("call", {"plan_id": "p"}):
        assert traceparent() == ""
        NO_TRACES.past("roads", 1, 2)


# --- calls ------------------------------------------------------------------------------------------------------------


async def unary(request: bytes, context: Any) -> bytes:
    if request == b"broken":
        raise ZeroDivisionError("张三丰")
    return traceparent().encode()


def register(server: grpc.aio.Server) -> None:
    service, _, method = METHOD.removeprefix("/").rpartition("/")
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {method: grpc.unary_unary_rpc_method_handler(unary)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))


async def call_each(traces: Traces, *requests: bytes, **metadata: str) -> list[bytes | grpc.StatusCode]:
    service = Service("cuntong.route.v1.RouteService", register)
    server = GrpcServer(ServiceSettings(), [service], registry=make_registry(), new_id=lambda: "id-1", traces=traces)
    answers: list[bytes | grpc.StatusCode] = []
    async with server, grpc.aio.insecure_channel(server.addresses.grpc) as channel:
        for request in requests:
            try:
                answers.append(
                    await channel.unary_unary(METHOD, None, None)(request, metadata=tuple(metadata.items()), timeout=5)
                )
            except grpc.aio.AioRpcError as error:
                answers.append(error.code())
    return answers


def test_a_call_is_a_span_of_its_caller_s_trace() -> None:
    with in_memory() as (traces, exporter):
        answers = asyncio.run(call_each(traces, b"", b"broken", traceparent=PARENT, tracestate="name=zhang"))
        good, broken = exporter.get_finished_spans()
    assert isinstance(answers[0], bytes) and TRACE_ID in answers[0].decode()
    assert good.name == METHOD.removeprefix("/")
    assert f"{context_of(good).trace_id:032x}" == TRACE_ID
    assert not context_of(good).trace_state
    assert good.attributes == {
        "rpc.system": "grpc",
        "rpc.service": "cuntong.route.v1.RouteService",
        "rpc.method": "GetPlan",
        "cuntong.request_id": "id-1",
        "rpc.grpc.status_code": 0,
    }
    assert (broken.attributes or {})["rpc.grpc.status_code"] == grpc.StatusCode.INTERNAL.value[0]
    assert not broken.status.is_ok
    assert "张三丰" not in broken.to_json()


@pytest.mark.parametrize("given", ["", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_call_without_a_trace_begins_one(given: str) -> None:
    with in_memory() as (traces, exporter):
        (answer,) = asyncio.run(call_each(traces, b"", **({"traceparent": given} if given else {})))
        (span,) = exporter.get_finished_spans()
    assert isinstance(answer, bytes) and f"{context_of(span).trace_id:032x}" in answer.decode()
    assert span.parent is None


# --- whole services ---------------------------------------------------------------------------------------------------


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes spans as OTLP has them."""

    requests: list[Any] = field(default_factory=list)

    def Export(self, request: Any, context: Any) -> Any:
        self.requests.append(request)
        return trace_service_pb2.ExportTraceServiceResponse()

    def spans(self) -> list[tuple[str, Any]]:
        """All spans with the program that each is from."""
        found = []
        for request in self.requests:
            for resource in request.resource_spans:
                names = {one.key: one.value.string_value for one in resource.resource.attributes}
                for scope in resource.scope_spans:
                    found += [(names["service.name"], span) for span in scope.spans]
        return found


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield collector, f"http://127.0.0.1:{port}"
    finally:
        server.stop(None)


def test_real_services_send_a_plan_s_trace_to_a_collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    county = small_county()
    names = tuple(replace(one, name=f"张三丰-{one.name}") for one in county.network.nodes)
    day = small_day(county=replace(county, network=replace(county.network, nodes=names)))
    with collecting() as (collector, endpoint):
        monkeypatch.setenv("CUNTONG_OTLP_ENDPOINT", endpoint)
        with serving(tmp_path) as services:
            request = plan_request("traced", day)
            job = services.route.SubmitPlan(request, timeout=TIMEOUT_S, metadata=(("traceparent", PARENT),)).job
            watching = services.route.WatchPlan(route_pb.WatchPlanRequest(plan_id=job.plan_id), timeout=TIMEOUT_S)
            assert [news.job.state for news in watching][-1] == route_pb.JOB_STATE_SUCCEEDED
        spans = [(program, span) for program, span in collector.spans() if span.trace_id.hex() == TRACE_ID]
    named = {span.name for _, span in spans}
    assert {"cuntong.route.v1.RouteService/SubmitPlan", "submit", "attempt", "begin", "solve", "commit"} <= named
    assert {"roads", "options", "check"} <= named
    assert {program for program, _ in spans} == {"cuntong-route"}
    assert not any("张三丰".encode() in request.SerializeToString() for request in collector.requests)
    log = services.log.read_text(encoding="utf-8")
    assert f'"trace_id": "{TRACE_ID}"' in log


def test_a_collector_that_is_away_holds_up_nobody() -> None:
    began = time.monotonic()
    with open_traces("http://127.0.0.1:1", "test") as traces:
        for _ in range(100):
            with traces.span("call"):
                pass
        assert time.monotonic() - began < 2
    assert time.monotonic() - began < 10


def test_where_nobody_asks_for_traces_no_exporter_is_loaded() -> None:
    program = (
        "import sys, services.route.app, services.route.worker, services.consolidation.app\n"
        "from services.runtime.traces import NO_TRACES, open_traces\n"
        "with open_traces(None, 'route') as traces:\n"
        "    assert traces is NO_TRACES\n"
        "print([name for name in sys.modules if 'otlp' in name])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": PLACES},
        capture_output=True,
        check=False,
    )
    assert said.stdout.decode().strip() == "[]", said.stderr.decode()
