"""Settings of the programs, read from ``CUNTONG_*`` variables and printed without secrets."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Final, Self, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

_MIB: Final = 1024 * 1024
_DAY_S: Final = 86_400
_REDIS_URL: Final = AliasChoices("CUNTONG_REDIS_URL", "REDIS_URL")
_MAX_QUEUED_JOBS: Final = 256
_MASK: Final = "***"
_SECRETS_DIR: Final = "CUNTONG_SECRETS_DIR"


def split_address(address: str) -> tuple[str, int]:
    """Split ``host:port``.

    >>> split_address("[::1]:8080")
    ('::1', 8080)

    Raises
    ------
    ValueError
        When it is not of that form.
    """
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError("must be host:port, with port 0 for any free one")
    return host.removeprefix("[").removesuffix("]"), int(port)


def mask_url(url: str) -> str:
    """Hide the password of a URL, wherever it stands.

    >>> mask_url("redis://planner:secret@store:6379/0?password=secret")
    'redis://planner:***@store:6379/0?password=***'
    """
    masked = re.sub(r"://([^:/@]*):.*@", rf"://\1:{_MASK}@", url)
    return re.sub(r"(?i)(password=)[^&#]*", rf"\1{_MASK}", masked)


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches ``host:port``; a name other than localhost may be anything.

    >>> is_loopback("127.0.0.1:50051"), is_loopback("[::1]:0"), is_loopback("0.0.0.0:50051")
    (True, True, False)
    """
    host, _ = split_address(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _checked_address(address: str) -> str:
    split_address(address)
    return address


def _checked_endpoint(endpoint: str) -> str:
    scheme, _, address = endpoint.partition("://")
    if scheme not in ("http", "https"):
        raise ValueError("must be http://host:port or https://host:port")
    split_address(address)
    return endpoint


Address = Annotated[str, AfterValidator(_checked_address)]
Endpoint = Annotated[str, AfterValidator(_checked_endpoint)]


class Settings(BaseSettings):
    """What all settings have in common."""

    model_config = SettingsConfigDict(
        env_prefix="CUNTONG_", frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    def describe(self) -> str:
        """Every setting on a line of its own, passwords masked; for the log at start."""
        return "\n".join(f"{name} = {_shown(value)}" for name, value in self)


SettingsType = TypeVar("SettingsType", bound=Settings)


def read_settings(settings_type: type[SettingsType]) -> SettingsType:
    """Read a program's settings from the environment, and what it lacks from the files of ``CUNTONG_SECRETS_DIR``.

    A file has the name of a variable, in small letters or as it is, and the value: a secret mounted as files stays out
    of the environment, which children and crash reports carry about.

    Raises
    ------
    SystemExit
        Naming every setting that is wrong, without its value.
    """
    secrets = os.environ.get(_SECRETS_DIR)
    if secrets is not None and not Path(secrets).is_dir():
        raise SystemExit(
            f"wrong settings (CUNTONG_... in the environment):\n  {_SECRETS_DIR}: {secrets} is no directory"
        )
    try:
        # Unlike the fields, which every type names for itself, this is an argument of the library's.
        return settings_type(_secrets_dir=secrets)  # type: ignore[call-arg]
    except ValidationError as error:
        faults = [f"  {': '.join(str(part) for part in (*fault['loc'], fault['msg']))}" for fault in error.errors()]
        raise SystemExit("\n".join(["wrong settings (CUNTONG_... in the environment):", *faults])) from None


class StoreSettings(Settings):
    """Where jobs are kept: in Redis when its address is given, else in an embedded store in ``data_dir``."""

    redis_url: str | None = Field(default=None, validation_alias=_REDIS_URL)
    data_dir: Path | None = None
    """Directory of the embedded store; without one, jobs end with the process."""


class TraceSettings(Settings):
    """Whether spans of calls and jobs are kept, and by whom."""

    otlp_endpoint: Endpoint | None = None
    """Collector that takes OTLP over gRPC, ``http://host:port`` or ``https://host:port``; none, no traces."""


class ServiceSettings(TraceSettings):
    """How a gRPC service listens and how much it takes on."""

    listen: Address = "127.0.0.1:0"
    metrics_listen: Address = "127.0.0.1:0"
    health_listen: Address | None = None
    """Where health, and nothing else, answers without TLS, for a supervisor that cannot speak it; none, nowhere."""
    ready_file: Path | None = None
    """Where to write the addresses once the service answers."""

    auth_key_file: Path | None = None
    """Public key (PEM) or keys (JWKS) that tokens are checked with: RS256, ES256, EdDSA."""
    auth_secret_file: Path | None = None
    """Shared secret for HS256, where there is no key file."""
    auth_issuer: str = ""
    auth_audience: str = "cuntong"
    auth_leeway_s: NonNegativeFloat = Field(default=10.0, le=60.0)
    """How far the issuer's clock may be from this one."""

    tls_cert_file: Path | None = None
    """Certificate of this service with those between it and the root (PEM)."""
    tls_key_file: Path | None = None
    tls_client_ca_file: Path | None = None
    """Roots of clients' certificates; given, no client comes in without one."""
    plaintext: bool = False
    """Says that something in front of this service ends TLS."""

    max_message_bytes: PositiveInt = 32 * _MIB
    """Largest message that is taken; what is larger is uploaded in parts."""
    max_upload_bytes: PositiveInt = 256 * _MIB
    """Largest request that is taken in parts, and largest answer that is given."""
    max_concurrent_rpcs: PositiveInt = 64
    max_concurrent_streams: PositiveInt = 256
    """Calls that stream their answer; each holds a connection to the store."""
    tenant_calls_per_s: PositiveFloat = 50.0
    """Calls of one tenant, in the long run."""
    tenant_burst: PositiveInt = 200
    """Calls of one tenant at once, after a pause."""
    tenant_concurrent_calls: PositiveInt = 128
    """Calls of one tenant under way, of all kinds together."""
    least_deadline_s: NonNegativeFloat = 0.02
    """A call with less time than this is not begun."""
    unary_ceiling_s: PositiveFloat = 120.0
    """Time for a call that asks and answers once and names no deadline."""
    upload_ceiling_s: PositiveFloat = 900.0
    """The same for a call that uploads."""
    idle_s: PositiveFloat = 60.0
    """How long a caller may take for its next message."""
    health_s: PositiveFloat = 5.0
    """How often health asks the store whether it answers."""
    drain_s: PositiveFloat = 10.0
    """How long calls may go on after SIGTERM."""

    @property
    def asks_for_tokens(self) -> bool:
        """Whether calls have to be authenticated."""
        return self.auth_key_file is not None or self.auth_secret_file is not None

    @model_validator(mode="after")
    def _check_tokens(self) -> Self:
        if self.auth_key_file is not None and self.auth_secret_file is not None:
            raise ValueError("auth_key_file and auth_secret_file exclude each other: give one of them")
        if self.asks_for_tokens and not (self.auth_issuer and self.auth_audience):
            raise ValueError("auth_issuer and auth_audience say whose tokens for whom are taken: give both")
        if not self.asks_for_tokens and not is_loopback(self.listen):
            raise ValueError(
                f"{self.listen} can be reached from elsewhere, and nobody would be asked who they are: give "
                "CUNTONG_AUTH_KEY_FILE (or CUNTONG_AUTH_SECRET_FILE) and CUNTONG_AUTH_ISSUER, or listen on loopback"
            )
        return self

    @model_validator(mode="after")
    def _check_tls(self) -> Self:
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_cert_file and tls_key_file go together: give both")
        if self.tls_client_ca_file is not None and self.tls_cert_file is None:
            raise ValueError("tls_client_ca_file needs tls_cert_file and tls_key_file")
        if self.tls_cert_file is not None and self.plaintext:
            raise ValueError("plaintext and tls_cert_file exclude each other")
        if self.tls_cert_file is None and not self.plaintext and not is_loopback(self.listen):
            raise ValueError(
                f"{self.listen} can be reached from elsewhere, and tokens would travel readable: give "
                "CUNTONG_TLS_CERT_FILE and CUNTONG_TLS_KEY_FILE, or CUNTONG_PLAINTEXT=true where something in front "
                "ends TLS"
            )
        return self


class ConsolidationSettings(ServiceSettings):
    """Settings of the consolidation service."""

    redis_url: str | None = Field(default=None, validation_alias=_REDIS_URL)
    """Where the route service keeps its plans; without it a call carries the plan that it is about."""
    max_queued_jobs: PositiveInt = _MAX_QUEUED_JOBS
    """As many as the route service takes: coalitions' days are jobs beside its own."""


class JobSettings(Settings):
    """What is kept of jobs, and for how long."""

    redis_url: str = Field(validation_alias=_REDIS_URL)
    max_queued_jobs: PositiveInt = _MAX_QUEUED_JOBS
    """Open jobs of all tenants; one tenant may have three times as many as are left."""
    max_tenant_solve_s: PositiveInt = 14_400
    """How many seconds of search one tenant's open jobs may take together."""
    inputs_s: PositiveInt = 7 * _DAY_S
    """How long what was submitted stays; a job that is not planned by then fails."""
    plans_s: PositiveInt = 90 * _DAY_S
    """How long a job and its plan stay readable after they ended."""
    progress_s: PositiveInt = _DAY_S
    """How long it can be read how far a job had come."""
    requests_s: PositiveInt = 3 * _DAY_S
    """How long a request's id stands for the job that it made."""
    lease_s: PositiveFloat = 8.0
    """How long after its last sign of life a worker is taken for dead."""


class WorkSettings(JobSettings, TraceSettings):
    """How jobs are worked on."""

    workers: NonNegativeInt = 1
    """Jobs worked on at once by this process; with 0, others must be."""
    solver_memory_mib: PositiveInt = 4096
    """How much memory the child that makes a plan may use."""
    work_drain_s: NonNegativeFloat = 150.0
    """How long jobs may go on after SIGTERM before they are put back."""


class RouteSettings(ServiceSettings, WorkSettings):
    """Settings of the route service."""


class WorkerSettings(WorkSettings):
    """Settings of a worker."""

    metrics_listen: Address = "127.0.0.1:0"
    ready_file: Path | None = None
    """Where to write the addresses once work may begin."""


def _shown(value: object) -> str:
    return mask_url(value) if isinstance(value, str) and "://" in value else str(value)
