"""``cuntong watch``: follow a planning job."""

from __future__ import annotations

from typing import Annotated

import typer
from cuntong.route.v1 import route_service_pb2 as route_pb
from rich.console import Console

from services.cli.access import Access, channel_to
from services.cli.client import SUCCEEDED, watch_plan
from services.cli.options import DEFAULT_ROUTE, CaFile, CertFile, KeyFile, Lang, RouteAddress, TokenFile
from services.cli.progress import job_progress


def watch(
    plan_id: Annotated[str, typer.Argument(help="Id of the plan 计划编号.")],
    route: RouteAddress = DEFAULT_ROUTE,
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
    language: Lang = "zh",
) -> None:
    """Follow a planning job until it ends 跟踪进度."""
    console = Console(highlight=False)
    access = Access(token_file, ca, cert, key)
    with channel_to(route, access) as channel, job_progress(console, language) as on_progress:
        job = watch_plan(channel, plan_id, on_progress)
    console.print(f"{plan_id}  {route_pb.JobState.Name(job.state)}  {job.reason}".rstrip())
    if job.state != SUCCEEDED:
        raise typer.Exit(1)
