"""The store and both services as children of this program, on loopback, gone when it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from services.model.errors import CuntongError
from services.runtime.allocators import with_allocators
from services.runtime.config import StoreSettings
from services.runtime.embedded import EmbeddedStore
from services.runtime.lifeline import start_child

_START_S: Final = 60.0
_STOP_S: Final = 20.0
_POLL_S: Final = 0.05
_GUARDS: Final = ("CUNTONG_AUTH_", "CUNTONG_TLS_", "CUNTONG_PLAINTEXT")
_MODULES: Final = {"consolidation": "services.consolidation.app", "route": "services.route.app"}


class LocalServiceError(CuntongError):
    """A service did not start; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where a started service answers, and its process."""

    grpc: str
    metrics: str
    process: subprocess.Popen[bytes]


@contextmanager
def local_services(
    settings: StoreSettings,
    listen: Mapping[str, tuple[str, str]] | None = None,
    log: IO[bytes] | None = None,
    workers: int | None = None,
) -> Iterator[dict[str, Running]]:
    """Start what is needed and stop it at the end.

    Parameters
    ----------
    settings
        Where jobs are kept; an embedded store is started unless it names a Redis.
    listen
        gRPC and metrics address by service; where not given, services are this program's own: on free ports, without
        the TLS and the tokens that the environment may ask for.
    log
        Where the services' logs go; a temporary file unless given.
    workers
        Jobs that the route service works on at once; as its own settings say unless given.
    """
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cuntong-")))
        url = settings.redis_url or stack.enter_context(EmbeddedStore(settings.data_dir)).url
        environment = {"CUNTONG_REDIS_URL": url, "CUNTONG_WORK_DRAIN_S": "0"} | (
            {} if workers is None else {"CUNTONG_WORKERS": str(workers)}
        )
        started = {
            name: stack.enter_context(_service(name, module, work, (listen or {}).get(name), log, environment))
            for name, module in _MODULES.items()
        }
        yield {name: _wait_until_ready(name, process, work) for name, process in started.items()}


@contextmanager
def _service(
    name: str,
    module: str,
    work: Path,
    listen: tuple[str, str] | None,
    log: IO[bytes] | None,
    settings: Mapping[str, str],
) -> Iterator[subprocess.Popen[bytes]]:
    grpc, metrics = listen or ("127.0.0.1:0", "127.0.0.1:0")
    inherited = {name: value for name, value in os.environ.items() if listen or not name.upper().startswith(_GUARDS)}
    environment = {
        **inherited,
        # Modules are found where this program found its own.
        "PYTHONPATH": os.pathsep.join(place or os.getcwd() for place in sys.path),
        "CUNTONG_LISTEN": grpc,
        "CUNTONG_METRICS_LISTEN": metrics,
        "CUNTONG_READY_FILE": str(work / f"{name}.json"),
        **settings,
    }
    with (work / f"{name}.log").open("wb") as own_log:
        process = start_child(
            [sys.executable, "-P", "-m", module], stderr=log or own_log, environment=with_allocators(environment)
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(name: str, process: subprocess.Popen[bytes], work: Path) -> Running:
    ready, deadline = work / f"{name}.json", time.monotonic() + _START_S
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            log = (work / f"{name}.log").read_text(encoding="utf-8", errors="replace")
            raise LocalServiceError(f"the {name} service did not start:\n{log[-2000:]}")
        time.sleep(_POLL_S)
    addresses = json.loads(ready.read_text(encoding="utf-8"))
    return Running(addresses["grpc"], addresses["metrics"], process)
