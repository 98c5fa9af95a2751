"""Children that solve: what goes wrong in one ends it and nothing else, and none outlives its worker."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.runtime.metrics import Killed, Metrics, define_metrics
from services.runtime.solver_messages import Broke, Done, Refused, Solve
from services.runtime.solvers import ChildDiedError, Solvers, Stopped
from tests.chaos.processes import is_alive

PLACES = os.pathsep.join(place or os.getcwd() for place in sys.path)


def solvers(idle: int = 1, memory_mib: int = 2_000, metrics: Metrics | None = None) -> Solvers:
    environment = {"PYTHONPATH": PLACES}
    return Solvers("tests.solver_program", idle=idle, memory_mib=memory_mib, environment=environment, metrics=metrics)


class Asking:
    """Asks one child after another, and knows what they told."""

    def __init__(self, solvers: Solvers) -> None:
        self._solvers = solvers
        self.stop = asyncio.Event()
        self.told = asyncio.Event()
        self.pid = 0

    async def __call__(self, what: str, cpu_s: int = 600) -> Done | Refused | Broke | Stopped:
        def report(phase: str, pid: int, percent: int) -> None:
            self.pid = pid
            self.told.set()

        async with asyncio.timeout(30):
            return await self._solvers.solve(Solve(what.encode(), "plan-1", cpu_s), self.stop, report)


def run(test: Callable[[Asking], Awaitable[None]], **options: Any) -> None:
    async def whole() -> None:
        async with solvers(**options) as pool:
            await test(Asking(pool))

    asyncio.run(whole())


def test_one_child_answers_job_after_job_and_may_print() -> None:
    async def ask(asking: Asking) -> None:
        first, second = await asking("a day"), await asking("chatter")
        assert isinstance(first, Done) and isinstance(second, Done)
        assert first.result == b"plan of a day"
        assert first.figures == second.figures
        assert isinstance(refused := await asking("refuse"), Refused)
        assert refused.reason == "there is no way"
        assert isinstance(third := await asking("another"), Done)
        assert third.figures == first.figures

    run(ask)


def test_an_unforeseen_error_is_an_incident_and_the_child_is_not_used_again() -> None:
    async def ask(asking: Asking) -> None:
        first = await asking("a day")
        assert await asking("crash") == Broke("incident-7")
        second = await asking("a day")
        assert isinstance(first, Done) and isinstance(second, Done)
        assert first.figures != second.figures
        assert not is_alive(first.figures)

    run(ask)


def test_a_child_s_lines_are_json_with_the_plan_s_id_and_not_what_an_error_says(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def ask(asking: Asking) -> None:
        await asking("crash")

    run(ask)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    (incident,) = [line for line in lines if line["message"] == "incident incident-7"]
    assert incident["plan_id"] == "plan-1"
    assert "builtins.ZeroDivisionError" in incident["traceback"]
    assert "crashcrash" not in str(lines)


def test_children_are_counted_and_why_they_were_killed() -> None:
    async def ask(asking: Asking) -> None:
        await asking("a day")
        await asking("crash")
        with pytest.raises(ChildDiedError):
            await asking("die")
        asking.stop.set()
        assert isinstance(await asking("ignore"), Stopped)

    run(ask, metrics=define_metrics(registry := CollectorRegistry()))
    assert registry.get_sample_value("cuntong_children_started_total") == 3
    killed = {
        reason: registry.get_sample_value("cuntong_children_killed_total", {"reason": reason}) for reason in Killed
    }
    assert killed == {"broke": 1, "stopped": 1, "worn": 0, "surplus": 0, "ending": 0}


@pytest.mark.parametrize(("what", "how"), [("die", "ended by SIGKILL"), ("exit", "ended with code 3")])
def test_a_child_that_ends_says_how_and_the_next_job_has_another(what: str, how: str) -> None:
    async def ask(asking: Asking) -> None:
        with pytest.raises(ChildDiedError, match=how):
            await asking(what)
        assert isinstance(await asking("a day"), Done)

    run(ask)


def test_a_day_that_needs_too_much_memory_is_refused_by_name() -> None:
    async def ask(asking: Asking) -> None:
        assert isinstance(answer := await asking("hoard"), Refused)
        assert "more memory than the 2000 MiB" in answer.reason

    run(ask)


def test_a_job_that_burns_the_cores_is_ended() -> None:
    async def ask(asking: Asking) -> None:
        with pytest.raises(ChildDiedError, match="more time on the cores"):
            await asking("burn", cpu_s=1)

    run(ask)


@pytest.mark.parametrize(("what", "best"), [("obey", b"the best so far"), ("ignore", b"kept")])
def test_stopping_gives_the_best_so_far_and_a_child_that_goes_on_is_killed(what: str, best: bytes) -> None:
    async def ask(asking: Asking) -> None:
        asked = asyncio.create_task(asking(what))
        await asking.told.wait()
        asking.stop.set()
        answer = await asked
        assert isinstance(answer, Done | Stopped)
        assert answer.result == best
        assert is_alive(asking.pid) == (what == "obey")

    run(ask)


def test_a_job_that_is_stopped_before_it_has_anything_has_nothing() -> None:
    async def ask(asking: Asking) -> None:
        asking.stop.set()
        assert await asking("burn") == Stopped(None)

    run(ask)


def test_a_child_that_does_not_read_yet_can_be_stopped() -> None:
    async def ask(asking: Asking) -> None:
        asking.stop.set()
        # More than a pipe holds.
        assert await asking("burn" + " " * 5_000_000) == Stopped(None)

    run(ask)


def test_cancelling_the_call_kills_the_child() -> None:
    async def ask(asking: Asking) -> None:
        asked = asyncio.create_task(asking("ignore"))
        await asking.told.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert not is_alive(asking.pid)

    run(ask)


def test_a_child_that_died_while_it_waited_is_not_asked() -> None:
    async def ask(asking: Asking) -> None:
        first = await asking("a day")
        assert isinstance(first, Done)
        os.kill(first.figures, signal.SIGKILL)
        await asyncio.sleep(0.3)
        assert isinstance(await asking("a day"), Done)

    run(ask)


WORKER = """
import asyncio, os, sys
from prometheus_client import CollectorRegistry

from services.runtime.metrics import Killed, Metrics, define_metrics
from services.runtime.solver_messages import Solve
from services.runtime.solvers import Solvers

async def main():
    async with Solvers("tests.solver_program", idle=1, memory_mib=2000, environment={}) as pool:
        def report(phase, pid, percent):
            print(pid, flush=True)
        await pool.solve(Solve(b"ignore", "plan-1", 600), asyncio.Event(), report)

asyncio.run(main())
"""


def test_no_child_outlives_a_worker_that_is_killed() -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": PLACES}
    )
    assert worker.stdout is not None
    with worker.stdout:
        pid = int(worker.stdout.readline())
        assert is_alive(pid)
        worker.kill()
        worker.wait()
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)
