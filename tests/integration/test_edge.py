"""The door of a real server: tokens, scopes, limits of tenants, deadlines, TLS and client certificates."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from prometheus_client import CollectorRegistry

from services.runtime.caller import current_caller
from services.runtime.config import ServiceSettings
from services.runtime.metrics import make_registry
from services.runtime.server import GrpcServer, Service
from tests.credentials import Authority, Certificate, Issuer, make_issuer

# A name that has permissions; what answers under it is this test's own.
SERVICE = "cuntong.route.v1.RouteService"
UNARY, STREAM, UPLOAD = f"/{SERVICE}/GetPlan", f"/{SERVICE}/WatchPlan", f"/{SERVICE}/UploadPlan"
Code = grpc.StatusCode


class Probe:
    """Says who calls, or waits."""

    def __init__(self) -> None:
        self.waiting = 0
        self.cancelled = 0
        self.read = 0
        self.let_go = asyncio.Event()

    async def unary(self, request: bytes, context: Any) -> bytes:
        self.read += 1
        await self.wait(request)
        caller = await asyncio.to_thread(current_caller)
        return caller.tenant.encode()

    async def stream(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        yield current_caller().tenant.encode()
        await self.wait(request)

    async def upload(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        return b"".join([request async for request in requests])

    async def wait(self, request: bytes) -> None:
        if request == b"wait":
            self.waiting += 1
            try:
                await self.let_go.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise

    def register(self, server: aio.Server) -> None:
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "GetPlan": grpc.unary_unary_rpc_method_handler(self.unary),
            "WatchPlan": grpc.unary_stream_rpc_method_handler(self.stream),
            "UploadPlan": grpc.stream_unary_rpc_method_handler(self.upload),
            "NotDeclared": grpc.unary_unary_rpc_method_handler(self.unary),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


@dataclass
class Rig:
    """A server with its probe and a channel to it."""

    server: GrpcServer
    probe: Probe
    channel: aio.Channel
    registry: CollectorRegistry

    async def ask(
        self, token: str | None = None, request: bytes = b"x", path: str = UNARY, timeout_s: float | None = 10
    ) -> bytes:
        metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        answer: bytes = await self.channel.unary_unary(path, None, None)(request, metadata=metadata, timeout=timeout_s)
        return answer

    async def watch(self, token: str, request: bytes = b"x", timeout_s: float | None = 10) -> list[bytes]:
        metadata = (("authorization", f"Bearer {token}"),)
        call = self.channel.unary_stream(STREAM, None, None)(request, metadata=metadata, timeout=timeout_s)
        return [message async for message in call]

    async def until_waiting(self, count: int) -> None:
        async with asyncio.timeout(10):
            while self.probe.waiting < count:
                await asyncio.sleep(0.01)


async def refused(asking: Any, code: grpc.StatusCode) -> aio.AioRpcError:
    with pytest.raises(aio.AioRpcError) as caught:
        await asking
    assert caught.value.code() is code, caught.value.details()
    return caught.value


def detail(error: aio.AioRpcError, kind: Any) -> Any:
    status: Any = rpc_status.from_call(error)  # type: ignore[arg-type]
    for packed in status.details:
        found = kind()
        if packed.Unpack(found):
            return found
    raise AssertionError(f"no {kind.__name__}")


@asynccontextmanager
async def serving(channel_credentials: grpc.ChannelCredentials | None = None, **settings: Any) -> AsyncIterator[Rig]:
    probe, registry, ids = Probe(), make_registry(), itertools.count()
    server = GrpcServer(
        ServiceSettings(**settings),
        [Service(SERVICE, probe.register)],
        registry=registry,
        new_id=lambda: f"id-{next(ids)}",
    )
    async with server:
        address = server.addresses.grpc
        channel = (
            aio.insecure_channel(address)
            if channel_credentials is None
            else aio.secure_channel(address, channel_credentials)
        )
        async with channel:
            yield Rig(server, probe, channel, registry)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return make_issuer(tmp_path)


# --- tokens ---


@pytest.mark.asyncio
async def test_the_tenant_is_the_tokens_also_in_streams_and_threads(issuer: Issuer) -> None:
    async with serving(**issuer.settings) as rig:
        for tenant in ("huadian", "panshi"):
            assert await rig.ask(issuer.token(tenant)) == tenant.encode()
            assert await rig.watch(issuer.token(tenant)) == [tenant.encode()]


@pytest.mark.asyncio
async def test_without_tokens_everybody_on_this_machine_is_one_tenant() -> None:
    async with serving() as rig:
        assert await rig.ask() == b"default"
        assert await rig.ask("whatever") == b"default"


@pytest.mark.asyncio
async def test_without_a_valid_token_nobody_comes_in_and_nobody_learns_why(
    issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    expired = issuer.token(exp=int(time.time()) - 100)
    said = set()
    async with serving(**issuer.settings) as rig:
        for token in (None, "", "a.b.c", expired, issuer.token(tenant="no tenant"), issuer.token(aud="another")):
            error = await refused(rig.ask(token), Code.UNAUTHENTICATED)
            said.add((error.details(), str(detail(error, ErrorInfo))))
        for metadata in (
            [("authorization", issuer.token())],
            [("authorization", f"Basic {issuer.token()}")],
            [("authorization", f"Bearer {issuer.token()}")] * 2,
            [("authorization-bin", issuer.token().encode())],
            [("x-tenant", "huadian")],
        ):
            call = rig.channel.unary_unary(UNARY, None, None)(b"x", metadata=metadata, timeout=10)
            await refused(call, Code.UNAUTHENTICATED)
        assert rig.probe.read == 0
        labels = {"reason": "unauthenticated"}
        assert rig.registry.get_sample_value("cuntong_calls_refused_total", labels) == 11
    assert len(said) == 1
    text = caplog.text
    assert "refused: unauthenticated" in text
    assert expired not in text
    assert expired.split(".")[2] not in text


@pytest.mark.asyncio
async def test_a_scope_opens_its_methods_only(issuer: Issuer) -> None:
    async with serving(**issuer.settings) as rig:
        assert await rig.ask(issuer.token(scope="dispatcher")) == b"huadian"
        for scope in ("operator", "", "else"):
            error = await refused(rig.ask(issuer.token(scope=scope)), Code.PERMISSION_DENIED)
            assert detail(error, ErrorInfo).reason == "NOT_PERMITTED"
        assert await rig.watch(issuer.token(scope="operator")) == [b"huadian"]
        await refused(rig.ask(issuer.token(), path=f"/{SERVICE}/NotDeclared"), Code.PERMISSION_DENIED)
        assert rig.registry.get_sample_value("cuntong_calls_refused_total", {"reason": "not permitted"}) == 4


@pytest.mark.asyncio
async def test_health_is_open_and_reflection_is_an_operators(issuer: Issuer) -> None:
    async with serving(**issuer.settings) as rig:
        health = health_pb2_grpc.HealthStub(rig.channel)
        answer = await health.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=10)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        reflection = reflection_pb2_grpc.ServerReflectionStub(rig.channel)
        ask = [reflection_pb2.ServerReflectionRequest(list_services="")]

        async def listed(scope: str) -> list[Any]:
            metadata = (("authorization", f"Bearer {issuer.token(scope=scope)}"),)
            call: Any = reflection.ServerReflectionInfo(iter(ask), metadata=metadata, timeout=10)
            return [one async for one in call]

        assert await listed("operator")
        await refused(listed("dispatcher cooperative"), Code.PERMISSION_DENIED)


@pytest.mark.asyncio
async def test_who_is_not_let_in_is_refused_before_the_message_is_there(issuer: Issuer) -> None:
    async with serving(**issuer.settings) as rig:
        silent: Any = rig.channel.stream_unary(UNARY, None, None)
        await refused(silent(timeout=60), Code.UNAUTHENTICATED)


def test_a_key_file_that_is_none_ends_the_program_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("nothing")
    with pytest.raises(SystemExit, match=r"key\.pem holds no public key"):
        server(auth_key_file=path, auth_issuer="i")
    path.write_text("short")
    with pytest.raises(SystemExit, match=r"key\.pem holds a secret of 5 bytes"):
        server(auth_secret_file=path, auth_issuer="i")


def server(**settings: Any) -> GrpcServer:
    return GrpcServer(ServiceSettings(**settings), [], registry=make_registry(), new_id=lambda: "id")


# --- limits ---


@pytest.mark.asyncio
async def test_a_tenant_that_floods_is_told_when_to_come_back_and_a_small_one_is_served(issuer: Issuer) -> None:
    limits: dict[str, Any] = {
        "tenant_calls_per_s": 20.0,
        "tenant_burst": 40,
        "tenant_concurrent_calls": 8,
        "max_concurrent_rpcs": 16,
    }
    async with serving(**issuer.settings, **limits) as rig:
        flood, small = issuer.token("flood"), issuer.token("small")
        waiting = [asyncio.create_task(rig.ask(flood, b"wait")) for _ in range(8)]
        await rig.until_waiting(8)

        async def again(token: str) -> aio.AioRpcError | None:
            try:
                await rig.ask(token)
            except aio.AioRpcError as error:
                return error
            return None

        flooding = [asyncio.create_task(again(flood)) for _ in range(300)]
        for _ in range(10):
            assert await rig.ask(small) == b"small"
        errors = [error for error in await asyncio.gather(*flooding) if error is not None]
        assert len(errors) == 300
        for error in errors:
            assert error.code() is Code.RESOURCE_EXHAUSTED
            assert detail(error, RetryInfo).retry_delay.seconds >= 1
        rig.probe.let_go.set()
        assert await asyncio.gather(*waiting) == [b"flood"] * 8


@pytest.mark.asyncio
async def test_many_floods_together_leave_a_place_for_a_small_tenant(issuer: Issuer) -> None:
    async with serving(**issuer.settings, tenant_concurrent_calls=64, max_concurrent_rpcs=16) as rig:
        tokens = [issuer.token(f"flood-{number}") for number in range(2)]
        calls = [asyncio.create_task(rig.ask(token, b"wait")) for token in tokens for _ in range(30)]
        await rig.until_waiting(12)
        assert await rig.ask(issuer.token("small")) == b"small"
        # A call that comes only once places are free again is no longer refused.
        while sum(call.done() for call in calls) + rig.probe.waiting < len(calls):
            await asyncio.sleep(0.02)
        rig.probe.let_go.set()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        # Where one flood takes all places that are not kept, the other is a small tenant with its first call.
        assert sum(isinstance(answer, bytes) for answer in answers) in (12, 13)


# --- deadlines ---


@pytest.mark.asyncio
async def test_a_call_that_has_no_time_left_is_not_begun() -> None:
    async with serving(least_deadline_s=5.0) as rig:
        for asking in (rig.ask(timeout_s=2), rig.watch("", timeout_s=2)):
            error = await refused(asking, Code.DEADLINE_EXCEEDED)
            assert detail(error, ErrorInfo).reason == "DEADLINE"
        assert rig.probe.read == 0
        assert await rig.ask(timeout_s=30) == b"default"


@pytest.mark.asyncio
async def test_a_call_that_names_no_time_has_a_ceiling_and_a_stream_has_none() -> None:
    async with serving(unary_ceiling_s=0.5, upload_ceiling_s=0.5) as rig:
        started = time.monotonic()
        error = await refused(rig.ask(request=b"wait", timeout_s=None), Code.DEADLINE_EXCEEDED)
        assert time.monotonic() - started > 0.4
        assert detail(error, ErrorInfo).reason == "DEADLINE"
        assert rig.probe.cancelled == 1
        silent: Any = rig.channel.stream_unary(UPLOAD, None, None)
        await refused(silent(), Code.DEADLINE_EXCEEDED)
        watching = asyncio.create_task(rig.watch("", b"wait", timeout_s=None))
        await asyncio.sleep(1)
        assert not watching.done()
        rig.probe.let_go.set()
        assert await watching == [b"default"]


@pytest.mark.asyncio
async def test_what_is_under_way_is_cancelled_when_the_clients_time_is_up() -> None:
    async with serving() as rig:
        for asking in (rig.ask(request=b"wait", timeout_s=0.3), rig.watch("", b"wait", timeout_s=0.3)):
            await refused(asking, Code.DEADLINE_EXCEEDED)
        async with asyncio.timeout(5):
            while rig.probe.cancelled < 2:
                await asyncio.sleep(0.01)
        assert await rig.ask() == b"default"


@pytest.mark.asyncio
async def test_a_message_that_does_not_come_ends_the_call_and_frees_its_place() -> None:
    async with serving(idle_s=0.3, max_concurrent_rpcs=1) as rig:
        for path in (UNARY, UPLOAD):
            begin: Any = rig.channel.stream_unary(path, None, None)
            silent = begin(timeout=10)
            await asyncio.sleep(0.1)
            await refused(rig.ask(), Code.RESOURCE_EXHAUSTED)
            await refused(silent, Code.DEADLINE_EXCEEDED)
            assert await rig.ask() == b"default"


@pytest.mark.asyncio
async def test_a_call_without_a_message_is_the_callers_fault() -> None:
    async with serving() as rig:
        nothing: Any = rig.channel.stream_unary(UNARY, None, None)(iter(()), timeout=10)
        await refused(nothing, Code.INVALID_ARGUMENT)


# --- TLS ---


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "root")


def client(root: Path, own: Certificate | None = None) -> grpc.ChannelCredentials:
    pair = () if own is None else (own.key.read_bytes(), own.cert.read_bytes())
    return grpc.ssl_channel_credentials(root.read_bytes(), *pair)


def tls(own: Certificate, client_roots: Path | None = None) -> dict[str, Path]:
    roots = {} if client_roots is None else {"tls_client_ca_file": client_roots}
    return {"tls_cert_file": own.cert, "tls_key_file": own.key, **roots}


async def is_served(credentials: grpc.ChannelCredentials | None, **settings: Any) -> bool:
    """Whether a call comes through; one that does not is UNAVAILABLE."""
    async with serving(credentials, **settings) as rig:
        try:
            return await rig.ask(timeout_s=5) == b"default"
        except aio.AioRpcError as error:
            assert error.code() is Code.UNAVAILABLE, error
            return False


@pytest.mark.asyncio
async def test_a_service_shows_a_certificate_of_the_right_root(tmp_path: Path, authority: Authority) -> None:
    own = authority.sign("service")
    assert await is_served(client(authority.cert_file), **tls(own))
    assert not await is_served(client(Authority(tmp_path, "other").cert_file), **tls(own))
    assert not await is_served(None, **tls(own))
    expired = authority.sign("expired", days=(-2, -1))
    assert not await is_served(client(authority.cert_file), **tls(expired))


@pytest.mark.asyncio
async def test_where_client_certificates_are_asked_for_only_the_right_ones_come_in(
    tmp_path: Path, authority: Authority
) -> None:
    clients = Authority(tmp_path, "clients")
    settings = tls(authority.sign("service"), clients.cert_file)
    assert await is_served(client(authority.cert_file, clients.sign("good")), **settings)
    assert not await is_served(client(authority.cert_file), **settings)
    assert not await is_served(client(authority.cert_file, authority.sign("of another root")), **settings)
    assert not await is_served(client(authority.cert_file, clients.sign("expired", days=(-2, -1))), **settings)
    assert not await is_served(client(authority.cert_file, clients.sign("not yet", days=(1, 2))), **settings)


@pytest.mark.asyncio
async def test_a_certificate_is_no_token(authority: Authority, issuer: Issuer) -> None:
    settings = tls(authority.sign("service"), authority.cert_file)
    credentials = client(authority.cert_file, authority.sign("client"))
    async with serving(credentials, **settings, **issuer.settings) as rig:
        await refused(rig.ask(), Code.UNAUTHENTICATED)
        assert await rig.ask(issuer.token()) == b"huadian"


@pytest.mark.parametrize("wrong", ["tls_cert_file", "tls_key_file", "tls_client_ca_file", "pair", "missing"])
def test_a_certificate_file_that_is_none_ends_the_program_with_its_name(
    tmp_path: Path, authority: Authority, wrong: str
) -> None:
    settings = tls(authority.sign("service"), authority.cert_file)
    nothing = tmp_path / "nothing.pem"
    if wrong != "missing":
        nothing.write_text("nothing")
    if wrong == "pair":
        settings["tls_key_file"] = authority.sign("another").key
    else:
        settings["tls_cert_file" if wrong == "missing" else wrong] = nothing
    with pytest.raises(SystemExit, match=str(settings["tls_key_file"]) if wrong == "pair" else r"nothing\.pem"):
        server(**settings)


def lines_with(text: str, caplog: pytest.LogCaptureFixture) -> Iterator[logging.LogRecord]:
    return (record for record in caplog.records if text in record.getMessage())


@pytest.mark.asyncio
async def test_refusals_do_not_flood_the_log(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(**issuer.settings) as rig:
        for _ in range(50):
            with suppress(aio.AioRpcError):
                await rig.ask("bad")
    assert 1 <= len(list(lines_with("refused", caplog))) <= 5
