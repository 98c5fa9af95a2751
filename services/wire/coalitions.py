"""A coalition's day as a planning job of the route service, named by its content.

Equal days searched with the same effort are the same request, so that each is planned once, whoever asks for it.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb
from google.protobuf.message import DecodeError

from services.model.day import Day, PlanSettings
from services.model.errors import PlanUnreadableError
from services.model.plan import Plan, PlanResult
from services.wire.codec import decode, encode

_PREFIX: Final = "coalition-"
_DIGITS: Final = 40


def coalition_request(day: Day, iterations: int, seed: int) -> route_pb.SubmitPlanRequest:
    """Ask for a plan of a coalition's day by so many iterations, on one core, compared with nothing."""
    settings = PlanSettings(
        iterations=iterations,
        seed=seed,
        use_lines=bool(day.county.lines),
        compare=False,
        cores=1,
        use_waiting=False,
        forecast_days=0,
    )
    request = route_pb.SubmitPlanRequest(
        day=encode(day, plan_pb2.Day), settings=encode(settings, plan_pb2.PlanSettings)
    )
    content = request.SerializeToString(deterministic=True)
    request.request_id = f"{_PREFIX}{hashlib.sha256(content).hexdigest()[:_DIGITS]}"
    return request


def is_coalition(request: route_pb.SubmitPlanRequest) -> bool:
    """Whether a job plans a coalition's day, which nobody will drive."""
    return request.request_id.startswith(_PREFIX)


def read_coalition_plan(day: Day, result: bytes) -> Plan:
    """Read the plan of a coalition's day.

    Raises
    ------
    PlanUnreadableError
        When it was stored in a form that this version cannot read.
    """
    try:
        message = plan_pb2.PlanResult.FromString(result)
    except DecodeError as error:
        raise PlanUnreadableError(f"the plan of a coalition cannot be read: {error}") from error
    made = decode(PlanResult, message, [], "result", day.service_date)
    if made is None:
        raise PlanUnreadableError("the plan of a coalition cannot be read by this version")
    return made.plan
