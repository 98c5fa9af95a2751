"""Planning jobs in threads of this process.

The seam: whoever submits knows ``enqueue`` only, and the work knows nothing of jobs. All state is in the store, so that
another task engine can take this module's place.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Protocol, Self

from services.model.errors import PlanningFailedError, PlanNotFoundError, StoreUnavailableError
from services.runtime.logs import bound
from services.runtime.metrics import Metrics
from services.runtime.store import JobState, JobStore, Orders

ShouldStop = Callable[[], bool]
Report = Callable[[str, int, int], None]
Work = Callable[[bytes, ShouldStop, Report], bytes]
"""``work(payload, should_stop, report)`` makes the result; ``report(phase, best_cost_fen, percent)`` is cheap."""

_RETRY_S: Final = 0.5
_MAX_REASON_CHARS: Final = 2000
_log: Final = logging.getLogger(__name__)


class TaskEngine(Protocol):
    """What the services ask of a task engine."""

    async def enqueue(self, plan_id: str) -> None:
        """See that a submitted job is worked on; safe to repeat."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: JobState
    reason: str = ""
    result: bytes | None = None


@dataclass(slots=True)
class _Running:
    """A job at work: its thread writes ``progress``, its attendant all else."""

    plan_id: str
    attempt: int
    stop: threading.Event = field(default_factory=threading.Event)
    progress: tuple[str, int, int] | None = None
    told: tuple[str, int, int] | None = None
    is_lost: bool = False

    def report(self, phase: str, best_cost_fen: int, percent: int) -> None:
        """Take note; the attendant passes the newest on."""
        self.progress = (phase, best_cost_fen, percent)


