"""What ``cuntong check --plan`` does: have a plan that somebody else made judged by the route service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rich.console import Console

from services.cli.access import Access, channel_to
from services.cli.client import Judgement, check_remotely
from services.cli.county_day import consolidate_day, read_county_day
from services.cli.law_words import LAWS
from services.cli.local import local_services
from services.cli.stored import DAY_FILE, PLAN_FILE
from services.files.outputs import OutputError
from services.files.plan_json import read_plan
from services.model.day import Day
from services.model.plan import Plan
from services.runtime.config import StoreSettings, read_settings
from services.wire.documents import read_day

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where services answer; empty for those that are to be started."""

    consolidation: str
    route: str


def judge_file(
    folder: Path,
    service_date: date,
    villages: Path,
    plan_file: Path,
    late_fen_per_min: int,
    addresses: Addresses,
    access: Access,
) -> Judgement:
    """Judge a plan.json, or that of a folder of papers, for a county folder's day or for the day of such papers.

    Papers know their date and prices; ``service_date`` and ``late_fen_per_min`` are for a county folder.

    Raises
    ------
    InvalidInputError, OutputError, CountyFolderError
        When the plan, the papers or the folder cannot be read.
    """
    path = plan_file / PLAN_FILE if plan_file.is_dir() else plan_file
    plan = read_plan(_content(path)).plan
    if (folder / DAY_FILE).is_file():
        day = read_day(_content(folder / DAY_FILE))
        with _running(replace(addresses, consolidation="-")) as there:
            return _ask(day, plan, there, access if addresses.route else Access())
    county_day = read_county_day(folder, service_date, villages)
    with _running(addresses) as there:
        with channel_to(there.consolidation, access if addresses.consolidation else Access()) as channel:
            day = consolidate_day(channel, county_day).day
        day = replace(day, objective=replace(day.objective, late_fen_per_min=late_fen_per_min))
        return _ask(day, plan, there, access if addresses.route else Access())


def tell_judgement(judgement: Judgement, console: Console) -> None:
    """Say which laws a plan breaks and how, or that it breaks none."""
    if not judgement.broken:
        console.print("计划合规 the plan breaks no law", style="bold green")
        return
    total = len(judgement.broken) + judgement.left_out
    console.print(f"计划违规 {total} 处 the plan breaks laws:", style="bold red")
    for law, count in Counter(broken.law for broken in judgement.broken).items():
        console.print(f"  {LAWS[law]} {law}  {count}", style="bold")
    for broken in judgement.broken[:_SHOWN]:
        console.print(f"  {broken.law}  {broken.subject}: {broken.detail}", markup=False, soft_wrap=True)
    if total > _SHOWN:
        console.print(f"  … 另有 {total - _SHOWN} 处 and more")


@contextmanager
def _running(addresses: Addresses) -> Iterator[Addresses]:
    """The given services, or our own for what is not given."""
    if addresses.consolidation and addresses.route:
        yield addresses
        return
    with local_services(read_settings(StoreSettings)) as running:
        yield Addresses(
            addresses.consolidation or running["consolidation"].grpc, addresses.route or running["route"].grpc
        )


def _ask(day: Day, plan: Plan, addresses: Addresses, access: Access) -> Judgement:
    with channel_to(addresses.route, access) as channel:
        return check_remotely(channel, day, plan)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror}") from error
