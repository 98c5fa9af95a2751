"""Soak: a server and a worker plan small days for a long time while their memory is watched.

``python -m tests.chaos.soak --minutes 60`` prints, for each program and for the worker's children together, how much
memory grows in ten minutes once warm, by least squares. The last line is a JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb
from cuntong.route.v1 import route_service_pb2_grpc as pb_grpc
from grpc import aio

from services.model.day import PlanSettings
from services.wire.codec import encode
from tests.builders import small_day
from tests.chaos.processes import children_of, memory_mib
from tests.chaos.programs import Program, server, worker
from tests.chaos.stores import open_store

_WARM_PART: Final = 0.25
_SAMPLE_S: Final = 5.0
_AT_ONCE: Final = 3
_OPEN: Final = (pb.JOB_STATE_QUEUED, pb.JOB_STATE_RUNNING)


class Soak:
    """Plans asked for one after the other, and what the programs hold meanwhile."""

    def __init__(self, programs: dict[str, Program], minutes: float) -> None:
        self._programs = programs
        self._until = time.monotonic() + 60 * minutes
        self._began = time.monotonic()
        self._jobs = 0
        self._samples: dict[str, list[tuple[float, float]]] = defaultdict(list)

    async def run(self) -> dict[str, Any]:
        """Ask and watch until time is up."""
        address = self._programs["server"].wait_until_ready()["grpc"]
        await asyncio.gather(self._watch(), *(self._ask(address, number) for number in range(_AT_ONCE)))
        return {"jobs": self._jobs, "mib": {name: self._slope(name) for name in self._samples}}

    async def _ask(self, address: str, number: int) -> None:
        settings = encode(PlanSettings(time_budget_s=1, cores=1), plan_pb2.PlanSettings)
        async with aio.insecure_channel(address) as channel:
            route = pb_grpc.RouteServiceStub(channel)
            made = 0
            while time.monotonic() < self._until:
                request = pb.SubmitPlanRequest(
                    request_id=f"soak-{number}-{made}", day=encode(small_day(), plan_pb2.Day), settings=settings
                )
                job = (await route.SubmitPlan(request)).job
                async for news in route.WatchPlan(pb.WatchPlanRequest(plan_id=job.plan_id)):
                    job = news.job
                assert job.state not in _OPEN
                await route.GetPlan(pb.GetPlanRequest(plan_id=job.plan_id))
                made += 1
                self._jobs += 1

    async def _watch(self) -> None:
        while time.monotonic() < self._until:
            now = time.monotonic() - self._began
            for name, program in self._programs.items():
                self._samples[name].append((now, memory_mib(program.pid)))
            # Children come and go; one that has just ended is not there to be measured.
            with suppress(FileNotFoundError):
                children = children_of(self._programs["worker"].pid)
                self._samples["children"].append((now, sum(map(memory_mib, children))))
            await asyncio.sleep(_SAMPLE_S)

    def _slope(self, name: str) -> dict[str, float]:
        at, mib = np.array(self._samples[name]).T
        warm = at >= _WARM_PART * at[-1]
        slope = float(np.polyfit(at[warm], mib[warm], 1)[0]) if warm.sum() > 2 else 0.0
        return {"first": mib[0], "last": mib[-1], "most": float(mib.max()), "slope_per_10_min": round(600 * slope, 3)}


def main() -> None:
    """Soak as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, open_store(Path(folder) / "store") as store:
        programs = {make.__name__: make(make.__name__, Path(folder), store.url) for make in (server, worker)}
        for program in programs.values():
            program.start()
        try:
            measured = asyncio.run(Soak(programs, given.minutes).run())
        finally:
            for program in programs.values():
                program.kill()
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
