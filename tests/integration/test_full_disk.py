"""A store whose disk is full: what it has acknowledged is there once there is room again, and nothing else was said."""

from __future__ import annotations

import asyncio
import resource
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from redis.exceptions import ResponseError

from services.model.errors import StoreUnavailableError
from services.runtime.job_records import JobRecord, JobState
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect
from tests.chaos.stores import Store
from tests.job_runners import Report, ShouldStop, working
from tests.stores import killable_store_of_tests

FULL_BYTES = 300_000
PAYLOAD = bytes(range(256)) * 40
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def job(number: int) -> JobRecord:
    return JobRecord(
        plan_id=f"plan-{number}",
        request_id=f"request-{number}",
        county_id="huadian",
        service_date=date(2026, 3, 2),
        create_time=NOW,
        update_time=NOW,
    )


async def fill(store: Store) -> list[str]:
    """Submit until the store takes no more, and give what it took."""
    redis = connect(store.url)
    jobs = JobStore(redis, lambda: NOW, JobLimits(max_queued=10_000, max_tenant_solve_s=10_000))
    accepted: list[str] = []
    try:
        for number in range(1_000):
            record, _ = await jobs.submit(job(number), f"digest-{number}", PAYLOAD)
            accepted.append(record.plan_id)
    except StoreUnavailableError:
        return accepted
    finally:
        await redis.aclose()
    raise AssertionError("the disk never was full")


async def stored(store: Store, plan_ids: list[str]) -> list[bytes]:
    redis = connect(store.url)
    jobs = JobStore(redis, lambda: NOW, JobLimits())
    try:
        assert {record.plan_id for record in await jobs.open_jobs()} >= set(plan_ids)
        return [await jobs.payload(plan_id) for plan_id in plan_ids]
    finally:
        await redis.aclose()


def test_what_was_acknowledged_before_the_disk_was_full_is_not_lost(tmp_path: Path) -> None:
    with killable_store_of_tests(tmp_path / "store") as store:
        assert store.process is not None
        # No file of the store's may grow any further, as on a disk without room.
        resource.prlimit(store.process.pid, resource.RLIMIT_FSIZE, (FULL_BYTES, FULL_BYTES))
        accepted = asyncio.run(fill(store))
        assert len(accepted) > 5
        store.kill()
        store.start()
        store.wait_until_ready()
        assert asyncio.run(stored(store, accepted)) == [PAYLOAD] * len(accepted)


async def stop_saving(store: Store) -> None:
    """Have the store answer as one does that fails to save: it goes on reading, and refuses to write."""
    snapshot = store.folder / "dump.rdb"
    redis = connect(store.url)
    await redis.config_set("appendonly", "no")
    await redis.config_set("save", "1 1")
    snapshot.mkdir()
    await redis.set("a", 1)
    async with asyncio.timeout(60):
        with pytest.raises(ResponseError, match="MISCONF"):
            while True:
                await redis.set("a", 1)
                await asyncio.sleep(0.05)
    await redis.aclose()


@pytest.mark.asyncio
async def test_a_store_that_can_write_no_more_is_said_to_be_away(tmp_path: Path) -> None:
    with killable_store_of_tests(tmp_path / "store") as store:
        await stop_saving(store)
        redis = connect(store.url)
        jobs = JobStore(redis, lambda: NOW, JobLimits())
        with pytest.raises(StoreUnavailableError):
            await jobs.submit(job(1), "digest", b"")
        await redis.aclose()


@pytest.mark.asyncio
async def test_workers_outlast_a_store_that_takes_nothing(tmp_path: Path) -> None:
    def work(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        return b"plan"

    with killable_store_of_tests(tmp_path / "store") as store:
        redis = connect(store.url)
        jobs = JobStore(redis, lambda: datetime.now(UTC), JobLimits(watch_poll_s=0.2))
        async with working(jobs, store.url, work):
            await stop_saving(store)
            await asyncio.sleep(1)
            # It tries again by itself every few seconds.
            (store.folder / "dump.rdb").rmdir()
            async with asyncio.timeout(90):
                while True:
                    with suppress(StoreUnavailableError):
                        submitted, _ = await jobs.submit(job(1), "digest", b"")
                        if submitted.state is JobState.SUCCEEDED:
                            break
                    await asyncio.sleep(0.2)
        await redis.aclose()
