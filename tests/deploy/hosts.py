"""Machines with addresses of their own, as network namespaces of this one: started, cut down, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Final

import pytest

from services.runtime.lifeline import start_child
from tests.deploy.legs import needs
from tests.deploy.manifests import ROOT

_NETWORK: Final = "10.77.113"
_DEATH_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Host:
    """One machine."""

    name: str
    address: str
    folder: Path
    ip: str

    def start(self, name: str, *words: str, environment: Mapping[str, str] | None = None) -> Popen[bytes]:
        """Start a program here; what it says goes to a log of its name."""
        command = [self.ip, "netns", "exec", self.name, *words]
        with (self.folder / f"{name}.log").open("ab") as log:
            return start_child(command, stdout=log, stderr=log, environment=os.environ | dict(environment or {}))

    def start_module(self, module: str, environment: Mapping[str, str]) -> Popen[bytes]:
        """Start one of our programs here."""
        here = {"PYTHONPATH": f"{ROOT}:{ROOT / 'services/_generated'}"}
        return self.start(module, sys.executable, "-P", "-m", module, environment=here | dict(environment))

    def die(self) -> None:
        """End every program here at once, as when the power goes."""
        deadline = time.monotonic() + _DEATH_S
        while pids := self._pids():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert time.monotonic() < deadline, f"{self.name} does not die"
            time.sleep(0.05)

    def said(self) -> str:
        """The ends of all logs, for whoever looks why something failed."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in logs)

    def _pids(self) -> list[int]:
        listed = subprocess.run([self.ip, "netns", "pids", self.name], capture_output=True, text=True, check=True)
        return [int(word) for word in listed.stdout.split()]


@contextmanager
def two_hosts(folder: Path) -> Iterator[tuple[Host, Host]]:
    """Two machines on one network, which this one reaches as well; all of it is gone afterwards."""
    ip = needs("ip")
    if os.geteuid() != 0:
        pytest.skip("LEG NOT RUN: only root makes network namespaces")
    with ExitStack() as stack:

        def run(*words: str) -> None:
            done = subprocess.run([ip, *words], capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"LEG NOT RUN: ip {' '.join(words)}: {done.stderr.strip()}")

        mark = f"{os.getpid() % 100_000}"
        bridge = f"ctb{mark}"
        run("link", "add", bridge, "type", "bridge")
        stack.callback(subprocess.run, [ip, "link", "del", bridge], check=False)
        run("address", "add", f"{_NETWORK}.1/24", "dev", bridge)
        run("link", "set", bridge, "up")
        hosts = []
        for number in (2, 3):
            name, ours, theirs = f"cuntong-{mark}-{number}", f"ct{mark}a{number}", f"ct{mark}b{number}"
            run("netns", "add", name)
            stack.callback(subprocess.run, [ip, "netns", "del", name], check=False)
            run("link", "add", ours, "type", "veth", "peer", "name", theirs)
            run("link", "set", ours, "master", bridge, "up")
            run("link", "set", theirs, "netns", name)
            run("-n", name, "address", "add", f"{_NETWORK}.{number}/24", "dev", theirs)
            run("-n", name, "link", "set", theirs, "up")
            run("-n", name, "link", "set", "lo", "up")
            place = folder / name
            place.mkdir()
            host = Host(name, f"{_NETWORK}.{number}", place, ip)
            stack.callback(host.die)
            hosts.append(host)
        yield hosts[0], hosts[1]
