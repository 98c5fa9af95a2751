"""What is known of all jobs together, whoever works on them; counted by whoever accepts jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from services.model.errors import StoreUnavailableError
from services.model.units import ZONE
from services.runtime.job_records import JobState
from services.runtime.metrics import Metrics
from services.runtime.store import JobStore

_JOBS_EVERY_S: Final = 2.0
_COUNTIES_EVERY_S: Final = 5.0
_log: Final = logging.getLogger(__name__)

Now = Callable[[], datetime]


async def count_jobs(store: JobStore, metrics: Metrics, now: Now, every_s: float = _JOBS_EVERY_S) -> None:
    """Count open jobs, those with a living worker, and how old the oldest of the rest is, again and again."""

    async def count() -> None:
        jobs = await store.open_jobs()
        running = [job.plan_id for job in jobs if job.state is JobState.RUNNING]
        leased = await store.leased(running)
        for state in (JobState.QUEUED, JobState.RUNNING):
            metrics.jobs.labels(state).set(sum(job.state is state for job in jobs))
        metrics.jobs_leased.set(len(leased))
        # A job whose worker died is still RUNNING, and waits like one that is queued.
        oldest = min((job.create_time for job in jobs if job.plan_id not in leased), default=None)
        metrics.queue_age_seconds.set(0.0 if oldest is None else max(0.0, (now() - oldest).total_seconds()))

    await _again_and_again(count, every_s)


async def count_counties(store: JobStore, metrics: Metrics, now: Now, every_s: float = _COUNTIES_EVERY_S) -> None:
    """Count counties that have a plan for today, and those that are still without, again and again."""

    async def count() -> None:
        planned, unplanned = await store.counties(now().astimezone(ZONE).date())
        metrics.counties_planned.set(planned)
        metrics.counties_unplanned.set(unplanned)

    await _again_and_again(count, every_s)


async def _again_and_again(count: Callable[[], Awaitable[None]], every_s: float) -> None:
    """While the store is away, what was counted last stands."""
    while True:
        try:
            await count()
        except StoreUnavailableError as error:
            _log.warning("cannot count jobs: %s", error)
        await asyncio.sleep(every_s)
