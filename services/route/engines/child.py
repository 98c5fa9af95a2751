"""An engine in a process of its own, which can be killed at any moment and loses nothing it has sent.

PyVRP's search has been seen not to return, and it holds the interpreter while it runs. The parent writes one task to
the child's standard input; the child streams every better plan and the last one to its standard output, pickled. Only
these two talk to each other, so the pickles never come from outside.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import BinaryIO, Final

from services.model.errors import PlanningFailedError
from services.route.engines.engine import Effort, OnBest, RunProblem, RunSolution, ShouldStop
from services.route.engines.messages import Better, Done, Failed, Task

_POLL_S: Final = 0.05
# How long a child may overrun: long while it has sent nothing, short once its best plan is here.
_PATIENCE_S: Final = 30.0
_GRACE_S: Final = 3.0
_LONGEST_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class ChildEngine:
    """PyVRP in a spawned child, one for each call of ``solve``."""

    clock: Callable[[], float] = field(default=time.monotonic)

    def solve(
        self,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        """Search in a child; see ``Engine.solve``.

        A child that is told to stop, or that overruns its time, is killed and the best plan that it has sent is the
        answer.

        Raises
        ------
        PlanningFailedError
            When the child dies or fails without having sent a plan.
        """
        if not problem.demands:
            return RunSolution((), 0)
        began = self.clock()
        best: RunSolution | None = None
        # The kernel ends the child with the thread that started it, and this one stays until the child has ended.
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "services.route.engines.searcher", str(os.getpid())],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(place or os.getcwd() for place in sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            answers = _converse(child, Task(problem, effort, start))
            while not should_stop() and self.clock() - began < _allowed_s(effort, best is not None):
                try:
                    answer = answers.get(timeout=_POLL_S)
                except Empty:
                    continue
                if isinstance(answer, Better):
                    best = answer.solution
                    on_best(best)
                elif isinstance(answer, Done):
                    return answer.solution or best
                elif best is None:
                    raise PlanningFailedError(f"the search failed: {answer.reason}")
                else:
                    return best
            return best
        finally:
            child.kill()
            child.wait()


def _allowed_s(effort: Effort, has_plan: bool) -> float:
    if effort.iterations is not None:
        return _LONGEST_S
    return effort.seconds + (_GRACE_S if has_plan else _PATIENCE_S)


def _converse(child: subprocess.Popen[bytes], task: Task) -> SimpleQueue[Better | Done | Failed]:
    """Send the task and read answers in threads, so that neither pipe can block the caller."""
    answers: SimpleQueue[Better | Done | Failed] = SimpleQueue()

    def send(stream: BinaryIO) -> None:
        try:
            with stream:
                pickle.dump(task, stream, protocol=pickle.HIGHEST_PROTOCOL)
        except BrokenPipeError:
            answers.put(Failed("the search process ended before it was told what to do"))

    def receive(stream: BinaryIO) -> None:
        with stream:
            while True:
                try:
                    answers.put(pickle.load(stream))
                except Exception as error:
                    # A child that was killed may be cut off anywhere, one that went wrong may have written anything,
                    # and pickle raises nearly every kind of error then.
                    answers.put(Failed(f"the search process ended early ({type(error).__name__})"))
                    return

    if child.stdin is None or child.stdout is None:
        raise ValueError("the child needs pipes at both ends")
    threading.Thread(target=send, args=(child.stdin,), daemon=True).start()
    threading.Thread(target=receive, args=(child.stdout,), daemon=True).start()
    return answers
