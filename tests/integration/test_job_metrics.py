"""What the route service counts over the whole store: jobs that wait or are worked on, counties without a plan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.runtime.embedded import EmbeddedStore
from services.runtime.job_metrics import count_counties, count_jobs
from services.runtime.job_records import JobRecord, JobState
from services.runtime.metrics import define_metrics
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect

START = datetime(2026, 3, 2, 20, tzinfo=UTC)  # 04:00 of the third in Shanghai
LEASE_S = 0.2
Samples = Callable[[str], float | None]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with EmbeddedStore() as store:
        yield store.url


@asynccontextmanager
async def counted(url: str, count: Callable[..., Coroutine[Any, Any, None]]) -> AsyncIterator[tuple[JobStore, Samples]]:
    """An empty store, and what ``count`` shows of it an hour after the jobs were made."""
    redis = connect(url)
    await redis.flushall()
    store = JobStore(redis, lambda: START, JobLimits(lease_s=LEASE_S))
    metrics = define_metrics(registry := CollectorRegistry())
    counting = asyncio.create_task(count(store, metrics, lambda: START + timedelta(hours=1), every_s=0.01))
    try:
        yield store, registry.get_sample_value
    finally:
        counting.cancel()
        with suppress(asyncio.CancelledError):
            await counting
        await redis.aclose()


def job(
    plan_id: str, service_date: date = date(2026, 3, 3), county_id: str = "huadian", tenant: str = "a"
) -> JobRecord:
    return JobRecord(
        plan_id=plan_id,
        request_id=plan_id,
        tenant=tenant,
        county_id=county_id,
        service_date=service_date,
        create_time=START,
        update_time=START,
    )


async def until(shown: Samples, **expected: float) -> None:
    async with asyncio.timeout(5):
        while {name: shown(f"cuntong_{name}") for name in expected} != expected:
            await asyncio.sleep(0.01)


async def make(
    store: JobStore, record: JobRecord, state: JobState = JobState.SUCCEEDED, *, is_plan: bool = True
) -> None:
    await store.submit(record, "x", b"")
    attempt = await store.begin(record.plan_id, "me")
    assert attempt is not None
    await store.commit(record.plan_id, attempt, state, result=b"plan", is_plan=is_plan)


@pytest.mark.asyncio
async def test_a_job_waits_until_a_worker_has_it_and_again_when_that_one_died(url: str) -> None:
    async with counted(url, count_jobs) as (store, shown):
        await until(shown, jobs_leased=0, queue_age_seconds=0)
        await store.submit(job("p"), "x", b"")
        await until(shown, jobs_leased=0, queue_age_seconds=3_600)
        await store.begin("p", "me")
        await until(shown, jobs_leased=1, queue_age_seconds=0)
        await asyncio.sleep(LEASE_S)
        await until(shown, jobs_leased=0, queue_age_seconds=3_600)
        assert (await store.get("p")).state is JobState.RUNNING


@pytest.mark.asyncio
async def test_a_county_planned_last_week_is_missed_until_it_is_planned_today(url: str) -> None:
    async with counted(url, count_counties) as (store, shown):
        await make(store, job("last", date(2026, 2, 24)))
        await make(store, job("before", date(2026, 2, 23), "too long ago"))
        await make(store, job("other", date(2026, 3, 2), tenant="b"))
        await until(shown, counties_planned=0, counties_unplanned=2)
        await make(store, job("today"))
        await until(shown, counties_planned=1, counties_unplanned=1)
        await make(store, job("again"))
        await make(store, job("new", county_id="jiaohe"))
        await until(shown, counties_planned=2, counties_unplanned=1)


@pytest.mark.asyncio
async def test_only_a_plan_that_a_day_could_go_by_counts_for_its_county(url: str) -> None:
    async with counted(url, count_counties) as (store, shown):
        await make(store, job("failed", county_id="1"), JobState.FAILED)
        await make(store, job("cancelled", county_id="2"), JobState.CANCELLED)
        await make(store, job("coalition", county_id="3"), is_plan=False)
        await store.submit(job("queued", county_id="4"), "x", b"")
        await make(store, job("tomorrow", date(2026, 3, 4), "5"))
        await make(store, job("today", county_id="6"))
        await until(shown, counties_planned=1, counties_unplanned=0)
