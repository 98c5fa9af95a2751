"""Tenants share queue and workers: no tenant's jobs wait for all of another's, or are refused because of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.model.errors import Limit, OverloadedError, StoreUnavailableError
from services.runtime.job_records import JobRecord, JobState, Orders
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect
from services.runtime.tasks import LostJobs, open_tasks
from tests.job_runners import Report, ShouldStop, working
from tests.stores import store_of_tests

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with store_of_tests() as address:
        yield address


class Clock:
    """A clock that goes on when told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def jobs(
    url: str, clock: Callable[[], datetime], kind: type[JobStore] = JobStore, **limits: float
) -> AsyncIterator[JobStore]:
    redis = connect(url)
    try:
        await redis.flushall()
        yield kind(redis, clock, replace(JobLimits(lease_s=0.3, watch_poll_s=0.2), **limits))  # type: ignore[arg-type]
    finally:
        await redis.aclose()


def job(plan_id: str, solve_s: int = 10, cores: int = 1) -> JobRecord:
    """A job of the tenant that its id begins with."""
    return JobRecord(
        plan_id=plan_id,
        request_id=f"request-{plan_id}",
        tenant=plan_id.partition("-")[0],
        county_id="huadian",
        service_date=date(2026, 3, 2),
        solve_s=solve_s,
        cores=cores,
        create_time=NOON,
        update_time=NOON,
    )


async def submit(store: JobStore, clock: Clock | None, *plans: JobRecord) -> None:
    for plan in plans:
        if clock is not None:
            clock.go_on(0.001)
        await store.submit(plan, "x", plan.plan_id.encode())


async def begin(store: JobStore) -> str:
    plan_id = await store.next_job()
    assert plan_id is not None
    assert await store.begin(plan_id, "me")
    return plan_id


async def work(store: JobStore, clock: Clock, took_s: float) -> str:
    """Begin the next job, and end it after so many seconds."""
    plan_id = await begin(store)
    attempt = (await store.get(plan_id)).attempt
    clock.go_on(took_s)
    assert await store.commit(plan_id, attempt, JobState.SUCCEEDED, result=b"") is JobState.SUCCEEDED
    return plan_id


# --- places in the queue ----------------------------------------------------------------------------------------------


async def fill(store: JobStore, clock: Clock, tenant: str, most: int = 1_000) -> int:
    """Submit until a tenant gets no more, and give how many it got."""
    for number in range(most):
        try:
            await submit(store, clock, job(f"{tenant}-{number}", solve_s=1))
        except OverloadedError:
            return number
    return most


@pytest.mark.asyncio
async def test_a_queue_that_one_tenant_has_filled_takes_anothers_jobs(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock, max_queued=64) as store:
        assert await fill(store, clock, "large") == 48
        with pytest.raises(OverloadedError) as caught:
            await submit(store, clock, job("large-more"))
        assert caught.value.limit is Limit.TENANT_FULL
        assert caught.value.retry_after_s > 0
        await submit(store, clock, job("small-1"))


@pytest.mark.asyncio
async def test_a_newcomer_is_taken_after_many_large_tenants(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock, max_queued=256) as store:
        for number in range(3):
            await fill(store, clock, f"large{number}")
        assert await fill(store, clock, "small") >= 3
        await submit(store, clock, job("smallest-1"))


@pytest.mark.asyncio
async def test_tenants_who_all_want_more_come_to_hold_the_same(url: str) -> None:
    clock = Clock()
    names = ("early", "later", "last")
    async with jobs(url, clock, max_queued=100, max_tenant_solve_s=10_000) as store:
        asked = 0
        for name in names:
            await fill(store, clock, name)
        # A job ends now and then, and all three ask for the place at once.
        for turn in range(120):
            oldest = (await store.open_jobs())[0]
            await store.request_cancel(oldest.plan_id)
            for place in range(3):
                asked += 1
                try:
                    await submit(store, clock, job(f"{names[(turn + place) % 3]}-again-{asked}", solve_s=1))
                except OverloadedError:
                    continue
        held = [sum(plan.tenant == name for plan in await store.open_jobs()) for name in names]
        assert max(held) - min(held) <= 3
        assert 80 <= sum(held) < 100


