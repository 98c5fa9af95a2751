"""A real Prometheus that watches real services and a worker, on free ports of this machine."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from services.runtime.lifeline import start_child
from tests.deploy.watched import PROMETHEUS, ROOT, RULES
from tests.waiting import TIMEOUT_S, wait_until


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running one, asked through its API."""

    address: str

    def ask(self, path: str, **words: str) -> Any:
        """The data of an answer."""
        query = f"?{urllib.parse.urlencode(words)}" if words else ""
        with urllib.request.urlopen(f"http://{self.address}/api/v1/{path}{query}", timeout=10) as response:
            return json.load(response)["data"]

    def value(self, query: str) -> float | None:
        """The one value of a query, if there is one."""
        found = self.ask("query", query=query)["result"]
        return float(found[0]["value"][1]) if found else None

    def firing(self) -> set[str]:
        """Names of alerts that fire."""
        return {one["labels"]["alertname"] for one in self.ask("alerts")["alerts"] if one["state"] == "firing"}

    def health(self) -> dict[str, str]:
        """Of each scraped job, whether it answers."""
        return {one["labels"]["job"]: one["health"] for one in self.ask("targets")["activeTargets"]}


@contextmanager
def prometheus(program: str, folder: Path, targets: Mapping[str, str]) -> Iterator[Prometheus]:
    """Start it with the deployed configuration and rules: at other targets, in seconds, alerts without ``for``."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text("utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [targets[job["job_name"]]]}]
    (folder / "rules").mkdir()
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config), "utf-8")
    (folder / "rules" / RULES.name).write_text(re.sub(r"\n +for: \w+\n", "\n", RULES.read_text("utf-8")), "utf-8")
    address = free_address()
    command = [
        program,
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=warn",
    ]
    log_path = folder / "prometheus.log"
    with log_path.open("wb") as log:
        process = start_child(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            running = Prometheus(address)
            wait_until(lambda: _is_ready(address), log_path.read_text)
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(TIMEOUT_S)


@contextmanager
def worker(folder: Path, store_url: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker and wait until it works."""
    ready = folder / "worker.json"
    process = start_child(
        [sys.executable, "-m", "services.route.worker"],
        environment={
            "PYTHONPATH": f"{ROOT}:{ROOT / 'services/_generated'}",
            "REDIS_URL": store_url,
            "CUNTONG_READY_FILE": str(ready),
            **{f"CUNTONG_{name.upper()}": value for name, value in settings.items()},
        },
    )
    try:
        wait_until(ready.exists, lambda: f"the worker is not ready, {process.poll()}")
        yield process
    finally:
        process.terminate()
        process.wait(TIMEOUT_S)


def _is_ready(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://{address}/-/ready", timeout=1) as response:
        return bool(response.status == 200)
    return False


def free_address() -> str:
    """Where nothing listens now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listening.getsockname()[1]}"
