"""A real server on a free port of this machine: statuses, limits, metrics, health, and its end."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from prometheus_client import CollectorRegistry

from services.model.errors import InvalidInputError, StoreUnavailableError, Violation
from services.runtime.config import ServiceSettings
from services.runtime.lifeline import start_child
from services.runtime.logs import bound_ids
from services.runtime.metrics import make_registry
from services.runtime.server import GrpcServer, Service

SERVICE = "test.Probe"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Probe:
    """Methods of all four kinds, as the test wants them to be."""

    def __init__(self) -> None:
        self.errors: dict[bytes, Exception] = {}
        self.let_go = asyncio.Event()
        self.waiting = 0
        self.cleaned = asyncio.Event()

    async def unary(self, request: bytes, context: Any) -> bytes:
        if request in self.errors:
            raise self.errors[request]
        if request == b"wait":
            self.waiting += 1
            await self.let_go.wait()
        if request == b"id":
            return bound_ids()["request_id"].encode()
        return request

    async def yields(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        try:
            for part in request.split():
                if part in self.errors:
                    raise self.errors[part]
                yield part
            while request == b"endless":
                yield b"x" * 100_000
        finally:
            self.cleaned.set()

    async def writes(self, request: bytes, context: Any) -> None:
        for part in request.split():
            await context.write(part)

    async def gathers(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        return b" ".join([request async for request in requests])

    async def echoes(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request

    def missing(self, request: bytes, context: Any) -> bytes:
        raise NotImplementedError

    def register(self, server: aio.Server) -> None:
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "Unary": grpc.unary_unary_rpc_method_handler(self.unary),
            "Missing": grpc.unary_unary_rpc_method_handler(self.missing),
            "Yields": grpc.unary_stream_rpc_method_handler(self.yields),
            "Writes": grpc.unary_stream_rpc_method_handler(self.writes),
            "Gathers": grpc.stream_unary_rpc_method_handler(self.gathers),
            "Echoes": grpc.stream_stream_rpc_method_handler(self.echoes),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


class Rig:
    """A server with its probe and a channel to it."""

    def __init__(self, server: GrpcServer, probe: Probe, channel: aio.Channel, registry: CollectorRegistry) -> None:
        self.server, self.probe, self.channel, self.registry = server, probe, channel, registry

    async def unary(self, request: bytes, method: str = "Unary", **metadata: str) -> bytes:
        call = self.channel.unary_unary(f"/{SERVICE}/{method}", None, None)
        answer: bytes = await call(request, metadata=tuple(metadata.items()), timeout=5)
        return answer

    async def stream(self, request: bytes, method: str = "Yields") -> list[bytes]:
        return [m async for m in self.channel.unary_stream(f"/{SERVICE}/{method}", None, None)(request, timeout=5)]

    async def failure(self, asking: Awaitable[Any]) -> aio.AioRpcError:
        with pytest.raises(aio.AioRpcError) as caught:
            await asking
        return caught.value

    async def health(self, service: str = "") -> Any:
        stub = health_pb2_grpc.HealthStub(self.channel)
        return (await stub.Check(health_pb2.HealthCheckRequest(service=service))).status


@asynccontextmanager
async def serving(ask_store: Callable[[], Awaitable[None]] | None = None, **settings: Any) -> AsyncIterator[Rig]:
    probe, registry, ids = Probe(), make_registry(), itertools.count()
    server = GrpcServer(
        ServiceSettings(**settings),
        [Service(SERVICE, probe.register)],
        registry=registry,
        new_id=lambda: f"id-{next(ids)}",
        ask_store=ask_store,
    )
    async with server, aio.insecure_channel(server.addresses.grpc) as channel:
        yield Rig(server, probe, channel, registry)


def details(error: aio.AioRpcError) -> list[Any]:
    return list(rpc_status.from_call(error).details)  # type: ignore[arg-type]


@pytest.mark.asyncio
async def test_calls_of_all_kinds_go_through() -> None:
    async with serving() as rig:
        assert await rig.unary(b"x") == b"x"
        assert await rig.stream(b"a b c") == [b"a", b"b", b"c"]
        assert await rig.stream(b"a b c", "Writes") == [b"a", b"b", b"c"]
        gathers = rig.channel.stream_unary(f"/{SERVICE}/Gathers", None, None)
        assert await gathers(iter([b"a", b"b"])) == b"a b"
        echoes = rig.channel.stream_stream(f"/{SERVICE}/Echoes", None, None)
        assert [m async for m in echoes(iter([b"a", b"b"]))] == [b"a", b"b"]


@pytest.mark.asyncio
async def test_errors_become_rich_statuses_in_unary_calls_and_streams() -> None:
    async with serving() as rig:
        rig.probe.errors[b"bad"] = InvalidInputError([Violation("day.hub", "没有"), Violation("day", "missing")])
        rig.probe.errors[b"away"] = StoreUnavailableError("away")
        for asking in (rig.unary(b"bad"), rig.stream(b"a bad")):
            error = await rig.failure(asking)
            assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
            listed = BadRequest()
            assert any(packed.Unpack(listed) for packed in details(error))
            assert [v.field for v in listed.field_violations] == ["day.hub", "day"]
        error = await rig.failure(rig.unary(b"away"))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert any(packed.Is(RetryInfo.DESCRIPTOR) for packed in details(error))


@pytest.mark.asyncio
async def test_a_huge_list_of_violations_reaches_the_client() -> None:
    async with serving() as rig:
        violations = [Violation(f"parcels[{i}].weight_g", "必须大于零") for i in range(50_000)]
        rig.probe.errors[b"bad"] = InvalidInputError(violations)
        error = await rig.failure(rig.unary(b"bad"))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert str(error.details()).startswith("50000 violations, ")


@pytest.mark.asyncio
async def test_an_unforeseen_error_leaks_nothing_but_its_incident(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as rig:
        rig.probe.errors[b"bug"] = KeyError("secret")
        error = await rig.failure(rig.unary(b"bug"))
    assert error.code() is grpc.StatusCode.INTERNAL
    text = str(error.details())
    assert "secret" not in text
    incident = text.removeprefix("internal error, incident ")
    assert any(incident in line.getMessage() and line.exc_info for line in caplog.records)


@pytest.mark.asyncio
async def test_methods_not_written_or_not_known_are_unimplemented() -> None:
    async with serving() as rig:
        for method in ("Missing", "Unknown"):
            error = await rig.failure(rig.unary(b"x", method))
            assert error.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.asyncio
async def test_a_call_has_its_callers_id_or_a_new_one() -> None:
    async with serving() as rig:
        metadata = {"x-request-id": "from-caller"}
        assert await rig.unary(b"id", **metadata) == b"from-caller"
        metadata = {"x-request-id": "not good!"}
        assert (await rig.unary(b"id", **metadata)).startswith(b"id-")
        rig.probe.errors[b"away"] = StoreUnavailableError("away")
        error = await rig.failure(rig.unary(b"away", **{"x-request-id": "mine"}))
        trailing: Any = error.trailing_metadata()
        assert dict(trailing)["x-request-id"] == "mine"


@pytest.mark.asyncio
async def test_beyond_its_limit_calls_are_refused_but_health_is_not() -> None:
    async with serving(max_concurrent_rpcs=2) as rig:
        waiting = [asyncio.create_task(rig.unary(b"wait")) for _ in range(2)]
        while rig.probe.waiting < 2:
            await asyncio.sleep(0.01)
        error = await rig.failure(rig.unary(b"x"))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert any(packed.Is(RetryInfo.DESCRIPTOR) for packed in details(error))
        assert await rig.health() == SERVING
        assert await rig.stream(b"a") == [b"a"]
        rig.probe.let_go.set()
        assert await asyncio.gather(*waiting) == [b"wait"] * 2
        assert await rig.unary(b"x") == b"x"


@pytest.mark.asyncio
async def test_a_call_given_up_by_its_client_frees_its_place(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(max_concurrent_rpcs=1, max_concurrent_streams=1) as rig:
        waiting = asyncio.create_task(rig.unary(b"wait"))
        while not rig.probe.waiting:
            await asyncio.sleep(0.01)
        waiting.cancel()
        endless = rig.channel.unary_stream(f"/{SERVICE}/Yields", None, None)(b"endless")
        await endless.read()
        await asyncio.sleep(0.2)  # the server is blocked in a write by now
        endless.cancel()
        async with asyncio.timeout(5):
            await rig.probe.cleaned.wait()
        await asyncio.sleep(0.1)
        assert await rig.unary(b"x") == b"x"
        assert await rig.stream(b"x") == [b"x"]
        labels = {"grpc_service": SERVICE, "grpc_method": "Yields", "grpc_type": "server_stream"}
        handled = rig.registry.get_sample_value("grpc_server_handled_total", {**labels, "grpc_code": "Canceled"})
        assert handled == 1
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR]


@pytest.mark.asyncio
async def test_the_metrics_page_counts_calls_by_status() -> None:
    async with serving() as rig:
        rig.probe.errors[b"away"] = StoreUnavailableError("away")
        await rig.unary(b"x")
        await rig.failure(rig.unary(b"away"))
        await rig.failure(rig.unary(b"x", "Unknown"))
        address = f"http://{rig.server.addresses.metrics}/metrics"
        page = await asyncio.to_thread(lambda: urllib.request.urlopen(address, timeout=5).read().decode())
    labels = f'grpc_method="Unary",grpc_service="{SERVICE}",grpc_type="unary"'
    assert f"grpc_server_started_total{{{labels}}} 2.0" in page
    assert f'grpc_server_handled_total{{grpc_code="OK",{labels}}} 1.0' in page
    assert f'grpc_server_handled_total{{grpc_code="Unavailable",{labels}}} 1.0' in page
    assert f"grpc_server_handling_seconds_count{{{labels}}} 2.0" in page
    assert "process_cpu_seconds_total" in page
    assert "Unknown" not in page


@pytest.mark.asyncio
async def test_health_and_reflection_know_the_services() -> None:
    async with serving() as rig:
        assert [await rig.health(name) for name in ("", SERVICE)] == [SERVING] * 2
        stub = reflection_pb2_grpc.ServerReflectionStub(rig.channel)
        ask = reflection_pb2.ServerReflectionRequest(list_services="")
        answers = [answer async for answer in stub.ServerReflectionInfo(iter([ask]))]
        assert SERVICE in [service.name for service in answers[0].list_services_response.service]


@pytest.mark.asyncio
async def test_health_follows_the_store() -> None:
    is_away = True

    async def ask_store() -> None:
        if is_away:
            raise StoreUnavailableError("away")

    async with serving(ask_store, health_s=0.05) as rig, asyncio.timeout(5):
        assert await rig.health() == NOT_SERVING
        assert rig.registry.get_sample_value("cuntong_serving") == 0
        is_away = False
        while await rig.health(SERVICE) != SERVING:
            await asyncio.sleep(0.02)
        assert rig.registry.get_sample_value("cuntong_serving") == 1
    assert rig.registry.get_sample_value("cuntong_serving") == 0


@pytest.mark.asyncio
async def test_a_message_beyond_its_limit_is_refused() -> None:
    async with serving(max_message_bytes=1000) as rig:
        error = await rig.failure(rig.unary(b"x" * 1001))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.asyncio
async def test_a_port_in_use_is_refused() -> None:
    async with serving() as rig:
        with pytest.raises(RuntimeError):
            async with serving(listen=rig.server.addresses.grpc):
                pass
        with pytest.raises(OSError, match="in use"):
            async with serving(metrics_listen=rig.server.addresses.metrics):
                pass


@pytest.mark.asyncio
async def test_probes_without_tls_are_answered_at_an_address_of_their_own_and_nothing_else_is() -> None:
    async def nobody() -> None:
        raise StoreUnavailableError("away")

    for ask_store, expected in ((None, SERVING), (nobody, NOT_SERVING)):
        async with serving(ask_store, health_listen="127.0.0.1:0") as rig:
            address = rig.server.addresses.health
            assert address is not None
            async with aio.insecure_channel(address) as channel:
                stub = health_pb2_grpc.HealthStub(channel)
                for name in ("", SERVICE):
                    answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
                    assert answer.status == expected
                call = channel.unary_unary(f"/{SERVICE}/Unary", None, None)(b"x", timeout=5)
                assert (await rig.failure(call)).code() is grpc.StatusCode.UNIMPLEMENTED
        async with aio.insecure_channel(address) as channel:
            gone = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
            assert (await rig.failure(gone)).code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.asyncio
async def test_the_end_waits_for_calls_but_not_for_those_who_watch_health(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    statuses: list[Any] = []

    async def watch(stub: health_pb2_grpc.HealthStub) -> None:
        async for answer in stub.Watch(health_pb2.HealthCheckRequest()):
            statuses.append(answer.status)  # noqa: PERF401

    async with serving(drain_s=30) as rig:
        watching = asyncio.create_task(watch(health_pb2_grpc.HealthStub(rig.channel)))
        answer = asyncio.create_task(rig.unary(b"wait"))
        while not (rig.probe.waiting and statuses):
            await asyncio.sleep(0.01)
        started = time.monotonic()
        closing = asyncio.create_task(rig.server.__aexit__(None, None, None))
        await rig.server.draining.wait()
        await asyncio.sleep(0.1)
        assert not closing.done()
        rig.probe.let_go.set()
        assert await answer == b"wait"
        await closing
        assert time.monotonic() - started < 5
        with pytest.raises(aio.AioRpcError):
            await watching
    assert statuses == [SERVING, NOT_SERVING]
    assert not caplog.records


@pytest.mark.asyncio
async def test_the_end_does_not_wait_for_ever() -> None:
    async with serving(drain_s=0.2) as rig:
        answer = asyncio.create_task(rig.unary(b"wait"))
        while not rig.probe.waiting:
            await asyncio.sleep(0.01)
        started = time.monotonic()
        await rig.server.__aexit__(None, None, None)
        assert time.monotonic() - started < 3
        await rig.failure(answer)


PROGRAM = """
import asyncio, sys
from pathlib import Path
import grpc
from services.runtime.config import ServiceSettings
from services.runtime.metrics import make_registry
from services.runtime.server import GrpcServer, Service, serve