@pytest.mark.asyncio
async def test_whether_there_is_room_is_told_beforehand_but_not_to_who_asks_again(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock, max_queued=64, max_tenant_solve_s=40) as store:
        await store.expect_room("large", "request-large-0")
        assert await fill(store, clock, "large") == 40
        with pytest.raises(OverloadedError, match="40 s of search"):
            await store.expect_room("large", "request-large-40")
        await store.expect_room("large", "request-large-0")
        await store.expect_room("small", "request-large-40")
    async with jobs(url, clock, max_queued=64) as store:
        assert await fill(store, clock, "large") == 48
        with pytest.raises(OverloadedError, match="who have fewer jobs open"):
            await store.expect_room("large", "request-large-48")


@pytest.mark.asyncio
async def test_a_full_queue_refuses_everybody(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock, max_queued=8) as store:
        for number in range(8):
            await submit(store, clock, job(f"t{number}-1"))
        with pytest.raises(OverloadedError) as caught:
            await submit(store, clock, job("t9-1"))
        assert caught.value.limit is Limit.QUEUE_FULL


# --- turns ------------------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_who_comes_last_with_one_job_is_served_next(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock) as store:
        await submit(store, clock, *(job(f"large-{number}") for number in range(20)))
        assert [await work(store, clock, 10) for _ in range(3)] == ["large-0", "large-1", "large-2"]
        await submit(store, clock, job("small-1"))
        assert await work(store, clock, 10) == "small-1"
        assert await work(store, clock, 10) == "large-3"


@pytest.mark.asyncio
async def test_turns_count_seconds_of_search_and_not_jobs(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock) as store:
        await submit(store, clock, *(job(f"long-{number}", solve_s=90) for number in range(5)))
        await submit(store, clock, *(job(f"short-{number}", solve_s=10) for number in range(40)))
        begun: list[str] = []
        for _ in range(30):
            plan_id = await begin(store)
            clock.go_on(90 if plan_id.startswith("long") else 10)
            await store.commit(plan_id, 1, JobState.SUCCEEDED)
            begun.append(plan_id.partition("-")[0])
        assert begun.count("long") == 3
        assert begun[:11] == ["long", *["short"] * 9, "long"]


@pytest.mark.asyncio
async def test_what_runs_counts_before_it_has_ended(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock) as store:
        await submit(store, clock, *(job(f"large-{number}", solve_s=100) for number in range(4)))
        await submit(store, clock, *(job(f"small-{number}", solve_s=100) for number in range(2)))
        assert [await begin(store) for _ in range(4)] == ["large-0", "small-0", "large-1", "small-1"]


@pytest.mark.asyncio
async def test_a_job_counts_what_it_took_once_it_has_ended(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock) as store:
        await submit(store, clock, *(job(f"other-{number}", solve_s=10) for number in range(30)))
        await submit(store, clock, job("hasty-1", solve_s=3_600))
        assert await work(store, clock, 10) == "other-0"
        assert await begin(store) == "hasty-1"
        clock.go_on(2)
        await store.request_cancel("hasty-1")
        await store.commit("hasty-1", 1, JobState.CANCELLED)
        # What was stopped at once is no hour of search.
        await submit(store, clock, job("hasty-2", solve_s=3_600))
        assert await work(store, clock, 3_600) == "hasty-2"
        await submit(store, clock, job("hasty-3", solve_s=3_600))
        assert {(await work(store, clock, 10)).partition("-")[0] for _ in range(29)} == {"other"}


@pytest.mark.asyncio
async def test_a_job_that_counts_no_seconds_is_charged_what_it_took_on_its_cores(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock) as store:
        await submit(store, clock, *(job(f"iterating-{number}", solve_s=2, cores=2) for number in range(3)))
        assert await work(store, clock, 50) == "iterating-0"
        await submit(store, clock, *(job(f"other-{number}", solve_s=10) for number in range(12)))
        assert [(await work(store, clock, 10)).partition("-")[0] for _ in range(11)] == ["other"] * 10 + ["iterating"]


@pytest.mark.asyncio
async def test_an_idle_tenant_saves_nothing_up_and_owes_nothing_for_ever(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock) as store:
        await submit(store, clock, *(job(f"busy-{number}", solve_s=100) for number in range(40)))
        for _ in range(20):
            await work(store, clock, 100)
        await submit(store, clock, *(job(f"idle-{number}", solve_s=100) for number in range(10)))
        begun = [(await work(store, clock, 100)).partition("-")[0] for _ in range(10)]
        assert begun.count("busy") == begun.count("idle") == 5


