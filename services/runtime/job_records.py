"""Jobs as they are known, and as the store has them: fields of a hash, times in microseconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class JobState(StrEnum):
    """State of a job."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_open(self) -> bool:
        """Whether the job has not ended."""
        return self in (JobState.QUEUED, JobState.RUNNING)


class Orders(StrEnum):
    """What a worker is to do with the job it has."""

    GO_ON = "GO_ON"
    STOP = "STOP"  # cancelling was asked for
    LOST = "LOST"  # the job ended or is another worker's


class StoreFault(StrEnum):
    """Why the store gave no answer, for who counts."""

    CONNECTION = "connection"
    TIMEOUT = "timeout"
    FULL = "full"
    READ_ONLY = "read only"
    UNABLE = "unable"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job as it is known. ``sequence`` counts every change from 1, of state or progress.

    ``solve_s`` is how long its searches may take on all their ``cores`` together; ``traceparent`` names the span in
    which it was submitted, where there was one.
    """

    plan_id: str
    request_id: str
    tenant: str = "default"
    county_id: str
    service_date: date
    state: JobState = JobState.QUEUED
    reason: str = ""
    create_time: datetime
    update_time: datetime
    attempt: int = 0
    sequence: int = 1
    solve_s: int = 1
    cores: int = 1
    batch_id: str = ""
    traceparent: str = ""
    accept_time: datetime | None = None
    phase: str = ""
    best_cost_fen: int = 0
    percent: int = 0


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, newest first, and the token of the next page; empty on the last."""

    jobs: tuple[JobRecord, ...]
    next_page_token: str


def to_micros(time: datetime) -> int:
    """Microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def encode_job(record: JobRecord) -> dict[str, str | int]:
    """Write a job as the fields of a hash."""
    given = {field.name: getattr(record, field.name) for field in fields(JobRecord)}
    return {name: _encode_value(value) for name, value in given.items() if value is not None}


def _encode_value(value: str | int | date) -> str | int:
    match value:
        case datetime():
            return to_micros(value)
        case date():
            return value.isoformat()
        case _:
            return value


def to_text(stored: object) -> str:
    """Read what a store gives, bytes or not."""
    return stored.decode() if isinstance(stored, bytes) else str(stored)


def _time(micros: str) -> datetime:
    return _EPOCH + int(micros) * _MICROSECOND


def decode_job(stored: Mapping[Any, Any]) -> JobRecord:
    """Read a job from the fields of a hash."""
    text = {to_text(name): to_text(value) for name, value in stored.items()}
    return JobRecord(
        plan_id=text["plan_id"],
        request_id=text["request_id"],
        tenant=text["tenant"],
        county_id=text["county_id"],
        service_date=date.fromisoformat(text["service_date"]),
        state=JobState(text["state"]),
        reason=text["reason"],
        create_time=_time(text["create_time"]),
        update_time=_time(text["update_time"]),
        attempt=int(text["attempt"]),
        sequence=int(text["sequence"]),
        solve_s=int(text.get("solve_s", 1)),
        cores=int(text.get("cores", 1)),
        batch_id=text.get("batch_id", ""),
        traceparent=text.get("traceparent", ""),
        accept_time=_time(text["accept_time"]) if "accept_time" in text else None,
        phase=text["phase"],
        best_cost_fen=int(text["best_cost_fen"]),
        percent=int(text["percent"]),
    )
