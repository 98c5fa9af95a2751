"""The consolidation service as a program: ``python -m services.consolidation.app``."""

from __future__ import annotations

import asyncio
import logging
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from cuntong.consolidation.v1 import consolidation_service_pb2 as pb
from cuntong.consolidation.v1 import consolidation_service_pb2_grpc as pb_grpc

from services.consolidation.api import ConsolidationApi
from services.consolidation.plan_source import NoPlans, PlanSource, StoredPlans
from services.runtime.config import ConsolidationSettings, read_settings
from services.runtime.logs import configure_logs
from services.runtime.metrics import define_metrics, make_registry
from services.runtime.server import GrpcServer, Service, serve
from services.runtime.store import JobLimits, JobStore, connect


async def run(settings: ConsolidationSettings) -> None:
    """Serve until told to end."""
    registry = make_registry()
    async with _plans(settings.redis_url) as plans:
        api = ConsolidationApi(define_metrics(registry), plans)
        name = pb.DESCRIPTOR.services_by_name["ConsolidationService"].full_name
        service = Service(name, lambda server: pb_grpc.add_ConsolidationServiceServicer_to_server(api, server))
        # Health does not ask the store: pooling parcels goes on without it.
        await serve(GrpcServer(settings, [service], registry=registry, new_id=lambda: uuid.uuid4().hex))


@asynccontextmanager
async def _plans(redis_url: str | None) -> AsyncIterator[PlanSource]:
    if redis_url is None:
        yield NoPlans()
        return
    redis = connect(redis_url)
    try:
        yield StoredPlans(JobStore(redis, lambda: datetime.now(UTC), JobLimits()))
    finally:
        await redis.aclose()


def main() -> None:
    """Read the settings and serve."""
    configure_logs(sys.stderr)
    settings = read_settings(ConsolidationSettings)
    logging.getLogger(__name__).info("settings: %s", settings.describe())
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
