"""The model's errors as gRPC statuses with google.rpc details; whatever else goes wrong leaks nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Final

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc import aio
from grpc_status import rpc_status

from services.model.errors import (
    BudgetTooShortError,
    CuntongError,
    DeadlineError,
    InvalidInputError,
    NoPlanStoreError,
    NotPermittedError,
    OtherPlanAcceptedError,
    OverloadedError,
    ParcelNotFoundError,
    PlanNotFoundError,
    PlanUnfinishedError,
    RequestConflictError,
    StoreUnavailableError,
    UnauthenticatedError,
    Violation,
)
from services.runtime.interceptors.wrapping import Around, Call

DOMAIN: Final = "cuntong"
_STORE_RETRY_S: Final = 2
# Clients take 8 KiB of trailing metadata; the details travel in base64, and the message beside them once more.
_MAX_VIOLATIONS_BYTES: Final = 4800
_MAX_VIOLATIONS: Final = 1000
_MAX_TEXT_CHARS: Final = 300
# Errors of which code, reason and text are all there is to say.
_PLAIN: Final[Mapping[type[CuntongError], tuple[Code.ValueType, str]]] = MappingProxyType(
    {
        PlanUnfinishedError: (Code.FAILED_PRECONDITION, "PLAN_UNFINISHED"),
        PlanNotFoundError: (Code.NOT_FOUND, "PLAN_NOT_FOUND"),
        ParcelNotFoundError: (Code.NOT_FOUND, "PARCEL_NOT_FOUND"),
        NoPlanStoreError: (Code.FAILED_PRECONDITION, "NO_PLAN_STORE"),
        UnauthenticatedError: (Code.UNAUTHENTICATED, "UNAUTHENTICATED"),
        NotPermittedError: (Code.PERMISSION_DENIED, "NOT_PERMITTED"),
        DeadlineError: (Code.DEADLINE_EXCEEDED, "DEADLINE"),
        BudgetTooShortError: (Code.DEADLINE_EXCEEDED, "BUDGET_TOO_SHORT"),
    }
)
_log: Final = logging.getLogger(__name__)


def translate_errors(new_id: Callable[[], str]) -> Around:
    """Turn errors into statuses; unforeseen ones get an incident's id that the log has too."""

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        try:
            yield
        except aio.BaseError:
            raise  # aborted already, or the client is gone
        except CuntongError as error:
            status = status_of(error)
        except NotImplementedError:
            status = _status(Code.UNIMPLEMENTED, f"{call.method} is not implemented", "UNIMPLEMENTED")
        except Exception:
            incident = new_id()
            _log.exception("incident %s in %s", incident, call.method)
            status = _status(Code.INTERNAL, f"internal error, incident {incident}", "INTERNAL", incident=incident)
        else:
            return
        sent = rpc_status.to_status(status)
        trailing = (*(call.context.trailing_metadata() or ()), *sent.trailing_metadata)
        try:
            await call.context.abort(sent.code, sent.details, trailing)
        except aio.InternalError as gone:
            raise asyncio.CancelledError("the client is gone") from gone

    return around


def status_of(error: CuntongError) -> Status:
    """Make the status of an error: code, message and details, small enough for trailing metadata."""
    text = _cut(str(error))
    match error:
        case InvalidInputError():
            return _invalid(error.violations)
        case RequestConflictError():
            return _status(Code.ALREADY_EXISTS, text, "REQUEST_CONFLICT", plan_id=error.plan_id)
        case OtherPlanAcceptedError():
            return _status(Code.FAILED_PRECONDITION, text, "OTHER_PLAN_ACCEPTED", plan_id=error.plan_id)
        case StoreUnavailableError():
            return _retryable(_status(Code.UNAVAILABLE, text, "STORE_UNAVAILABLE"), _STORE_RETRY_S)
        case OverloadedError():
            return _retryable(_status(Code.RESOURCE_EXHAUSTED, text, "OVERLOADED"), error.retry_after_s)
        case _:
            code, reason = _PLAIN.get(type(error), (Code.FAILED_PRECONDITION, "FAILED"))
            return _status(code, text, reason)


def _invalid(violations: Iterable[Violation]) -> Status:
    """As many violations as fit, and how many there are."""
    found = list(violations)
    details = BadRequest()
    for violation in found[:_MAX_VIOLATIONS]:
        entry = details.field_violations.add(field=_cut(violation.path), description=_cut(violation.message))
        if details.ByteSize() > _MAX_VIOLATIONS_BYTES:
            details.field_violations.remove(entry)
            break
    listed = len(details.field_violations)
    text = f"{len(found)} violations"
    if listed < len(found):
        text += f", {len(found) - listed} more than the {listed} listed"
    return _with(_status(Code.INVALID_ARGUMENT, text, "INVALID_INPUT", violations=str(len(found))), details)


def _retryable(status: Status, seconds: int) -> Status:
    return _with(status, RetryInfo(retry_delay=Duration(seconds=seconds)))


def _status(code: Code.ValueType, message: str, reason: str, **metadata: str) -> Status:
    return _with(Status(code=code, message=message), ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata))


def _with(status: Status, detail: Message) -> Status:
    packed = AnyMessage()
    packed.Pack(detail)
    status.details.append(packed)
    return status


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_TEXT_CHARS else text[: _MAX_TEXT_CHARS - 1] + "…"
