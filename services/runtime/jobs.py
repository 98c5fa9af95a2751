"""One job worked on: taken for a lease, solved in a child, its outcome kept by the attempt that still holds it.

The seam: whoever submits knows ``enqueue`` only, the task engine knows ``JobRunner.work_on`` only, and the child knows
nothing of jobs. All state is in the store; the task engine may call twice or never, and no job is lost or done twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from services.model.errors import PlanNotFoundError, StoreUnavailableError
from services.runtime.job_records import JobRecord, JobState, Orders
from services.runtime.logs import bound
from services.runtime.metrics import Metrics
from services.runtime.solver_messages import Broke, Done, Refused, Solve
from services.runtime.solvers import ChildDiedError, Stopped
from services.runtime.store import JobStore
from services.runtime.traces import NO_TRACES, Attributes, Traces, trace_id_of, traceparent

_RETRY_S: Final = 0.5
_MAX_REASON_CHARS: Final = 2000
# What reading, checking and writing out may take beside the search, and how much longer a search may be on the cores
# than its budget says.
_CPU_EXTRA_S: Final = 600
_CPU_FACTOR: Final = 3
_log: Final = logging.getLogger(__name__)

Measure = Callable[[Any], None]
"""Hears the figures about a result that was kept."""


class TaskEngine(Protocol):
    """What the services ask of a task engine."""

    async def enqueue(self, job: JobRecord) -> None:
        """See that an open job is worked on; safe to repeat.

        Raises
        ------
        StoreUnavailableError
            When the queue does not answer; the job is found by the next look for such jobs.
        """


class Solver(Protocol):
    """What solves a job; see ``Solvers``."""

    async def solve(
        self, job: Solve, stop: asyncio.Event, report: Callable[[str, int, int], None]
    ) -> Done | Refused | Broke | Stopped:
        """Solve, or give the best so far soon after ``stop`` is set."""
        ...


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: JobState
    reason: str = ""
    result: bytes | None = None
    figures: Any = None


@dataclass(slots=True)
class _Running:
    """A job at work: its child writes ``progress``, its attendant all else."""

    plan_id: str
    attempt: int
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    progress: tuple[str, int, int] | None = None
    told: tuple[str, int, int] | None = None
    is_lost: bool = False

    def report(self, phase: str, best_cost_fen: int, percent: int) -> None:
        """Take note; the attendant passes the newest on."""
        self.progress = (phase, best_cost_fen, percent)


class JobRunner:
    """Works on jobs, each when told to.

    Parameters
    ----------
    store
        Where the jobs are.
    solver
        What makes a payload into a result.
    tasks
        Who has a job that broke off worked on again.
    clock
        Seconds that only grow, for durations.
    name
        Whose leases these are.
    measure
        Hears of results.
    metrics
        Where to count; nowhere if None.
    traces
        Where spans go.
    beat_s
        Time between looks at a running job: progress passed on, cancelling noticed, lease renewed.
    """

    def __init__(
        self,
        store: JobStore,
        solver: Solver,
        tasks: TaskEngine,
        *,
        clock: Callable[[], float],
        name: str,
        measure: Measure = lambda _: None,
        metrics: Metrics | None = None,
        traces: Traces = NO_TRACES,
        beat_s: float = 0.25,
    ) -> None:
        self._store = store
        self._solver = solver
        self._tasks = tasks
        self._clock = clock
        self._measure = measure
        self._metrics = metrics
        self._traces = traces
        self._beat_s = beat_s
        self._owner = name
        self._running: dict[str, _Running] = {}
        self._taking = asyncio.Lock()
        self._closing = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    async def work_on(self, plan_id: str) -> None:
        """Work on the job whose turn it is until it has an outcome that is kept; nothing happens where none waits.

        That a job came out of the queue says that one may be begun, and the store which, since the queue knows no
        tenants. The job that came is begun in its own turn, when the queue gives out another.
        """
        began_ns = time.time_ns()
        try:
            running = await self._take(plan_id)
        except StoreUnavailableError as error:
            _log.warning("no job was begun: %s", error)
            return
        if running is None:
            return
        with bound(plan_id=running.plan_id):
            try:
                await self._work_on(running, began_ns)
            except StoreUnavailableError as error:
                _log.warning("left for later: %s", error)

    async def finish(self, within_s: float) -> None:
        """Let running jobs finish, put back those that have not after ``within_s``, and begin no more."""
        self._closing.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_idle.wait(), within_s)
        for running in self._running.values():
            running.stop.set()
        await self._is_idle.wait()

    async def _take(self, named: str) -> _Running | None:
        """Begin the job whose turn it is, else the one named, which may be too old for the store to call it open.

        One at a time: two that were told of the same job would both be told that it is this runner's.
        """
        async with self._taking:
            while not self._closing.is_set():
                plan_id = await self._store.next_job(self._running)
                if (plan_id or named) in self._running:
                    break
                attempt = await self._store.begin(plan_id or named, self._owner)
                if attempt is not None and self._closing.is_set():
                    await self._store.release(plan_id or named, attempt)
                elif attempt is not None:
                    running = self._running[plan_id or named] = _Running(plan_id or named, attempt)
                    self._is_idle.clear()
                    return running
                if plan_id is None:
                    break
        return None

    async def _work_on(self, running: _Running, began_ns: int) -> None:
        plan_id, attempt = running.plan_id, running.attempt
        begun_ns = time.time_ns()
        if attempt > 1 and self._metrics is not None:
            self._metrics.jobs_restarted.inc()
        attendant = asyncio.create_task(self._attend(running))
        try:
            try:
                record = await self._store.get(plan_id)
            except PlanNotFoundError:
                return
            ids: Attributes = {"plan_id": plan_id, "attempt": attempt}
            with self._traces.span("attempt", ids, parent=record.traceparent, began_ns=began_ns):
                self._traces.past("begin", began_ns, begun_ns)
                with bound(trace_id=trace_id_of(traceparent())):
                    await self._attempt(running, record)
        finally:
            attendant.cancel()
            del self._running[plan_id]
            if not self._running:
                self._is_idle.set()

    async def _attempt(self, running: _Running, record: JobRecord) -> None:
        started = self._clock()
        try:
            outcome = await self._outcome(running, record)
        except ChildDiedError as error:
            _log.error("attempt %d broke off: %s", running.attempt, error)
            if self._metrics is not None:
                self._metrics.attempts_broken_off.inc()
            await self._break_off(running, str(error))
            return
        if running.is_lost:
            _log.warning("attempt %d was given to another worker", running.attempt)
        elif outcome is None:
            await self._store.release(running.plan_id, running.attempt)
        else:
            await self._pass_on(running)
            with self._traces.span("commit", {"state": outcome.state}):
                await self._commit(running, outcome, self._clock() - started)

    async def _outcome(self, running: _Running, record: JobRecord) -> _Outcome | None:
        """What came of a job; None where it was stopped for no reason of its own."""
        try:
            payload = await self._store.payload(running.plan_id)
        except PlanNotFoundError:
            return _Outcome(JobState.FAILED, "what was submitted is no longer there")
        job = Solve(payload, running.plan_id, _CPU_EXTRA_S + _CPU_FACTOR * record.solve_s)
        answer = await self._solver.solve(job, running.stop, running.report)
        if running.stop.is_set() and not await self._store.is_cancel_requested(running.plan_id):
            return None
        match answer:
            case Done():
                return _Outcome(JobState.SUCCEEDED, result=answer.result, figures=answer.figures)
            case Stopped():
                return _Outcome(JobState.CANCELLED, result=answer.result)
            case Refused():
                return _Outcome(JobState.FAILED, answer.reason[:_MAX_REASON_CHARS])
            case Broke():
                return _Outcome(JobState.FAILED, f"internal error, see the log with id {answer.incident}")

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

    async def _break_off(self, running: _Running, reason: str) -> None:
        if await self._store.break_off(running.plan_id, running.attempt, reason):
            await self._tasks.enqueue(await self._store.get(running.plan_id))

    async def _commit(self, running: _Running, outcome: _Outcome, seconds: float) -> None:
        """Keep the outcome, as long as it takes for the store to come back."""
        while True:
            try:
                ended = await self._store.commit(
                    running.plan_id,
                    running.attempt,
                    outcome.state,
                    outcome.reason,
                    outcome.result,
                    is_plan=outcome.figures is not None,
                )
                break
            except StoreUnavailableError as error:
                _log.warning("outcome not kept yet: %s", error)
                if await self._is_closing_within(_RETRY_S):
                    raise
        _log.info("attempt %d %s in %.1f s", running.attempt, ended or "was refused", seconds)
        if ended is None:
            return
        if outcome.figures is not None:
            self._measure(outcome.figures)
        if self._metrics is not None:
            self._metrics.jobs_ended.labels(ended).inc()
            self._metrics.plan_solve_seconds.observe(seconds)

    async def _is_closing_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return False
        return True
