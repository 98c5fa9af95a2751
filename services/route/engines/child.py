"""An engine in a process of its own, which can be killed at any moment and loses nothing it has sent.

PyVRP's search has been seen not to return, and both it and OR-Tools hold the interpreter while they run. The parent
writes tasks to the child's standard input, each with the function that solves it; the child streams every better plan
and the last one to its standard output, pickled. Only these two talk to each other, so the pickles never come from
outside.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from services.model.errors import PlanningFailedError
from services.route.engines.engine import Effort, OnBest, RunProblem, RunSolution, ShouldStop
from services.route.engines.messages import Better, Done, Failed, Solver, Task

_POLL_S: Final = 0.05
# How long a child may overrun: long while it has sent nothing, short once its best plan is here.
_PATIENCE_S: Final = 30.0
_GRACE_S: Final = 3.0
_LONGEST_S: Final = 3_600.0

Clock = Callable[[], float]
RunSolver = Solver[RunProblem, RunSolution]
_Problem = TypeVar("_Problem")
_Solution = TypeVar("_Solution")


def solve_in_child(
    solver: Solver[_Problem, _Solution],
    problem: _Problem,
    effort: Effort,
    should_stop: ShouldStop,
    on_best: Callable[[_Solution], None] = lambda _: None,
    start: _Solution | None = None,
    clock: Clock = time.monotonic,
) -> _Solution | None:
    """Have a problem of any kind solved in a child that is started for it.

    ``solver`` is a function of a module, which the child imports. A child that is told to stop, or that overruns its
    time, is killed and the best plan that it has sent is the answer.

    Raises
    ------
    PlanningFailedError
        When the child dies or fails without having sent a plan.
    """
    # The kernel ends the child with the thread that started it, and this one stays until the child has ended.
    child = _Child()
    try:
        child.ask(Task(solver, problem, effort, start))
        found: _Solution | None = _listen(child, effort, should_stop, on_best, clock)
        return found
    finally:
        child.end()


@dataclass(frozen=True, slots=True)
class ChildEngine:
    """A solver of run problems in a spawned child, one for each call of ``solve``."""

    solver: RunSolver
    clock: Clock = field(default=time.monotonic)

    def solve(
        self,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        """Search in a child; see ``Engine.solve`` and ``solve_in_child``."""
        if not problem.demands:
            return RunSolution((), 0)
        return solve_in_child(self.solver, problem, effort, should_stop, on_best, start, self.clock)


class ChildPool:
    """Children that wait for the next search (``with``); starting one takes longer than a small search.

    Parameters
    ----------
    idle
        How many may wait. As many as there are searches run at once, each in a child of its own.
    clock
        Seconds that only grow.
    """

    def __init__(self, idle: int, clock: Clock = time.monotonic) -> None:
        self._most_idle = idle
        self._clock = clock
        self._idle: list[_Child] = []
        self._lock = threading.Lock()
        # The kernel ends a child with the thread that started it: this thread stays as long as the pool.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="searcher-starter")

    def __enter__(self) -> Self:
        """Children are started when first needed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End those that wait; no search may be under way."""
        with self._lock:
            waiting, self._idle, self._most_idle = self._idle, [], 0
        for child in waiting:
            child.end()
        self._starter.shutdown()

    def engine(self, solver: RunSolver) -> PooledEngine:
        """An engine whose searches these children make."""
        return PooledEngine(self, solver)

    def solve(
        self,
        solver: RunSolver,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        """Search in a child as ``ChildEngine`` does; one whose search has ended by itself is kept for the next."""
        task = Task(solver, problem, effort, start)
        while (child := self._take_waiting()) is not None:
            try:
                return self._ask(child, task, should_stop, on_best)
            except PlanningFailedError:
                # One that died while it waited was never told anything; the task is for the next.
                if not child.is_lost:
                    raise
        return self._ask(self._starter.submit(_Child).result(), task, should_stop, on_best)

    def _ask(
        self, child: _Child, task: Task[RunProblem, RunSolution], should_stop: ShouldStop, on_best: OnBest
    ) -> RunSolution | None:
        try:
            child.ask(task)
            found: RunSolution | None = _listen(child, task.effort, should_stop, on_best, self._clock)
            return found
        finally:
            self._put_back(child)

    def _take_waiting(self) -> _Child | None:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.is_ready:
                    return child
                child.end()
        return None

    def _put_back(self, child: _Child) -> None:
        with self._lock:
            if child.is_ready and len(self._idle) < self._most_idle:
                self._idle.append(child)
                return
        child.end()


@dataclass(frozen=True, slots=True)
class PooledEngine:
    """A solver of run problems in the children of a pool."""

    pool: ChildPool
    solver: RunSolver

    def solve(
        self,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        """Search in a child of the pool; see ``Engine.solve``."""
        if not problem.demands:
            return RunSolution((), 0)
        return self.pool.solve(self.solver, problem, effort, should_stop, on_best, start)


class _Child:
    """A searcher and what it says; ``is_ready`` for a task before the first and after each that it has ended.

    ``is_lost`` when it was gone before it could answer.
    """

    def __init__(self) -> None:
        self.answers: SimpleQueue[Better[Any] | Done[Any] | Failed] = SimpleQueue()
        self.is_lost = False
        self._is_busy = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "services.route.engines.searcher", str(os.getpid())],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(place or os.getcwd() for place in sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        threading.Thread(target=self._receive, daemon=True).start()

    @property
    def is_ready(self) -> bool:
        """Whether it can be asked."""
        return not self._is_busy and self._process.poll() is None

    def ask(self, task: Task[Any, Any]) -> None:
        """Hand it a task, in a thread, so that a full pipe cannot block the caller."""
        self._is_busy = True
        threading.Thread(target=self._send, args=(task,), daemon=True).start()

    def has_ended_its_search(self) -> None:
        """Take note that it waits for the next task."""
        self._is_busy = False

    def end(self) -> None:
        """Kill it, whatever it does."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            # What it was still to be told goes nowhere.
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def _send(self, task: Task[Any, Any]) -> None:
        if self._process.stdin is None:
            raise ValueError("the child needs a pipe to read from")
        try:
            pickle.dump(task, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            # A closed pipe is a ValueError: the child was ended meanwhile.
            self.is_lost = True
            self.answers.put(Failed("the search process ended before it was told what to do"))

    def _receive(self) -> None:
        if self._process.stdout is None:
            raise ValueError("the child needs a pipe to write to")
        with self._process.stdout as stream:
            while True:
                try:
                    self.answers.put(pickle.load(stream))
                except Exception as error:
                    # A child that was killed may be cut off anywhere, one that went wrong may have written anything,
                    # and pickle raises nearly every kind of error then.
                    self.is_lost = True
                    self.answers.put(Failed(f"the search process ended early ({type(error).__name__})"))
                    return


def _listen(
    child: _Child, effort: Effort, should_stop: ShouldStop, on_best: Callable[[Any], None], clock: Clock
) -> Any:
    """Hear a child out, until it is done, the caller wants no more or its time is over."""
    began, best = clock(), None
    while not should_stop() and clock() - began < _allowed_s(effort, best is not None):
        try:
            answer = child.answers.get(timeout=_POLL_S)
        except Empty:
            continue
        if isinstance(answer, Better):
            best = answer.solution
            on_best(best)
        elif isinstance(answer, Done):
            child.has_ended_its_search()
            return answer.solution or best
        elif best is None:
            raise PlanningFailedError(f"the search failed: {answer.reason}")
        else:
            return best
    return best


def _allowed_s(effort: Effort, has_plan: bool) -> float:
    if effort.iterations is not None:
        return _LONGEST_S
    return effort.seconds + (_GRACE_S if has_plan else _PATIENCE_S)
