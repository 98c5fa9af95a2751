"""A plan beside its day from the wire: given in a call, or as the route service keeps it."""

from __future__ import annotations

from cuntong.route.v1 import plan_pb2, planned_day_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb
from google.protobuf.message import DecodeError

from services.happenings.after import day_after
from services.model.day import Day
from services.model.errors import InvalidInputError, Violation
from services.model.events import Revision
from services.model.plan import PlanResult
from services.validation import day_violations
from services.validation.plan import plan_violations
from services.wire.codec import decode, encode


def read_planned_day(message: planned_day_pb2.PlannedDay, path: str) -> tuple[Day, PlanResult | None]:
    """Decode and validate a day and, where one is given, its plan.

    Raises
    ------
    InvalidInputError
        With every violation, each path beginning with ``path``.
    """
    return _read(message.day, message.result if message.HasField("result") else None, path)


def read_stored_plan(payload: bytes, result: bytes | None) -> tuple[Day, PlanResult | None]:
    """Decode what the route service keeps of a job: the request, and the plan once there is one.

    Raises
    ------
    InvalidInputError
        When the bytes are no such messages, or what they say is not sound.
    """
    try:
        request = route_pb.SubmitPlanRequest.FromString(payload)
        made = None if result is None else plan_pb2.PlanResult.FromString(result)
    except DecodeError as error:
        raise InvalidInputError([Violation("stored", f"is no message of this contract: {error}")]) from error
    if not request.HasField("revision"):
        return _read(request.day, made, "stored")
    return _read(_day_after(request), made, "stored")


def _day_after(request: route_pb.SubmitPlanRequest) -> plan_pb2.Day:
    """The day of a revision as it is after what happened, which is what its plan is for."""
    day, _ = _read(request.day, None, "stored")
    violations: list[Violation] = []
    revision = decode(Revision, request.revision, violations, "stored.revision", day.service_date)
    if revision is None:
        raise InvalidInputError(violations)
    return encode(day_after(day, revision), plan_pb2.Day)


def _read(
    day_message: plan_pb2.Day, result_message: plan_pb2.PlanResult | None, path: str
) -> tuple[Day, PlanResult | None]:
    violations: list[Violation] = []
    day = decode(Day, day_message, violations, f"{path}.day")
    if day is not None:
        violations += [Violation(f"{path}.day.{v.path}", v.message) for v in day_violations(day)]
    if day is None or violations:
        raise InvalidInputError(violations)
    if result_message is None:
        return day, None
    result = decode(PlanResult, result_message, violations, f"{path}.result", day.service_date)
    if result is not None:
        violations += [Violation(f"{path}.result.{v.path}", v.message) for v in plan_violations(day, result.plan)]
    if result is None or violations:
        raise InvalidInputError(violations)
    return day, result
