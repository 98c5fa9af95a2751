"""A process's workers: jobs taken from the queue, solved in children, put back when the process ends."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from services.route.figures import measure
from services.runtime.allocators import with_allocators
from services.runtime.config import JobSettings, WorkSettings
from services.runtime.jobs import JobRunner
from services.runtime.metrics import Metrics
from services.runtime.solvers import Solvers
from services.runtime.store import JobLimits, JobStore
from services.runtime.tasks import DocketTasks, LostJobs
from services.runtime.traces import Traces

# A worker's own lease on a job ends before the queue gives the job to another, so that the other finds it free.
_JOB_LEASE_PART: Final = 0.6
# Others put jobs into the store as well, and each waits this long at most until it is seen.
_LOOK_S: Final = 0.5
_log: Final = logging.getLogger(__name__)


def job_limits(settings: JobSettings) -> JobLimits:
    """The store's limits as the settings say."""
    return JobLimits(
        inputs_s=settings.inputs_s,
        plans_s=settings.plans_s,
        progress_s=settings.progress_s,
        requests_s=settings.requests_s,
        max_queued=settings.max_queued_jobs,
        max_tenant_solve_s=settings.max_tenant_solve_s,
        lease_s=_JOB_LEASE_PART * settings.lease_s,
    )


@asynccontextmanager
async def planning(
    settings: WorkSettings,
    store: JobStore,
    tasks: DocketTasks,
    *,
    metrics: Metrics,
    traces: Traces,
    clock: Callable[[], float],
    new_id: Callable[[], str],
) -> AsyncIterator[None]:
    """Work on jobs; leaving lets those under way finish, for as long as the settings say, and puts the rest back."""
    name = new_id()
    _log.info("working as %s", name)
    looking = asyncio.create_task(LostJobs(store, tasks, name=name, clock=clock, every_s=_LOOK_S).run())
    try:
        # Modules are found where this program found its own.
        places = os.pathsep.join(place or os.getcwd() for place in sys.path)
        environment = with_allocators({"PYTHONPATH": places})
        async with Solvers(
            "services.route.solver",
            idle=settings.workers,
            memory_mib=settings.solver_memory_mib,
            environment=environment,
            metrics=metrics,
            traces=traces,
        ) as solvers:
            runner = JobRunner(
                store,
                solvers,
                tasks,
                clock=clock,
                name=name,
                measure=partial(measure, metrics),
                metrics=metrics,
                traces=traces,
            )
            async with tasks.working(runner.work_on, name=name, at_once=settings.workers, lease_s=settings.lease_s):
                try:
                    yield
                finally:
                    await runner.finish(settings.work_drain_s)
    finally:
        looking.cancel()
