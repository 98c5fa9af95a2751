"""Children that solve, so that what goes wrong in a search ends a child and not a worker.

Each is spawned from the main thread and ends with this process, however that ends. One that has answered waits for the
next job; one that was told to stop and does not, or that does anything odd, is killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Final, Self

from services.model.errors import CuntongError
from services.runtime.lifeline import bound_to_this
from services.runtime.metrics import Killed, Metrics
from services.runtime.phases import Phases
from services.runtime.solver_messages import (
    LENGTH,
    Answer,
    Broke,
    Done,
    Kept,
    Order,
    Progress,
    Refused,
    Solve,
    Stop,
    packed,
)
from services.runtime.traces import NO_TRACES, Traces, traceparent

# One that is told to stop has this long for its best so far; then what it kept before has to do.
_GRACE_S: Final = 0.25
# Memory that libraries keep is given back at the latest after so many jobs.
_MOST_JOBS: Final = 200
_BUFFER_BYTES: Final = 1024 * 1024
_log: Final = logging.getLogger(__name__)


class ChildDiedError(CuntongError):
    """The child ended before it had answered; the message says how."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The job was stopped; its best so far, if it had any."""

    result: bytes | None


@dataclass(slots=True)
class _Child:
    process: Process
    jobs: int = 0
    answers: asyncio.StreamReader = field(init=False)

    def __post_init__(self) -> None:
        if self.process.stdout is None:
            raise ValueError("a child needs a pipe to answer by")
        self.answers = self.process.stdout

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None

    async def tell(self, order: Order) -> None:
        if self.process.stdin is None:
            raise ValueError("a child needs a pipe to be told by")
        # One that has ended is noticed where its answer is waited for.
        with suppress(ConnectionError):
            self.process.stdin.write(packed(order))
            await self.process.stdin.drain()

    async def hear(self) -> Answer:
        try:
            head = await self.answers.readexactly(LENGTH.size)
            answer: Answer = pickle.loads(await self.answers.readexactly(LENGTH.unpack(head)[0]))
        except asyncio.IncompleteReadError:
            raise ChildDiedError(_ending(await self.process.wait())) from None
        return answer

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


class Solvers:
    """Children that wait for jobs while this is open (``async with``).

    Parameters
    ----------
    module
        The program that a child runs; see ``solver_child.run_child``.
    idle
        How many may wait. As many are started at once.
    memory_mib
        How much memory a child may use.
    environment
        What children find there beside this process's own.
    metrics
        Where to count children; nowhere if None.
    traces
        Where spans go.
    """

    def __init__(
        self,
        module: str,
        *,
        idle: int,
        memory_mib: int,
        environment: Mapping[str, str],
        metrics: Metrics | None = None,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._module = module
        self._most_idle = idle
        self._memory_mib = memory_mib
        self._environment = environment
        self._metrics = metrics
        self._traces = traces
        self._idle: list[_Child] = []

    async def __aenter__(self) -> Self:
        """Start the children that wait; what they import they do meanwhile."""
        self._idle += [await self._start() for _ in range(self._most_idle)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End those that wait; no job may be under way."""
        self._most_idle = 0
        for child in self._idle:
            await self._kill(child, Killed.ENDING)
        self._idle.clear()

    async def solve(
        self,
        job: Solve,
        stop: asyncio.Event,
        report: Callable[[str, int, int], None],
    ) -> Done | Refused | Broke | Stopped:
        """Have a job solved; when ``stop`` is set, its best so far is the answer within half a second.

        Cancelling the call kills the child.

        Raises
        ------
        ChildDiedError
            When the child ended before it had answered.
        """
        with self._traces.span("solve", {"plan_id": job.plan_id}):
            child = self._take() or await self._start()
            child.jobs += 1
            end: Killed | None = Killed.STOPPED
            phases = Phases(self._traces)
            try:
                told = replace(job, traceparent=traceparent())
                answer = await self._hear_out(child, told, stop, report, phases)
                end = self._why_end(child, answer)
                return answer
            finally:
                phases.end(time.time_ns())
                if end is None:
                    self._idle.append(child)
                else:
                    await asyncio.shield(self._kill(child, end))

    def _why_end(self, child: _Child, answer: Done | Refused | Broke | Stopped) -> Killed | None:
        """Tell why a child that has answered is not to wait for the next job; None where it is."""
        match answer:
            case Stopped():
                return Killed.STOPPED
            case Broke():
                return Killed.BROKE
        if child.jobs >= _MOST_JOBS:
            return Killed.WORN
        return Killed.SURPLUS if len(self._idle) >= self._most_idle else None

    async def _kill(self, child: _Child, reason: Killed) -> None:
        if self._metrics is not None and child.is_alive:
            self._metrics.children_killed.labels(reason).inc()
        await child.kill()

    async def _hear_out(
        self,
        child: _Child,
        job: Solve,
        stop: asyncio.Event,
        report: Callable[[str, int, int], None],
        phases: Phases,
    ) -> Done | Refused | Broke | Stopped:
        kept: bytes | None = None
        # A child that has just been started takes its time to read.
        telling = asyncio.create_task(child.tell(job))
        stopping = asyncio.create_task(stop.wait())
        hearing = asyncio.create_task(child.hear())
        try:
            clock, until = asyncio.get_running_loop().time, None
            while True:
                waited_for = {hearing} if stopping.done() else {hearing, stopping}
                left_s = None if until is None else max(0.0, until - clock())
                done, _ = await asyncio.wait(waited_for, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    return Stopped(kept)
                if stopping in done:
                    if not telling.done():
                        return Stopped(None)
                    until = clock() + _GRACE_S
                    await child.tell(Stop())
                if hearing not in done:
                    continue
                match answer := hearing.result():
                    case Progress():
                        phases.hear(answer)
                        report(answer.phase, answer.best_cost_fen, answer.percent)
                    case Kept():
                        kept = answer.result
                    case _:
                        return answer
                hearing = asyncio.create_task(child.hear())
        finally:
            for task in (telling, stopping, hearing):
                task.cancel()
            await asyncio.gather(telling, stopping, hearing, return_exceptions=True)

    def _take(self) -> _Child | None:
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                return child
            _log.warning("a child that waited is gone: %s", _ending(child.process.returncode))
        return None

    async def _start(self) -> _Child:
        process = await asyncio.create_subprocess_exec(
            *bound_to_this([sys.executable, "-P", "-m", self._module, str(self._memory_mib)]),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, **self._environment},
            limit=_BUFFER_BYTES,
            start_new_session=True,
        )
        if self._metrics is not None:
            self._metrics.children_started.inc()
        return _Child(process)


def _ending(returncode: Any) -> str:
    if returncode is not None and returncode == -signal.SIGXCPU:
        return "the search used more time on the cores than it may"
    if returncode is not None and returncode < 0:
        return f"the search process was ended by {signal.Signals(-returncode).name}"
    return f"the search process ended with code {returncode}"
