"""The consolidation service as a program: ``python -m services.consolidation.app``."""

from __future__ import annotations

import asyncio
import logging
import sys
import uuid

from cuntong.consolidation.v1 import consolidation_service_pb2 as pb
from cuntong.consolidation.v1 import consolidation_service_pb2_grpc as pb_grpc

from services.consolidation.api import ConsolidationApi
from services.runtime.config import ServiceSettings, read_settings
from services.runtime.logs import configure_logs
from services.runtime.metrics import define_metrics, make_registry
from services.runtime.server import GrpcServer, Service, serve


async def run(settings: ServiceSettings) -> None:
    """Serve until told to end."""
    registry = make_registry()
    api = ConsolidationApi(define_metrics(registry))
    name = pb.DESCRIPTOR.services_by_name["ConsolidationService"].full_name
    service = Service(name, lambda server: pb_grpc.add_ConsolidationServiceServicer_to_server(api, server))
    await serve(GrpcServer(settings, [service], registry=registry, new_id=lambda: uuid.uuid4().hex))


def main() -> None:
    """Read the settings and serve."""
    configure_logs(sys.stderr)
    settings = read_settings(ServiceSettings)
    logging.getLogger(__name__).info("settings: %s", settings.describe())
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
