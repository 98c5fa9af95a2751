"""What is done with an accepted request: its day is planned and the result written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb

from services.model.plan import PlanResult
from services.route.analyse import analyse_plan
from services.route.engines.engine import Engine, JointEngine
from services.route.figures import Figures, figures_of
from services.route.planner import plan_day
from services.route.requests import read_request
from services.route.revise.revise import revise_plan
from services.runtime.solver_child import Telling, Work
from services.wire.coalitions import is_coalition
from services.wire.codec import encode

REVISING: Final = "search"


def make_work(engines: Mapping[str, Engine]) -> Work:
    """What a child does with an accepted request; ``engines`` has all of ``requests.ENGINES``."""

    def work(payload: bytes, telling: Telling) -> tuple[bytes, Figures | None]:
        request = pb.SubmitPlanRequest.FromString(payload)
        task = read_request(request)
        day, settings = task.day, task.settings
        is_asked_for = not is_coalition(request)
        # What is told of a plan that was made before is no plan more.
        is_plan = is_asked_for and task.analysis is None

        def written(result: PlanResult) -> bytes:
            return encode(result, plan_pb2.PlanResult, day.service_date).SerializeToString(deterministic=True)

        keep = (lambda kept: telling.keep(written(kept))) if is_asked_for else None
        if task.revision is not None:
            # Only this one knows of vehicles under way.
            engine = engines[REVISING]
            if not isinstance(engine, JointEngine):
                raise TypeError(f"{REVISING} does not decide runs and bookings together")
            result = revise_plan(day, task.revision, settings, engine, telling.should_stop, telling.report, keep=keep)
        elif task.analysis is not None:
            engine = engines[settings.engine]
            result = analyse_plan(day, task.analysis, settings, engine, telling.should_stop, telling.report)
        else:
            engine = engines[settings.engine]
            result = plan_day(
                day, settings, engine, telling.should_stop, telling.report, with_ways=is_asked_for, keep=keep
            )
        return written(result), figures_of(task.day_of_plan, result) if is_plan else None

    return work