@pytest.mark.asyncio
async def test_a_job_whose_worker_died_goes_first_and_is_charged_once(url: str) -> None:
    clock = Clock()
    async with jobs(url, clock, lease_s=0.05) as store:
        await submit(store, clock, job("a-1", 10), job("b-1", 12), job("a-2", 10), job("b-2", 10))
        assert [await begin(store), await begin(store)] == ["a-1", "b-1"]
        assert await store.next_job() == "a-2"
        clock.go_on(12)
        await store.commit("b-1", 1, JobState.SUCCEEDED)
        await asyncio.sleep(0.1)
        assert await store.next_job(["a-1"]) == "a-2"
        assert await begin(store) == "a-1"
        assert (await store.get("a-1")).attempt == 2
        clock.go_on(10)
        await store.commit("a-1", 2, JobState.SUCCEEDED)
        assert [await work(store, clock, 10) for _ in range(2)] == ["a-2", "b-2"]
        assert await store.next_job() is None


# --- through the queue ------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_workers_serve_a_small_tenant_before_the_rest_of_a_large_one(url: str) -> None:
    done: list[str] = []

    def note(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        done.append(payload.decode())
        time.sleep(0.02)
        return b""

    async with jobs(url, now) as store, open_tasks(url) as tasks:
        plans = [*(job(f"large-{number}") for number in range(30)), job("small-1")]
        for plan in plans:
            await submit(store, None, plan)
            await tasks.enqueue(plan)
        async with working(store, url, note, lease_s=5.0), asyncio.timeout(20):
            while await store.open_jobs():
                await asyncio.sleep(0.02)
        assert done.index("small-1") <= 1
        assert sorted(done) == sorted(plan.plan_id for plan in plans)
        assert {(await store.get(plan.plan_id)).attempt for plan in plans} == {1}


@pytest.mark.asyncio
async def test_two_workers_of_a_process_never_begin_the_same_job(url: str) -> None:
    done: list[bytes] = []

    def note(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        done.append(payload)
        return b""

    async with jobs(url, now) as store, open_tasks(url) as tasks:
        plans = [job(f"t{number % 5}-{number}") for number in range(60)]
        for plan in plans:
            await submit(store, None, plan)
            await tasks.enqueue(plan)
        async with working(store, url, note, workers=8, lease_s=5.0), asyncio.timeout(20):
            while await store.open_jobs():
                await asyncio.sleep(0.02)
        assert sorted(done) == sorted(plan.plan_id.encode() for plan in plans)


@pytest.mark.asyncio
async def test_a_runner_whose_lease_has_lapsed_begins_other_jobs_and_not_its_own_again(url: str) -> None:
    seen: list[str] = []

    def be_slow(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        seen.append(f"{payload.decode()} begins")
        time.sleep(1.5)
        seen.append(f"{payload.decode()} ends")
        return b""

    class Deaf(JobStore):
        """A store that hears no sign of life."""

        async def renew(self, *args: Any) -> Orders:
            raise StoreUnavailableError("away")

    async with jobs(url, now, Deaf, lease_s=0.1) as store, working(store, url, be_slow, workers=2, lease_s=5.0):
        await submit(store, None, job("a-1"))
        await asyncio.sleep(0.6)
        await submit(store, None, job("b-1"))
        async with asyncio.timeout(20):
            while await store.open_jobs():
                await asyncio.sleep(0.02)
        assert seen == ["a-1 begins", "b-1 begins", "a-1 ends", "b-1 ends"]


@pytest.mark.asyncio
async def test_a_job_begun_in_anothers_place_needs_no_second_task(url: str) -> None:
    async with jobs(url, now) as store, open_tasks(url) as tasks:
        plans = [job(f"large-{number}") for number in range(10)]
        for plan in plans[:7]:
            await submit(store, None, plan)
            await tasks.enqueue(plan)
        assert await tasks.waiting() == 7
        # The tasks of others stand for these; three more are wanted.
        looking = LostJobs(store, tasks, name="me", clock=lambda: 0.0, every_s=0.02)
        for plan in plans[7:]:
            await submit(store, None, plan)
        task = asyncio.create_task(looking.run())
        async with asyncio.timeout(5):
            while await tasks.waiting() < 10:
                await asyncio.sleep(0.02)
        await begin(store)
        await submit(store, None, job("small-1"))
        await asyncio.sleep(0.2)
        assert await tasks.waiting() == 10
        task.cancel()
