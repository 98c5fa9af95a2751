"""A gRPC server with health, reflection, metrics and an orderly end."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import grpc
from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry, Gauge, start_http_server

from services.model.errors import StoreUnavailableError
from services.runtime.config import ServiceSettings, split_address
from services.runtime.interceptors.auth import as_local_caller, authenticate
from services.runtime.interceptors.deadline import keep_deadlines
from services.runtime.interceptors.errors import translate_errors
from services.runtime.interceptors.load import LoadLimit
from services.runtime.interceptors.metrics import count_calls
from services.runtime.interceptors.refusals import count_refusals
from services.runtime.interceptors.request_id import bind_request_id
from services.runtime.interceptors.tenants import CallRate, TenantLimit
from services.runtime.interceptors.traces import trace_calls
from services.runtime.interceptors.wrapping import Around, AroundInterceptor, nested
from services.runtime.tls import CertificateFileError, read_server_credentials
from services.runtime.tokens import KeyFileError, TokenReader, read_public_keys, read_secret
from services.runtime.traces import NO_TRACES, Traces

# How long a thread that reads a day may keep the interpreter from the event loop, which takes one call in a turn: with
# Python's 5 ms for each of several such threads, calls waited for half a minute to be refused.
_SWITCH_S: Final = 0.0005
_IDLE_POLL_S: Final = 0.02
_LAST_ANSWERS_S: Final = 0.25
# Who opens a connection and says nothing is let go.
_HANDSHAKE_MS: Final = 10_000
# More than any client of ours opens; gRPC's own bound is none.
_MAX_STREAMS_OF_A_CONNECTION: Final = 1_000
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """A service to offer: its full name, and what registers its servicer at a server."""

    name: str
    register: Callable[[aio.Server], None]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running server listens, as ``host:port``."""

    grpc: str
    metrics: str
    health: str | None = None
    """Where health answers without TLS, if it does."""

    def told(self) -> dict[str, str]:
        """Those there are, by name."""
        return {name: address for name, address in asdict(self).items() if address is not None}


class GrpcServer:
    """Serves while it is open (``async with``); ``serve`` runs it as a program.

    Parameters
    ----------
    settings
        Addresses and limits.
    services
        What to offer.
    registry
        What ``/metrics`` shows; the calls' metrics are added to it.
    new_id
        Makes ids for calls and incidents.
    clock
        Seconds that only grow, for durations.
    ask_store
        Raises ``StoreUnavailableError`` when the store is away; the services' health follows it.
    arounds
        More to put around calls, innermost last; errors that they raise become statuses.
    traces
        Where spans of calls go.

    Raises
    ------
    SystemExit
        When a file of keys or certificates is not what it should be.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        services: Sequence[Service],
        *,
        registry: CollectorRegistry,
        new_id: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
        ask_store: Callable[[], Awaitable[None]] | None = None,
        arounds: Sequence[Around] = (),
        traces: Traces = NO_TRACES,
    ) -> None:
        self.draining = asyncio.Event()
        """Set when the end begins: streams without an end of their own should stop."""
        self._settings = settings
        self._services = services
        self._ask_store = ask_store
        self._registry = registry
        self._serving = Gauge("cuntong_serving", "Whether health says that calls are served.", registry=registry)
        self._load = LoadLimit(
            settings.max_concurrent_rpcs, settings.max_concurrent_streams, is_shared=settings.asks_for_tokens
        )
        self._credentials, admission = _read_files(settings, clock)
        # Metrics stand outside of errors: the status that they count is made there.
        self._arounds = nested(
            [
                bind_request_id(new_id),
                trace_calls(traces),
                count_calls(registry, clock),
                translate_errors(new_id),
                count_refusals(registry),
                *admission,
                self._load.around,
                keep_deadlines(settings.least_deadline_s, settings.unary_ceiling_s, settings.upload_ceiling_s),
                *arounds,
            ]
        )
        self._addresses: Addresses | None = None
        self._open = AsyncExitStack()

    @property
    def addresses(self) -> Addresses:
        """Where the server listens, ports chosen.

        Raises
        ------
        RuntimeError
            When it is not open.
        """
        if self._addresses is None:
            raise RuntimeError("the server is not open")
        return self._addresses

    async def __aenter__(self) -> Self:
        """Listen, answer, and only then write the ready file.

        Raises
        ------
        RuntimeError, OSError
            When an address cannot be had.
        """
        async with AsyncExitStack() as stack:
            metrics = stack.enter_context(metrics_server(self._settings.metrics_listen, self._registry))
            wellness = health.aio.HealthServicer()  # type: ignore[attr-defined]
            # Until the store was asked; whoever knows nothing else says that all is well.
            await wellness.set(health.OVERALL_HEALTH, health_pb2.HealthCheckResponse.NOT_SERVING)
            probes = await self._start_probes(stack, wellness)
            self._addresses = Addresses(await self._start_grpc(stack, wellness), metrics, probes)
            stack.enter_context(write_ready_file(self._settings.ready_file, self._addresses.told()))
            _log.info("serving %s", ", ".join(f"{name} at {at}" for name, at in self._addresses.told().items()))
            self._open = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take no more calls, let those under way finish for at most ``drain_s``."""
        self.draining.set()
        await self._open.aclose()
        self._addresses = None

    async def _start_probes(self, stack: AsyncExitStack, wellness: Any) -> str | None:
        """Health by itself, open before the first service is and until after the last has gone."""
        listen = self._settings.health_listen
        if listen is None:
            return None
        server = aio.server(options=_options(self._settings))
        health_pb2_grpc.add_HealthServicer_to_server(wellness, server)
        port = server.add_insecure_port(listen)
        await server.start()
        stack.push_async_callback(server.stop, 0)
        return _address(listen, port)

    async def _start_grpc(self, stack: AsyncExitStack, wellness: Any) -> str:
        server = aio.server(
            interceptors=[AroundInterceptor(self._arounds, self._settings.idle_s)],
            options=_options(self._settings),
        )
        names = [service.name for service in self._services]
        for service in self._services:
            service.register(server)
        health_pb2_grpc.add_HealthServicer_to_server(wellness, server)
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
        if self._credentials is None:
            port = server.add_insecure_port(self._settings.listen)
        else:
            port = server.add_secure_port(self._settings.listen, self._credentials)
        await self._set_health(wellness)
        await server.start()
        stack.push_async_callback(self._drain, server, wellness)
        following = asyncio.create_task(self._follow_health(wellness))
        stack.callback(following.cancel)
        return _address(self._settings.listen, port)

    async def _follow_health(self, wellness: Any) -> None:
        while True:
            await asyncio.sleep(self._settings.health_s)
            await self._set_health(wellness)

    async def _set_health(self, wellness: Any) -> None:
        status = health_pb2.HealthCheckResponse.SERVING
        try:
            if self._ask_store is not None:
                await self._ask_store()
        except StoreUnavailableError as error:
            _log.error("not serving: %s", error)
            status = health_pb2.HealthCheckResponse.NOT_SERVING
        self._serving.set(status == health_pb2.HealthCheckResponse.SERVING)
        for name in [health.OVERALL_HEALTH, *(service.name for service in self._services)]:
            await wellness.set(name, status)

    async def _drain(self, server: aio.Server, wellness: Any) -> None:
        await wellness.enter_graceful_shutdown()
        self._serving.set(0)
        ending = asyncio.create_task(server.stop(self._settings.drain_s))
        # Health watches never end by themselves: wait for the calls that count, not for those.
        while self._load.under_way and not ending.done():
            await asyncio.sleep(_IDLE_POLL_S)
        # The last answers may still be on their way out.
        await server.stop(_LAST_ANSWERS_S)
        await ending


