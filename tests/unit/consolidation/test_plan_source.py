"""A plan is named or given; what is neither is refused with what to do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from cuntong.route.v1 import plan_pb2, planned_day_pb2
from cuntong.settlement.v1.settlement_service_pb2 import AcceptedDay

from services.consolidation.plan_source import NoPlans, read_plan_of
from services.model.day import Day
from services.model.errors import InvalidInputError, NoPlanStoreError
from services.model.plan import PlanResult
from services.wire.codec import encode
from tests.builders import SERVICE_DATE, small_day


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with a ``oneof plan``."""

    which: str | None
    plan_id: str = ""
    planned: Any = None
    accepted: Any = None

    def WhichOneof(self, name: str) -> str | None:
        assert name == "plan"
        return self.which


class OnePlan:
    """A source with one plan."""

    async def read(self, plan_id: str) -> tuple[Day, PlanResult | None]:
        assert plan_id == "plan-1"
        return small_day(), None

    async def accepted(self, county_id: str, service_date: date) -> str:
        assert (county_id, service_date) == ("small", SERVICE_DATE)
        return "plan-1"


def test_the_accepted_plan_of_a_day_is_looked_up() -> None:
    asked = Asked("accepted", accepted=AcceptedDay(county_id="small", service_date=SERVICE_DATE.isoformat()))
    assert asyncio.run(read_plan_of(asked, OnePlan())) == (small_day(), None)
    asked = Asked("accepted", accepted=AcceptedDay(county_id="small", service_date="today"))
    with pytest.raises(InvalidInputError, match=r"accepted.service_date: 'today' is not a date"):
        asyncio.run(read_plan_of(asked, OnePlan()))


def test_a_named_plan_is_looked_up() -> None:
    assert asyncio.run(read_plan_of(Asked("plan_id", "plan-1"), OnePlan())) == (small_day(), None)


def test_a_given_plan_is_read_from_the_call() -> None:
    given = planned_day_pb2.PlannedDay(day=encode(small_day(), plan_pb2.Day))
    assert asyncio.run(read_plan_of(Asked("planned", planned=given), NoPlans())) == (small_day(), None)


def test_a_call_about_no_plan_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="plan: is missing"):
        asyncio.run(read_plan_of(Asked(None), NoPlans()))


def test_without_a_store_a_named_plan_is_refused_with_what_to_do() -> None:
    with pytest.raises(NoPlanStoreError, match="CUNTONG_REDIS_URL"):
        asyncio.run(read_plan_of(Asked("plan_id", "plan-1"), NoPlans()))
