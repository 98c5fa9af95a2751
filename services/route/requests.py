"""Requests for plans: decoded, validated, every violation at once."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

from cuntong.route.v1 import plan_pb2, revision_pb2
from cuntong.route.v1 import route_service_pb2 as pb

from services.happenings.after import day_after
from services.model.analysis import Analysis
from services.model.day import Day, PlanSettings
from services.model.errors import InvalidInputError, Violation
from services.model.events import Revision
from services.model.plan import Plan
from services.route.revise.lawful import refuse_unlawful
from services.validation import day_violations
from services.validation.analysis import analysis_violations
from services.wire.codec import decode, encode

ENGINES: Final = ("search", "pyvrp", "ortools")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MAX_BUDGET_S: Final = 3_600
_MAX_ITERATIONS: Final = 10_000_000
_MAX_CORES: Final = 64
_MAX_SEED: Final = 2**31 - 1
# Twenty consignments of a large county, some seconds each.
_EXPLAINING_S: Final = 100
_FORECAST_DAYS: Final = (100, 10_000)
_MAX_TARGET_PERMILLE: Final = 999
_MAX_TOLERANCE_S: Final = 14_400
_MAX_VARIATION_PERMILLE: Final = 2_000
_MAX_DELAY_S: Final = 7_200


@dataclass(frozen=True, slots=True)
class PlanTask:
    """What a request asks for: a day to plan and how, or a plan of it to revise or to tell about.

    ``day_of_plan`` is the day that the plan in the answer is for: of a revision, as it is after what happened.
    """

    day: Day
    day_of_plan: Day
    settings: PlanSettings
    revision: Revision | None = None
    analysis: Analysis | None = None

    @property
    def given(self) -> Plan | None:
        """The plan that came with it."""
        for asked in (self.revision, self.analysis):
            if asked is not None:
                return asked.plan
        return None


def read_request(request: pb.SubmitPlanRequest) -> PlanTask:
    """Decode and validate a request; whether a plan to revise obeys the laws is the checker's matter.

    Raises
    ------
    InvalidInputError
        With all violations at once.
    """
    violations: list[Violation] = []
    if not is_request_id(request.request_id):
        violations.append(Violation("request_id", "must be 1 to 64 letters, digits, dots, dashes and underscores"))
    settings = decode(PlanSettings, request.settings, violations, "settings") if request.HasField("settings") else None
    if not request.HasField("day"):
        violations.append(Violation("day", "is missing"))
    day = decode(Day, request.day, violations, "day")
    if day is not None:
        violations += [Violation(f"day.{v.path}", v.message) for v in day_violations(day)]
    revision = None
    if day is not None and request.HasField("revision"):
        revision = decode(Revision, request.revision, violations, "revision", day.service_date)
    analysis = None
    if day is not None and request.HasField("analysis"):
        analysis = decode(Analysis, request.analysis, violations, "analysis", day.service_date)
        if request.HasField("revision"):
            violations.append(Violation("analysis", "and revision ask for two things: send one of them"))
        if analysis is not None:
            violations += analysis_violations(day, analysis)
    if settings is None:
        settings = PlanSettings()
    violations += [Violation(f"settings.{v.path}", v.message) for v in _settings_violations(settings)]
    if violations or day is None:
        raise InvalidInputError(violations)
    day_of_plan = day if revision is None else day_after(day, revision)
    return PlanTask(day, day_of_plan, settings, revision, analysis)


def _settings_violations(settings: PlanSettings) -> list[Violation]:
    ranges = {
        "time_budget_s": (1, _MAX_BUDGET_S, settings.time_budget_s),
        "iterations": (1, _MAX_ITERATIONS, 1 if settings.iterations is None else settings.iterations),
        "seed": (0, _MAX_SEED, settings.seed),
        "cores": (1, _MAX_CORES, settings.cores),
        "on_time_target_permille": (0, _MAX_TARGET_PERMILLE, settings.on_time_target_permille),
        "promise_tolerance_s": (0, _MAX_TOLERANCE_S, settings.promise_tolerance_s),
    }
    for part in fields(settings.noise):
        most = _MAX_DELAY_S if part.name.endswith("_s") else _MAX_VARIATION_PERMILLE
        ranges[f"noise.{part.name}"] = (0, most, getattr(settings.noise, part.name))
    violations = [
        Violation(name, f"must be from {low} to {high}, not {value}")
        for name, (low, high, value) in ranges.items()
        if not low <= value <= high
    ]
    if settings.engine not in ENGINES:
        violations.append(Violation("engine", f"must be one of {', '.join(ENGINES)}"))
    least, most = _FORECAST_DAYS
    if settings.forecast_days and not least <= settings.forecast_days <= most:
        violations.append(
            Violation("forecast_days", f"must be 0 or from {least} to {most}, not {settings.forecast_days}")
        )
    if settings.on_time_target_permille and not settings.forecast_days:
        violations.append(Violation("forecast_days", "must not be 0 where on_time_target_permille is set"))
    return violations


@dataclass(frozen=True, slots=True)
class AcceptedDay:
    """A request that is valid, and what is kept of it: its canonical form, so that equal requests have equal bytes.

    ``solve_s`` is how long its searches may take on all their ``cores`` together.
    """

    county_id: str
    service_date: date
    solve_s: int
    cores: int
    payload: bytes

    @property
    def digest(self) -> bytes:
        """What stands for its content."""
        return hashlib.sha256(self.payload).digest()


def accept_day(request: pb.SubmitPlanRequest) -> AcceptedDay:
    """Validate a request.

    Raises
    ------
    InvalidInputError
        With all violations at once.
    """
    task = read_request(request)
    if task.given is not None:
        refuse_unlawful(task.day, task.given, "revision.plan" if task.revision else "analysis.plan")
    payload = request.SerializeToString(deterministic=True)
    settings = task.settings
    return AcceptedDay(task.day.county.county_id, task.day.service_date, _solve_s(settings), settings.cores, payload)


def revision_request(request: pb.RevisePlanRequest, payload: bytes, result: bytes) -> pb.SubmitPlanRequest:
    """The request to revise a stored plan: ``payload`` is what it was planned from, ``result`` what came of it.

    Raises
    ------
    InvalidInputError
        When this version cannot read what the plan was made from.
    """
    stored = pb.SubmitPlanRequest.FromString(payload)
    revision = revision_pb2.Revision(plan=_plan_of(result), now_time=request.now_time, events=request.events)
    if request.HasField("moved_fen"):
        revision.moved_fen = request.moved_fen
    return pb.SubmitPlanRequest(
        request_id=request.request_id,
        day=_day_of(stored),
        settings=request.settings if request.HasField("settings") else stored.settings,
        revision=revision,
    )


def analysis_request(
    request: pb.ExplainPlanRequest | pb.BoundPlanRequest | pb.ForecastPlanRequest, payload: bytes, result: bytes
) -> pb.SubmitPlanRequest:
    """The request to tell about a stored plan what the kind of the call asks; see ``revision_request``."""
    stored = pb.SubmitPlanRequest.FromString(payload)
    analysis = pb.Analysis(plan=_plan_of(result))
    if isinstance(request, pb.ExplainPlanRequest):
        analysis.explain = True
        analysis.consignment_ids.extend(request.consignment_ids)
    elif isinstance(request, pb.BoundPlanRequest):
        analysis.bound = True
    else:
        analysis.forecast = True
    return pb.SubmitPlanRequest(
        request_id=request.request_id,
        day=_day_of(stored),
        settings=request.settings if request.HasField("settings") else stored.settings,
        analysis=analysis,
    )


def _plan_of(result: bytes) -> plan_pb2.Plan:
    return plan_pb2.PlanResult.FromString(result).plan


def _day_of(stored: pb.SubmitPlanRequest) -> plan_pb2.Day:
    """The day that a stored plan is for; where it is a revision, what happened then is a part of it."""
    task = read_request(stored)
    return stored.day if task.revision is None else encode(task.day_of_plan, plan_pb2.Day)


def is_request_id(text: str) -> bool:
    """Whether a text may name a request or a batch."""
    return _REQUEST_ID.fullmatch(text) is not None


def _solve_s(settings: PlanSettings) -> int:
    """Searches that count iterations are short; explaining what is left behind takes searches of its own."""
    explaining_s = _EXPLAINING_S if settings.explain else 0
    return settings.cores * (settings.time_budget_s if settings.iterations is None else 1) + explaining_s
