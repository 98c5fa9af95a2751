"""The route service as a program: ``python -m services.route.app``."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Final

from cuntong.route.v1 import route_service_pb2 as pb
from cuntong.route.v1 import route_service_pb2_grpc as pb_grpc
from grpc import aio

from services.route.api import RouteApi, make_work
from services.route.engines.child import ChildPool
from services.route.engines.kernel import KernelEngine
from services.route.engines.ortools import solve_with_ortools
from services.route.engines.pyvrp import solve_with_pyvrp
from services.runtime.config import RouteSettings, read_settings
from services.runtime.jobs import JobRunner
from services.runtime.logs import configure_logs
from services.runtime.metrics import define_metrics, make_registry
from services.runtime.server import GrpcServer, Service, serve
from services.runtime.store import JobLimits, JobStore, connect
from services.runtime.uploads import UploadRoom

# One job's searches at the default of two cores.
_IDLE_SEARCHERS: Final = 2
# Others put jobs into the store as well, and each waits this long at most until it is seen.
_SCAN_S: Final = 0.5


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return uuid.uuid4().hex


async def run(settings: RouteSettings) -> None:
    """Serve and plan until told to end."""
    registry = make_registry()
    metrics = define_metrics(registry)
    redis = connect(settings.redis_url)
    try:
        limits = JobLimits(retention_s=settings.retention_s, max_queued=settings.max_queued_jobs)
        store = JobStore(redis, _now, limits)
        with ChildPool(idle=max(_IDLE_SEARCHERS, settings.workers)) as children:
            async with JobRunner(
                store,
                make_work(
                    {
                        "search": KernelEngine(),
                        "pyvrp": children.engine(solve_with_pyvrp),
                        "ortools": children.engine(solve_with_ortools),
                    },
                    metrics,
                ),
                workers=settings.workers,
                clock=time.monotonic,
                new_id=_new_id,
                metrics=metrics,
                scan_s=_SCAN_S,
            ) as runner:

                def register(server: aio.Server) -> None:
                    pb_grpc.add_RouteServiceServicer_to_server(api, server)

                name = pb.DESCRIPTOR.services_by_name["RouteService"].full_name
                service = Service(name, register)
                server = GrpcServer(settings, [service], registry=registry, new_id=_new_id, ask_store=store.ping)
                uploads = UploadRoom(settings.max_upload_bytes)
                api = RouteApi(store, runner, _now, _new_id, server.draining, uploads)
                await serve(server)
    finally:
        await redis.aclose()


def main() -> None:
    """Read the settings and serve."""
    configure_logs(sys.stderr)
    settings = read_settings(RouteSettings)
    logging.getLogger(__name__).info("settings: %s", settings.describe())
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
