"""Judgement of a plan that somebody else made: what is no plan of the day is refused, then the checker has its say."""

from __future__ import annotations

from collections import Counter
from typing import Final

from cuntong.route.v1 import route_service_pb2 as pb

from services.model.day import Day
from services.model.errors import InvalidInputError, Violation
from services.model.plan import Plan
from services.route.checker import broken_laws
from services.validation import day_violations
from services.validation.plan_form import form_violations
from services.wire.codec import decode, enum_number, enum_of

# Of one law; all of a hostile plan would be too much to send.
MAX_TOLD: Final = 1_000
_MAX_CHARS: Final = 500


def judge(request: pb.CheckPlanRequest) -> pb.CheckPlanResponse:
    """Name every law that a plan breaks on its day.

    Raises
    ------
    InvalidInputError
        With every violation, when the day is not sound or the plan is none of that day.
    """
    day, plan = _read(request)
    laws = enum_of(pb.BrokenLaw.DESCRIPTOR, "law")
    told: Counter[str] = Counter()
    response = pb.CheckPlanResponse()
    for broken in broken_laws(day, plan):
        told[broken.law] += 1
        if told[broken.law] > MAX_TOLD:
            response.left_out += 1
            continue
        number, detail = enum_number(laws, broken.law), broken.detail[:_MAX_CHARS]
        response.broken_laws.add(law=pb.Law.ValueType(number), subject=broken.subject, detail=detail)
    return response


def _read(request: pb.CheckPlanRequest) -> tuple[Day, Plan]:
    """Decode and validate: first the day, as what a plan may say depends on it."""
    violations = [Violation(name, "is missing") for name in ("day", "plan") if not request.HasField(name)]
    day = decode(Day, request.day, violations, "day") if request.HasField("day") else None
    if day is not None:
        violations += [Violation(f"day.{v.path}", v.message) for v in day_violations(day)]
    if day is None or violations:
        raise InvalidInputError(violations)
    plan = decode(Plan, request.plan, violations, "plan", day.service_date)
    if plan is not None:
        violations += form_violations(day, plan)
    if plan is None or violations:
        raise InvalidInputError(violations)
    return day, plan
