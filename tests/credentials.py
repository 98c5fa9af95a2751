"""Keys, tokens and certificates made for a test."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

ISSUER = "https://issuer.test"
AUDIENCE = "cuntong"
EVERY_SCOPE = "dispatcher cooperative operator"


def public_pem(key: Any) -> bytes:
    """Write the public half of a key."""
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


def private_pem(key: Any) -> bytes:
    """Write a key."""
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


def claims(tenant: str = "huadian", scope: str = EVERY_SCOPE, **changes: Any) -> dict[str, Any]:
    """Claims that are in order for five minutes; a change to None leaves one out."""
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": int(time.time()) + 300,
        "sub": "somebody",
        "tenant": tenant,
        "scope": scope,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whoever signs tokens, and the file that services check them with."""

    key: Any
    key_file: Path

    def token(self, tenant: str = "huadian", scope: str = EVERY_SCOPE, **changes: Any) -> str:
        """Sign a token."""
        return jwt.encode(claims(tenant, scope, **changes), self.key, "ES256")

    @property
    def settings(self) -> dict[str, Any]:
        """What a service is told."""
        return {"auth_key_file": self.key_file, "auth_issuer": ISSUER}


def make_issuer(folder: Path) -> Issuer:
    """Make an issuer with a P-256 key."""
    key = ec.generate_private_key(ec.SECP256R1())
    path = folder / "issuer.pem"
    path.write_bytes(public_pem(key))
    return Issuer(key, path)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key as files."""

    cert: Path
    key: Path


class Authority:
    """A root that signs certificates for loopback, and for other addresses where they are named."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.cert_file = folder / f"{name}.pem"
        root = self._certificate(name, self._key, is_root=True, days=(-2, 365))
        self.cert_file.write_bytes(root)

    def sign(self, name: str, days: tuple[int, int] = (-2, 30), addresses: Sequence[str] = ()) -> Certificate:
        """Make a certificate that is valid from so many days from now until so many, for more addresses as well."""
        key = ec.generate_private_key(ec.SECP256R1())
        files = Certificate(self._folder / f"{self._name}-{name}.pem", self._folder / f"{self._name}-{name}.key")
        files.cert.write_bytes(self._certificate(name, key, is_root=False, days=days, addresses=addresses))
        files.key.write_bytes(private_pem(key))
        return files

    def _certificate(
        self, name: str, key: Any, *, is_root: bool, days: tuple[int, int], addresses: Sequence[str] = ()
    ) -> bytes:
        def called(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(called(name))
            .issuer_name(called(self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName(
                    [
                        x509.DNSName("localhost"),
                        *(x509.IPAddress(ipaddress.ip_address(one)) for one in ("127.0.0.1", *addresses)),
                    ]
                ),
                critical=False,
            )
        )
        return built.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
