"""``cuntong trace``: what became of a parcel, from the papers of a day or from the consolidation service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from cuntong.consolidation.v1 import trace_pb2
from google.protobuf import json_format
from rich.console import Console

from services.cli.access import Access, channel_to
from services.cli.client import trace_remotely
from services.cli.options import DEFAULT_CONSOLIDATION, CaFile, CertFile, KeyFile, TokenFile
from services.cli.stored import read_stored
from services.consolidation.bagging.bags import bag_day
from services.consolidation.trace import trace as trace_parcel
from services.files.trace_text import trace_lines
from services.model.trace import Trace
from services.wire.codec import encode


def trace(
    parcel: Annotated[
        str, typer.Argument(help="快递公司/运单号: carrier by id or name, either of the parcel's numbers.")
    ],
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Folder of a planned day 出单文件夹, as out/2026-11-23.")
    ] = None,
    plan_id: Annotated[str, typer.Option("--plan-id", help="Id of a plan that the services keep 计划编号.")] = "",
    consolidation: Annotated[
        str, typer.Option(envvar="CUNTONG_CONSOLIDATION", help="Address of the consolidation service, for --plan-id.")
    ] = DEFAULT_CONSOLIDATION,
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for a program.")] = False,
) -> None:
    """Trace a parcel 快件追溯: why it is held, or its bag, run or trip with times, and who answers for it when."""
    if (plan is None) == (not plan_id):
        raise typer.BadParameter("--plan 和 --plan-id 须给出一个 give one of --plan and --plan-id")
    if plan is not None:
        stored = read_stored(plan)
        bagging = bag_day(stored.day, stored.result.plan)
        account = trace_parcel(stored.day, stored.result.plan, bagging, parcel)
    else:
        with channel_to(consolidation, Access(token_file, ca, cert, key)) as channel:
            account = trace_remotely(channel, plan_id, parcel)
    if as_json:
        typer.echo(_json(account))
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in trace_lines(account):
        console.print(line, markup=False)


def _json(account: Trace) -> str:
    message = encode(account, trace_pb2.Trace, account.service_date)
    return json_format.MessageToJson(message, preserving_proto_field_name=True, ensure_ascii=False)
