"""Chaos: plans are asked for while workers and servers are killed and frozen at random, and the store once.

``python -m tests.chaos.run --minutes 12`` kills workers 100 times, servers 20 times and freezes workers 20 times; other
lengths do so in proportion. Every plan that was accepted must be made, once, and in time. The last line is a JSON
object; the exit code is 1 where something was lost, made twice, late or left running. Restarts are timed without the
moments in which the store was away.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import grpc
from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb
from cuntong.route.v1 import route_service_pb2_grpc as pb_grpc
from grpc import aio

from services.model.day import PlanSettings
from services.model.errors import CuntongError
from services.runtime.job_records import JobRecord, JobState
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect
from services.wire.codec import encode
from tests.builders import small_day
from tests.chaos.processes import children_of, is_alive
from tests.chaos.programs import Program, server, worker
from tests.chaos.stores import Store, open_store
from tests.stores import named_store

# What twelve minutes see.
_MINUTES: Final = 12.0
_WORKER_KILLS: Final = 100
_SERVER_KILLS: Final = 20
_FREEZES: Final = 20
_LEASE_S: Final = 8.0
_SERVERS: Final = 2
_WORKERS: Final = 3
_OPEN_AT_ONCE: Final = 6
_PLAN_S: Final = 1
_PATIENCE_S: Final = 120.0
_ORPHAN_S: Final = 2.0
_STORE_AWAY_S: Final = 5.0
_RETRY: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)
_MADE: Final = re.compile(r"attempt (\d+) SUCCEEDED")


@dataclass(slots=True)
class Seen:
    """What was seen."""

    accepted: dict[str, str] = field(default_factory=dict)
    """The request by plan."""
    answers: dict[str, set[str]] = field(default_factory=dict)
    """The plans that a request was answered with; more than one is a fault."""
    worker_kills: int = 0
    server_kills: int = 0
    freezes: int = 0
    restarts_s: list[float] = field(default_factory=list)
    orphans: int = 0
    first_start_after_store_s: float | None = None
    faults: list[str] = field(default_factory=list)


class Chaos:
    """A deployment under attack."""

    def __init__(self, store: Store, folder: Path, minutes: float, seed: int) -> None:
        self._store_process = store
        self._minutes = minutes
        self._random = random.Random(seed)
        given = {"CUNTONG_LEASE_S": str(_LEASE_S), "CUNTONG_MAX_TENANT_SOLVE_S": "100000"}
        self._servers = [server(f"server-{n}", folder, store.url, **given) for n in range(_SERVERS)]
        self._workers = [worker(f"worker-{n}", folder, store.url, **given) for n in range(_WORKERS)]
        self._redis = connect(store.url)
        self._jobs = JobStore(self._redis, lambda: datetime.now(UTC), JobLimits())
        self._seen = Seen()
        self._frozen: set[str] = set()
        self._is_over = asyncio.Event()
        self._following: set[asyncio.Task[None]] = set()
        self._run = uuid.uuid4().hex[:8]
        self._store_left = self._store_came = 0.0

    async def run(self) -> dict[str, Any]:
        """Attack for the time given, then wait until all is done, and count."""
        programs = [*self._servers, *self._workers]
        for program in programs:
            program.start()
        try:
            for program in programs:
                await asyncio.to_thread(program.wait_until_ready)
            asking = [asyncio.create_task(self._ask(number)) for number in range(_OPEN_AT_ONCE)]
            attacks = [
                asyncio.create_task(self._attack(self._kill_worker, _WORKER_KILLS)),
                asyncio.create_task(self._attack(self._kill_server, _SERVER_KILLS)),
                asyncio.create_task(self._attack(self._freeze_worker, _FREEZES)),
                asyncio.create_task(self._kill_store()),
            ]
            await asyncio.gather(*attacks)
            self._is_over.set()
            await asyncio.gather(*asking)
            await asyncio.gather(*self._following)
            return await self._count()
        finally:
            for program in programs:
                program.kill()
            await self._redis.aclose()

    # --- asking ---

    async def _ask(self, number: int) -> None:
        """Ask for plans one after the other; a request that was not answered is made again, as a client would."""
        made = 0
        while not self._is_over.is_set():
            request = pb.SubmitPlanRequest(
                request_id=f"chaos-{self._run}-{number}-{made}",
                day=encode(small_day(), plan_pb2.Day),
                settings=encode(PlanSettings(time_budget_s=_PLAN_S, cores=1, compare=False), plan_pb2.PlanSettings),
            )
            plan_id = await self._submit(request)
            await self._wait_for_end(plan_id)
            made += 1

    async def _submit(self, request: pb.SubmitPlanRequest) -> str:
        while True:
            with suppress(aio.AioRpcError):
                plan_id = await self._submit_once(request)
                self._seen.answers.setdefault(request.request_id, set()).add(plan_id)
                self._seen.accepted[plan_id] = request.request_id
                # As one does whose first answer was lost.
                if self._random.random() < 0.1:
                    again = await self._submit_once(request)
                    self._seen.answers[request.request_id].add(again)
                return plan_id
            await asyncio.sleep(0.2)

    async def _submit_once(self, request: pb.SubmitPlanRequest) -> str:
        chosen = self._random.choice(self._servers)
        address = json.loads(chosen.ready_file.read_text())["grpc"] if chosen.is_ready else "127.0.0.1:9"
        async with aio.insecure_channel(address) as channel:
            try:
                answer = await pb_grpc.RouteServiceStub(channel).SubmitPlan(request, timeout=10)
            except aio.AioRpcError as error:
                if error.code() not in _RETRY:
                    self._seen.faults.append(f"SubmitPlan: {error.code()} {error.details()}")
                raise
        plan_id: str = answer.job.plan_id
        return plan_id

    async def _wait_for_end(self, plan_id: str) -> None:
        while not self._is_over.is_set():
            with suppress(CuntongError):
                if not (await self._jobs.get(plan_id)).state.is_open:
                    return
            await asyncio.sleep(0.1)

    # --- attacking ---

    async def _attack(self, attack: Any, in_all: int) -> None:
        """Attack at random moments, as often as the minutes say."""
        times = round(in_all * self._minutes / _MINUTES)
        began, whole_s = time.monotonic(), self._minutes * 60
        for moment in sorted(self._random.uniform(0, whole_s) for _ in range(times)):
            await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
            await attack()
        await asyncio.sleep(max(0.0, began + whole_s - time.monotonic()))

    def _standing(self, programs: Sequence[Program]) -> Program | None:
        ready = [program for program in programs if program.is_ready and program.name not in self._frozen]
        return self._random.choice(ready) if ready else None

    async def _kill_worker(self) -> None:
        while (victim := self._standing(self._workers)) is None:
            await asyncio.sleep(0.2)
        running = await self._jobs_of(victim)
        children = children_of(victim.pid)
        victim.ready_file.unlink(missing_ok=True)
        victim.kill()
        self._seen.worker_kills += 1
        self._follow(self._time_restarts(running))
        self._follow(self._look_for_orphans(children))
        victim.start()

    async def _kill_server(self) -> None:
        while (victim := self._standing(self._servers)) is None:
            await asyncio.sleep(0.2)
        victim.ready_file.unlink(missing_ok=True)
        victim.kill()
        self._seen.server_kills += 1
        victim.start()

    async def _freeze_worker(self) -> None:
        while (victim := self._standing(self._workers)) is None:
            await asyncio.sleep(0.2)
        running = await self._jobs_of(victim)
        pid = victim.pid
        self._frozen.add(victim.name)
        victim.send(signal.SIGSTOP)
        self._seen.freezes += 1
        self._follow(self._time_restarts(running))
        self._follow(self._thaw(victim, pid))

    async def _thaw(self, victim: Program, pid: int) -> None:
        await asyncio.sleep(2 * _LEASE_S)
        if victim.pid == pid:
            victim.send(signal.SIGCONT)
        self._frozen.discard(victim.name)

    async def _kill_store(self) -> None:
        """Half way through the store dies, and comes back with all that it had acknowledged."""
        await asyncio.sleep(self._minutes * 30)
        self._store_left = time.monotonic()
        self._store_process.kill()
        await asyncio.sleep(_STORE_AWAY_S)
        self._store_process.start()
        await asyncio.to_thread(self._store_process.wait_until_ready)
        began = self._store_came = time.monotonic()
        while time.monotonic() - began < _PATIENCE_S:
            with suppress(CuntongError):
                running = {j.plan_id: j.attempt for j in await self._jobs.open_jobs() if j.state is JobState.RUNNING}
                await asyncio.sleep(0.2)
                jobs = await self._jobs.open_jobs()
                if any(j.state is JobState.RUNNING and running.get(j.plan_id) != j.attempt for j in jobs):
                    self._seen.first_start_after_store_s = time.monotonic() - began
                    return
        self._seen.faults.append("no job was begun after the store came back")

    # --- following ---

    def _follow(self, what: Any) -> None:
        task = asyncio.create_task(what)
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def _jobs_of(self, victim: Program) -> list[JobRecord]:
        owners = [line["message"] for line in victim.lines() if line["message"].startswith("working as ")]
        with suppress(CuntongError):
            running = [job for job in await self._jobs.open_jobs() if job.state is JobState.RUNNING]
            leases = await self._redis.mget([f"cuntong:lease:{job.plan_id}" for job in running]) if running else []
            owner = owners[-1].removeprefix("working as ").encode() if owners else b""
            return [job for job, lease in zip(running, leases, strict=True) if lease == owner]
        return []

    async def _time_restarts(self, jobs: Sequence[JobRecord]) -> None:
        """How long it takes until each job is begun again; one that had just ended is not."""
        began = time.monotonic()
        waiting = {job.plan_id: job.attempt for job in jobs}
        while waiting and time.monotonic() - began < _PATIENCE_S:
            for plan_id, attempt in list(waiting.items()):
                with suppress(CuntongError):
                    job = await self._jobs.get(plan_id)
                    if job.attempt > attempt:
                        self._seen.restarts_s.append(self._with_store_s(began))
                    if job.attempt > attempt or not job.state.is_open:
                        del waiting[plan_id]
            await asyncio.sleep(0.05)
        self._seen.faults += [f"{plan_id} was not begun again" for plan_id in waiting]

    def _with_store_s(self, began: float) -> float:
        """How long it is since then, without the time that the store was away: nothing can be begun then."""
        now = time.monotonic()
        return now - began - max(0.0, min(now, self._store_came) - max(began, self._store_left))

    async def _look_for_orphans(self, children: Sequence[int]) -> None:
        await asyncio.sleep(_ORPHAN_S)
        self._seen.orphans += sum(map(is_alive, children))

    # --- counting ---

    async def _count(self) -> dict[str, Any]:
        for program in self._workers:
            with suppress(ProcessLookupError):
                program.send(signal.SIGCONT)
        ended = await self._ends()
        successes: dict[str, int] = {}
        unforeseen = 0
        for program in [*self._servers, *self._workers]:
            for line in program.lines():
                if _MADE.search(line["message"]):
                    successes[line["plan_id"]] = successes.get(line["plan_id"], 0) + 1
                unforeseen += "incident" in line["message"] or "Traceback" in line["message"]
        seen = self._seen
        done = [plan_id for plan_id, job in ended.items() if job.state is JobState.SUCCEEDED]
        without = [plan_id for plan_id in done if await self._jobs.result(plan_id) is None]
        restarts = sorted(seen.restarts_s)
        p95 = restarts[int(0.95 * (len(restarts) - 1))] if restarts else None
        lost = len(seen.accepted) - len(done) + len(without)
        twice = sum(count > 1 for count in successes.values()) + sum(len(p) > 1 for p in seen.answers.values())
        for plan_id, job in ended.items():
            if job.state is not JobState.SUCCEEDED:
                seen.faults.append(f"{plan_id} ended {job.state}: {job.reason}")
        late = sum(restart_s > _limit_s() for restart_s in restarts) + ((seen.first_start_after_store_s or 0.0) > 30)
        return {
            "accepted": len(seen.accepted),
            "done": len(done),
            "lost": lost,
            "committed_twice": twice,
            "worker_kills": seen.worker_kills,
            "server_kills": seen.server_kills,
            "freezes": seen.freezes,
            "restarts": len(restarts),
            "restart_p95_s": _rounded(p95),
            "restart_max_s": _rounded(max(restarts, default=None)),
            "restart_limit_s": _limit_s(),
            "late": late,
            "orphans": seen.orphans,
            "first_start_after_store_s": _rounded(seen.first_start_after_store_s),
            "incidents": unforeseen,
            "faults": seen.faults[:20],
        }

    async def _ends(self) -> dict[str, JobRecord]:
        """The accepted jobs that have ended, when all have or time is up."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            jobs = {plan_id: await self._get(plan_id) for plan_id in self._seen.accepted}
            ended = {plan_id: job for plan_id, job in jobs.items() if job is not None and not job.state.is_open}
            if len(ended) == len(jobs) or time.monotonic() > deadline:
                return ended
            await asyncio.sleep(0.5)

    async def _get(self, plan_id: str) -> JobRecord | None:
        with suppress(CuntongError):
            return await self._jobs.get(plan_id)
        return None


def _limit_s() -> float:
    return 1.25 * _LEASE_S + 2


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def is_well(counted: dict[str, Any]) -> bool:
    """Whether nothing was lost, made twice or left running; how late a thing may be, a busy machine decides."""
    faults = [counted[name] for name in ("lost", "committed_twice", "orphans", "incidents", "faults")]
    return not any(faults) and counted["done"] > 0


def chaos(minutes: float, seed: int, folder: Path, program: str | None) -> dict[str, Any]:
    """Attack a deployment on a store of its own in ``folder``: the embedded one, or a program that speaks TLS."""
    with open_store(folder / "store", program, has_tls=program is not None) as store:
        return asyncio.run(Chaos(store, folder, minutes, seed).run())


def main() -> None:
    """Attack as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", help="a redis-server to use, with TLS, in place of the embedded Valkey")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        counted = chaos(given.minutes, given.seed, Path(folder), given.store or named_store())
    print(json.dumps(counted, ensure_ascii=False))
    sys.exit(0 if is_well(counted) and not counted["late"] else 1)


if __name__ == "__main__":
    main()
