"""Plans revised through real gRPC: of a stored plan, of one that is sent along, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from cuntong.consolidation.v1 import trace_pb2
from cuntong.route.v1 import plan_pb2, revision_pb2
from cuntong.route.v1 import route_service_pb2 as pb
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from services.happenings.after import day_after
from services.model.events import Events, Revision
from services.model.plan import PlanResult
from services.model.units import instant
from services.route.checker import check
from services.wire.codec import decode, encode
from tests.builders import SERVICE_DATE, small_consignment, small_day
from tests.running import TIMEOUT_S, Services, plan_request, refused, serving, violated_paths

NOTHING = Events()
NEW = small_consignment(consignment_id="C-9", parcel_ids=())


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(tmp_path_factory.mktemp("route")) as running:
        yield running


@pytest.fixture(scope="module")
def planned(services: Services) -> str:
    job = services.route.SubmitPlan(plan_request("first", compare=False), timeout=TIMEOUT_S).job
    return finished(services, job.plan_id)


def finished(services: Services, plan_id: str) -> str:
    *_, last = services.route.WatchPlan(pb.WatchPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S)
    assert last.job.state == pb.JOB_STATE_SUCCEEDED, last.job.reason
    return plan_id


def result_of(services: Services, plan_id: str) -> PlanResult:
    message = services.route.GetPlan(pb.GetPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S).result
    result = decode(PlanResult, message, [], "", SERVICE_DATE)
    assert result is not None
    return result


def request(plan_id: str, request_id: str, now_s: int, events: Events = NOTHING, **more: Any) -> pb.RevisePlanRequest:
    message = pb.RevisePlanRequest(
        plan_id=plan_id,
        request_id=request_id,
        events=encode(events, revision_pb2.Events, SERVICE_DATE),
        **more,
    )
    message.now_time.FromDatetime(instant(SERVICE_DATE, now_s))
    return message


def revise(services: Services, asked: pb.RevisePlanRequest) -> str:
    return str(services.route.RevisePlan(asked, timeout=TIMEOUT_S).job.plan_id)


def test_a_stored_plan_is_revised_and_revised_again(services: Services, planned: str) -> None:
    old = result_of(services, planned).plan
    asked = request(planned, "once", 20_000, Events(added=(NEW,)))
    once = finished(services, revise(services, asked))
    assert revise(services, asked) == once
    result = result_of(services, once)
    after = day_after(small_day(), Revision(old, 20_000, Events(added=(NEW,))))
    assert check(after, result.plan) == []
    assert result.changes is not None
    assert result.changes.previous_fen == old.cost.total_fen
    twice = finished(services, revise(services, request(once, "twice", 22_000, Events(withdrawn=("C-9",)))))
    assert "C-9" not in {c.consignment_id for run in result_of(services, twice).plan.runs for c in run.carriages}


def test_bags_are_packed_and_parcels_traced_for_the_day_as_it_is_after_what_happened(
    services: Services, planned: str
) -> None:
    added = replace(NEW, parcel_ids=("EXP-A/90", "EXP-A/91"))
    revised = finished(services, revise(services, request(planned, "bags", 20_000, Events(added=(added,)))))
    asked = trace_pb2.TraceParcelRequest(plan_id=revised, parcel="EXP-A/90")
    trace = services.consolidation.TraceParcel(asked, timeout=TIMEOUT_S).trace
    assert "C-9" in str(trace)


def test_other_content_under_the_same_request_id_is_refused(services: Services, planned: str) -> None:
    revise(services, request(planned, "same", 20_000))
    with refused(grpc.StatusCode.ALREADY_EXISTS):
        revise(services, request(planned, "same", 20_060))


def test_a_plan_sent_along_is_revised(services: Services, planned: str) -> None:
    asked = plan_request("sent", compare=False)
    revision = Revision(result_of(services, planned).plan, 20_000)
    asked.revision.CopyFrom(encode(revision, revision_pb2.Revision, SERVICE_DATE))
    sent = finished(services, services.route.SubmitPlan(asked, timeout=TIMEOUT_S).job.plan_id)
    assert result_of(services, sent).plan.as_of_s == 20_000


def test_events_that_cannot_be_are_refused_with_all_paths(services: Services, planned: str) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        revise(services, request(planned, "bad", 20_000, Events(cancelled_trips=("T-9",), down_vehicles=("VAN-9",))))
    assert violated_paths(errors[0]) == {"revision.events.cancelled_trips[0]", "revision.events.down_vehicles[0]"}


def test_a_plan_of_other_input_or_against_a_law_is_refused(services: Services, planned: str) -> None:
    asked = plan_request("unlawful", compare=False)
    revision = Revision(result_of(services, planned).plan, 20_000)
    asked.revision.CopyFrom(encode(revision, revision_pb2.Revision, SERVICE_DATE))
    asked.revision.plan.cost.distance_fen += 1
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        services.route.SubmitPlan(asked, timeout=TIMEOUT_S)
    assert violated_paths(errors[0]) == {"revision.plan"}
    asked.revision.plan.runs[0].vehicle_id = "VAN-9"
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        services.route.SubmitPlan(asked, timeout=TIMEOUT_S)
    assert "revision.plan.runs[0].vehicle_id" in violated_paths(errors[0])


def test_without_a_time_nothing_is_revised(services: Services, planned: str) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        revise(services, pb.RevisePlanRequest(plan_id=planned, request_id="when"))
    assert "revision.now_time" in violated_paths(errors[0])


def test_what_is_not_planned_yet_is_not_revised(services: Services) -> None:
    busy = services.route.SubmitPlan(
        plan_request("busy", time_budget_s=600, iterations=None, compare=False), timeout=TIMEOUT_S
    ).job.plan_id
    with refused(grpc.StatusCode.FAILED_PRECONDITION) as errors:
        revise(services, request(busy, "early", 20_000))
    error: Any = errors[0]
    status: Any = rpc_status.from_call(error)
    info = ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    assert info.reason == "PLAN_UNFINISHED"
    services.route.CancelPlan(pb.CancelPlanRequest(plan_id=busy), timeout=TIMEOUT_S)


def test_an_unknown_plan_is_not_found(services: Services) -> None:
    with refused(grpc.StatusCode.NOT_FOUND):
        revise(services, request("plan-none", "none", 20_000))


def test_the_plan_message_says_up_to_when_it_was_lived_through(services: Services, planned: str) -> None:
    revised = finished(services, revise(services, request(planned, "as-of", 20_500)))
    message: plan_pb2.PlanResult = services.route.GetPlan(pb.GetPlanRequest(plan_id=revised), timeout=TIMEOUT_S).result
    assert message.plan.as_of_time.ToDatetime(tzinfo=instant(SERVICE_DATE, 0).tzinfo) == instant(SERVICE_DATE, 20_500)