async def slow(request, context):
    await asyncio.sleep(float(request))
    return b"done"

def register(server):
    handlers = {"Slow": grpc.unary_unary_rpc_method_handler(slow)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Slow", handlers),))

async def main():
    settings = ServiceSettings(ready_file=Path(sys.argv[1]), drain_s=5)
    await serve(GrpcServer(settings, [Service("test.Slow", register)], registry=make_registry(), new_id=lambda: "id"))

asyncio.run(main())
"""


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_program_after_its_calls(tmp_path: Path, number: signal.Signals) -> None:
    ready = tmp_path / "ready.json"
    path = f"PYTHONPATH={os.pathsep.join(sys.path)}"
    program = start_child(["/usr/bin/env", path, sys.executable, "-c", PROGRAM, str(ready)], stderr=subprocess.PIPE)
    try:
        async with asyncio.timeout(20):
            while not ready.exists():
                assert program.poll() is None
                await asyncio.sleep(0.02)
            told = json.loads(ready.read_text())
            assert told["pid"] == program.pid
            async with aio.insecure_channel(told["grpc"]) as channel:
                slow = asyncio.ensure_future(channel.unary_unary("/test.Slow/Slow", None, None)(b"1.0"))
                await asyncio.sleep(0.5)
                program.send_signal(number)
                assert await slow == b"done"
                assert await asyncio.to_thread(program.wait) == 0
            assert not ready.exists()
    finally:
        program.kill()
        _, errors = program.communicate()
    assert b"Traceback" not in errors
