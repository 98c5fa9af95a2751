"""Where a call's plan comes from: the call itself carries it, or names one that the route service keeps."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any, Protocol

from services.model.day import Day
from services.model.errors import InvalidInputError, NoPlanStoreError, PlanUnreadableError, Violation
from services.model.plan import PlanResult
from services.runtime.caller import current_caller
from services.runtime.store import JobStore
from services.wire.codec import decode_date
from services.wire.plans import read_planned_day, read_stored_plan


class PlanSource(Protocol):
    """Plans by their id."""

    async def read(self, plan_id: str) -> tuple[Day, PlanResult | None]:
        """Return a day that was submitted and, once there is one, its plan.

        Raises
        ------
        PlanNotFoundError
            When there is no such plan.
        NoPlanStoreError
            When no store of plans is known here.
        PlanUnreadableError
            When it was stored in a form that this version cannot read.
        """

    async def accepted(self, county_id: str, service_date: date) -> str:
        """Return the id of the plan that a county's day goes by.

        Raises
        ------
        PlanNotFoundError
            When none is accepted.
        NoPlanStoreError
            When no store of plans is known here.
        """


class StoredPlans:
    """The caller's plans in the store that the route service keeps its jobs in."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def read(self, plan_id: str) -> tuple[Day, PlanResult | None]:
        """Return a day that was submitted and, once its job has ended with one, its plan."""
        job = await self._store.get(plan_id, current_caller().tenant)
        payload = await self._store.payload(plan_id)
        result = None if job.state.is_open else await self._store.result(plan_id)
        try:
            return await asyncio.to_thread(read_stored_plan, payload, result)
        except InvalidInputError as error:
            raise PlanUnreadableError(f"{plan_id} cannot be read by this version: {error}") from error

    async def accepted(self, county_id: str, service_date: date) -> str:
        """Return the id of the caller's plan that a county's day goes by."""
        return (await self._store.accepted(current_caller().tenant, county_id, service_date)).plan_id


class NoPlans:
    """What a service without a store of plans has."""

    async def read(self, plan_id: str) -> tuple[Day, PlanResult | None]:
        """Refuse, and say what to do."""
        raise _no_store(plan_id)

    async def accepted(self, county_id: str, service_date: date) -> str:
        """Refuse, and say what to do."""
        raise _no_store(f"{county_id[:60]} {service_date}")


def _no_store(what: str) -> NoPlanStoreError:
    return NoPlanStoreError(
        f"this service knows no store of plans and cannot look up {what[:80]!r}: "
        "give the day and its plan in the call, or start the service with CUNTONG_REDIS_URL"
    )


async def read_plan_of(request: Any, plans: PlanSource) -> tuple[Day, PlanResult | None]:
    """Return what a request is about.

    Its ``oneof plan`` is ``plan_id``, or ``planned`` with the day and its plan, or ``accepted``, which names a day.

    Raises
    ------
    InvalidInputError
        When neither is there, or what is given is not sound; paths begin with ``planned``.
    """
    match request.WhichOneof("plan"):
        case "plan_id":
            return await plans.read(request.plan_id)
        case "planned":
            return await asyncio.to_thread(read_planned_day, request.planned, "planned")
        case "accepted":
            violations: list[Violation] = []
            asked = request.accepted
            service_date = decode_date(asked.service_date, "accepted.service_date", violations)
            if service_date is None:
                raise InvalidInputError(violations)
            return await plans.read(await plans.accepted(asked.county_id, service_date))
        case _:
            raise InvalidInputError([Violation("plan", "is missing: name it (plan_id) or give it (planned)")])