class JobRunner:
    """Works on jobs while it is open (``async with``), also on those that a dead process left behind.

    Closing stops running work, puts its jobs back and waits for the threads.

    Parameters
    ----------
    store
        Where the jobs are.
    work
        What makes a payload into a result, in a thread of its own. ``PlanningFailedError`` fails the job with its
        message, any other error with an incident's number that the log has too.
    workers
        Jobs worked on at once.
    clock
        Seconds that only grow, for durations.
    new_id
        Makes a new id: this runner's name, and incidents' numbers.
    metrics
        Where to count; nowhere if None.
    beat_s
        Time between looks at a running job: progress passed on, cancelling noticed, lease renewed.
    scan_s
        Time between looks for jobs left behind.
    """

    def __init__(
        self,
        store: JobStore,
        work: Work,
        *,
        workers: int,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        metrics: Metrics | None = None,
        beat_s: float = 0.25,
        scan_s: float = 2.0,
    ) -> None:
        self._store = store
        self._work = work
        self._workers = workers
        self._clock = clock
        self._new_id = new_id
        self._metrics = metrics
        self._beat_s = beat_s
        self._scan_s = scan_s
        self._owner = new_id()
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._taken: set[str] = set()
        self._running: dict[str, _Running] = {}
        self._closing = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="plan")

    async def __aenter__(self) -> Self:
        """Take up open jobs, oldest first, and start working."""
        await self._scan()
        loops = [self._work_on_jobs] * self._workers
        self._tasks = [asyncio.create_task(loop()) for loop in [self._look_for_jobs, *loops]]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop running work, leave its jobs open, wait for the threads."""
        self._closing.set()
        for running in self._running.values():
            running.stop.set()
        await asyncio.gather(*self._tasks)
        self._threads.shutdown()

    async def enqueue(self, plan_id: str) -> None:
        """See that a submitted job is worked on; safe to repeat."""
        if plan_id not in self._taken:
            self._taken.add(plan_id)
            self._queue.put_nowait(plan_id)

    async def _look_for_jobs(self) -> None:
        while not await self._is_closing_within(self._scan_s):
            try:
                await self._scan()
            except StoreUnavailableError as error:
                _log.warning("cannot look for open jobs: %s", error)

    async def _scan(self) -> None:
        jobs = await self._store.open_jobs()
        for job in jobs:
            await self.enqueue(job.plan_id)
        if self._metrics is not None:
            for state in (JobState.QUEUED, JobState.RUNNING):
                self._metrics.jobs.labels(state).set(sum(job.state is state for job in jobs))

    async def _work_on_jobs(self) -> None:
        while (plan_id := await self._unless_closing(self._queue.get())) is not None:
            with bound(plan_id=plan_id):
                try:
                    await self._work_on(plan_id)
                except StoreUnavailableError as error:
                    _log.warning("left for later: %s", error)
                except Exception:
                    _log.exception("left for later")
                finally:
                    self._taken.discard(plan_id)

    async def _work_on(self, plan_id: str) -> None:
        attempt = await self._store.begin(plan_id, self._owner)
        if attempt is None:
            return
        running = self._running[plan_id] = _Running(plan_id, attempt)
        if self._closing.is_set():
            running.stop.set()
        attendant = asyncio.create_task(self._attend(running))
        started = self._clock()
        try:
            outcome = await self._outcome(running)
            if running.is_lost:
                _log.warning("attempt %d was given to another worker", attempt)
            elif self._closing.is_set() and not await self._store.is_cancel_requested(plan_id):
                await self._store.release(plan_id, attempt)
            else:
                await self._pass_on(running)
                await self._commit(running, outcome, self._clock() - started)
        finally:
            attendant.cancel()
            del self._running[plan_id]

    async def _outcome(self, running: _Running) -> _Outcome:
        try:
            payload = await self._store.payload(running.plan_id)
            call = contextvars.copy_context().run
            result = await asyncio.get_running_loop().run_in_executor(
                self._threads, call, self._work, payload, running.stop.is_set, running.report
            )
        except (PlanningFailedError, PlanNotFoundError) as error:
            return _Outcome(JobState.FAILED, str(error)[:_MAX_REASON_CHARS])
        except StoreUnavailableError:
            raise
        except Exception:
            incident = self._new_id()
            _log.exception("incident %s", incident)
            return _Outcome(JobState.FAILED, f"internal error, see the log with id {incident}")
        return _Outcome(JobState.SUCCEEDED, result=result)

    async def _attend(self, running: _Running) -> None:
        """Look after a running job until its outcome is kept."""
        while True:
            try:
                match await self._store.renew(running.plan_id, running.attempt, self._owner):
                    case Orders.STOP:
                        running.stop.set()
                    case Orders.LOST:
                        running.is_lost = True
                        running.stop.set()
                        return
                await self._pass_on(running)
            except StoreUnavailableError as error:
                _log.warning("no sign of life given: %s", error)
            await asyncio.sleep(self._beat_s)

    async def _pass_on(self, running: _Running) -> None:
        progress = running.progress
        if progress is not None and progress != running.told:
            await self._store.progress(running.plan_id, running.attempt, *progress)
            running.told = progress

    async def _commit(self, running: _Running, outcome: _Outcome, seconds: float) -> None:
        """Keep the outcome, as long as it takes for the store to come back."""
        while True:
            try:
                ended = await self._store.commit(
                    running.plan_id, running.attempt, outcome.state, outcome.reason, outcome.result
                )
                break
            except StoreUnavailableError as error:
                _log.warning("outcome not kept yet: %s", error)
                if await self._is_closing_within(_RETRY_S):
                    raise
        _log.info("attempt %d %s in %.1f s", running.attempt, ended or "was refused", seconds)
        if ended is not None and self._metrics is not None:
            self._metrics.jobs_ended.labels(ended).inc()
            self._metrics.plan_solve_seconds.observe(seconds)

    async def _is_closing_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _unless_closing(self, coming: Coroutine[Any, Any, str]) -> str | None:
        """Wait for what is coming; None when this runner closes before it is here."""
        tasks = asyncio.create_task(coming), asyncio.create_task(self._closing.wait())
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        return tasks[0].result() if tasks[0].done() and not self._closing.is_set() else None
