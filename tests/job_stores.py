"""Job stores emptied for a test, jobs to put into them, and waiting for what becomes of these."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, date, datetime, timedelta

from services.runtime.job_records import JobRecord
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Clock:
    """A clock that goes on by a second at each look."""

    def __init__(self) -> None:
        self._seconds = itertools.count()

    def __call__(self) -> datetime:
        return NOON + timedelta(seconds=next(self._seconds))


@asynccontextmanager
async def jobs(url: str, limits: JobLimits | None = None, kind: type[JobStore] = JobStore) -> AsyncIterator[JobStore]:
    redis = connect(url)
    try:
        await redis.flushall()
        yield kind(redis, Clock(), limits or JobLimits(lease_s=0.3, watch_poll_s=0.2))
    finally:
        await redis.aclose()


def job(plan_id: str, request_id: str = "", tenant: str = "default") -> JobRecord:
    return JobRecord(
        plan_id=plan_id,
        request_id=request_id or f"request-{plan_id}",
        tenant=tenant,
        county_id="huadian",
        service_date=date(2026, 3, 2),
        create_time=NOON,
        update_time=NOON,
    )


async def ended(store: JobStore, plan_id: str) -> JobRecord:
    async with asyncio.timeout(10), aclosing(store.watch(plan_id)) as changes:
        async for record in changes:
            if not record.state.is_open:
                return record
    raise AssertionError("the watch ended before the job")


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)
