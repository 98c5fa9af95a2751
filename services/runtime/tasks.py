"""The task engine: pydocket's queue in the store, with its workers and leases. This module alone knows it.

A task's argument is a job's id and nothing else, since the engine pickles arguments. Its key is the job's id with the
attempts that it had, so that a job is queued once, and once more when an attempt broke off without the engine's notice.
Whoever gets a task begins the job whose turn it is, so that what counts is that there are as many tasks as jobs that
wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from docket import Docket, Worker
from redis.exceptions import RedisError, ResponseError

from services.model.errors import StoreUnavailableError
from services.runtime.job_records import JobRecord, JobState
from services.runtime.store import JobStore

_NAME: Final = "cuntong-tasks"
_TASK: Final = "plan"
# The engine's records of a task that has ended are of no use: the job's own record says all.
_NO_RECORDS: Final = timedelta(0)
_RECONNECT: Final = timedelta(seconds=0.5)
_CHECK: Final = timedelta(milliseconds=100)
_CANCEL_AGAIN_S: Final = 5.0
_LOOKER_LIVES: Final = 4
_REST_FACTOR: Final = 9
_QUEUE_AGAIN_S: Final = 10.0
# Each holds a connection, and with TLS the engine's take long to make.
_ADDS_AT_ONCE: Final = 4
_log: Final = logging.getLogger(__name__)

WorkOn = Callable[[str], Awaitable[None]]


async def _nobody(plan_id: str) -> None:
    raise AssertionError(f"a process that only queues jobs was asked to work on {plan_id}")


class DocketTasks:
    """Queues jobs; made by ``open_tasks``."""

    def __init__(self, docket: Docket) -> None:
        self._docket = docket
        self._adding = asyncio.Semaphore(_ADDS_AT_ONCE)

    async def enqueue(self, job: JobRecord) -> None:
        """See that an open job is worked on; safe to repeat.

        Raises
        ------
        StoreUnavailableError
            When the queue does not answer.
        """
        try:
            async with self._adding:
                await self._docket.add(_TASK, key=f"{job.plan_id}.{job.attempt}")(job.plan_id)
        except (RedisError, OSError) as error:
            raise _away(error) from error

    async def waiting(self) -> int:
        """Count the tasks that no worker has taken.

        Raises
        ------
        StoreUnavailableError
            When the queue does not answer.
        """
        stream, group = self._docket.stream_key, self._docket.worker_group_name
        try:
            async with self._docket.redis() as redis:
                in_all = await redis.xlen(stream)
                try:
                    taken = (await redis.xpending(stream, group))["pending"]
                except ResponseError as error:
                    if not str(error).startswith("NOGROUP"):
                        raise
                    taken = 0  # no worker has been there yet
        except (RedisError, OSError) as error:
            raise _away(error) from error
        return max(0, int(in_all) - int(taken))

    @asynccontextmanager
    async def working(self, work_on: WorkOn, *, name: str, at_once: int, lease_s: float) -> AsyncIterator[None]:
        """Work on queued jobs, ``at_once`` of them; leaving lets those under way end, for some seconds.

        A worker that gave no sign of life for ``lease_s`` loses its tasks to the others.
        """
        self._docket.register(work_on, names=[_TASK])
        worker = Worker(
            self._docket,
            name=name,
            concurrency=at_once,
            redelivery_timeout=timedelta(seconds=lease_s),
            reconnection_delay=_RECONNECT,
            minimum_check_interval=_CHECK,
            schedule_automatic_tasks=False,
        )
        async with worker:
            ending = asyncio.Event()
            running = asyncio.create_task(_run(worker, ending))
            try:
                yield
            finally:
                ending.set()
                await _end(running)


def _away(error: Exception) -> StoreUnavailableError:
    return StoreUnavailableError(f"the queue does not answer: {type(error).__name__}")


async def _end(running: asyncio.Task[None]) -> None:
    """Cancel the engine until it ends.

    Once is not always enough: where a connection fails in the same moment, the engine takes the cancel for a part of
    that, and connects again.
    """
    while not running.done():
        running.cancel()
        await asyncio.wait({running}, timeout=_CANCEL_AGAIN_S)
    if not running.cancelled():
        running.result()


async def _run(worker: Worker, ending: asyncio.Event) -> None:
    """Work on and on: the engine waits for a store that is away, but not for one that takes nothing.

    Cancelled, it finishes what it has and returns as if nothing had been said; hence ``ending``.
    """
    while not ending.is_set():
        try:
            await worker.run_forever()
        except Exception:
            _log.exception("the task engine broke off, and begins anew")
            await asyncio.sleep(_RECONNECT.total_seconds())


@asynccontextmanager
async def open_tasks(url: str) -> AsyncIterator[DocketTasks]:
    """Connect to the queue in the store at ``url``."""
    async with Docket(_NAME, url, execution_ttl=_NO_RECORDS) as docket:
        docket.register(_nobody, names=[_TASK])
        yield DocketTasks(docket)


class LostJobs:
    """Queues open jobs that nobody works on: one may be stored and its queueing lost, or its worker.

    One process at a time looks, for as long as it lives.

    Parameters
    ----------
    store
        Where the jobs are.
    tasks
        Where to queue them.
    name
        This process's name.
    clock
        Seconds that only grow.
    every_s
        Time between looks. With very many open jobs it is longer, so that looking takes a tenth of a process at most.
    """

    def __init__(
        self, store: JobStore, tasks: DocketTasks, *, name: str, clock: Callable[[], float], every_s: float
    ) -> None:
        self._store = store
        self._tasks = tasks
        self._name = name
        self._clock = clock
        self._every_s = every_s
        self._queued_at: dict[tuple[str, int], float] = {}

    async def run(self) -> None:
        """Look again and again."""
        while True:
            began = self._clock()
            try:
                if await self._store.may_look(self._name, _LOOKER_LIVES * self._every_s):
                    await self._look()
            except StoreUnavailableError as error:
                _log.warning("cannot look for lost jobs: %s", error)
            await asyncio.sleep(max(self._every_s, _REST_FACTOR * (self._clock() - began)))

    async def _look(self) -> None:
        jobs = await self._store.open_jobs()
        working = await self._store.leased([job.plan_id for job in jobs if job.state is JobState.RUNNING])
        now = self._clock()
        waiting = {(job.plan_id, job.attempt): job for job in jobs if job.plan_id not in working}
        self._queued_at = {key: at for key, at in self._queued_at.items() if key in waiting}
        # Each begun in another's place has left that one its task, and no new one is needed.
        if await self._tasks.waiting() >= len(waiting):
            return
        for key, job in waiting.items():
            # The queue knows most of them; asking it again now and then finds those that it has lost.
            if now - self._queued_at.get(key, -_QUEUE_AGAIN_S) >= _QUEUE_AGAIN_S:
                await self._tasks.enqueue(job)
                self._queued_at[key] = now
