"""What a server with one worker does with ten times the load that it can take, from tenants of very different size.

``python -m bench.overload --seconds 60`` has ten callers for each place that the server has for calls, each submitting
one day after the other without a pause, whatever it is told: seven tenths of them a province's, the rest a
prefecture's and a county's. A small tenant asks for one plan at a time, comes back when it is told to, and waits until
each is made.

The last line is a JSON object; the exit code is 1 where a bar is missed: no process dies and no error is unforeseen,
the server's memory at most doubles, 99 of 100 refusals are RESOURCE_EXHAUSTED with RetryInfo, and every plan that the
small tenant asked for is made.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb
from cuntong.route.v1 import route_service_pb2_grpc as pb_grpc
from google.rpc.error_details_pb2 import RetryInfo
from grpc import StatusCode, aio
from grpc_status import rpc_status

from bench.county_generator import draw_day
from services.model.day import Day, PlanSettings
from services.runtime.config import RouteSettings
from services.wire.codec import encode
from tests.builders import small_day
from tests.chaos.processes import memory_mib
from tests.chaos.programs import Program, server, worker
from tests.chaos.stores import open_store
from tests.credentials import Issuer, make_issuer

_TIMES: Final = 10
_SHARES: Final = {"province": 0.7, "prefecture": 0.25, "county": 0.05}
_SMALL: Final = "small"
_CALLERS_A_CHANNEL: Final = 16
_PLAN_S: Final = 1
_WARM_UP_S: Final = 3.0
_PATIENCE_S: Final = 30.0
_CALL_S: Final = 60.0
_PLACES: Final[int] = RouteSettings.model_fields["max_concurrent_rpcs"].default
_REFUSALS_BAR: Final = 0.99
_MEMORY_BAR: Final = 2.0


@dataclass(slots=True)
class Seen:
    """What callers were answered, and how the server did."""

    accepted: Counter[str] = field(default_factory=Counter)
    """By tenant."""
    refused: Counter[str] = field(default_factory=Counter)
    """By status."""
    told_when: int = 0
    """Refusals that are RESOURCE_EXHAUSTED and say when to come back."""
    answers_s: list[float] = field(default_factory=list)
    small_waits_s: list[float] = field(default_factory=list)
    """From the small tenant's first asking for a plan until it was made."""
    memory_mib: list[float] = field(default_factory=list)


class Tenant:
    """A tenant's callers."""

    def __init__(self, name: str, issuer: Issuer, address: str, day: Day, seen: Seen) -> None:
        self._name = name
        self._metadata = (("authorization", f"Bearer {issuer.token(name, exp=int(time.time()) + 7_200)}"),)
        self._address = address
        self._day = encode(day, plan_pb2.Day)
        self._settings = encode(PlanSettings(time_budget_s=_PLAN_S, cores=1, compare=False), plan_pb2.PlanSettings)
        self._seen = seen

    async def flood(self, callers: int, until: float) -> None:
        """Submit by so many callers at once, again and again."""
        groups = range(0, callers, _CALLERS_A_CHANNEL)
        await asyncio.gather(*(self._flood(min(_CALLERS_A_CHANNEL, callers - at), until) for at in groups))

    async def _flood(self, callers: int, until: float) -> None:
        async with aio.insecure_channel(self._address) as channel:
            await channel.channel_ready()
            route: Any = pb_grpc.RouteServiceStub(channel)

            async def submit_on() -> None:
                while time.monotonic() < until:
                    await self.submit(route)

            await asyncio.gather(*(submit_on() for _ in range(callers)))

    async def submit(self, route: Any) -> tuple[str, float]:
        """Submit once; the plan's id, or after how many seconds to come back."""
        began = time.monotonic()
        request = pb.SubmitPlanRequest(request_id=uuid.uuid4().hex, day=self._day, settings=self._settings)
        plan_id, retry_s = "", 0.0
        try:
            answer = await route.SubmitPlan(request, timeout=_CALL_S, metadata=self._metadata)
            plan_id = answer.job.plan_id
            self._seen.accepted[self._name] += 1
        except aio.AioRpcError as error:
            self._seen.refused[error.code().name] += 1
            told_s = retry_after_s(error)
            self._seen.told_when += error.code() is StatusCode.RESOURCE_EXHAUSTED and told_s is not None
            retry_s = told_s or 1.0
        self._seen.answers_s.append(time.monotonic() - began)
        return plan_id, retry_s

    async def have_plans_made(self, until: float) -> None:
        """Ask for a plan and wait for it, one after the other."""
        async with aio.insecure_channel(self._address) as channel:
            route: Any = pb_grpc.RouteServiceStub(channel)
            while time.monotonic() < until:
                began = time.monotonic()
                while not (submitted := await self.submit(route))[0]:
                    await asyncio.sleep(submitted[1])
                if await self._is_made(route, submitted[0]):
                    self._seen.small_waits_s.append(time.monotonic() - began)

    async def _is_made(self, route: Any, plan_id: str) -> bool:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            try:
                asked = pb.GetPlanRequest(plan_id=plan_id)
                job = (await route.GetPlan(asked, timeout=_CALL_S, metadata=self._metadata)).job
                if job.state not in (pb.JOB_STATE_QUEUED, pb.JOB_STATE_RUNNING):
                    return bool(job.state == pb.JOB_STATE_SUCCEEDED)
            except aio.AioRpcError as error:
                await asyncio.sleep(retry_after_s(error) or 1.0)
            await asyncio.sleep(0.25)
        return False