async def serve(server: GrpcServer) -> None:
    """Open a server and keep it until SIGTERM or SIGINT."""
    sys.setswitchinterval(_SWITCH_S)
    async with stop_signal() as stopped, server:
        await stopped.wait()
        _log.info("ending")


@asynccontextmanager
async def stop_signal() -> AsyncIterator[asyncio.Event]:
    """Give what is set by SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


@contextmanager
def metrics_server(listen: str, registry: CollectorRegistry) -> Iterator[str]:
    """Show a registry at ``/metrics`` and give the address, its port chosen."""
    host, port = split_address(listen)
    http, thread = start_http_server(port, host, registry)
    try:
        yield _address(listen, http.server_port)
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


@contextmanager
def write_ready_file(path: Path | None, addresses: Mapping[str, str]) -> Iterator[None]:
    """Say in a file where this process listens, for as long as it does; whoever sees the file sees all of it."""
    if path is None:
        yield
        return
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps({**addresses, "pid": os.getpid()}) + "\n", encoding="utf-8")
    part.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _options(settings: ServiceSettings) -> list[tuple[str, Any]]:
    return [
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", max(settings.max_message_bytes, settings.max_upload_bytes)),
        ("grpc.so_reuseport", 0),  # a second server on the same port is a mistake, not a way to share the load
        ("grpc.server_handshake_timeout_ms", _HANDSHAKE_MS),
        ("grpc.max_concurrent_streams", _MAX_STREAMS_OF_A_CONNECTION),
    ]


def _read_files(
    settings: ServiceSettings, clock: Callable[[], float]
) -> tuple[grpc.ServerCredentials | None, list[Around]]:
    """Read certificates and keys: what the port needs, and what stands at the door of each call."""
    try:
        credentials = read_server_credentials(settings)
        if settings.auth_key_file is not None:
            keys = read_public_keys(settings.auth_key_file)
        elif settings.auth_secret_file is not None:
            keys = read_secret(settings.auth_secret_file)
        else:
            # Loopback, and one tenant: nobody to be kept from anybody.
            return credentials, [as_local_caller]
    except (KeyFileError, CertificateFileError) as error:
        raise SystemExit(f"wrong settings (CUNTONG_... in the environment):\n  {error}") from None
    tokens = TokenReader(keys, settings.auth_issuer, settings.auth_audience, settings.auth_leeway_s)
    rate = CallRate(settings.tenant_calls_per_s, settings.tenant_burst, clock)
    tenants = TenantLimit(rate, settings.tenant_concurrent_calls)
    return credentials, [authenticate(tokens, clock), tenants.around]


def _address(listen: str, port: int) -> str:
    return f"{listen.rpartition(':')[0]}:{port}"
