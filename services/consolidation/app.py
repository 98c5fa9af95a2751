"""The consolidation service as a program: ``python -m services.consolidation.app``."""

from __future__ import annotations

import asyncio
import logging
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from cuntong.consolidation.v1 import consolidation_service_pb2 as pb
from cuntong.consolidation.v1 import consolidation_service_pb2_grpc as pb_grpc
from cuntong.settlement.v1 import settlement_service_pb2 as settlement_pb
from cuntong.settlement.v1 import settlement_service_pb2_grpc as settlement_grpc

from services.consolidation.api import ConsolidationApi
from services.consolidation.coalition_jobs import CoalitionJobs
from services.consolidation.plan_source import NoPlans, PlanSource, StoredPlans
from services.consolidation.settlement_api import DayPlanner, NoPlanner, SettlementApi
from services.runtime.config import ConsolidationSettings, read_settings
from services.runtime.logs import configure_logs
from services.runtime.metrics import Metrics, count_store_errors, define_metrics, make_registry
from services.runtime.server import GrpcServer, Service, serve
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect
from services.runtime.traces import Traces, open_traces


async def run(settings: ConsolidationSettings) -> None:
    """Serve until told to end."""
    registry = make_registry()
    metrics = define_metrics(registry)
    async with AsyncExitStack() as stack:
        traces = stack.enter_context(open_traces(settings.otlp_endpoint, "consolidation"))
        plans, planner = await stack.enter_async_context(_store(settings, metrics, traces))
        services = [
            _consolidation(ConsolidationApi(metrics, plans)),
            _settlement(SettlementApi(plans, planner, metrics)),
        ]
        # Health does not ask the store: pooling parcels goes on without it.
        await serve(GrpcServer(settings, services, registry=registry, new_id=_new_id, traces=traces))


def _consolidation(api: ConsolidationApi) -> Service:
    name = pb.DESCRIPTOR.services_by_name["ConsolidationService"].full_name
    return Service(name, lambda server: pb_grpc.add_ConsolidationServiceServicer_to_server(api, server))


def _settlement(api: SettlementApi) -> Service:
    name = settlement_pb.DESCRIPTOR.services_by_name["SettlementService"].full_name
    return Service(name, lambda server: settlement_grpc.add_SettlementServiceServicer_to_server(api, server))


@asynccontextmanager
async def _store(
    settings: ConsolidationSettings, metrics: Metrics, traces: Traces
) -> AsyncIterator[tuple[PlanSource, DayPlanner]]:
    """Give what needs the route service's store, with it or without."""
    if settings.redis_url is None:
        yield NoPlans(), NoPlanner()
        return
    redis = connect(settings.redis_url)
    try:
        limits = JobLimits(max_queued=settings.max_queued_jobs)
        store = JobStore(redis, _now, limits, partial(count_store_errors, metrics), traces)
        yield StoredPlans(store), CoalitionJobs(store, _now, _new_id)
    finally:
        await redis.aclose()


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return uuid.uuid4().hex


def main() -> None:
    """Read the settings and serve."""
    configure_logs(sys.stderr)
    settings = read_settings(ConsolidationSettings)
    logging.getLogger(__name__).info("settings: %s", settings.describe())
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