def retry_after_s(error: aio.AioRpcError) -> float | None:
    """When a refusal says to come back; None where it does not."""
    call: Any = error
    status = rpc_status.from_call(call)
    for detail in status.details if status is not None else ():
        info = RetryInfo()
        if detail.Unpack(info):
            return float(info.retry_delay.ToTimedelta().total_seconds())
    return None


async def watch_memory(program: Program, seen: Seen) -> None:
    """Note what the server holds, again and again."""
    while True:
        seen.memory_mib.append(memory_mib(program.pid))
        await asyncio.sleep(0.1)


async def overload(programs: Sequence[Program], issuer: Issuer, day: Day, seconds: float) -> dict[str, Any]:
    """Overload the first program, the server, and count."""
    api = programs[0]
    address = (await asyncio.to_thread(api.wait_until_ready))["grpc"]
    for program in programs[1:]:
        await asyncio.to_thread(program.wait_until_ready)
    idle_mib = memory_mib(api.pid)
    # What it holds when as many call as it has places for is what it holds before.
    await Tenant("early", issuer, address, day, Seen()).flood(_PLACES, time.monotonic() + _WARM_UP_S)
    seen = Seen()
    before_mib = memory_mib(api.pid)
    until = time.monotonic() + seconds
    watching = asyncio.create_task(watch_memory(api, seen))
    callers = {name: round(_TIMES * _PLACES * share) for name, share in _SHARES.items()}
    floods = [Tenant(name, issuer, address, day, seen).flood(number, until) for name, number in callers.items()]
    small = Tenant(_SMALL, issuer, address, small_day(), seen)
    await asyncio.gather(*floods, small.have_plans_made(until))
    watching.cancel()
    return {
        "seconds": seconds,
        "consignments": len(day.consignments),
        "callers": sum(callers.values()),
        "places": _PLACES,
        **_counted(seen),
        "memory_idle_mib": round(idle_mib),
        "memory_before_mib": round(before_mib),
        "memory_peak_mib": round(max(seen.memory_mib)),
        "memory_factor": round(max(seen.memory_mib) / before_mib, 2),
        "died": [program.name for program in programs if program.process is None or program.process.poll() is not None],
        "incidents": sum(
            "incident" in line["message"] or "Traceback" in line["message"]
            for program in programs
            for line in program.lines()
        ),
    }


def _counted(seen: Seen) -> dict[str, Any]:
    refusals, answers = seen.refused.total(), sorted(seen.answers_s)
    waits = sorted(seen.small_waits_s)
    return {
        "accepted": dict(seen.accepted),
        "refused": dict(seen.refused),
        "told_when_part": round(seen.told_when / refusals, 4) if refusals else None,
        "answer_p50_ms": round(1000 * answers[len(answers) // 2]),
        "answer_p99_ms": round(1000 * answers[int(0.99 * (len(answers) - 1))]),
        "small_asked": seen.accepted[_SMALL],
        "small_made": len(waits),
        "small_wait_p50_s": round(waits[len(waits) // 2], 2) if waits else None,
        "small_wait_max_s": round(waits[-1], 2) if waits else None,
    }


def missed_bars(counted: dict[str, Any]) -> list[str]:
    """Name the bars that were missed; without a refusal there was no overload."""
    bars = {
        "no process died": not counted["died"],
        "no error was unforeseen": not counted["incidents"],
        "memory at most doubled": counted["memory_factor"] <= _MEMORY_BAR,
        "refusals say when to come back": (counted["told_when_part"] or 0.0) >= _REFUSALS_BAR,
        "the small tenant's plans were made": 0 < counted["small_made"] == counted["small_asked"],
    }
    return [bar for bar, is_met in bars.items() if not is_met]


def measure(day: Day, seconds: float) -> dict[str, Any]:
    """Overload a deployment of its own with requests to plan a day."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="overload-")))
        store = stack.enter_context(open_store(folder / "store"))
        issuer = make_issuer(folder)
        asks = {f"CUNTONG_{name.upper()}": str(value) for name, value in issuer.settings.items()}
        programs = [server("server", folder, store.url, **asks), worker("worker", folder, store.url)]
        for program in programs:
            stack.callback(program.kill)
            program.start()
        return asyncio.run(overload(programs, issuer, day, seconds))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--villages", type=int, default=50)
    parser.add_argument("--gazetteer", type=Path, default=Path("data/jilin"))
    given = parser.parse_args()
    counted = measure(draw_day(given.gazetteer, given.villages, 1), given.seconds)
    missed = missed_bars(counted)
    for bar in missed:
        print(f"missed: {bar}")
    print(json.dumps(counted | {"missed": missed}))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
