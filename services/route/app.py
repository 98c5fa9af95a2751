"""The route service as a program: ``python -m services.route.app``."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import uuid
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial

from cuntong.route.v1 import route_service_pb2 as pb
from cuntong.route.v1 import route_service_pb2_grpc as pb_grpc
from grpc import aio

from services.route.api import RouteApi
from services.route.workers import job_limits, planning
from services.runtime.config import RouteSettings, read_settings
from services.runtime.job_metrics import count_counties, count_jobs
from services.runtime.logs import configure_logs
from services.runtime.metrics import count_store_errors, define_metrics, make_registry
from services.runtime.server import GrpcServer, Service, serve
from services.runtime.store import JobStore
from services.runtime.store_connection import connect
from services.runtime.tasks import open_tasks
from services.runtime.traces import open_traces
from services.runtime.uploads import UploadRoom


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return uuid.uuid4().hex


async def run(settings: RouteSettings) -> None:
    """Serve, and plan unless others do, until told to end."""
    registry = make_registry()
    metrics = define_metrics(registry)
    redis = connect(settings.redis_url)
    try:
        async with AsyncExitStack() as stack:
            traces = stack.enter_context(open_traces(settings.otlp_endpoint, "route"))
            on_error = partial(count_store_errors, metrics)
            store = JobStore(redis, _now, job_limits(settings), on_error, traces)
            tasks = await stack.enter_async_context(open_tasks(settings.redis_url))
            if settings.workers:
                await stack.enter_async_context(
                    planning(
                        settings, store, tasks, metrics=metrics, traces=traces, clock=time.monotonic, new_id=_new_id
                    )
                )
            for count in (count_jobs, count_counties):
                counting = asyncio.create_task(count(store, metrics, _now))
                stack.callback(counting.cancel)

            def register(server: aio.Server) -> None:
                pb_grpc.add_RouteServiceServicer_to_server(api, server)

            name = pb.DESCRIPTOR.services_by_name["RouteService"].full_name
            service = Service(name, register)
            server = GrpcServer(
                settings, [service], registry=registry, new_id=_new_id, ask_store=store.ping, traces=traces
            )
            uploads = UploadRoom(settings.max_upload_bytes)
            api = RouteApi(store, tasks, _now, _new_id, server.draining, uploads)
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
