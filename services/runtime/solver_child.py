"""A child's end: it solves what it is told to, one after the other, until its parent closes the pipe or ends.

It holds itself to a limit of memory, and for each job to one of time on the cores; the kernel ends it beyond that one.
"""

from __future__ import annotations

import logging
import os
import pickle
import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import IO, Any, Final, Protocol

from services.model.errors import PlanningFailedError
from services.runtime.logs import bound
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
from services.runtime.traces import trace_id_of

_MIB: Final = 1024 * 1024
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Telling:
    """How work hears and is heard: whether to stop, how far it has come, the best so far as it would be returned."""

    should_stop: Callable[[], bool]
    report: Callable[[str, int, int], None]
    keep: Callable[[bytes], None]


class Work(Protocol):
    """What a child can do."""

    def __call__(self, payload: bytes, telling: Telling) -> tuple[bytes, Any]:
        """Make the result, and figures about it.

        Raises
        ------
        PlanningFailedError
            When there is none, for the caller to read.
        """
        ...


def run_child(work: Work, new_id: Callable[[], str]) -> None:
    """Solve until there is nothing more to come; the program's argument says how many MiB of memory it may use."""
    memory_mib = int(sys.argv[1])
    limit = memory_mib * _MIB
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What a library prints must not get between the messages.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _Child(work, new_id, memory_mib, output).run(sys.stdin.buffer)


class _Child:
    def __init__(self, work: Work, new_id: Callable[[], str], memory_mib: int, output: IO[bytes]) -> None:
        self._work = work
        self._new_id = new_id
        self._memory_mib = memory_mib
        self._output = output
        self._sending = threading.Lock()
        self._stop = threading.Event()
        self._jobs: SimpleQueue[Solve | None] = SimpleQueue()

    def run(self, orders: IO[bytes]) -> None:
        threading.Thread(target=self._listen, args=(orders,), daemon=True).start()
        while (job := self._jobs.get()) is not None:
            with bound(plan_id=job.plan_id, trace_id=trace_id_of(job.traceparent)):
                _limit_cpu(job.cpu_s)
                self._send(self._answer(job))

    def _listen(self, orders: IO[bytes]) -> None:
        while (order := _read(orders)) is not None:
            match order:
                case Solve():
                    self._stop.clear()
                    self._jobs.put(order)
                case Stop():
                    self._stop.set()
        self._jobs.put(None)

    def _answer(self, job: Solve) -> Answer:
        telling = Telling(
            self._stop.is_set,
            lambda phase, best_fen, percent: self._send(Progress(phase, best_fen, percent, time.time_ns())),
            lambda result: self._send(Kept(result)),
        )
        try:
            return Done(*self._work(job.payload, telling))
        except PlanningFailedError as error:
            return Refused(str(error))
        except MemoryError:
            return Refused(f"the day needs more memory than the {self._memory_mib} MiB that a search may use")
        except Exception:
            incident = self._new_id()
            _log.exception("incident %s", incident)
            return Broke(incident)

    def _send(self, answer: Answer) -> None:
        with self._sending:
            self._output.write(packed(answer))
            self._output.flush()


def _read(orders: IO[bytes]) -> Order | None:
    head = orders.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    order: Order = pickle.loads(orders.read(LENGTH.unpack(head)[0]))
    return order


def _limit_cpu(further_s: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent_s = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (spent_s + further_s, resource.RLIM_INFINITY))
