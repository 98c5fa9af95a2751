"""Jobs worked on: begun in turn, cancelled, broken off, lost and ended, with a real store and a real queue."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from docket import Worker
from prometheus_client import CollectorRegistry

from services.model.errors import (
    PlanningFailedError,
    PlanNotFoundError,
    StoreUnavailableError,
)
from services.runtime import tasks
from services.runtime.job_records import JobState
from services.runtime.metrics import define_metrics
from services.runtime.solvers import ChildDiedError
from services.runtime.store import JobLimits, JobStore
from tests.job_runners import Report, ShouldStop, working
from tests.job_stores import ended, job, jobs, until
from tests.stores import store_of_tests


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with store_of_tests() as address:
        yield address


def echo(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
    report("check", 42, 100)
    return b"plan of " + payload


class Patient:
    """Work that goes on until it is told to stop; then it has a plan."""

    def __init__(self) -> None:
        self.started: list[bytes] = []

    def __call__(self, payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        self.started.append(payload)
        report("runs", 7, 10)
        while not should_stop():
            time.sleep(0.01)
        return b"best so far"


@pytest.mark.asyncio
async def test_work_is_done_and_its_result_kept(url: str) -> None:
    metrics = define_metrics(registry := CollectorRegistry())
    async with jobs(url) as store, working(store, url, echo, metrics=metrics) as tasks:
        submitted, _ = await store.submit(job("p"), "x", b"day")
        await tasks.enqueue(submitted)
        record = await ended(store, "p")
        assert (record.state, record.phase, record.best_cost_fen, record.percent) == ("SUCCEEDED", "check", 42, 100)
        assert await store.result("p") == b"plan of day"
        await until(lambda: registry.get_sample_value("cuntong_jobs_ended_total", {"state": "SUCCEEDED"}) == 1)


@pytest.mark.asyncio
async def test_a_job_that_nobody_announced_is_found(url: str) -> None:
    async with jobs(url) as store, working(store, url, echo):
        await store.submit(job("p"), "x", b"day")
        assert (await ended(store, "p")).state is JobState.SUCCEEDED


@pytest.mark.asyncio
async def test_work_on_several_jobs_goes_side_by_side(url: str) -> None:
    together = threading.Barrier(2, timeout=5)

    def meet(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        together.wait()
        return b""

    async with jobs(url) as store:
        await store.submit(job("a"), "x", b"")
        await store.submit(job("b"), "x", b"")
        async with working(store, url, meet, workers=2):
            assert [(await ended(store, p)).state for p in "ab"] == [JobState.SUCCEEDED] * 2


@pytest.mark.asyncio
async def test_why_no_plan_was_made_is_kept(url: str) -> None:
    def fail(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        raise PlanningFailedError("the hub is closed")

    async with jobs(url) as store, working(store, url, fail):
        await store.submit(job("p"), "x", b"")
        record = await ended(store, "p")
        assert (record.state, record.reason) == (JobState.FAILED, "the hub is closed")


@pytest.mark.asyncio
async def test_an_unforeseen_error_is_not_told(url: str) -> None:
    def crash(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        raise ZeroDivisionError("secret")

    async with jobs(url) as store, working(store, url, crash):
        await store.submit(job("p"), "x", b"")
        record = await ended(store, "p")
    assert record.state is JobState.FAILED
    assert record.reason == "internal error, see the log with id incident-1"


@pytest.mark.asyncio
async def test_a_job_whose_child_dies_is_tried_again_and_fails_the_third_time(url: str) -> None:
    tries = list[bytes]()

    def die(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        tries.append(payload)
        raise ChildDiedError("the search process was ended by SIGKILL")

    metrics = define_metrics(registry := CollectorRegistry())
    async with jobs(url) as store, working(store, url, die, metrics=metrics):
        await store.submit(job("p"), "x", b"poison")
        record = await ended(store, "p")
    assert registry.get_sample_value("cuntong_attempts_broken_off_total") == 3
    assert registry.get_sample_value("cuntong_jobs_restarted_total") == 2
    assert record.state is JobState.FAILED
    assert record.reason == "planning broke off 3 times: the search process was ended by SIGKILL"
    assert tries == [b"poison"] * 3


@pytest.mark.asyncio
async def test_cancelling_stops_work_and_keeps_what_it_found(url: str) -> None:
    patient = Patient()
    async with jobs(url) as store, working(store, url, patient):
        await store.submit(job("p"), "x", b"")
        await until(lambda: bool(patient.started))
        assert (await store.request_cancel("p")).state is JobState.RUNNING
        assert await store.is_cancel_requested("p")
        record = await ended(store, "p")
        assert record.state is JobState.CANCELLED
        assert await store.result("p") == b"best so far"


@pytest.mark.asyncio
async def test_a_queued_job_is_cancelled_at_once(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("p"), "x", b"")
        assert (await store.request_cancel("p")).state is JobState.CANCELLED
        assert await store.begin("p", "me") is None
        assert (await store.request_cancel("p")).sequence == 2
        with pytest.raises(PlanNotFoundError):
            await store.request_cancel("unknown")


@pytest.mark.asyncio
async def test_a_cancelled_job_whose_worker_died_is_not_taken_up_again(url: str) -> None:
    async with jobs(url, JobLimits(lease_s=0.02)) as store:
        await store.submit(job("p"), "x", b"")
        await store.begin("p", "dead")
        await store.request_cancel("p")
        await asyncio.sleep(0.05)
        assert await store.begin("p", "next") is None
        assert (await store.get("p")).state is JobState.CANCELLED


@pytest.mark.asyncio
async def test_closing_leaves_jobs_for_the_next_runner(url: str) -> None:
    patient, order = Patient(), list[bytes]()

    def note(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        order.append(payload)
        return b""

    async with jobs(url) as store:
        for name in ("b", "a", "c"):
            await store.submit(job(name), "x", name.encode())
        async with working(store, url, patient):
            await until(lambda: bool(patient.started))
        assert {j.state for j in await store.open_jobs()} == {JobState.QUEUED}
        assert await store.result("b") is None
        async with working(store, url, note):
            assert [(await ended(store, p)).state for p in "abc"] == [JobState.SUCCEEDED] * 3
    assert sorted(order) == [b"a", b"b", b"c"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("plan")]


@pytest.mark.asyncio
async def test_a_job_that_is_begun_as_the_runner_closes_is_put_back(url: str) -> None:
    class Slow(JobStore):
        """A store that takes its time to begin a job."""

        async def begin(self, plan_id: str, owner: str) -> int | None:
            attempt = await super().begin(plan_id, owner)
            begun.set()
            await asyncio.sleep(0.2)
            return attempt

    begun = asyncio.Event()
    async with jobs(url, kind=Slow) as store:
        async with working(store, url, Patient()):
            await store.submit(job("p"), "x", b"")
            async with asyncio.timeout(10):
                await begun.wait()
        assert (await store.get("p")).state is JobState.QUEUED


@pytest.mark.asyncio
async def test_an_engine_that_takes_being_stopped_for_a_broken_connection_is_stopped_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = list[str]()

    async def run_forever(self: Worker) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(self.name)
        await asyncio.Event().wait()

    monkeypatch.setattr(Worker, "run_forever", run_forever)
    monkeypatch.setattr(tasks, "_CANCEL_AGAIN_S", 0.05)
    async with jobs(url) as store, asyncio.timeout(10), working(store, url, echo):
        await asyncio.sleep(0.05)
    assert len(cancelled) == 1


@pytest.mark.asyncio
async def test_a_job_of_a_dead_process_is_taken_up(url: str) -> None:
    async with jobs(url) as store:
        await store.submit(job("p"), "x", b"day")
        await store.begin("p", "dead")
        async with working(store, url, echo):
            record = await ended(store, "p")
        assert (record.state, record.attempt) == (JobState.SUCCEEDED, 2)


@pytest.mark.asyncio
async def test_a_living_worker_keeps_its_job(url: str) -> None:
    patient, other = Patient(), Patient()
    async with jobs(url) as store, working(store, url, patient), working(store, url, other):
        await store.submit(job("p"), "x", b"")
        await until(lambda: bool(patient.started or other.started))
        await asyncio.sleep(0.8)
        assert len(patient.started + other.started) == 1
        assert (await store.get("p")).attempt == 1


@pytest.mark.asyncio
async def test_a_runner_that_lost_its_job_stops_and_commits_nothing(url: str) -> None:
    patient = Patient()
    async with jobs(url) as store, working(store, url, patient):
        await store.submit(job("p"), "x", b"")
        await until(lambda: bool(patient.started))
        assert await store.commit("p", 1, JobState.FAILED, "ended elsewhere") is JobState.FAILED
        await asyncio.sleep(0.3)
        assert (await store.get("p")).reason == "ended elsewhere"
        assert await store.result("p") is None


@pytest.mark.asyncio
async def test_a_result_waits_for_a_store_that_is_away(url: str, caplog: pytest.LogCaptureFixture) -> None:
    class Shaky(JobStore):
        """A store that is away when the first outcome comes."""

        was_away = False

        async def commit(self, *args: Any, **options: Any) -> JobState | None:
            if not self.was_away:
                self.was_away = True
                raise StoreUnavailableError("away")
            return await super().commit(*args, **options)

    async with jobs(url, kind=Shaky) as store, working(store, url, echo):
        await store.submit(job("p"), "x", b"day")
        record = await ended(store, "p")
        assert (record.state, record.attempt) == (JobState.SUCCEEDED, 1)
    assert any("not kept yet" in line.getMessage() for line in caplog.records)
