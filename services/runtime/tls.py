"""TLS of a service's port, and client certificates where they are asked for."""

from __future__ import annotations

import ssl
from pathlib import Path

import grpc

from services.runtime.config import ServiceSettings


class CertificateFileError(ValueError):
    """A file does not hold the certificates or the key that it should."""


def read_server_credentials(settings: ServiceSettings) -> grpc.ServerCredentials | None:
    """Read the certificate and key of a service, and the roots of its clients' where given; None without TLS.

    Raises
    ------
    CertificateFileError
        When a file cannot be read, holds something else, or key and certificate do not belong together. gRPC itself
        would only say that the port cannot be had.
    """
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    chain, key = _content(settings.tls_cert_file), _content(settings.tls_key_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An empty password: without one, an encrypted key would be asked for at the terminal.
        context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise CertificateFileError(
            f"{settings.tls_cert_file} and {settings.tls_key_file} are no certificate and its key in PEM form"
        ) from error
    roots = None
    if settings.tls_client_ca_file is not None:
        roots = _content(settings.tls_client_ca_file)
        try:
            context.load_verify_locations(settings.tls_client_ca_file)
        except (ssl.SSLError, OSError) as error:
            raise CertificateFileError(f"{settings.tls_client_ca_file} holds no certificates in PEM form") from error
    return grpc.ssl_server_credentials([(key, chain)], roots, require_client_auth=roots is not None)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateFileError(f"{path} cannot be read: {error.strerror}") from error
