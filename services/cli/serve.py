"""``cuntong serve``: both services and, unless a Redis is named, an embedded store, until told to end."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli.local import LocalServiceError, local_services
from services.cli.options import DEFAULT_CONSOLIDATION, DEFAULT_ROUTE
from services.runtime.config import StoreSettings, read_settings

_LOOK_S = 0.5


def serve(
    consolidation: Annotated[
        str, typer.Option(help="Where the consolidation service listens.")
    ] = DEFAULT_CONSOLIDATION,
    route: Annotated[str, typer.Option(help="Where the route service listens.")] = DEFAULT_ROUTE,
    consolidation_metrics: Annotated[str, typer.Option(help="Where its Prometheus metrics are.")] = "127.0.0.1:9101",
    route_metrics: Annotated[str, typer.Option(help="Where its Prometheus metrics are.")] = "127.0.0.1:9102",
    data_dir: Annotated[Path, typer.Option(help="Directory of the embedded store.")] = Path(".cuntong/store"),
) -> None:
    """Keep both services up 启动服务, with an embedded store unless REDIS_URL names one; Ctrl-C ends them."""
    console = Console(highlight=False)
    given = read_settings(StoreSettings)
    settings = given if given.redis_url or given.data_dir else given.model_copy(update={"data_dir": data_dir})
    listen = {"consolidation": (consolidation, consolidation_metrics), "route": (route, route_metrics)}
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    with local_services(settings, listen, sys.stderr.buffer) as running:
        for name, service in running.items():
            console.print(f"{name}: gRPC {service.grpc}  metrics http://{service.metrics}/metrics")
        console.print("Ctrl-C 结束 to end")
        while not ending.wait(_LOOK_S):
            for name, service in running.items():
                if service.process.poll() is not None:
                    raise LocalServiceError(f"the {name} service has ended by itself")
