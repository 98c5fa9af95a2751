"""The programs of a deployment as children of this process: API servers and workers on one store, killed at will."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import STDOUT, Popen
from typing import Any, Final

from services.runtime.allocators import with_allocators
from services.runtime.lifeline import start_child

_START_S: Final = 120.0
_POLL_S: Final = 0.05


@dataclass(slots=True)
class Program:
    """A program that is started again where it was, with the same name and address."""

    name: str
    module: str
    folder: Path
    settings: Mapping[str, str]
    process: Popen[bytes] | None = None
    starts: int = 0

    @property
    def log(self) -> Path:
        """What all its lives logged."""
        return self.folder / f"{self.name}.log"

    @property
    def ready_file(self) -> Path:
        """Where it says its addresses."""
        return self.folder / f"{self.name}.json"

    def start(self) -> None:
        """Start it; it is not yet ready."""
        self.ready_file.unlink(missing_ok=True)
        self.starts += 1
        environment = {
            **with_allocators(os.environ),
            "PYTHONPATH": os.pathsep.join(place or os.getcwd() for place in sys.path),
            "CUNTONG_READY_FILE": str(self.ready_file),
            **self.settings,
        }
        with self.log.open("ab") as log:
            self.process = start_child(
                [sys.executable, "-P", "-m", self.module], stdout=log, stderr=STDOUT, environment=environment
            )

    @property
    def is_ready(self) -> bool:
        """Whether it has said its addresses."""
        return self.ready_file.exists()

    def wait_until_ready(self) -> Mapping[str, Any]:
        """Wait for its addresses."""
        deadline = time.monotonic() + _START_S
        while not self.is_ready:
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(_POLL_S)
        found: dict[str, Any] = json.loads(self.ready_file.read_text())
        return found

    @property
    def pid(self) -> int:
        """Its process."""
        if self.process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self, within_s: float = 30.0) -> int:
        """End it in good order and give its exit code."""
        if self.process is None:
            raise RuntimeError(f"{self.name} was not started")
        self.process.terminate()
        return self.process.wait(within_s)

    def lines(self) -> Iterator[dict[str, Any]]:
        """The lines of its log; what is not JSON is a line with that as its message."""
        if not self.log.exists():
            return
        for line in self.log.read_text("utf-8", errors="replace").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                yield {"level": "OTHER", "message": line}


def server(name: str, folder: Path, redis_url: str, **settings: str) -> Program:
    """The route service without workers of its own."""
    given = {"CUNTONG_REDIS_URL": redis_url, "CUNTONG_WORKERS": "0", **settings}
    return Program(name, "services.route.app", folder, given)


def worker(name: str, folder: Path, redis_url: str, **settings: str) -> Program:
    """A worker, one job at a time."""
    given = {"CUNTONG_REDIS_URL": redis_url, "CUNTONG_WORKERS": "1", "CUNTONG_WORK_DRAIN_S": "0", **settings}
    return Program(name, "services.route.worker", folder, given)
