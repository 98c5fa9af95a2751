"""``cuntong check``: say whether a county folder is fit for planning."""

from __future__ import annotations

from rich.console import Console

from services.cli.county_day import read_county_day, tell_held, tell_notes, tell_unknown_categories
from services.cli.options import DEFAULT_VILLAGES, Folder, ServiceDate, Villages
from services.consolidation.consolidate import consolidate as pool


def check(folder: Folder, service_date: ServiceDate, villages: Villages = DEFAULT_VILLAGES) -> None:
    """Check a county folder 检查县数据文件夹: every fault by file, row and column, or what the folder holds."""
    console = Console(highlight=False)
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
