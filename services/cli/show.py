"""``cuntong show``: a plan at a glance, from its file or from the route service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from cuntong.route.v1 import route_service_pb2 as route_pb
from rich.console import Console
from rich.table import Table

from services.cli.access import Access, channel_to
from services.cli.client import get_plan
from services.cli.options import DEFAULT_ROUTE, CaFile, CertFile, KeyFile, RouteAddress, TokenFile
from services.files.plan_json import read_plan
from services.model.plan import Plan, Run
from services.model.units import clock


def show(
    plan: Annotated[str, typer.Argument(help="A plan.json, or the id of a plan 计划文件或编号.")],
    route: RouteAddress = DEFAULT_ROUTE,
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
) -> None:
    """Show a plan 查看计划: its runs, bookings and cost."""
    console = Console(highlight=False)
    if Path(plan).is_file():
        _print(read_plan(Path(plan).read_bytes()).plan, console)
        return
    if "/" in plan or plan.endswith(".json"):
        raise typer.BadParameter(f"没有这个文件 there is no file {plan}")
    with channel_to(route, Access(token_file, ca, cert, key)) as channel:
        job, result = get_plan(channel, plan)
    console.print(f"{job.plan_id}  {route_pb.JobState.Name(job.state)}  {job.progress.percent}%  {job.reason}".rstrip())
    if result is not None:
        _print(result.plan, console)


def _print(plan: Plan, console: Console) -> None:
    console.print(f"{plan.county_id} {plan.service_date}  总费用 {plan.cost.total_fen / 100:,.2f} 元", style="bold")
    table = Table(box=None, pad_edge=False)
    for name in ("车次", "车辆", "出发", "返回", "停靠", "公里", "费用(元)"):
        table.add_column(name, justify="left" if name in ("车次", "车辆") else "right")
    for run in plan.runs:
        table.add_row(*_row(run))
    console.print(table)
    console.print(f"搭载 {len(plan.bookings)}  接驳 {len(plan.shuttles)}")
    console.print(f"未服务 {len(plan.unserved)}  缓送 {len(plan.waiting)}")
    for left in plan.unserved:
        console.print(f"  {left.consignment_id}: {left.detail}", markup=False)
    for one in plan.waiting:
        console.print(f"  {one.consignment_id}: {one.detail}", markup=False)


def _row(run: Run) -> tuple[str, ...]:
    fen = run.vehicle_fen + run.distance_fen + run.time_fen + run.co2_fen
    return (
        run.run_id,
        run.vehicle_id,
        clock(run.stops[0].start_s),
        clock(run.stops[-1].departure_s),
        str(sum(1 for stop in run.stops if stop.drop or stop.take)),
        f"{run.distance_m / 1000:.1f}",
        f"{fen / 100:,.2f}",
    )
