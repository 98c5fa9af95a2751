"""Batches: several days in one request, each a job of its own, all valid or none stored."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb

from services.model.errors import InvalidInputError, Violation
from services.route.requests import AcceptedDay, accept_day, is_request_id

_MOST_DAYS: Final = 5_000


@dataclass(frozen=True, slots=True)
class AcceptedBatch:
    """A batch whose days are all valid; ``digest`` stands for all of its content."""

    batch_id: str
    digest: str
    days: tuple[AcceptedDay, ...]


def read_header(part: pb.SubmitBatchRequest | None) -> pb.BatchHeader:
    """Take the first part of a batch.

    Raises
    ------
    InvalidInputError
        When it is no header, or one that cannot be.
    """
    if part is None or part.WhichOneof("part") != "header":
        raise InvalidInputError([Violation("header", "must come first")])
    header = part.header
    violations = []
    if not is_request_id(header.batch_id):
        violations.append(Violation("header.batch_id", "must be 1 to 64 letters, digits, dots, dashes and underscores"))
    if not 1 <= header.days <= _MOST_DAYS:
        violations.append(Violation("header.days", f"must be from 1 to {_MOST_DAYS}"))
    if violations:
        raise InvalidInputError(violations)
    return header


async def read_days(header: pb.BatchHeader, parts: AsyncIterator[pb.SubmitBatchRequest]) -> AcceptedBatch:
    """Validate a batch's days as they come; only what is to be stored of them is kept meanwhile.

    Raises
    ------
    InvalidInputError
        With the violations of all days, or when other days came than were announced.
    """
    days: list[AcceptedDay] = []
    violations: list[Violation] = []
    came, came_bytes = 0, 0
    async for part in parts:
        if part.WhichOneof("part") != "day":
            raise InvalidInputError([Violation(f"days[{came}]", "is missing: after the header come days only")])
        came_bytes += part.day.ByteSize()
        if came == header.days or came_bytes > header.total_bytes:
            raise InvalidInputError([Violation("header", "announces fewer or smaller days than came")])
        try:
            days.append(await asyncio.to_thread(_accept, header, part.day))
        except InvalidInputError as error:
            violations += [_of_day(violation, came) for violation in error.violations]
        came += 1
    if came < header.days:
        violations.append(Violation("header.days", f"is {header.days}, but {came} came"))
    if violations:
        raise InvalidInputError(violations)
    whole = hashlib.sha256(b"".join(day.digest for day in days))
    return AcceptedBatch(header.batch_id, whole.hexdigest(), tuple(days))


def _accept(header: pb.BatchHeader, day: plan_pb2.Day) -> AcceptedDay:
    settings = header.settings if header.HasField("settings") else None
    return accept_day(pb.SubmitPlanRequest(request_id=header.batch_id, day=day, settings=settings))


def _of_day(violation: Violation, number: int) -> Violation:
    """Name the day that a violation is in; what is wrong with the settings is wrong with the header."""
    if violation.path.startswith("settings"):
        return Violation(f"header.{violation.path}", violation.message)
    return Violation(f"days[{number}]{violation.path.removeprefix('day')}", violation.message)
