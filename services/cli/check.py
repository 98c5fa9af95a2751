"""``cuntong check``: say whether a county folder is fit for planning, or whether a plan for it obeys the laws."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli.access import Access
from services.cli.county_day import read_county_day, tell_held, tell_notes, tell_unknown_categories
from services.cli.judge import Addresses, judge_file, tell_judgement
from services.cli.options import DEFAULT_VILLAGES, CaFile, CertFile, Folder, KeyFile, ServiceDate, TokenFile, Villages
from services.consolidation.consolidate import consolidate as pool

EXIT_BROKEN = 1


def check(
    folder: Folder,
    service_date: ServiceDate,
    villages: Villages = DEFAULT_VILLAGES,
    plan: Annotated[
        Path | None,
        typer.Option(help="Judge this plan.json (or OUT/DATE) for the folder's day, whoever made it 检查计划."),
    ] = None,
    late: Annotated[
        int,
        typer.Option(min=0, max=10**6, help="With --plan: the price of a minute after due_by that it was made for."),
    ] = 0,
    consolidation: Annotated[
        str, typer.Option(help="With --plan: address of a running consolidation service; started here unless given.")
    ] = "",
    route: Annotated[
        str, typer.Option(help="With --plan: address of a running route service; started here unless given.")
    ] = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
) -> None:
    """Check a county folder 检查县数据文件夹: every fault by file, row and column, or what the folder holds.

    With --plan, judge a plan for the folder's day: every law that it breaks, by name. The folder may also be one that
    cuntong plan wrote (OUT/DATE). Exit code 1 where a law is broken.
    """
    console = Console(highlight=False)
    if plan is not None:
        addresses = Addresses(consolidation, route)
        access = Access(token_file, ca, cert, key)
        judgement = judge_file(folder, service_date, villages, plan, late, addresses, access)
        tell_judgement(judgement, console)
        raise typer.Exit(EXIT_BROKEN if judgement.broken else 0)
    county_day = read_county_day(folder, service_date, villages)
    county = county_day.folder.county
    trips = sum(len(line.trips) for line in county.lines)
    console.print(f"{county.county_id} {service_date}: 数据有效 the folder is valid", style="bold green")
    console.print(
        f"  节点 nodes {len(county.network.nodes)}  合作方 partners {len(county.partners)}  "
        f"协议 agreements {len(county.agreements)}  车辆 vehicles {len(county.vehicles)}\n"
        f"  线路 lines {len(county.lines)}  班次 trips {trips}  运单 waybills {county_day.rows}"
    )
    tell_notes(county_day, console)
    pooled = pool(county, service_date, county_day.villages, county_day.waybills.parcels)
    tell_unknown_categories(pooled.unknown_categories, console)
    held = pooled.held
    if len(held):
        console.print(f"  其中 {len(held)} 票将被扣留 would be held:", style="yellow")
        tell_held(held, console)
