"""The settlement service through real gRPC: plans by name or given, coalitions planned by the route service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from cuntong.route.v1 import plan_pb2, planned_day_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb
from cuntong.settlement.v1 import settlement_pb2
from cuntong.settlement.v1 import settlement_service_pb2 as pb
from cuntong.settlement.v1 import settlement_service_pb2_grpc as pb_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.model.agreements import Sharing
from services.model.day import Day
from services.model.errors import Violation
from services.model.plan import Plan, PlanResult
from services.model.settlement import CoreVerdict, Settlement, SettlementSettings
from services.wire.codec import decode, encode
from tests.recompute import Recomputation
from tests.running import TIMEOUT_S, Services, plan_request, refused, serving, violated_paths
from tests.settlements import charges, county, day_of, express, goods, planned, third_party
from tests.waiting import metrics_of, wait_for_metrics, wait_until

INVALID = grpc.StatusCode.INVALID_ARGUMENT
DAY = day_of(
    county(express(Sharing.SHAPLEY), third_party(Sharing.TARIFF, tariff_piece_fen=110)),
    goods("C-1", "EXP-A"),
    goods("C-2", "EXP-B", 2),
    goods("C-3", "EXP-C", 3),
)
PLAN = planned(DAY, {"VAN-A": [("C-1", ""), ("C-2", "AG-A"), ("C-3", "AG-A")]})


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(tmp_path_factory.mktemp("settlement")) as running:
        yield running


@pytest.fixture(scope="module")
def stub(services: Services) -> Iterator[Any]:
    with grpc.insecure_channel(services.running["consolidation"].grpc) as channel:
        yield pb_grpc.SettlementServiceStub(channel)


def planned_day(day: Day = DAY, plan: Plan = PLAN) -> planned_day_pb2.PlannedDay:
    return planned_day_pb2.PlannedDay(
        day=encode(day, plan_pb2.Day), result=encode(PlanResult(plan), plan_pb2.PlanResult, day.service_date)
    )


def settings(**changes: Any) -> settlement_pb2.SettlementSettings:
    return encode(SettlementSettings(**({"iterations": 10} | changes)), settlement_pb2.SettlementSettings)


def settle(stub: Any, request: pb.SettleRequest) -> tuple[Settlement, list[tuple[int, int]]]:
    """Ask, and give the settlement and the progress before it."""
    *news, last = stub.Settle(request, timeout=TIMEOUT_S)
    violations: list[Violation] = []
    settlement = decode(Settlement, last.settlement, violations)
    assert settlement is not None, violations
    return settlement, [(one.progress.solved, one.progress.needed) for one in news]


def test_a_plan_given_in_the_call_is_settled_with_coalitions_really_planned(stub: Any) -> None:
    settlement, progress = settle(stub, pb.SettleRequest(planned=planned_day(), settings=settings()))
    (shared,) = settlement.shared_costs
    assert sum(charges(settlement).values()) == settlement.spent_fen == shared.shared_fen == 24_000
    assert len(shared.coalitions) == 7
    assert all(12_000 <= c.solved_fen < 40_000 for c in shared.coalitions)
    assert shared.core.verdict is not CoreVerdict.NOT_TESTED
    # Seven coalitions, and four of them once more from another seed.
    assert progress[-1] == (11, 11)
    assert progress == sorted(progress)
    again = Recomputation(DAY, PLAN, settlement)
    assert [again.entry(entry) for entry in settlement.entries] == [entry.fen for entry in settlement.entries]


def test_the_same_is_settled_the_same_and_not_planned_again(services: Services, stub: Any) -> None:
    request = pb.SettleRequest(planned=planned_day(), settings=settings(seed=2))
    first, _ = settle(stub, request)
    second, progress = settle(stub, request)
    assert second == first
    assert progress == [(7, 7), (11, 11)]


def test_coalitions_are_no_plans_of_anybody(services: Services, stub: Any) -> None:
    settle(stub, pb.SettleRequest(planned=planned_day(), settings=settings(seed=3)))
    assert services.route.ListPlans(route_pb.ListPlansRequest(), timeout=TIMEOUT_S).jobs == []


def test_a_stored_plan_is_settled_by_its_name(services: Services, stub: Any) -> None:
    day = replace(DAY, county=county(express(Sharing.NUCLEOLUS), third_party(Sharing.TARIFF, tariff_piece_fen=110)))
    request = plan_request("stored", day, compare=False)
    plan_id = services.route.SubmitPlan(request, timeout=TIMEOUT_S).job.plan_id
    wait_until(lambda: bool(get(services, plan_id).job.state == route_pb.JOB_STATE_SUCCEEDED))
    settlement, _ = settle(stub, pb.SettleRequest(plan_id=plan_id, settings=settings()))
    plan = get(services, plan_id).result.plan
    assert settlement.spent_fen == sum(run.vehicle_fen + run.distance_fen + run.time_fen for run in plan.runs)
    assert sum(charges(settlement).values()) == settlement.spent_fen > 0
    assert sum(account.pieces for account in settlement.accounts) == 6


def test_the_plan_that_a_day_goes_by_is_settled(services: Services, stub: Any) -> None:
    asked = pb.SettleRequest(
        accepted=pb.AcceptedDay(county_id=DAY.county.county_id, service_date=DAY.service_date.isoformat()),
        settings=settings(),
    )
    with refused(grpc.StatusCode.NOT_FOUND):
        settle(stub, asked)
    job = services.route.SubmitPlan(plan_request("goes-by", DAY, compare=False), timeout=TIMEOUT_S).job
    wait_until(lambda: bool(get(services, job.plan_id).job.state == route_pb.JOB_STATE_SUCCEEDED))
    services.route.AcceptPlan(route_pb.AcceptPlanRequest(plan_id=job.plan_id), timeout=TIMEOUT_S)
    assert settle(stub, asked)[0] == settle(stub, pb.SettleRequest(plan_id=job.plan_id, settings=settings()))[0]


def get(services: Services, plan_id: str) -> Any:
    return services.route.GetPlan(route_pb.GetPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S)


def test_a_plan_that_nobody_knows_is_not_found(stub: Any) -> None:
    with refused(grpc.StatusCode.NOT_FOUND):
        settle(stub, pb.SettleRequest(plan_id="plan-unknown"))


def test_coalitions_cannot_be_settled_by_their_names(services: Services, stub: Any) -> None:
    settle(stub, pb.SettleRequest(planned=planned_day(), settings=settings()))
    with refused(grpc.StatusCode.NOT_FOUND):
        settle(stub, pb.SettleRequest(plan_id="coalition-1"))


def spoilt_carriage(agreement_id: str) -> Plan:
    first, *rest = PLAN.runs[0].carriages
    run = replace(PLAN.runs[0], carriages=(replace(first, agreement_id=agreement_id), *rest))
    return replace(PLAN, runs=(run,))


def doubled() -> Plan:
    return replace(PLAN, runs=(replace(PLAN.runs[0], carriages=(*PLAN.runs[0].carriages, PLAN.runs[0].carriages[0])),))


BAD: dict[str, tuple[Callable[[], pb.SettleRequest], str]] = {
    "nothing": (pb.SettleRequest, "plan"),
    "a day without a plan": (
        lambda: pb.SettleRequest(planned=planned_day_pb2.PlannedDay(day=encode(DAY, plan_pb2.Day))),
        "plan",
    ),
    "an agreement that the day does not know": (
        lambda: pb.SettleRequest(planned=planned_day(plan=spoilt_carriage("AG-NONE"))),
        "planned.result.plan.runs[0].carriages[0].agreement_id",
    ),
    "a consignment twice": (
        lambda: pb.SettleRequest(planned=planned_day(plan=doubled())),
        "planned.result.plan.runs[0].stops",
    ),
    "a plan of another county": (
        lambda: pb.SettleRequest(planned=planned_day(plan=replace(PLAN, county_id="elsewhere"))),
        "planned.result.plan.county_id",
    ),
    "amounts that the rates do not give": (
        lambda: pb.SettleRequest(planned=planned_day(plan=replace(PLAN, runs=(replace(PLAN.runs[0], time_fen=1),)))),
        "plan.runs[0].time_fen",
    ),
    "too many iterations": (
        lambda: pb.SettleRequest(planned=planned_day(), settings=settings(iterations=100_001)),
        "settings.iterations",
    ),
    "too few orders": (
        lambda: pb.SettleRequest(planned=planned_day(), settings=settings(sampled_pairs=29)),
        "settings.sampled_pairs",
    ),
    "a seed below nothing": (
        lambda: pb.SettleRequest(planned=planned_day(), settings=settings(seed=-1)),
        "settings.seed",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_by_path(stub: Any, name: str) -> None:
    make, path = BAD[name]
    with refused(INVALID) as errors:
        settle(stub, make())
    assert path in violated_paths(errors[0])


def test_an_unknown_rule_is_refused_by_path(stub: Any) -> None:
    request = pb.SettleRequest(planned=planned_day())
    request.planned.day.county.agreements[0].sharing = 99  # type: ignore[assignment]
    with refused(INVALID) as errors:
        settle(stub, request)
    assert violated_paths(errors[0]) == {"planned.day.county.agreements[0].sharing"}


def test_a_call_that_is_broken_off_leaves_no_jobs(services: Services, stub: Any) -> None:
    call = stub.Settle(
        pb.SettleRequest(planned=planned_day(), settings=settings(iterations=100_000)), timeout=TIMEOUT_S
    )
    wait_until(lambda: open_jobs(services) > 0)
    call.cancel()
    wait_until(lambda: open_jobs(services) == 0)


def open_jobs(services: Services) -> float:
    """Jobs that are queued or being worked on, as the route service's metrics have them."""
    lines = metrics_of(services.running["route"].metrics).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("cuntong_jobs{"))


def test_settlements_are_counted_and_a_plan_s_metrics_are_left_alone(services: Services, stub: Any) -> None:
    settle(stub, pb.SettleRequest(planned=planned_day(), settings=settings()))
    names = "\ncuntong_settlements_total ", "\ncuntong_coalitions_planned_total "
    wait_for_metrics(services.running["consolidation"].metrics, "\ncuntong_settled_fen 24000.0\n", *names)


def test_it_is_healthy_under_its_own_name(services: Services) -> None:
    with grpc.insecure_channel(services.running["consolidation"].grpc) as channel:
        request = health_pb2.HealthCheckRequest(service="cuntong.settlement.v1.SettlementService")
        answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=TIMEOUT_S)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
