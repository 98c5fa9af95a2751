"""``cuntong cancel``: stop a planning job."""

from __future__ import annotations

from typing import Annotated

import typer
from cuntong.route.v1 import route_service_pb2 as route_pb
from rich.console import Console

from services.cli.access import Access, channel_to
from services.cli.client import cancel_plan
from services.cli.options import DEFAULT_ROUTE, CaFile, CertFile, KeyFile, RouteAddress, TokenFile


def cancel(
    plan_id: Annotated[str, typer.Argument(help="Id of the plan 计划编号.")],
    route: RouteAddress = DEFAULT_ROUTE,
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
) -> None:
    """Stop a planning job 取消任务; the best plan found so far stays readable."""
    with channel_to(route, Access(token_file, ca, cert, key)) as channel:
        job = cancel_plan(channel, plan_id)
    Console(highlight=False).print(f"{plan_id}  {route_pb.JobState.Name(job.state)}")
