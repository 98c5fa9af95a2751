"""``CheckPlan`` by gRPC and from the command line: good plans pass, laws are named, what is no plan is refused."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb
from typer.testing import CliRunner

from services.cli.app import make_app
from services.cli.law_words import LAWS
from services.files.plan_json import plan_document
from services.model.errors import InvalidInputError
from services.model.plan import PlanResult
from services.route.checker import Law
from services.route.judgement import MAX_TOLD, judge
from services.wire.codec import encode, enum_names
from services.wire.documents import day_document
from tests.chaos.fuzz import spoil
from tests.plans import Case, sample_case
from tests.running import TIMEOUT_S, Services, refused, serving, violated_paths


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(tmp_path_factory.mktemp("check")) as running:
        yield running


def asked(case: Case) -> pb.CheckPlanRequest:
    return pb.CheckPlanRequest(
        day=encode(case.day, plan_pb2.Day), plan=encode(case.plan, plan_pb2.Plan, case.day.service_date)
    )


def laws(response: pb.CheckPlanResponse) -> set[Law]:
    names = enum_names(pb.Law.DESCRIPTOR)
    return {Law(names[broken.law]) for broken in response.broken_laws}


def test_the_contract_and_the_papers_know_every_law() -> None:
    assert sorted(enum_names(pb.Law.DESCRIPTOR).values()) == sorted(Law)
    assert LAWS.keys() == set(Law)


def test_a_good_plan_breaks_nothing(services: Services) -> None:
    response = services.route.CheckPlan(asked(sample_case()), timeout=TIMEOUT_S)
    assert (len(response.broken_laws), response.left_out) == (0, 0)


BROKEN: dict[str, tuple[Law, str, Callable[[Case], Case]]] = {
    "a minute early": (
        Law.RUN_TIMES,
        "R-VAN-T",
        lambda c: c.with_stop(2, arrival_s=c.run().stops[2].arrival_s - 60),
    ),
    "a load that is not so": (Law.VEHICLE_CAPACITY, "R-VAN-T", lambda c: c.with_stop(1, load_g=1)),
    "one lost": (
        Law.CONSERVATION,
        sample_case().plan.unserved[0].consignment_id,
        lambda c: c.with_plan(unserved=c.plan.unserved[1:]),
    ),
    "a run without stops": (Law.RUN_ROUTE, "R-VAN-T", lambda c: c.with_run(stops=())),
    "two runs of a name": (Law.CONSERVATION, "R-VAN-T", lambda c: c.with_run("VAN-A", run_id="R-VAN-T")),
    "backwards": (
        Law.TRIP_TIMES,
        sample_case().booking("OWN-O").booking_id,
        lambda c: c.with_booking("OWN-O", board_index=2, alight_index=0),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_law_is_named_with_what_breaks_it(services: Services, name: str) -> None:
    law, subject, spoil_plan = BROKEN[name]
    response = services.route.CheckPlan(asked(spoil_plan(sample_case())), timeout=TIMEOUT_S)
    told = {(enum_names(pb.Law.DESCRIPTOR)[one.law], one.subject) for one in response.broken_laws}
    assert (law, subject) in told
    assert all(one.detail for one in response.broken_laws)


MALFORMED: dict[str, tuple[set[str], Callable[[Case], Case]]] = {
    "another county": ({"plan.county_id"}, lambda c: c.with_plan(county_id="elsewhere")),
    "another date": (
        {"plan.service_date"},
        lambda c: c.with_plan(service_date=c.plan.service_date.replace(day=24)),
    ),
    "names that nobody knows": (
        {"plan.runs[0].vehicle_id", "plan.runs[0].stops[1].take[0]", "plan.unserved[0].consignment_id"},
        lambda c: (
            c.with_run(vehicle_id="?")
            .with_run("?", stops=_with(c.run("VAN-T").stops, 1, take=("?",)))
            .with_plan(unserved=(replace(c.plan.unserved[0], consignment_id="?"), *c.plan.unserved[1:]))
        ),
    ),
    "before the day": ({"plan.runs[0].stops[0].arrival_time"}, lambda c: c.with_stop(0, arrival_s=-1)),
    "days later": (
        {"plan.bookings[0].available_time"},
        lambda c: c.with_booking("BUS-O", available_s=3 * 86_400),
    ),
    "negative amounts": (
        {"plan.runs[0].stops[1].load_g", "plan.cost.time_fen"},
        lambda c: c.with_stop(1, load_g=-1).with_cost(time_fen=-1),
    ),
    "stops that a trip has not": (
        {"plan.bookings[0].board_index", "plan.bookings[0].alight_index"},
        lambda c: c.with_booking("BUS-O", board_index=-1, alight_index=99),
    ),
    "no names": (
        {"plan.runs[0].run_id", "plan.bookings[0].booking_id"},
        lambda c: c.with_run(run_id=" ").with_booking("BUS-O", booking_id=""),
    ),
}


def _with(stops: tuple[Any, ...], at: int, **changes: Any) -> tuple[Any, ...]:
    return tuple(replace(stop, **changes) if i == at else stop for i, stop in enumerate(stops))


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_plan_of_the_day_is_refused_by_path(services: Services, name: str) -> None:
    paths, spoil_plan = MALFORMED[name]
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        services.route.CheckPlan(asked(spoil_plan(sample_case())), timeout=TIMEOUT_S)
    assert violated_paths(errors[0]) == paths


def test_what_is_missing_or_no_instant_is_refused_by_path(services: Services) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        services.route.CheckPlan(pb.CheckPlanRequest(), timeout=TIMEOUT_S)
    assert violated_paths(errors[0]) == {"day", "plan"}
    request = asked(sample_case())
    request.plan.runs[0].stops[0].start_time.seconds = 2**62
    request.plan.bookings[0].arrival_time.nanos = -5
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        services.route.CheckPlan(request, timeout=TIMEOUT_S)
    assert violated_paths(errors[0]) == {"plan.runs[0].stops[0].start_time", "plan.bookings[0].arrival_time"}


def test_of_one_law_no_more_are_told_than_fit() -> None:
    case = sample_case()
    run = case.run()
    many = case.with_run(stops=(run.stops[0],) * (MAX_TOLD + 50) + run.stops[1:])
    stops = many.run().stops
    many = many.with_run(stops=tuple(replace(stop, load_pieces=9 + i) for i, stop in enumerate(stops)))
    response = judge(asked(many))
    assert response.left_out >= 50
    assert len(response.broken_laws) + response.left_out > MAX_TOLD
    assert Law.VEHICLE_CAPACITY in laws(response)


def test_whatever_comes_is_judged_or_refused() -> None:
    """Or a plan of somebody else's would be answered with an error of ours."""
    answered = refusals = 0
    for seed in range(300):
        chance, request = random.Random(seed), asked(sample_case())
        for _ in range(chance.randint(1, 4)):
            spoil(request.plan, chance)
        try:
            answered += bool(judge(request).broken_laws)
        except InvalidInputError as error:
            refusals += 1
            assert error.violations
    assert answered > 30
    assert refusals > 30


def check_file(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(make_app(), ["check", *map(str, arguments)])
    return result.exit_code, re.sub(r"\s+", " ", result.output)


def test_the_command_judges_a_file_for_papers(services: Services, tmp_path: Path) -> None:
    case, route = sample_case(), services.running["route"].grpc
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "day.json").write_bytes(day_document(case.day))
    (papers / "plan.json").write_bytes(plan_document(PlanResult(case.plan)))
    assert check_file(papers, "--plan", papers, "--route", route)[0] == 0
    other = tmp_path / "other.json"
    other.write_bytes(plan_document(PlanResult(case.with_stop(1, load_g=1).plan)))
    code, said = check_file(papers, "--plan", other, "--route", route)
    assert code == 1
    assert "VEHICLE_CAPACITY R-VAN-T" in said
    assert "车辆超载" in said
