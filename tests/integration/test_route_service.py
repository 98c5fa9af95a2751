"""The route service through real gRPC: jobs from submission to their end, refusals, and what survives a death."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import redis
from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from services.model.day import Noise
from services.model.errors import Violation
from services.model.plan import PlanResult
from services.route.checker import check
from services.route.requests import ENGINES
from services.runtime.embedded import EmbeddedStore
from services.wire.codec import decode
from tests.builders import SERVICE_DATE, small_day
from tests.running import TIMEOUT_S, Services, plan_request, refused, serving, violated_paths
from tests.waiting import wait_for_metrics, wait_until

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
SERVICE = "cuntong.route.v1.RouteService"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(tmp_path_factory.mktemp("route")) as running:
        yield running


def submit(services: Services, request: pb.SubmitPlanRequest) -> pb.PlanJob:
    job: pb.PlanJob = services.route.SubmitPlan(request, timeout=TIMEOUT_S).job
    return job


def watch(services: Services, plan_id: str, after_sequence: int = 0) -> list[pb.PlanJob]:
    request = pb.WatchPlanRequest(plan_id=plan_id, after_sequence=after_sequence)
    return [response.job for response in services.route.WatchPlan(request, timeout=TIMEOUT_S)]


def get(services: Services, plan_id: str) -> pb.GetPlanResponse:
    response: pb.GetPlanResponse = services.route.GetPlan(pb.GetPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S)
    return response


def cancel(services: Services, plan_id: str) -> pb.PlanJob:
    job: pb.PlanJob = services.route.CancelPlan(pb.CancelPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S).job
    return job


def wait_for_state(services: Services, plan_id: str, state: int) -> None:
    wait_until(lambda: bool(get(services, plan_id).job.state == state))


def violations(services: Services, request: pb.SubmitPlanRequest) -> set[str]:
    with refused(INVALID) as errors:
        submit(services, request)
    return violated_paths(errors[0])


def all_plans(services: Services, page_size: int) -> list[str]:
    plan_ids: list[str] = []
    token = ""
    while True:
        request = pb.ListPlansRequest(page_size=page_size, page_token=token)
        page = services.route.ListPlans(request, timeout=TIMEOUT_S)
        assert len(page.jobs) <= page_size
        plan_ids += [job.plan_id for job in page.jobs]
        if not (token := page.next_page_token):
            return plan_ids


def test_it_says_that_it_serves(services: Services) -> None:
    with grpc.insecure_channel(services.running["route"].grpc) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", SERVICE):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=TIMEOUT_S)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_lists_it(services: Services) -> None:
    with grpc.insecure_channel(services.running["route"].grpc) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        (answer,) = stub.ServerReflectionInfo(asked, timeout=TIMEOUT_S)
    assert SERVICE in {service.name for service in answer.list_services_response.service}


def test_a_plan_is_made_watched_and_read(services: Services) -> None:
    job = submit(services, plan_request("whole-way"))
    assert (job.state, job.county_id, job.service_date) == (pb.JOB_STATE_QUEUED, "small", "2026-11-23")
    seen = watch(services, job.plan_id)
    assert seen[-1].state == pb.JOB_STATE_SUCCEEDED
    assert [j.progress.sequence for j in seen] == sorted({j.progress.sequence for j in seen})
    response = get(services, job.plan_id)
    found: list[Violation] = []
    result = decode(PlanResult, response.result, found, "result", SERVICE_DATE)
    assert result is not None, found
    assert check(small_day(), result.plan) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_that_can_be_asked_for_plans(services: Services, engine: str) -> None:
    job = submit(services, plan_request(f"by-{engine}", engine=engine))
    assert watch(services, job.plan_id)[-1].state == pb.JOB_STATE_SUCCEEDED
    found: list[Violation] = []
    result = decode(PlanResult, get(services, job.plan_id).result, found, "result", SERVICE_DATE)
    assert result is not None, found
    assert check(small_day(), result.plan) == []
    assert not result.plan.unserved


def test_what_waits_comes_back_with_its_price_and_is_counted(services: Services) -> None:
    first, *others = small_day().consignments
    later = replace(first, due_date=SERVICE_DATE + timedelta(days=1), wait_fen=50)
    day = small_day(consignments=(later, *others))
    for wanted in (True, False):
        request = plan_request(f"waits-{wanted}", day, use_waiting=wanted, iterations=100)
        job = submit(services, request)
        watch(services, job.plan_id)
        plan = get(services, job.plan_id).result.plan
        assert [(one.consignment_id, one.wait_fen) for one in plan.waiting] == ([("C-1", 50)] if wanted else [])
        assert plan.cost.waiting_fen == (50 if wanted else 0)
        wait_for_metrics(services.running["route"].metrics, f"cuntong_plan_waiting {float(wanted)}")


def test_a_plan_comes_with_its_forecast_unless_none_is_wanted(services: Services) -> None:
    for days in (300, 0):
        job = submit(services, plan_request(f"forecast-{days}", forecast_days=days, on_time_target_permille=days * 3))
        watch(services, job.plan_id)
        result = get(services, job.plan_id).result
        assert result.HasField("forecast") == (days > 0)
        assert result.forecast.days == days
        assert len(result.forecast.levels) == (days > 0)
        ratio = result.forecast.on_time_permille / 1_000 if days else "NaN"
        wait_for_metrics(services.running["route"].metrics, f"cuntong_plan_forecast_on_time_ratio {ratio}")


def test_every_line_of_the_log_is_json_and_a_plan_s_have_its_ids(services: Services) -> None:
    request = plan_request("logged")
    job = services.route.SubmitPlan(request, timeout=TIMEOUT_S, metadata=(("x-request-id", "call-7"),)).job
    watch(services, job.plan_id)
    wait_until(lambda: "attempt 1 SUCCEEDED" in messages_about(services, job.plan_id))
    assert messages_about(services, job.plan_id)["accepted"]["request_id"] == "call-7"


def messages_about(services: Services, plan_id: str) -> dict[str, Any]:
    """The lines of the log about a plan, by what they say; all lines are looked at."""
    lines = [json.loads(line) for line in services.log.read_text(encoding="utf-8").splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    return {line["message"].partition(" in ")[0]: line for line in lines if line.get("plan_id") == plan_id}


def test_metrics_count_calls_and_jobs(services: Services) -> None:
    watch(services, submit(services, plan_request("measured")).plan_id)
    wait_for_metrics(
        services.running["route"].metrics,
        "grpc_server_started_total",
        "grpc_server_handled_total",
        "grpc_server_handling_seconds_count",
        'cuntong_jobs_ended_total{state="SUCCEEDED"}',
        "cuntong_plan_cost_fen",
        "cuntong_plan_solve_seconds_count",
        "cuntong_jobs{",
    )


def test_the_same_request_again_gives_the_first_job(services: Services) -> None:
    request = plan_request("twice")
    first, second = submit(services, request), submit(services, request)
    assert first.plan_id == second.plan_id
    watch(services, first.plan_id)
    assert submit(services, request).plan_id == first.plan_id


def test_the_same_request_id_with_other_content_names_the_first_job(services: Services) -> None:
    first = submit(services, plan_request("other", seed=1))
    with refused(grpc.StatusCode.ALREADY_EXISTS) as errors:
        submit(services, plan_request("other", seed=2))
    error: Any = errors[0]
    assert first.plan_id in error.details()
    status, info = rpc_status.from_call(error), ErrorInfo()
    assert status is not None
    assert any(detail.Unpack(info) for detail in status.details)
    assert info.metadata["plan_id"] == first.plan_id


def test_watching_goes_on_after_a_sequence_number(services: Services) -> None:
    plan_id = submit(services, plan_request("resumed")).plan_id
    last = watch(services, plan_id)[-1]
    assert [j.progress.sequence for j in watch(services, plan_id, last.progress.sequence - 1)] == [
        last.progress.sequence
    ]
    for after in (last.progress.sequence, 2**63 - 1):
        assert [j.state for j in watch(services, plan_id, after)] == [pb.JOB_STATE_SUCCEEDED]


def test_a_cancelled_job_ends_soon_and_what_it_found_can_be_read(services: Services) -> None:
    plan_id = submit(services, plan_request("cancelled", iterations=None, time_budget_s=60)).plan_id
    wait_for_state(services, plan_id, pb.JOB_STATE_RUNNING)
    started = time.monotonic()
    cancel(services, plan_id)
    assert watch(services, plan_id)[-1].state == pb.JOB_STATE_CANCELLED
    assert time.monotonic() - started < 40
    response = get(services, plan_id)
    if response.HasField("result"):
        found: list[Violation] = []
        result = decode(PlanResult, response.result, found, "result", SERVICE_DATE)
        assert result is not None
        assert check(small_day(), result.plan) == []
    assert cancel(services, plan_id).state == pb.JOB_STATE_CANCELLED


def test_a_finished_job_stays_as_it_is_when_cancelled(services: Services) -> None:
    plan_id = submit(services, plan_request("finished")).plan_id
    watch(services, plan_id)
    assert cancel(services, plan_id).state == pb.JOB_STATE_SUCCEEDED
    assert get(services, plan_id).HasField("result")


@pytest.mark.parametrize("plan_id", ["", "plan-0", "x" * 100_000, "\x00", "村" * 1_000, "*", "cuntong:open"])
def test_an_unknown_plan_is_not_found(services: Services, plan_id: str) -> None:
    for call in (get, cancel, watch):
        with refused(NOT_FOUND):
            call(services, plan_id)


def test_jobs_are_listed_newest_first_page_by_page(services: Services) -> None:
    mine = [submit(services, plan_request(f"listed-{n}")).plan_id for n in range(3)]
    plan_ids = all_plans(services, page_size=2)
    assert plan_ids[:3] == mine[::-1]
    assert len(set(plan_ids)) == len(plan_ids)
    assert all_plans(services, page_size=100) == plan_ids
    for plan_id in mine:
        watch(services, plan_id)


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ({"page_size": -1}, "page_size"),
        ({"page_size": 101}, "page_size"),
        ({"page_token": "made up"}, "page_token"),
        ({"page_token": "\x00" * 1_000}, "page_token"),
    ],
)
def test_a_page_that_cannot_be_is_refused(services: Services, page: dict[str, Any], path: str) -> None:
    with refused(INVALID) as errors:
        services.route.ListPlans(pb.ListPlansRequest(**page), timeout=TIMEOUT_S)
    assert violated_paths(errors[0]) == {path}


def test_all_violations_of_a_request_are_listed_and_nothing_is_stored(services: Services) -> None:
    before = all_plans(services, 100)
    day = small_day()
    county = day.county
    first, *others = day.consignments
    nodes = (replace(county.network.nodes[0], lon=math.nan), *county.network.nodes[1:])
    trip = replace(county.lines[0].trips[0], capacity_pieces=-1)
    bad = replace(
        day,
        county=replace(
            county,
            network=replace(county.network, nodes=nodes),
            lines=(replace(county.lines[0], owner="NOBODY", trips=(trip,)),),
        ),
        consignments=(replace(first, weight_g=-5, node_ids=("?",), carrier_id="\x07"), *others, others[0]),
    )
    punctual = {"forecast_days": 0, "on_time_target_permille": 950, "noise": Noise(day_permille=-1)}
    assert violations(services, plan_request("a b", bad, cores=65, time_budget_s=0, **punctual)) >= {
        "request_id",
        "settings.cores",
        "settings.forecast_days",
        "settings.noise.day_permille",
        "settings.time_budget_s",
        "day.county.network.nodes[0].lon",
        "day.county.lines[0].owner",
        "day.county.lines[0].trips[0].capacity_pieces",
        "day.consignments[0].weight_g",
        "day.consignments[0].node_ids[0]",
        "day.consignments[0].carrier_id",
        "day.consignments[3].consignment_id",
    }
    assert all_plans(services, 100) == before


def test_an_empty_request_is_refused(services: Services) -> None:
    assert violations(services, pb.SubmitPlanRequest()) >= {"request_id", "day"}


def test_unspecified_and_unknown_enums_are_named(services: Services) -> None:
    request: Any = plan_request("enums")
    request.day.consignments[0].direction = 0
    request.day.consignments[1].temperature = 99
    request.day.county.network.nodes[2].kind = 0
    request.day.county.partners[0].role = 77
    assert violations(services, request) == {
        "day.consignments[0].direction",
        "day.consignments[1].temperature",
        "day.county.network.nodes[2].kind",
        "day.county.partners[0].role",
    }


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "../..", "村", "a\n", "\x00"])
def test_an_odd_request_id_is_refused(services: Services, request_id: str) -> None:
    assert violations(services, plan_request(request_id)) == {"request_id"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_budget_s", 3_601),
        ("iterations", 0),
        ("iterations", 2**31 - 1),
        ("seed", -1),
        ("seed", 2**63 - 1),
        ("cores", -(2**31)),
        ("engine", ""),
        ("engine", "x" * 100_000),
    ],
)
def test_a_setting_out_of_range_is_refused(services: Services, name: str, value: Any) -> None:
    assert violations(services, plan_request("range", **{name: value})) == {f"settings.{name}"}


@pytest.mark.parametrize("text", ["", "20261123", "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_is_refused(services: Services, text: str) -> None:
    request = plan_request("dates")
    request.day.service_date = text
    request.day.consignments[0].due_date = text
    assert violations(services, request) == {"day.service_date", "day.consignments[0].due_date"}


def test_a_county_beyond_all_bounds_is_refused(services: Services) -> None:
    request = plan_request("huge")
    node = request.day.county.network.nodes[2]
    for number in range(3_000):
        request.day.county.network.nodes.add().CopyFrom(node)
        request.day.county.network.nodes[-1].node_id = f"N-{number}"
    assert violations(services, request) == {"day.county.network.nodes"}


def test_more_messages_in_a_message_than_memory_has_room_for_are_refused_unread(services: Services) -> None:
    """Two bytes each on the wire: 32 MiB of them would be 4 GB."""
    field = plan_pb2.Day.DESCRIPTOR.fields_by_name["consignments"].number
    entries = bytes((field << 3 | 2, 0)) * 1_100_000
    request = plan_request("entries")
    whole = request.SerializeToString() + pb.SubmitPlanRequest(day=plan_pb2.Day.FromString(b"")).SerializeToString()
    length = bytes((len(entries) & 0x7F | 0x80, len(entries) >> 7 & 0x7F | 0x80, len(entries) >> 14 & 0x7F | 0x80, 1))
    assert len(entries) >> 21 == 1
    with grpc.insecure_channel(services.running["route"].grpc) as channel:
        raw = channel.unary_unary(f"/{SERVICE}/SubmitPlan", None, None)
        with refused(INVALID) as errors:
            raw(whole + b"\x12" + length + entries, timeout=TIMEOUT_S)
    assert violated_paths(errors[0]) == {"request.day.consignments"}


def test_bytes_that_are_no_message_are_the_callers_fault(services: Services) -> None:
    with grpc.insecure_channel(services.running["route"].grpc) as channel:
        for method in ("SubmitPlan", "GetPlan", "ListPlans", "CancelPlan"):
            with refused(INVALID):
                channel.unary_unary(f"/{SERVICE}/{method}", None, None)(b"\xff" * 100, timeout=TIMEOUT_S)
        with refused(INVALID):
            list(channel.unary_stream(f"/{SERVICE}/WatchPlan", None, None)(b"\xff", timeout=TIMEOUT_S))
        with refused(grpc.StatusCode.UNIMPLEMENTED):
            channel.unary_unary(f"/{SERVICE}/Nothing", None, None)(b"", timeout=TIMEOUT_S)


def test_damaged_messages_are_refused_or_planned_and_never_break_anything(services: Services) -> None:
    chance = random.Random(20261123)
    whole = plan_request("damaged", iterations=1).SerializeToString()
    with grpc.insecure_channel(services.running["route"].grpc) as channel:
        raw = channel.unary_unary(f"/{SERVICE}/SubmitPlan", None, pb.SubmitPlanResponse.FromString)
        for _ in range(200):
            damaged = bytearray(whole)
            for _ in range(chance.randint(1, 4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            try:
                raw(bytes(damaged), timeout=TIMEOUT_S)
            except grpc.RpcError as error:
                status: Any = error
                assert status.code() in (INVALID, grpc.StatusCode.ALREADY_EXISTS), status.details()
    for plan_id in all_plans(services, 100):
        assert "internal error" not in watch(services, plan_id)[-1].reason


@pytest.mark.parametrize("amount", ["rates", "shifts", "service", "trip"])
def test_the_largest_numbers_that_are_allowed_do_not_break_planning(services: Services, amount: str) -> None:
    request = plan_request(f"largest-{amount}")
    county: Any = request.day.county
    most, most_s = 10**12, 2**31 - 1
    for vehicle in county.vehicles:
        if amount == "rates":
            vehicle.fixed_fen = vehicle.per_km_fen = vehicle.per_hour_fen = vehicle.co2_g_per_km = most
        if amount == "shifts":
            vehicle.shift_end_s = vehicle.max_work_s = vehicle.max_trips = most_s
    for node in county.network.nodes if amount == "service" else ():
        node.service_s = node.service_per_piece_s = most_s
    for stop in county.lines[0].trips[0].stop_times if amount == "trip" else ():
        stop.arrival_s = stop.departure_s = most_s
    last = watch(services, submit(services, request).plan_id)[-1]
    assert "internal error" not in last.reason
    assert last.state in (pb.JOB_STATE_SUCCEEDED, pb.JOB_STATE_FAILED)


def test_a_day_without_consignments_has_an_empty_plan(services: Services) -> None:
    plan_id = submit(services, plan_request("nothing", replace(small_day(), consignments=()))).plan_id
    assert watch(services, plan_id)[-1].state == pb.JOB_STATE_SUCCEEDED
    plan: plan_pb2.Plan = get(services, plan_id).result.plan
    assert (len(plan.runs), len(plan.bookings), len(plan.unserved)) == (0, 0, 0)


def test_goods_that_nothing_may_carry_are_unserved_and_no_error(services: Services) -> None:
    day = small_day()
    nothing = tuple(replace(one, admissions=()) for one in day.admission_sets)
    plan_id = submit(services, plan_request("unserved", replace(day, admission_sets=nothing))).plan_id
    assert watch(services, plan_id)[-1].state == pb.JOB_STATE_SUCCEEDED
    unserved = get(services, plan_id).result.plan.unserved
    assert len(unserved) == len(day.consignments)
    assert all(one.reason == plan_pb2.UNSERVED_REASON_NO_ADMISSIBLE_RESOURCE and one.detail for one in unserved)


def test_watchers_that_go_away_leave_nothing_behind(services: Services) -> None:
    plan_id = submit(services, plan_request("watched", iterations=None, time_budget_s=60)).plan_id
    for _ in range(300):
        services.route.WatchPlan(pb.WatchPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S).cancel()
    cancel(services, plan_id)
    assert watch(services, plan_id)[-1].state == pb.JOB_STATE_CANCELLED


def test_watchers_that_leave_in_the_middle_are_no_incident_and_keep_no_connection(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "store") as store, serving(tmp_path, store.url) as services:
        plan_id = submit(services, plan_request("left", iterations=None, time_budget_s=60)).plan_id
        wait_for_state(services, plan_id, pb.JOB_STATE_RUNNING)
        looks = {}
        with closing(redis.from_url(store.url)) as client:
            for number in range(1, 41):
                watching = services.route.WatchPlan(pb.WatchPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S)
                next(watching)
                watching.cancel()
                looks[number] = len(client.client_list())
        cancel(services, plan_id)
        assert watch(services, plan_id)[-1].state == pb.JOB_STATE_CANCELLED
        # Some are open at a time; none is open for ever.
        assert looks[40] < looks[10] + 15
        assert "incident" not in services.log.read_text()


def test_an_accepted_plan_survives_the_death_of_the_service(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "store") as store:
        with serving(tmp_path, store.url) as services:
            running = submit(services, plan_request("running", iterations=None, time_budget_s=3)).plan_id
            queued = submit(services, plan_request("queued")).plan_id
            wait_for_state(services, running, pb.JOB_STATE_RUNNING)
            os.kill(services.running["route"].process.pid, signal.SIGKILL)
            with refused(grpc.StatusCode.UNAVAILABLE):
                get(services, running)
        with serving(tmp_path, store.url) as services:
            for plan_id in (running, queued):
                assert watch(services, plan_id)[-1].state == pb.JOB_STATE_SUCCEEDED
                assert get(services, plan_id).HasField("result")
            assert submit(services, plan_request("queued")).plan_id == queued
