"""``cuntong settle``: who pays whom for a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.cli.access import NO_ACCESS, Access, channel_to
from services.cli.client import settle_accepted, settle_planned, settle_stored
from services.cli.local import local_services
from services.cli.options import DEFAULT_CONSOLIDATION, CaFile, CertFile, KeyFile, TokenFile, read_date
from services.cli.stored import read_stored
from services.files.outputs import write_file
from services.files.settlement_json import settlement_document
from services.files.settlement_sheets import settlement_sheets
from services.files.settlement_terminal import print_settlement
from services.model.settlement import Settlement, SettlementSettings
from services.runtime.config import StoreSettings, read_settings

SETTLEMENT_FILE = "settlement.json"


def settle(
    plan: Annotated[
        str, typer.Argument(help="Folder that cuntong plan wrote (OUT/DATE), or the id of a plan 计划文件夹或编号.")
    ],
    accepted: Annotated[
        date | None,
        typer.Option(
            parser=read_date,
            metavar="DATE",
            help="Settle the plan that this day goes by 采用的计划; PLAN is the county's id.",
        ),
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="Search iterations for each coalition; by their number unless given."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of the searches and of sampling.")] = 1,
    cores: Annotated[int, typer.Option(min=1, max=64, help="Coalitions planned at once by services started here.")] = 2,
    consolidation: Annotated[
        str, typer.Option(help="Address of a running consolidation service; started here for a folder unless given.")
    ] = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
) -> None:
    """Settle a plan 结算: who pays whom, what each would spend alone, and whether any coalition would leave.

    For a folder, 结算单.csv, 结算明细.csv, 成本分摊.csv and settlement.json are written beside the plan.
    """
    console = Console(highlight=False)
    settings = SettlementSettings(iterations=iterations, seed=seed)
    access = Access(token_file, ca, cert, key)
    folder = Path(plan)
    if accepted is not None:
        with channel_to(consolidation or DEFAULT_CONSOLIDATION, access) as channel, _progress(console) as on_progress:
            settlement = settle_accepted(channel, plan, accepted, settings, on_progress)
        print_settlement(settlement, console)
        return
    if not folder.is_dir():
        if "/" in plan:
            raise typer.BadParameter(f"没有这个文件夹 there is no folder {plan}")
        with channel_to(consolidation or DEFAULT_CONSOLIDATION, access) as channel, _progress(console) as on_progress:
            settlement = settle_stored(channel, plan, settings, on_progress)
        print_settlement(settlement, console)
        return
    settlement = _settle_folder(folder, settings, consolidation, access, cores, console)
    print_settlement(settlement, console)
    papers = settlement_sheets(settlement) | {SETTLEMENT_FILE: settlement_document(settlement)}
    for name, content in papers.items():
        write_file(folder / name, content)
    console.print(f"→ {folder}/  {'  '.join(papers)}", soft_wrap=True)


def _settle_folder(
    folder: Path, settings: SettlementSettings, consolidation: str, access: Access, cores: int, console: Console
) -> Settlement:
    stored = read_stored(folder)

    def ask(address: str, access: Access) -> Settlement:
        with channel_to(address, access) as channel, _progress(console) as on_progress:
            return settle_planned(channel, stored.day, stored.result, settings, on_progress)

    if consolidation:
        return ask(consolidation, access)
    with local_services(read_settings(StoreSettings), workers=cores) as running:
        return ask(running["consolidation"].grpc, NO_ACCESS)


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[int, int], None]]:
    """Show how many coalitions are planned; hands out what to call with each news."""
    bar = Progress(
        TextColumn("联盟求解"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=None)
        yield lambda solved, needed: bar.update(task, completed=solved, total=needed)
