"""Jobs in a real store: accepted once, worked on once at a time, never lost, ended once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from prometheus_client import CollectorRegistry

from services.model.errors import (
    InvalidInputError,
    OtherPlanAcceptedError,
    OverloadedError,
    PlanNotFoundError,
    PlanUnfinishedError,
    RequestConflictError,
    StoreUnavailableError,
)
from services.runtime.job_records import JobRecord, JobState, Orders
from services.runtime.metrics import count_store_errors, define_metrics
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect
from tests.job_stores import NOON, Clock, job, jobs
from tests.stores import store_of_tests


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with store_of_tests() as address:
        yield address


# --- submitting -------------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_hundred_submits_of_one_request_make_one_job(url: str) -> None:
    async with jobs(url) as store:
        answers = await asyncio.gather(*(store.submit(job(f"p{i}", "one"), "digest", b"day") for i in range(100)))
        assert sum(created for _, created in answers) == 1
        assert len({record.plan_id for record, _ in answers}) == 1
        assert len(await store.open_jobs()) == 1


@pytest.mark.asyncio
async def test_a_job_is_stored_as_it_was_given(url: str) -> None:
    async with jobs(url) as store:
        submitted, created = await store.submit(job("p", tenant="county"), "digest", b"\x00\xffday")
        assert created
        assert submitted == await store.get("p")
        assert (submitted.state, submitted.sequence, submitted.create_time) == (JobState.QUEUED, 1, NOON)
        assert await store.payload("p") == b"\x00\xffday"
        assert await store.result("p") is None


@pytest.mark.asyncio
async def test_a_request_with_other_content_is_refused_naming_the_first(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("first", "r"), "a", b"")
        with pytest.raises(RequestConflictError) as caught:
            await store.submit(job("second", "r"), "b", b"")
        assert caught.value.plan_id == "first"
        with pytest.raises(PlanNotFoundError):
            await store.get("second")


@pytest.mark.asyncio
async def test_tenants_do_not_share_request_ids_or_lists(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("a", "r", "one"), "x", b"")
        await store.submit(job("b", "r", "two"), "y", b"")
        assert [j.plan_id for j in (await store.list(10, tenant="two")).jobs] == ["b"]
        assert (await store.get("a", tenant="one")).plan_id == "a"
        with pytest.raises(PlanNotFoundError):
            await store.get("a", tenant="two")


@pytest.mark.asyncio
async def test_a_tenant_has_only_so_many_seconds_of_search_open_and_leaves_others_theirs(url: str) -> None:
    def asks(plan_id: str, tenant: str, solve_s: int) -> JobRecord:
        return replace(job(plan_id, tenant=tenant), solve_s=solve_s)

    async with jobs(url, JobLimits(max_tenant_solve_s=100)) as store:
        await store.submit(asks("huge", "large", 500), "x", b"")
        with pytest.raises(OverloadedError):
            await store.submit(asks("more", "large", 1), "x", b"")
        for number in range(10):
            await store.submit(asks(f"small-{number}", "small", 10), "x", b"")
        with pytest.raises(OverloadedError):
            await store.submit(asks("small-10", "small", 10), "x", b"")
        await store.request_cancel("small-3")
        await store.submit(asks("small-10", "small", 10), "x", b"")
        await store.request_cancel("huge")
        await store.submit(asks("more", "large", 1), "x", b"")


@pytest.mark.asyncio
async def test_beyond_so_many_open_jobs_none_is_accepted(url: str) -> None:
    async with jobs(url, JobLimits(max_queued=2)) as store:
        await store.submit(job("a"), "x", b"")
        await store.submit(job("b"), "x", b"")
        with pytest.raises(OverloadedError) as caught:
            await store.submit(job("c"), "x", b"")
        assert caught.value.retry_after_s > 0
        assert not (await store.submit(job("z", "request-a"), "x", b""))[1]
        await store.request_cancel("a")
        assert (await store.submit(job("c"), "x", b""))[1]


@pytest.mark.asyncio
async def test_every_key_has_a_time_to_live(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("a"), "x", b"")
        attempt = await store.begin("a", "me")
        assert attempt == 1
        await store.commit("a", attempt, JobState.SUCCEEDED, result=b"r", is_plan=True)
        await store.submit(job("b"), "x", b"")
        await store.begin("b", "me")
        redis = connect(url)
        keys = await redis.keys("*")
        assert len(keys) == 13
        assert all([await redis.pttl(key) > 0 for key in keys])
        await redis.aclose()


# --- attempts ---------------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_job_is_one_workers_at_a_time(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("p"), "x", b"")
        answers = await asyncio.gather(*(store.begin("p", f"worker-{i}") for i in range(20)))
        assert sorted(a for a in answers if a) == [1]
        assert (await store.get("p")).state is JobState.RUNNING


@pytest.mark.asyncio
async def test_taking_a_job_may_be_repeated_by_who_has_it(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("p"), "x", b"")
        assert [await store.begin("p", "me"), await store.begin("p", "me")] == [1, 1]


@pytest.mark.asyncio
async def test_an_old_attempt_can_neither_report_nor_commit(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("p"), "x", b"")
        assert await store.begin("p", "slow") == 1
        await asyncio.sleep(0.4)
        assert await store.begin("p", "quick") == 2
        assert not await store.progress("p", 1, "runs", 1, 1)
        assert await store.renew("p", 1, "slow") is Orders.LOST
        assert await store.commit("p", 1, JobState.SUCCEEDED, result=b"old") is None
        assert await store.result("p") is None
        assert await store.commit("p", 2, JobState.SUCCEEDED, result=b"new") is JobState.SUCCEEDED
        assert await store.commit("p", 2, JobState.FAILED, result=b"again") is JobState.SUCCEEDED
        assert await store.result("p") == b"new"


@pytest.mark.asyncio
async def test_a_job_with_which_ten_workers_died_fails(url: str) -> None:
    async with jobs(url, JobLimits(lease_s=0.02)) as store:
        await store.submit(job("p"), "x", b"")
        for attempt in range(1, 11):
            assert await store.begin("p", f"worker-{attempt}") == attempt
            await asyncio.sleep(0.03)
        assert await store.begin("p", "worker-11") is None
        record = await store.get("p")
        assert (record.state, record.reason) == (JobState.FAILED, "10 workers died of this plan")
        assert not await store.open_jobs()


@pytest.mark.asyncio
async def test_a_job_whose_search_broke_off_three_times_fails(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("p"), "x", b"")
        for attempt in (1, 2, 3):
            assert await store.begin("p", "me") == attempt
            assert await store.break_off("p", attempt, f"reason {attempt}")
            assert not await store.break_off("p", attempt, "again")
        assert await store.begin("p", "me") is None
        record = await store.get("p")
        assert (record.state, record.reason) == (JobState.FAILED, "planning broke off 3 times: reason 3")


@pytest.mark.asyncio
async def test_an_attempt_put_back_does_not_count(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("p"), "x", b"")
        for attempt in range(1, 6):
            assert await store.begin("p", "me") == attempt
            assert await store.release("p", attempt)
        assert (await store.get("p")).state is JobState.QUEUED


# --- accepting --------------------------------------------------------------------------------------------------------


async def planned(store: JobStore, plan_id: str, tenant: str = "default") -> None:
    await store.submit(job(plan_id, tenant=tenant), "x", b"")
    attempt = await store.begin(plan_id, "me")
    assert attempt is not None
    await store.commit(plan_id, attempt, JobState.SUCCEEDED, result=b"plan")


@pytest.mark.asyncio
async def test_one_plan_is_accepted_for_a_countys_day_until_another_takes_its_place(url: str) -> None:
    day = ("default", "huadian", date(2026, 3, 2))
    async with jobs(url) as store:
        for plan_id in ("a", "b"):
            await planned(store, plan_id)
        await planned(store, "c", tenant="other")
        with pytest.raises(PlanNotFoundError):
            await store.accepted(*day)
        first = await store.accept("a")
        assert first.accept_time is not None
        assert await store.accept("a") == first
        assert await store.accepted(*day) == first
        for replaced in ("", "c", "unknown"):
            with pytest.raises(OtherPlanAcceptedError) as caught:
                await store.accept("b", replaced)
            assert caught.value.plan_id == "a"
        await store.accept("b", "a")
        assert (await store.accepted(*day)).plan_id == "b"
        assert (await store.get("a")).accept_time is None
        await store.accept("c")
        assert (await store.accepted("other", *day[1:])).plan_id == "c"


@pytest.mark.asyncio
async def test_what_an_accepted_plan_is_about_stays_as_long_as_the_plan(url: str) -> None:
    async with jobs(url, JobLimits(inputs_s=100, plans_s=1_000)) as store:
        await planned(store, "p")
        redis = connect(url)
        assert await redis.ttl("cuntong:payload:p") <= 100
        await store.accept("p")
        assert await redis.ttl("cuntong:payload:p") > 900
        await redis.aclose()


@pytest.mark.asyncio
async def test_only_a_finished_plan_is_accepted(url: str) -> None:
    async with jobs(url) as store:
        with pytest.raises(PlanNotFoundError):
            await store.accept("unknown")
        await store.submit(job("p"), "x", b"")
        with pytest.raises(PlanUnfinishedError):
            await store.accept("p")
        await store.request_cancel("p")
        with pytest.raises(PlanUnfinishedError):
            await store.accept("p")


@pytest.mark.asyncio
async def test_a_batch_makes_the_same_plans_however_often_it_is_sent(url: str) -> None:
    async with jobs(url) as store:
        assert await store.open_batch("t", "b", "digest", ["p1", "p2"]) == ["p1", "p2"]
        assert await store.open_batch("t", "b", "digest", ["p3", "p4"]) == ["p1", "p2"]
        assert await store.open_batch("other", "b", "digest", ["p5"]) == ["p5"]
        with pytest.raises(RequestConflictError):
            await store.open_batch("t", "b", "other digest", ["p6"])
        assert await store.batch("t", "b") == ()
        await store.submit(job("p2"), "x", b"")
        assert [record.plan_id for record in await store.batch("t", "b")] == ["p2"]
        with pytest.raises(PlanNotFoundError):
            await store.batch("t", "unknown")


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_pages_go_from_new_to_old_also_while_jobs_come_in(url: str) -> None:
    async with jobs(url) as store:
        for i in range(5):
            await store.submit(job(f"p{i}"), "x", b"")
        first = await store.list(2)
        await store.submit(job("later"), "x", b"")
        second = await store.list(2, first.next_page_token)
        third = await store.list(2, second.next_page_token)
        pages = [[j.plan_id for j in page.jobs] for page in (first, second, third)]
        assert pages == [["p4", "p3"], ["p2", "p1"], ["p0"]]
        assert third.next_page_token == ""
        with pytest.raises(InvalidInputError):
            await store.list(2, "no such token")


@pytest.mark.asyncio
async def test_a_watcher_sees_changes_in_order_and_the_end(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("p"), "x", b"")
        seen: list[JobRecord] = []
        is_watched = asyncio.Event()

        async def watch() -> None:
            async for record in store.watch("p"):
                seen.append(record)
                is_watched.set()

        watching = asyncio.create_task(watch())
        await is_watched.wait()
        assert await store.begin("p", "me") == 1
        for percent in range(50):
            await store.progress("p", 1, "runs", 1000 - percent, percent)
        await store.commit("p", 1, JobState.SUCCEEDED, result=b"")
        async with asyncio.timeout(5):
            await watching
        sequences = [record.sequence for record in seen]
        assert sequences == sorted(set(sequences))
        assert (seen[0].state, seen[-1].state) == (JobState.QUEUED, JobState.SUCCEEDED)
        assert seen[-1].sequence == 1 + 1 + 50 + 1
        assert [r.state async for r in store.watch("p", seen[-1].sequence)] == [JobState.SUCCEEDED]
        with pytest.raises(PlanNotFoundError):
            await anext(store.watch("unknown"))


@pytest.mark.asyncio
async def test_who_asks_the_store_on_and_on_ends_when_cancelled_whenever_that_is(url: str) -> None:
    async def ask(store: JobStore) -> None:
        while True:
            await store.ping()

    async with jobs(url) as store:
        for turns in range(60):
            asking = asyncio.create_task(ask(store))
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait({asking}, timeout=5)
            assert asking.cancelled()


@pytest.mark.asyncio
async def test_a_store_that_is_away_is_said_to_be(tmp_path_factory: pytest.TempPathFactory) -> None:
    redis = connect(f"unix://{tmp_path_factory.mktemp('away')}/s")
    metrics = define_metrics(registry := CollectorRegistry())
    store = JobStore(redis, Clock(), JobLimits(), partial(count_store_errors, metrics))
    for asking in (store.get("p"), store.submit(job("p"), "x", b""), store.ping(), store.open_jobs()):
        with pytest.raises(StoreUnavailableError):
            await asking
    with pytest.raises(StoreUnavailableError):
        await anext(store.watch("p"))
    assert registry.get_sample_value("cuntong_store_errors_total", {"kind": "connection"}) == 5
    await redis.aclose()
