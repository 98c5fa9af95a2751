"""How a command gets into a service that is not its own: TLS, a certificate of the caller's, a token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc

from services.model.errors import CuntongError
from services.runtime.config import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

_MIB: Final = 1024 * 1024
# What a service sends is ours to want; it bounds its answers itself.
_OPTIONS: Final = [("grpc.max_receive_message_length", 512 * _MIB), ("grpc.max_send_message_length", -1)]


class AccessError(CuntongError):
    """What is to open a service cannot be used."""


@dataclass(frozen=True, slots=True)
class Access:
    """Files that open a service.

    ``ca`` has the roots that its certificate is checked with, ``cert`` and ``key`` are the caller's own certificate;
    one of these given, TLS is spoken. ``token_file`` has a token, and is read anew for each call.
    """

    token_file: Path | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @property
    def speaks_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.ca is not None or self.cert is not None


NO_ACCESS: Final = Access()


@contextmanager
def channel_to(address: str, access: Access = NO_ACCESS) -> Iterator[grpc.Channel]:
    """Open a channel, and close it.

    Raises
    ------
    AccessError
        When a file cannot be read, a certificate stands without its key, or a token would leave this machine readable.
    """
    if (access.cert is None) != (access.key is None):
        raise AccessError("证书和私钥须同时给出 --cert and --key go together")
    with _open(address, access) as channel:
        yield channel


def _open(address: str, access: Access) -> grpc.Channel:
    token = None
    if access.token_file is not None:
        _token(access.token_file)
        token = grpc.metadata_call_credentials(_TokenPlugin(access.token_file), "bearer")
    if access.speaks_tls:
        credentials = grpc.ssl_channel_credentials(
            *(None if path is None else _content(path) for path in (access.ca, access.key, access.cert))
        )
    elif token is None:
        return grpc.insecure_channel(address, options=_OPTIONS)
    elif _stays_here(address):
        credentials = grpc.local_channel_credentials()
    else:
        raise AccessError(f"令牌不会以明文发送 no token is sent to {address} without TLS: give --ca")
    if token is not None:
        credentials = grpc.composite_channel_credentials(credentials, token)
    return grpc.secure_channel(address, credentials, options=_OPTIONS)


class _TokenPlugin(grpc.AuthMetadataPlugin):
    """Reads the token for each call, since whoever issues tokens may put a newer one there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(
        self,
        context: grpc.AuthMetadataContext,
        callback: Callable[[tuple[tuple[str, str | bytes], ...], Exception | None], None],
    ) -> None:
        try:
            callback((("authorization", f"Bearer {_token(self._path)}"),), None)
        except AccessError as error:
            callback((), error)


def _token(path: Path) -> str:
    try:
        token = _content(path).decode("ascii").strip()
    except UnicodeDecodeError:
        token = ""
    if not token or not token.isprintable() or " " in token:
        raise AccessError(f"{path} 中没有令牌 holds no token")
    return token


def _stays_here(address: str) -> bool:
    try:
        return is_loopback(address)
    except ValueError:
        return False


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AccessError(f"无法读取 cannot read {path}: {error.strerror}") from error
