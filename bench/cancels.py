"""How long it takes from asking for a plan's end until its search is gone.

``python -m bench.cancels --times 50`` has one worker begin a plan of a minute, cancels it, and looks until the child
that searched has been ended or waits for its next job, again and again. The last line is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Final

import grpc
from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb
from cuntong.route.v1 import route_service_pb2_grpc as pb_grpc

from bench.county_generator import draw_day
from services.model.day import PlanSettings
from services.wire.codec import encode
from tests.chaos.processes import children_of, is_alive
from tests.chaos.programs import server, worker
from tests.chaos.stores import open_store

_VILLAGES: Final = 155
_PLAN_S: Final = 60


def cancel_once(
    route: pb_grpc.RouteServiceStub, request: pb.SubmitPlanRequest, worker_pid: int, after_s: float
) -> float:
    """Cancel a plan some time after it was begun; the seconds until its child is gone and its job has ended."""
    plan_id = route.SubmitPlan(request, timeout=60).job.plan_id
    while route.GetPlan(pb.GetPlanRequest(plan_id=plan_id)).job.state != pb.JOB_STATE_RUNNING:
        time.sleep(0.02)
    time.sleep(after_s)
    children = children_of(worker_pid)
    began = time.perf_counter()
    route.CancelPlan(pb.CancelPlanRequest(plan_id=plan_id), timeout=60)
    while True:
        job = route.GetPlan(pb.GetPlanRequest(plan_id=plan_id)).job
        # A child that has answered in time is kept for the next job.
        if job.state == pb.JOB_STATE_CANCELLED:
            return time.perf_counter() - began
        if not any(map(is_alive, children)):
            return time.perf_counter() - began
        time.sleep(0.02)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--gazetteer", type=Path, default=Path("data/jilin"))
    given = parser.parse_args()
    day = encode(draw_day(given.gazetteer, _VILLAGES, 1), plan_pb2.Day)
    settings = encode(PlanSettings(time_budget_s=_PLAN_S, cores=1), plan_pb2.PlanSettings)
    with tempfile.TemporaryDirectory(prefix="cancels-") as folder, open_store(Path(folder) / "store") as store:
        api, work = server("server", Path(folder), store.url), worker("worker", Path(folder), store.url)
        for program in (api, work):
            program.start()
        try:
            address = api.wait_until_ready()["grpc"]
            work.wait_until_ready()
            with grpc.insecure_channel(address) as channel:
                route = pb_grpc.RouteServiceStub(channel)
                seconds = sorted(
                    cancel_once(
                        route,
                        pb.SubmitPlanRequest(request_id=f"cancel-{number}", day=day, settings=settings),
                        work.pid,
                        0.1 * (number % 30),
                    )
                    for number in range(given.times)
                )
        finally:
            for program in (api, work):
                program.kill()
    median, last = seconds[len(seconds) // 2], seconds[int(0.99 * (len(seconds) - 1))]
    print(json.dumps({"times": len(seconds), "p50_s": round(median, 3), "p99_s": round(last, 3)}))


if __name__ == "__main__":
    main()
