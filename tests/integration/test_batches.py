"""Several days in one request, and which plan a day goes by, through a real service."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from services.model.day import Day, PlanSettings
from services.wire.codec import encode
from tests.builders import SERVICE_DATE, small_day
from tests.running import TIMEOUT_S, Services, plan_request, refused, serving, violated_paths

SETTINGS = PlanSettings(iterations=20, cores=1, compare=False)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(tmp_path_factory.mktemp("batches")) as running:
        yield running


def counties(*names: str) -> list[Day]:
    day = small_day()
    return [replace(day, county=replace(day.county, county_id=name)) for name in names]


def parts(name: str, given_days: list[Day], **header: Any) -> Iterator[pb.SubmitBatchRequest]:
    messages = [encode(day, plan_pb2.Day) for day in given_days]
    given: dict[str, Any] = {
        "batch_id": name,
        "settings": encode(SETTINGS, plan_pb2.PlanSettings),
        "days": len(given_days),
        "total_bytes": sum(message.ByteSize() for message in messages),
    }
    yield pb.SubmitBatchRequest(header=pb.BatchHeader(**(given | header)))
    for message in messages:
        yield pb.SubmitBatchRequest(day=message)


def submit(services: Services, name: str, given_days: list[Day], **header: Any) -> pb.PlanBatch:
    batch: pb.PlanBatch = services.route.SubmitBatch(parts(name, given_days, **header), timeout=TIMEOUT_S).batch
    return batch


def finished(services: Services, batch_id: str) -> pb.PlanBatch:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        batch: pb.PlanBatch = services.route.GetBatch(pb.GetBatchRequest(batch_id=batch_id), timeout=TIMEOUT_S).batch
        if all(job.state > pb.JOB_STATE_RUNNING for job in batch.jobs):
            return batch
        time.sleep(0.1)
    raise AssertionError("the batch did not end")


def reason(error: Any) -> tuple[str, dict[str, str]]:
    status = rpc_status.from_call(error)
    assert status is not None
    info = ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return info.reason, dict(info.metadata)


def test_each_county_of_a_batch_is_a_job_of_its_own(services: Services) -> None:
    batch = submit(services, "prefecture", counties("a", "b", "c"))
    assert [job.county_id for job in batch.jobs] == ["a", "b", "c"]
    assert {job.batch_id for job in batch.jobs} == {"prefecture"}
    ended = finished(services, "prefecture")
    assert [job.state for job in ended.jobs] == [pb.JOB_STATE_SUCCEEDED] * 3
    assert [job.plan_id for job in ended.jobs] == [job.plan_id for job in batch.jobs]
    again = submit(services, "prefecture", counties("a", "b", "c"))
    assert [job.plan_id for job in again.jobs] == [job.plan_id for job in batch.jobs]
    with refused(grpc.StatusCode.ALREADY_EXISTS):
        submit(services, "prefecture", counties("a", "b", "other"))


def test_a_batch_with_one_bad_day_is_refused_whole(services: Services) -> None:
    good, bad = counties("a", "b")
    bad = replace(bad, consignments=(replace(bad.consignments[0], weight_g=-1), *bad.consignments[1:]))
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        submit(services, "bad-day", [good, bad])
    assert "days[1].consignments[0].weight_g" in violated_paths(errors[0])
    with refused(grpc.StatusCode.NOT_FOUND):
        services.route.GetBatch(pb.GetBatchRequest(batch_id="bad-day"), timeout=TIMEOUT_S)


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ({"batch_id": "a/b"}, "header.batch_id"),
        ({"days": 0}, "header.days"),
        ({"days": 3}, "header.days"),
        ({"days": 1}, "header"),
        ({"days": 5_001}, "header.days"),
        ({"total_bytes": 10}, "header"),
        ({"total_bytes": 0}, "total_bytes"),
        ({"total_bytes": 1 << 40}, "total_bytes"),
        ({"settings": plan_pb2.PlanSettings(engine="magic", time_budget_s=1, cores=1)}, "header.settings.engine"),
    ],
)
def test_a_header_that_cannot_be_is_refused(services: Services, header: dict[str, Any], path: str) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        submit(services, "odd", counties("a", "b"), **header)
    assert path in violated_paths(errors[0])


def test_a_batch_without_a_header_is_refused(services: Services) -> None:
    for given in ([], list(parts("headless", counties("a")))[1:]):
        with refused(grpc.StatusCode.INVALID_ARGUMENT):
            services.route.SubmitBatch(iter(given), timeout=TIMEOUT_S)


def test_a_second_header_is_refused(services: Services) -> None:
    given = list(parts("two-heads", counties("a")))
    with refused(grpc.StatusCode.INVALID_ARGUMENT):
        services.route.SubmitBatch(iter([given[0], *given]), timeout=TIMEOUT_S)


def test_cancelling_a_batch_ends_all_its_jobs(services: Services) -> None:
    long = encode(replace(SETTINGS, iterations=None, time_budget_s=60), plan_pb2.PlanSettings)
    submit(services, "stopped", counties("a", "b"), settings=long)
    services.route.CancelBatch(pb.CancelBatchRequest(batch_id="stopped"), timeout=TIMEOUT_S)
    assert {job.state for job in finished(services, "stopped").jobs} == {pb.JOB_STATE_CANCELLED}


def test_a_plan_is_accepted_and_another_takes_its_place_only_by_name(services: Services) -> None:
    def planned(request_id: str) -> str:
        job = services.route.SubmitPlan(plan_request(request_id, compare=False), timeout=TIMEOUT_S).job
        for _ in services.route.WatchPlan(pb.WatchPlanRequest(plan_id=job.plan_id), timeout=TIMEOUT_S):
            pass
        plan_id: str = job.plan_id
        return plan_id

    def accept(plan_id: str, replaced: str = "") -> pb.PlanJob:
        asked = pb.AcceptPlanRequest(plan_id=plan_id, replaced_plan_id=replaced)
        job: pb.PlanJob = services.route.AcceptPlan(asked, timeout=TIMEOUT_S).job
        return job

    day = pb.GetAcceptedPlanRequest(county_id=small_day().county.county_id, service_date=SERVICE_DATE.isoformat())
    with refused(grpc.StatusCode.NOT_FOUND):
        services.route.GetAcceptedPlan(day, timeout=TIMEOUT_S)
    first, second = planned("first"), planned("second")
    assert accept(first).HasField("accept_time")
    assert accept(first).plan_id == first
    with refused(grpc.StatusCode.FAILED_PRECONDITION) as errors:
        accept(second)
    assert reason(errors[0]) == ("OTHER_PLAN_ACCEPTED", {"plan_id": first})
    accept(second, first)
    accepted = services.route.GetAcceptedPlan(day, timeout=TIMEOUT_S)
    assert accepted.job.plan_id == second
    assert accepted.result.plan.runs
    former = services.route.GetPlan(pb.GetPlanRequest(plan_id=first), timeout=TIMEOUT_S).job
    assert not former.HasField("accept_time")


def test_a_plan_that_is_not_there_is_not_accepted(services: Services) -> None:
    with refused(grpc.StatusCode.NOT_FOUND):
        services.route.AcceptPlan(pb.AcceptPlanRequest(plan_id="plan-0"), timeout=TIMEOUT_S)
    request = plan_request("unfinished", iterations=None, time_budget_s=60)
    job = services.route.SubmitPlan(request, timeout=TIMEOUT_S).job
    with refused(grpc.StatusCode.FAILED_PRECONDITION) as errors:
        services.route.AcceptPlan(pb.AcceptPlanRequest(plan_id=job.plan_id), timeout=TIMEOUT_S)
    assert reason(errors[0])[0] == "PLAN_UNFINISHED"
    services.route.CancelPlan(pb.CancelPlanRequest(plan_id=job.plan_id), timeout=TIMEOUT_S)


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-02-30"])
def test_a_day_that_is_none_has_no_accepted_plan(services: Services, text: str) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        services.route.GetAcceptedPlan(pb.GetAcceptedPlanRequest(county_id="c", service_date=text), timeout=TIMEOUT_S)
    assert violated_paths(errors[0]) == {"service_date"}
