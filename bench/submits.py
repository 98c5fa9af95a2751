"""How long a submit takes to be answered when many come at once, and what an overload is answered with.

``python -m bench.submits --at-once 50 --villages 450`` submits so many days of a drawn county, of about 5,000 parcels,
at the same moment, each on a connection of its own, to a route service that plans nothing itself; and then ten times as
many small days as the service takes at once. The last line is a JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
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
from services.wire.codec import encode
from tests.builders import small_day
from tests.chaos.processes import memory_mib
from tests.chaos.programs import Program, server
from tests.chaos.stores import open_store

_OVERLOAD: Final = 10
_CALLS: Final = 64


def request_of(day: Day, request_id: str) -> pb.SubmitPlanRequest:
    """A request to plan a day."""
    settings = encode(PlanSettings(), plan_pb2.PlanSettings)
    return pb.SubmitPlanRequest(request_id=request_id, day=encode(day, plan_pb2.Day), settings=settings)


async def submit_all(address: str, requests: Sequence[pb.SubmitPlanRequest]) -> tuple[list[float], Counter[str]]:
    """Submit all at once; the seconds that answers took, and how many there were of each status."""
    channels = [aio.insecure_channel(address) for _ in requests]
    seconds: list[float] = []
    statuses: Counter[str] = Counter()

    async def submit(channel: aio.Channel, request: pb.SubmitPlanRequest) -> None:
        began = time.perf_counter()
        try:
            await pb_grpc.RouteServiceStub(channel).SubmitPlan(request, timeout=120)
            statuses["OK"] += 1
        except aio.AioRpcError as error:
            statuses[_status(error)] += 1
        seconds.append(time.perf_counter() - began)

    try:
        await asyncio.gather(*(channel.channel_ready() for channel in channels))
        await asyncio.gather(*map(submit, channels, requests))
    finally:
        for channel in channels:
            await channel.close(None)
    return sorted(seconds), statuses


def _status(error: aio.AioRpcError) -> str:
    """The status, and whether it says when to come back."""
    call: Any = error
    known: Any = rpc_status.from_call(call)
    has_retry = known is not None and any(detail.Is(RetryInfo.DESCRIPTOR) for detail in known.details)
    with_retry = error.code() is StatusCode.RESOURCE_EXHAUSTED and has_retry
    return f"{error.code().name}{' with RetryInfo' if with_retry else ''}"


async def measure(program: Program, day: Day, at_once: int) -> dict[str, Any]:
    """Submit a county's day many times at once, then overload the service with small ones."""
    address = program.wait_until_ready()["grpc"]
    await submit_all(address, [request_of(small_day(), "warm-up")])
    before_mib = round(memory_mib(program.pid))
    seconds, statuses = await submit_all(address, [request_of(day, f"day-{n}") for n in range(at_once)])
    after_mib = round(memory_mib(program.pid))
    small = [request_of(small_day(), f"small-{n}") for n in range(_OVERLOAD * _CALLS)]
    flood_s, flood = await submit_all(address, small)
    return {
        "consignments": len(day.consignments),
        "at_once": at_once,
        "answers": dict(statuses),
        "p50_ms": round(1000 * seconds[len(seconds) // 2]),
        "p99_ms": round(1000 * seconds[int(0.99 * (len(seconds) - 1))]),
        "flood": dict(flood),
        "flood_p99_ms": round(1000 * flood_s[int(0.99 * (len(flood_s) - 1))]),
        "memory_mib": [before_mib, after_mib, round(memory_mib(program.pid))],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--villages", type=int, default=450)
    parser.add_argument("--gazetteer", type=Path, default=Path("data/jilin"))
    given = parser.parse_args()
    day = draw_day(given.gazetteer, given.villages, 1)
    with tempfile.TemporaryDirectory(prefix="submits-") as folder, open_store(Path(folder) / "store") as store:
        limits = {"CUNTONG_MAX_QUEUED_JOBS": "10000", "CUNTONG_MAX_TENANT_SOLVE_S": "10000000"}
        program = server("server", Path(folder), store.url, **limits)
        program.start()
        try:
            measured = asyncio.run(measure(program, day, given.at_once))
        finally:
            program.kill()
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
