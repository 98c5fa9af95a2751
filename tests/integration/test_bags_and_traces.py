"""Bags and traces through real gRPC: of a plan that the route service keeps, and of one given in the call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import grpc
import pytest
from cuntong.consolidation.v1 import (
    bags_pb2,
    consolidation_service_pb2_grpc,
    trace_pb2,
)
from cuntong.route.v1 import plan_pb2, planned_day_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb
from google.rpc.error_details_pb2 import ErrorInfo
from grpc import aio
from grpc_status import rpc_status

from services.consolidation.api import ConsolidationApi
from services.consolidation.bagging.bags import bag_day
from services.consolidation.plan_source import NoPlans
from services.model.consignments import Relabelled
from services.model.day import Day
from services.model.errors import Violation
from services.model.held import HeldParcel, HeldReason
from services.model.plan import PlanResult
from services.runtime.config import ServiceSettings
from services.runtime.metrics import define_metrics, make_registry
from services.runtime.server import GrpcServer, Service
from services.wire.bags import decode_bagging
from services.wire.codec import decode, encode
from tests.builders import SERVICE_DATE, small_day
from tests.running import TIMEOUT_S, Services, plan_request, refused, serving, violated_paths

NOT_FOUND = grpc.StatusCode.NOT_FOUND


def sample_day() -> Day:
    """The small day with a parcel that has two numbers, and one that is held."""
    day = small_day()
    first = replace(day.consignments[0], relabelled=(Relabelled("EXP-A/1", "EXP-B/N1"),))
    held = HeldParcel(9, "77", "EXP-B", HeldReason.PROHIBITED, "品类: 烟花爆竹属禁寄物品")
    return replace(day, consignments=(first, *day.consignments[1:]), held=(held,))


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(tmp_path_factory.mktemp("bags")) as running:
        yield running


@pytest.fixture(scope="module")
def plan_id(services: Services) -> str:
    """A stored plan of the sample day."""
    request = plan_request("bags", sample_day())
    job = services.route.SubmitPlan(request, timeout=TIMEOUT_S).job
    watch = services.route.WatchPlan(route_pb.WatchPlanRequest(plan_id=job.plan_id), timeout=TIMEOUT_S)
    assert [news.job.state for news in watch][-1] == route_pb.JOB_STATE_SUCCEEDED
    return str(job.plan_id)


@pytest.fixture(scope="module")
def planned(services: Services, plan_id: str) -> planned_day_pb2.PlannedDay:
    """The same plan, to be given in a call."""
    result = services.route.GetPlan(route_pb.GetPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S).result
    return planned_day_pb2.PlannedDay(day=encode(sample_day(), plan_pb2.Day), result=result)


def pack(services: Services, **request: Any) -> bags_pb2.PackBagsResponse:
    answer: bags_pb2.PackBagsResponse = services.consolidation.PackBags(
        bags_pb2.PackBagsRequest(**request), timeout=TIMEOUT_S
    )
    return answer


def trace(services: Services, parcel: str, **request: Any) -> trace_pb2.Trace:
    asked = trace_pb2.TraceParcelRequest(parcel=parcel, **request)
    answer: trace_pb2.Trace = services.consolidation.TraceParcel(asked, timeout=TIMEOUT_S).trace
    return answer


def reason(error: Any) -> str:
    status, info = rpc_status.from_call(error), ErrorInfo()
    assert status is not None
    assert any(detail.Unpack(info) for detail in status.details)
    return str(info.reason)


def test_a_stored_plan_and_the_same_plan_given_have_the_same_bags(
    services: Services, plan_id: str, planned: planned_day_pb2.PlannedDay
) -> None:
    stored = pack(services, plan_id=plan_id)
    assert pack(services, planned=planned) == stored
    found: list[Violation] = []
    result = decode(PlanResult, planned.result, found, "", SERVICE_DATE)
    assert result is not None
    assert decode_bagging(stored) == bag_day(sample_day(), result.plan)
    assert stored.bags >= stored.bound > 0


def test_before_there_is_a_plan_bags_are_packed_by_village(services: Services) -> None:
    answer = pack(services, planned=planned_day_pb2.PlannedDay(day=encode(sample_day(), plan_pb2.Day)))
    assert decode_bagging(answer) == bag_day(sample_day(), None)


def test_rules_and_seals_are_the_callers(services: Services, plan_id: str) -> None:
    light = bags_pb2.BagRules(normal=bags_pb2.BagLimits(weight_g=1_500))
    codes = [bag.code for group in pack(services, plan_id=plan_id, rules=light).groups for bag in group.bags]
    seal = bags_pb2.BagSeal(code=codes[0], seal="S-1")
    sealed = [bag for g in pack(services, plan_id=plan_id, rules=light, seals=[seal]).groups for bag in g.bags]
    assert [bag.seal for bag in sealed] == ["S-1", *[""] * (len(codes) - 1)]
    assert all(bag.weight_g <= 1_500 and bag.volume_ml <= 80_000 for bag in sealed)
    parcel = sealed[0].contents[0].parcel_id
    account = trace(services, parcel, plan_id=plan_id, rules=light, seals=[seal])
    assert ("S-1", codes[0]) in [(bag.seal, bag.code) for bag in account.bags]


@pytest.mark.parametrize(
    ("request_", "paths"),
    [
        ({}, {"plan"}),
        ({"rules": bags_pb2.BagRules(normal=bags_pb2.BagLimits(weight_g=0))}, {"rules.normal.weight_g"}),
        (
            {"rules": bags_pb2.BagRules(fragile=bags_pb2.BagLimits(volume_ml=1_000_001))},
            {"rules.fragile.volume_ml"},
        ),
        ({"seals": [bags_pb2.BagSeal(code="?", seal="a\x00")]}, {"seals[0].seal"}),
        ({"planned": planned_day_pb2.PlannedDay()}, {"planned.day.county", "planned.day.service_date"}),
    ],
    ids=["no plan", "a bag for nothing", "a bag like a room", "an unprintable seal", "a day without anything"],
)
def test_what_cannot_be_asked_is_refused_by_path(services: Services, request_: dict[str, Any], paths: set[str]) -> None:
    for call in (lambda: pack(services, **request_), lambda: trace(services, "EXP-A/1", **request_)):
        with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
            call()
        assert violated_paths(errors[0]) == paths


def test_a_plan_of_another_day_is_refused(services: Services, planned: planned_day_pb2.PlannedDay) -> None:
    other = planned_day_pb2.PlannedDay()
    other.CopyFrom(planned)
    other.result.plan.county_id = "elsewhere"
    other.result.plan.runs[0].vehicle_id = "?"
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        pack(services, planned=other)
    assert violated_paths(errors[0]) == {
        "planned.result.plan.county_id",
        "planned.result.plan.runs[0].vehicle_id",
    }


def test_more_pieces_than_are_packed_in_one_call_are_refused(services: Services) -> None:
    day = sample_day()
    many = replace(day.consignments[0], pieces=10**9, parcel_ids=(), relabelled=())
    huge = encode(replace(day, consignments=(many,)), plan_pb2.Day)
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        pack(services, planned=planned_day_pb2.PlannedDay(day=huge))
    assert violated_paths(errors[0]) == {"consignments"}


@pytest.mark.parametrize("name", ["EXP-A/1", "甲速递/1", "EXP-B/N1", "乙速递/N1"])
def test_a_parcel_is_traced_under_every_name(
    services: Services, plan_id: str, planned: planned_day_pb2.PlannedDay, name: str
) -> None:
    account = trace(services, name, plan_id=plan_id)
    assert (account.parcel_id, account.second_id) == ("EXP-A/1", "EXP-B/N1")
    assert account.state == trace_pb2.TRACE_STATE_PLANNED
    assert account.custodies[0].partner_id == "EXP-A"
    assert account.custodies[-1].to_node == "V-1"
    assert account.bags
    assert trace(services, name, planned=planned) == account


def test_a_held_parcel_is_traced_in_a_stored_plan(services: Services, plan_id: str) -> None:
    account = trace(services, "乙速递/77", plan_id=plan_id)
    assert (account.state, account.held[0].row) == (trace_pb2.TRACE_STATE_HELD, 9)
    assert "禁寄" in account.detail


def test_before_there_is_a_plan_a_parcel_is_traced_by_the_day(services: Services) -> None:
    day = planned_day_pb2.PlannedDay(day=encode(sample_day(), plan_pb2.Day))
    account = trace(services, "EXP-B/1", planned=day)
    assert account.state == trace_pb2.TRACE_STATE_NOT_PLANNED
    assert account.ways


def test_a_job_without_a_plan_yet_has_traces_and_no_bags(services: Services) -> None:
    busy = services.route.SubmitPlan(plan_request("busy", time_budget_s=60, iterations=None), timeout=TIMEOUT_S).job
    waiting = services.route.SubmitPlan(plan_request("unfinished", sample_day()), timeout=TIMEOUT_S).job
    try:
        account = trace(services, "EXP-A/1", plan_id=waiting.plan_id)
        with refused(NOT_FOUND) as errors:
            pack(services, plan_id=waiting.plan_id)
    finally:
        for job in (waiting, busy):
            services.route.CancelPlan(route_pb.CancelPlanRequest(plan_id=job.plan_id), timeout=TIMEOUT_S)
    assert account.state == trace_pb2.TRACE_STATE_NOT_PLANNED
    assert reason(errors[0]) == "PLAN_NOT_FOUND"


def test_what_is_not_known_is_not_found(services: Services, plan_id: str) -> None:
    for call, case in (
        (lambda: pack(services, plan_id="plan-0"), "PLAN_NOT_FOUND"),
        (lambda: trace(services, "EXP-A/1", plan_id="plan-0"), "PLAN_NOT_FOUND"),
        (lambda: trace(services, "EXP-A/none", plan_id=plan_id), "PARCEL_NOT_FOUND"),
    ):
        with refused(NOT_FOUND) as errors:
            call()
        assert reason(errors[0]) == case


@pytest.mark.parametrize("name", ["", "   ", "x" * 601])
def test_a_name_that_is_none_is_refused(services: Services, plan_id: str, name: str) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        trace(services, name, plan_id=plan_id)
    assert violated_paths(errors[0]) == {"parcel"}


@asynccontextmanager
async def without_store() -> AsyncIterator[aio.Channel]:
    """A consolidation service in this process that knows no store of plans."""
    registry = make_registry()
    api = ConsolidationApi(define_metrics(registry), NoPlans())

    def register(server: aio.Server) -> None:
        consolidation_service_pb2_grpc.add_ConsolidationServiceServicer_to_server(api, server)

    service = Service("cuntong.consolidation.v1.ConsolidationService", register)
    server = GrpcServer(ServiceSettings(), [service], registry=registry, new_id=lambda: "1")
    async with server, aio.insecure_channel(server.addresses.grpc) as channel:
        yield channel


def test_without_a_store_a_plan_has_to_be_given(planned: planned_day_pb2.PlannedDay) -> None:
    async def ask() -> tuple[Any, int]:
        async with without_store() as channel:
            stub: Any = consolidation_service_pb2_grpc.ConsolidationServiceStub(channel)
            with pytest.raises(aio.AioRpcError) as caught:
                await stub.PackBags(bags_pb2.PackBagsRequest(plan_id="plan-1"), timeout=TIMEOUT_S)
            given = await stub.PackBags(bags_pb2.PackBagsRequest(planned=planned), timeout=TIMEOUT_S)
            return caught.value, given.bags

    error, bags = asyncio.run(ask())
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "CUNTONG_REDIS_URL" in error.details()
    assert bags > 0
