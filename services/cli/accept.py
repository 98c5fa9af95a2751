"""``cuntong accept``: make a plan the one that its county's day goes by."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from services.cli.access import Access, channel_to
from services.cli.client import accept_plan
from services.cli.options import DEFAULT_ROUTE, CaFile, CertFile, KeyFile, RouteAddress, TokenFile


def accept(
    plan_id: Annotated[str, typer.Argument(help="Id of the plan 计划编号.")],
    replaces: Annotated[str, typer.Option(help="Id of the accepted plan that it takes the place of.")] = "",
    route: RouteAddress = DEFAULT_ROUTE,
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
) -> None:
    """Accept a finished plan 采用计划: its county's day goes by it."""
    with channel_to(route, Access(token_file, ca, cert, key)) as channel:
        job = accept_plan(channel, plan_id, replaces)
    Console(highlight=False).print(f"{plan_id}  已采用 accepted  {job.county_id}  {job.service_date}")
