"""What is told of a plan as it is, through real gRPC: of a stored one, of one sent along, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from cuntong.route.v1 import route_service_pb2 as pb

from services.model.analysis import Analysis
from services.model.day import Day
from services.model.plan import PlanResult
from services.wire.codec import decode, encode
from tests.builders import SERVICE_DATE, small_consignment, small_day
from tests.running import TIMEOUT_S, Services, plan_request, refused, serving, violated_paths


def crowded() -> Day:
    """A day with something that no van has the room for."""
    heavy = small_consignment(consignment_id="C-9", parcel_ids=(), weight_g=900_000, max_piece_g=2_000)
    day = small_day()
    return replace(day, consignments=(*day.consignments, heavy))


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(tmp_path_factory.mktemp("route")) as running:
        yield running


@pytest.fixture(scope="module")
def planned(services: Services) -> str:
    asked = plan_request("first", crowded(), compare=False, forecast_days=0)
    return finished(services, services.route.SubmitPlan(asked, timeout=TIMEOUT_S).job.plan_id)


def finished(services: Services, plan_id: str) -> str:
    *_, last = services.route.WatchPlan(pb.WatchPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S)
    assert last.job.state == pb.JOB_STATE_SUCCEEDED, last.job.reason
    return plan_id


def result_of(services: Services, plan_id: str) -> PlanResult:
    message = services.route.GetPlan(pb.GetPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S).result
    result = decode(PlanResult, message, [], "", SERVICE_DATE)
    assert result is not None
    return result


def told(services: Services, call: Any, request: Any) -> PlanResult:
    return result_of(services, finished(services, call(request, timeout=TIMEOUT_S).job.plan_id))


def test_a_stored_plan_is_explained(services: Services, planned: str) -> None:
    request = pb.ExplainPlanRequest(request_id="why", plan_id=planned, consignment_ids=["C-9"])
    result = told(services, services.route.ExplainPlan, request)
    assert [one.consignment_id for one in result.explanations] == ["C-9"]
    assert result.explanations[0].change is not None
    assert result.explanations[0].change.relaxes.by_g > 0
    assert result.plan == result_of(services, planned).plan


def test_a_stored_plan_is_bounded(services: Services, planned: str) -> None:
    result = told(services, services.route.BoundPlan, pb.BoundPlanRequest(request_id="how-far", plan_id=planned))
    assert result.bound is not None
    assert 0 < result.bound.lower_fen <= result.plan.cost.total_fen


def test_a_stored_plan_is_forecast(services: Services, planned: str) -> None:
    request = pb.ForecastPlanRequest(request_id="when", plan_id=planned)
    request.settings.CopyFrom(plan_request("x", forecast_days=200).settings)
    result = told(services, services.route.ForecastPlan, request)
    assert result.forecast is not None
    assert result.forecast.days == 200


def test_a_plan_sent_along_is_told_about(services: Services, planned: str) -> None:
    plan = result_of(services, planned).plan
    asked = plan_request("along", crowded(), compare=False, forecast_days=100)
    asked.analysis.CopyFrom(encode(Analysis(plan, bound=True, forecast=True), pb.Analysis, SERVICE_DATE))
    result = told(services, services.route.SubmitPlan, asked)
    assert result.bound is not None
    assert result.forecast is not None
    assert result.explanations == ()


def test_what_cannot_be_told_is_refused_with_all_paths(services: Services, planned: str) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        services.route.ExplainPlan(
            pb.ExplainPlanRequest(request_id="who", plan_id=planned, consignment_ids=["C-1", "C-8"]), timeout=TIMEOUT_S
        )
    assert violated_paths(errors[0]) == {"analysis.consignment_ids[0]", "analysis.consignment_ids[1]"}
    asked = plan_request("nothing", crowded(), compare=False)
    asked.analysis.CopyFrom(encode(Analysis(result_of(services, planned).plan), pb.Analysis, SERVICE_DATE))
    asked.analysis.plan.runs[0].run_id = "x" * 200
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        services.route.SubmitPlan(asked, timeout=TIMEOUT_S)
    assert "analysis" in violated_paths(errors[0])
    assert any(path.startswith("analysis.plan.runs[0]") for path in violated_paths(errors[0]))


def test_a_plan_that_breaks_a_law_is_not_told_about(services: Services, planned: str) -> None:
    plan = result_of(services, planned).plan
    asked = plan_request("unlawful", crowded(), compare=False)
    asked.analysis.CopyFrom(encode(Analysis(plan, bound=True), pb.Analysis, SERVICE_DATE))
    asked.analysis.plan.cost.distance_fen += 1
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        services.route.SubmitPlan(asked, timeout=TIMEOUT_S)
    assert violated_paths(errors[0]) == {"analysis.plan"}
