"""A worker as a program: ``python -m services.route.worker``, as many and on as many machines as you like."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import uuid
from datetime import UTC, datetime
from functools import partial

from services.route.workers import job_limits, planning
from services.runtime.config import WorkerSettings, read_settings
from services.runtime.logs import configure_logs
from services.runtime.metrics import count_store_errors, define_metrics, make_registry
from services.runtime.server import metrics_server, stop_signal, write_ready_file
from services.runtime.store import JobStore
from services.runtime.store_connection import connect
from services.runtime.tasks import open_tasks
from services.runtime.traces import open_traces


async def run(settings: WorkerSettings) -> None:
    """Plan until told to end."""
    registry = make_registry()
    metrics = define_metrics(registry)
    redis = connect(settings.redis_url)
    try:
        with (
            metrics_server(settings.metrics_listen, registry) as metrics_address,
            open_traces(settings.otlp_endpoint, "worker") as traces,
        ):
            store = JobStore(
                redis,
                lambda: datetime.now(UTC),
                job_limits(settings),
                on_error=partial(count_store_errors, metrics),
                traces=traces,
            )
            async with (
                open_tasks(settings.redis_url) as tasks,
                planning(
                    settings,
                    store,
                    tasks,
                    metrics=metrics,
                    traces=traces,
                    clock=time.monotonic,
                    new_id=lambda: uuid.uuid4().hex,
                ),
                stop_signal() as stopped,
            ):
                with write_ready_file(settings.ready_file, {"metrics": metrics_address}):
                    logging.getLogger(__name__).info("working, metrics at %s", metrics_address)
                    await stopped.wait()
    finally:
        await redis.aclose()


def main() -> None:
    """Read the settings and work."""
    configure_logs(sys.stderr)
    settings = read_settings(WorkerSettings)
    logging.getLogger(__name__).info("settings: %s", settings.describe())
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
