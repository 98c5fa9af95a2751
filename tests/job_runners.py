"""Jobs worked on in this process: the real queue and the real runner, with functions in place of children."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from services.model.errors import PlanningFailedError
from services.runtime.jobs import JobRunner
from services.runtime.metrics import Metrics
from services.runtime.solver_messages import Broke, Done, Refused, Solve
from services.runtime.solvers import ChildDiedError, Stopped
from services.runtime.store import JobStore
from services.runtime.tasks import DocketTasks, LostJobs, open_tasks

ShouldStop = Callable[[], bool]
Report = Callable[[str, int, int], None]
Work = Callable[[bytes, ShouldStop, Report], bytes]

_names = map("runner-{}".format, itertools.count())


class FunctionSolver:
    """Solves by a function in a thread; one that raises ``ChildDiedError`` is a child that dies."""

    def __init__(self, work: Work, threads: ThreadPoolExecutor) -> None:
        self._work = work
        self._threads = threads

    async def solve(
        self, job: Solve, stop: asyncio.Event, report: Callable[[str, int, int], None]
    ) -> Done | Refused | Broke | Stopped:
        """Call the function."""
        stopping = threading.Event()
        loop = asyncio.get_running_loop()
        watching = asyncio.create_task(stop.wait())
        watching.add_done_callback(lambda _: stopping.set())
        try:
            call = loop.run_in_executor(self._threads, self._work, job.payload, stopping.is_set, report)
            result = await asyncio.shield(call)
        except (PlanningFailedError, ChildDiedError) as error:
            if isinstance(error, ChildDiedError):
                raise
            return Refused(str(error))
        except Exception:
            return Broke("incident-1")
        finally:
            watching.cancel()
        return Stopped(result) if stop.is_set() else Done(result)


@asynccontextmanager
async def working(
    store: JobStore, url: str, work: Work, *, workers: int = 1, lease_s: float = 0.3, metrics: Metrics | None = None
) -> AsyncIterator[DocketTasks]:
    """Work on the store's jobs by a function, several at once."""
    name = next(_names)
    with ThreadPoolExecutor(workers, thread_name_prefix="plan") as threads:
        async with open_tasks(url) as tasks:
            looking = asyncio.create_task(LostJobs(store, tasks, name=name, clock=time.monotonic, every_s=0.05).run())
            runner = JobRunner(
                store,
                FunctionSolver(work, threads),
                tasks,
                clock=time.monotonic,
                name=name,
                metrics=metrics,
                beat_s=0.05,
            )
            try:
                async with tasks.working(runner.work_on, name=name, at_once=workers, lease_s=lease_s):
                    try:
                        yield tasks
                    finally:
                        await runner.finish(0.0)
            finally:
                looking.cancel()
