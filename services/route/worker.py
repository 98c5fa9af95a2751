"""A worker as a program: ``python -m services.route.worker``, as many and on as many machines as you like."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import uuid
from datetime import UTC, datetime

from services.route.workers import job_limits, planning
from services.runtime.config import WorkerSettings, read_settings
from services.runtime.logs import configure_logs
from services.runtime.metrics import define_metrics, make_registry
from services.runtime.server import metrics_server, stop_signal, write_ready_file
from services.runtime.store import JobStore, connect
from services.runtime.tasks import open_tasks


async def run(settings: WorkerSettings) -> None:
    """Plan until told to end."""
    registry = make_registry()
    redis = connect(settings.redis_url)
    store = JobStore(redis, lambda: datetime.now(UTC), job_limits(settings))
    try:
        with metrics_server(settings.metrics_listen, registry) as metrics_address:
            async with (
                open_tasks(settings.redis_url) as tasks,
                planning(
                    settings,
                    store,
                    tasks,
                    metrics=define_metrics(registry),
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
