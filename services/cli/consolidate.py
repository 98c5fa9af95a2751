"""``cuntong consolidate``: pool a day's parcels without planning them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli.access import Access, channel_to
from services.cli.county_day import (
    consolidate_day,
    read_county_day,
    tell_held,
    tell_notes,
    tell_unknown_categories,
)
from services.cli.local import local_services
from services.cli.options import DEFAULT_VILLAGES, CaFile, CertFile, Folder, KeyFile, ServiceDate, TokenFile, Villages
from services.files.held_csv import held_csv
from services.files.outputs import write_file
from services.runtime.config import StoreSettings, read_settings


def consolidate(
    folder: Folder,
    service_date: ServiceDate,
    villages: Villages = DEFAULT_VILLAGES,
    held_file: Annotated[
        Path | None, typer.Option("--held", help="Write the held parcels to this CSV file 扣留清单.")
    ] = None,
    consolidation: Annotated[
        str, typer.Option(help="Address of the consolidation service; started here unless given.")
    ] = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
) -> None:
    """Pool a day's parcels into consignments 合并快件: what travels together, and what is held and why."""
    console = Console(highlight=False)
    county_day = read_county_day(folder, service_date, villages)
    tell_notes(county_day, console)
    if consolidation:
        with channel_to(consolidation, Access(token_file, ca, cert, key)) as channel:
            pooled = consolidate_day(channel, county_day)
    else:
        with (
            local_services(read_settings(StoreSettings)) as running,
            channel_to(running["consolidation"].grpc) as channel,
        ):
            pooled = consolidate_day(channel, county_day)
    day, held = pooled.day, pooled.held
    pieces = sum(c.pieces for c in day.consignments)
    console.print(
        f"{county_day.rows} 票 waybills → {len(day.consignments)} 个合配件组 consignments ({pieces} 件 pieces), "
        f"扣留 held {len(held)}",
        style="bold",
    )
    tell_unknown_categories(pooled.unknown_categories, console)
    tell_held(held, console)
    if held_file is not None:
        write_file(held_file, held_csv(held))
        console.print(f"→ {held_file}", soft_wrap=True)
    elif len(held):
        console.print("  --held held.csv 列出全部 lists them all", style="dim")
