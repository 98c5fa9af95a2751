"""Coalitions' days as jobs in a real store: planned once, asked for again where that broke off, nothing left behind."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb

from services.consolidation.coalition_jobs import CoalitionJobs, coalitions_of
from services.model.day import Day
from services.model.errors import PlanningFailedError, StoreUnavailableError
from services.model.plan import Cost, Plan, PlanResult
from services.route.requests import read_request
from services.runtime.caller import LOCAL_CALLER, Caller, calling
from services.runtime.job_records import JobState
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect
from services.settlement.solver import SearchEffort
from services.wire.codec import encode
from tests.builders import small_day
from tests.job_runners import Report, ShouldStop, working
from tests.stores import store_of_tests

EFFORT = SearchEffort(5, 1)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with store_of_tests() as address:
        yield address


def now() -> datetime:
    return datetime.now(UTC)


def days(count: int) -> list[Day]:
    """Days that differ in their prices, which a plan's cost tells."""
    day = small_day()
    return [replace(day, objective=replace(day.objective, unserved_fen=number)) for number in range(count)]


def costs(plans: Sequence[Plan]) -> list[int]:
    return [plan.cost.vehicles_fen for plan in plans]


@dataclass
class Route:
    """A route service whose plans cost what their day's price of an unserved consignment is."""

    fails: int = 0
    asked: list[int] = field(default_factory=list)
    started: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.may_end.set()

    def work(self, payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        task = read_request(route_pb.SubmitPlanRequest.FromString(payload))
        day, settings = task.day, task.settings
        assert settings.iterations == EFFORT.iterations
        number = day.objective.unserved_fen
        self.asked.append(number)
        self.started.set()
        while not self.may_end.wait(0.02) and not should_stop():
            pass
        if self.fails:
            self.fails -= 1
            raise PlanningFailedError("no luck")
        plan = Plan(day.county.county_id, day.service_date, (), (), (), (), Cost(vehicles_fen=number))
        return encode(PlanResult(plan), plan_pb2.PlanResult, day.service_date).SerializeToString()


@asynccontextmanager
async def planning(
    url: str, route: Route | None, limits: JobLimits | None = None, patience_s: float = 60.0
) -> AsyncIterator[tuple[CoalitionJobs, JobStore]]:
    """Jobs in an empty store, and somebody who works on them unless there is no route service."""
    redis, ids = connect(url), map(str, itertools.count())
    try:
        await redis.flushall()
        store = JobStore(redis, now, limits or JobLimits())
        planner = CoalitionJobs(store, now, lambda: next(ids), poll_s=0.02, patience_s=patience_s)
        if route is None:
            yield planner, store
            return
        async with working(store, url, route.work, workers=2, lease_s=10.0):
            yield planner, store
    finally:
        await redis.aclose()


Test = Callable[[CoalitionJobs, JobStore], Awaitable[None]]


def run(url: str, route: Route | None, test: Test, limits: JobLimits | None = None, patience_s: float = 60.0) -> None:
    async def whole() -> None:
        async with asyncio.timeout(20), planning(url, route, limits, patience_s) as (planner, store):
            with calling(LOCAL_CALLER):
                await test(planner, store)

    asyncio.run(whole())


async def solve(planner: CoalitionJobs, wanted: Sequence[Day]) -> tuple[list[int], list[tuple[int, int]]]:
    news: list[tuple[int, int]] = []
    plans = await planner.solve(wanted, EFFORT, lambda solved, needed: news.append((solved, needed)))
    return costs(plans), news


def test_plans_come_back_in_the_order_of_their_days(url: str) -> None:
    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        found, news = await solve(planner, days(40)[::-1])
        assert found == list(range(40))[::-1]
        assert news[-1] == (40, 40)
        assert news == sorted(news)

    run(url, Route(), ask)


def test_what_was_planned_before_is_not_planned_again(url: str) -> None:
    route = Route()

    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        assert (await solve(planner, days(3)))[0] == [0, 1, 2]
        assert (await solve(planner, days(4)))[0] == [0, 1, 2, 3]
        assert sorted(route.asked) == [0, 1, 2, 3]

    run(url, route, ask)


def test_one_tenants_coalitions_are_no_other_tenants(url: str) -> None:
    route = Route()

    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        for tenant in ("one", "two"):
            with calling(Caller(tenant, frozenset())):
                assert (await solve(planner, days(2)))[0] == [0, 1]
            assert (await store.list(50, tenant=tenant)).jobs == ()
        assert sorted(route.asked) == [0, 0, 1, 1]

    run(url, route, ask)


def test_a_job_that_failed_is_asked_for_again(url: str) -> None:
    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        assert (await solve(planner, days(2)))[0] == [0, 1]

    run(url, Route(fails=2), ask)


def test_a_job_that_fails_every_time_is_given_up_with_its_reason(url: str) -> None:
    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        with pytest.raises(PlanningFailedError, match="no luck"):
            await solve(planner, days(1))

    run(url, Route(fails=9), ask)


def test_a_job_that_somebody_cancelled_is_asked_for_again(url: str) -> None:
    route = Route()
    route.may_end.clear()

    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        asking = asyncio.create_task(solve(planner, days(1)))
        await asyncio.to_thread(route.started.wait)
        (job,) = await store.open_jobs()
        await store.request_cancel(job.plan_id)
        while (await store.get(job.plan_id)).state is not JobState.CANCELLED:
            await asyncio.sleep(0.02)
        route.may_end.set()
        assert (await asking)[0] == [0]

    run(url, route, ask)


def test_a_store_that_takes_no_more_jobs_is_asked_later(url: str) -> None:
    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        assert (await solve(planner, days(10)))[0] == list(range(10))

    run(url, Route(), ask, limits=JobLimits(max_queued=2))


def test_jobs_wait_in_the_store_a_few_at_a_time_under_a_name_of_their_own(url: str) -> None:
    route = Route()
    route.may_end.clear()

    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        asking = asyncio.create_task(solve(planner, days(60)))
        await asyncio.to_thread(route.started.wait)
        while len(await store.open_jobs()) < 24:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        assert len(await store.open_jobs()) == 24
        assert (await store.list(50)).jobs == ()
        assert len((await store.list(50, tenant=coalitions_of(LOCAL_CALLER.tenant))).jobs) == 24
        route.may_end.set()
        assert (await asking)[0] == list(range(60))

    run(url, route, ask)


def test_breaking_off_cancels_what_is_open(url: str) -> None:
    route = Route()
    route.may_end.clear()

    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        asking = asyncio.create_task(solve(planner, days(5)))
        await asyncio.to_thread(route.started.wait)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        while await store.open_jobs():
            await asyncio.sleep(0.02)

    run(url, route, ask)


@pytest.mark.parametrize("number", range(4))
def test_breaking_off_while_the_store_takes_a_job_leaves_it_not_open(
    url: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = Route()
    route.may_end.clear()
    submit = JobStore.submit
    taken = asyncio.Event()
    answers = itertools.count()

    async def slowly(*args: Any) -> Any:
        answer = await submit(*args)
        if next(answers) == number:
            taken.set()
            await asyncio.sleep(0.1)
        return answer

    monkeypatch.setattr(JobStore, "submit", slowly)

    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        asking = asyncio.create_task(solve(planner, days(5)))
        await taken.wait()
        assert len(await store.open_jobs()) == number + 1
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        while await store.open_jobs():
            await asyncio.sleep(0.02)

    run(url, route, ask)


def test_where_nobody_plans_that_is_said(url: str) -> None:
    async def ask(planner: CoalitionJobs, store: JobStore) -> None:
        with pytest.raises(StoreUnavailableError, match="is the route service up"):
            await solve(planner, days(1))
        assert await store.open_jobs() == ()

    run(url, None, ask, patience_s=0.2)
