"""Every error of the model has its status, and the status fits into trailing metadata."""

from __future__ import annotations

import asyncio
import base64
from typing import Any, TypeVar

import pytest
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc import aio

from services.model.errors import (
    BudgetTooShortError,
    CuntongError,
    DeadlineError,
    InvalidInputError,
    NoPlanStoreError,
    NotPermittedError,
    OverloadedError,
    ParcelNotFoundError,
    PlanningFailedError,
    PlanNotFoundError,
    PlanRefusedError,
    PlanUnreadableError,
    RequestConflictError,
    StoreUnavailableError,
    UnauthenticatedError,
    Violation,
)
from services.runtime.interceptors.errors import status_of, translate_errors
from services.runtime.interceptors.wrapping import Call, RpcKind

M = TypeVar("M", bound=Message)


def detail(status: Status, kind: type[M]) -> M | None:
    for packed in status.details:
        found = kind()
        if packed.Unpack(found):
            return found
    return None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInputError([Violation("day", "missing")]), Code.INVALID_ARGUMENT),
        (RequestConflictError("plan-1"), Code.ALREADY_EXISTS),
        (PlanNotFoundError("no plan"), Code.NOT_FOUND),
        (ParcelNotFoundError("EXP-A/1", ("EXP-B/1",)), Code.NOT_FOUND),
        (NoPlanStoreError("give the plan"), Code.FAILED_PRECONDITION),
        (PlanUnreadableError("old"), Code.FAILED_PRECONDITION),
        (StoreUnavailableError("away"), Code.UNAVAILABLE),
        (OverloadedError("full", 7), Code.RESOURCE_EXHAUSTED),
        (BudgetTooShortError("1 s"), Code.DEADLINE_EXCEEDED),
        (PlanningFailedError("no way"), Code.FAILED_PRECONDITION),
        (PlanRefusedError([("times", "late")]), Code.FAILED_PRECONDITION),
        (UnauthenticatedError("expired"), Code.UNAUTHENTICATED),
        (NotPermittedError("no"), Code.PERMISSION_DENIED),
        (DeadlineError("up"), Code.DEADLINE_EXCEEDED),
        (CuntongError("other"), Code.FAILED_PRECONDITION),
    ],
)
def test_each_error_has_its_code_and_names_its_case(error: CuntongError, code: int) -> None:
    status = status_of(error)
    assert status.code == code
    info = detail(status, ErrorInfo)
    assert info is not None
    assert info.domain == "cuntong"


def test_who_is_not_let_in_is_not_told_why() -> None:
    assert "expired" not in str(status_of(UnauthenticatedError("expired")))


def test_a_conflict_names_the_first_plan() -> None:
    info = detail(status_of(RequestConflictError("plan-1")), ErrorInfo)
    assert info is not None
    assert info.metadata["plan_id"] == "plan-1"


@pytest.mark.parametrize(("error", "seconds"), [(StoreUnavailableError("away"), 2), (OverloadedError("full", 7), 7)])
def test_what_may_be_repeated_says_when(error: CuntongError, seconds: int) -> None:
    info = detail(status_of(error), RetryInfo)
    assert info is not None
    assert info.retry_delay.seconds == seconds


def test_every_violation_is_listed_by_path() -> None:
    status = status_of(InvalidInputError([Violation(f"vehicles[{i}]", "no depot") for i in range(20)]))
    listed = detail(status, BadRequest)
    assert listed is not None
    assert [v.field for v in listed.field_violations] == [f"vehicles[{i}]" for i in range(20)]
    assert status.message == "20 violations"


@pytest.mark.parametrize("message", ["no depot", "没有车场" * 1000])
def test_of_too_many_violations_as_many_as_fit_are_listed(message: str) -> None:
    status = status_of(InvalidInputError([Violation(f"vehicles[{i}]", message) for i in range(3_000)]))
    listed = detail(status, BadRequest)
    assert listed is not None
    count = len(listed.field_violations)
    assert count > 3
    assert status.message == f"3000 violations, {3_000 - count} more than the {count} listed"
    assert len(base64.b64encode(status.SerializeToString())) < 7 * 1024


class Gone:
    """The context of a call whose client has gone."""

    def trailing_metadata(self) -> tuple[()]:
        return ()

    async def abort(self, *_: object) -> None:
        raise aio.InternalError("cannot be sent")


def test_a_status_that_nobody_waits_for_is_a_call_cancelled() -> None:
    context: Any = Gone()

    async def fail() -> None:
        async with translate_errors(lambda: "id")(Call("s", "m", RpcKind.UNARY, context)):
            raise StoreUnavailableError("away")

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(fail())


def test_a_long_message_is_cut() -> None:
    assert len(status_of(PlanningFailedError("没" * 10_000)).message) == 300
