"""A plan beside its day comes from the wire as it was, or says what is wrong with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cuntong.route.v1 import plan_pb2, planned_day_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb

from services.model.day import Day
from services.model.errors import InvalidInputError
from services.model.plan import PlanResult
from services.wire.codec import encode
from services.wire.plans import read_planned_day, read_stored_plan
from tests.plans import sample_case

CASE = sample_case()
RESULT = PlanResult(CASE.plan)


def message(day: Day, result: PlanResult | None) -> planned_day_pb2.PlannedDay:
    made = planned_day_pb2.PlannedDay(day=encode(day, plan_pb2.Day))
    if result is not None:
        made.result.CopyFrom(encode(result, plan_pb2.PlanResult, day.service_date))
    return made


@pytest.mark.parametrize("result", [RESULT, None], ids=["planned", "not yet"])
def test_a_planned_day_comes_back(result: PlanResult | None) -> None:
    assert read_planned_day(message(CASE.day, result), "planned") == (CASE.day, result)


@pytest.mark.parametrize("result", [RESULT, None], ids=["planned", "not yet"])
def test_a_stored_plan_comes_back(result: PlanResult | None) -> None:
    request = route_pb.SubmitPlanRequest(request_id="r", day=encode(CASE.day, plan_pb2.Day))
    kept = encode(result, plan_pb2.PlanResult, CASE.day.service_date).SerializeToString() if result else None
    assert read_stored_plan(request.SerializeToString(), kept) == (CASE.day, result)


def test_what_is_wrong_with_either_is_found_by_path() -> None:
    bad_day = replace(CASE.day, consignments=(replace(CASE.day.consignments[0], pieces=0), *CASE.day.consignments[1:]))
    with pytest.raises(InvalidInputError, match=r"planned\.day\.consignments\[0\]\.pieces"):
        read_planned_day(message(bad_day, RESULT), "planned")
    bad_plan = replace(RESULT, plan=replace(CASE.plan, county_id="?"))
    with pytest.raises(InvalidInputError, match=r"planned\.result\.plan\.county_id"):
        read_planned_day(message(CASE.day, bad_plan), "planned")


def test_bytes_that_are_no_message_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="stored"):
        read_stored_plan(b"\xff\xff", None)
