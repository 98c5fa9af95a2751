"""How many jobs are open, and how long the oldest of those that wait has waited; counted by whoever accepts jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from services.model.errors import StoreUnavailableError
from services.runtime.job_records import JobState
from services.runtime.metrics import Metrics
from services.runtime.store import JobStore

_EVERY_S: Final = 2.0
_log: Final = logging.getLogger(__name__)


async def count_jobs(store: JobStore, metrics: Metrics, now: Callable[[], datetime], every_s: float = _EVERY_S) -> None:
    """Count again and again. While the store is away, what was counted last stands."""
    while True:
        try:
            jobs = await store.open_jobs()
        except StoreUnavailableError as error:
            _log.warning("cannot count jobs: %s", error)
        else:
            for state in (JobState.QUEUED, JobState.RUNNING):
                metrics.jobs.labels(state).set(sum(job.state is state for job in jobs))
            oldest = min((job.create_time for job in jobs if job.state is JobState.QUEUED), default=None)
            metrics.queue_age_seconds.set(0.0 if oldest is None else max(0.0, (now() - oldest).total_seconds()))
        await asyncio.sleep(every_s)
