"""``cuntong revise``: a planned day goes on after something happened."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from services.cli.access import Access
from services.cli.follow import follow_plan, route_service
from services.cli.forecasts import tell_forecast
from services.cli.options import CaFile, CertFile, KeyFile, Lang, TokenFile
from services.cli.stored import DAY_FILE, PLAN_FILE, read_stored
from services.files.changes_csv import CHANGES_FILE, KINDS, changes_csv
from services.files.manifests import manifests
from services.files.mapview import map_html
from services.files.outputs import write_outputs
from services.files.plan_json import plan_document
from services.files.summary import Language
from services.happenings.after import day_after
from services.model.day import PlanSettings
from services.model.errors import InvalidInputError, Violation
from services.model.events import MOST_MOVED_FEN, Events, LateTrip, Revision
from services.model.network import ClosedRoad
from services.model.plan import PlanResult
from services.model.units import clock
from services.wire.documents import day_document, read_events

_TIME: Final = re.compile(r"([01]?\d|2\d|3\d|4[0-7]):([0-5]\d)")
_WORDS: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "kept": "承诺 {promised} 个合配件组，{moved} 个改时超过 15 分钟",
        "cost": "费用 {before:,.2f} → {after:,.2f} 元，变更价 {price:,.2f} 元",
        "none": "无变更",
    },
    "en": {
        "kept": "{promised} consignments promised, {moved} moved by more than 15 minutes",
        "cost": "cost {before:,.2f} → {after:,.2f} yuan, price of changes {price:,.2f} yuan",
        "none": "nothing changes",
    },
}


def _time(text: str | int) -> int:
    if isinstance(text, int):
        return text
    if (found := _TIME.fullmatch(text)) is None:
        raise typer.BadParameter(f"{text!r} is no time like 10:30")
    return int(found[1]) * 3600 + int(found[2]) * 60


def revise(
    folder: Annotated[Path, typer.Argument(help="Folder that cuntong plan or revise wrote 计划文件夹 (OUT/DATE).")],
    now: Annotated[int, typer.Option(parser=_time, metavar="HH:MM", help="Now 现在: what is before it stays.")],
    out: Annotated[Path | None, typer.Option(help="Where papers go 输出文件夹; FOLDER-HHMM unless given.")] = None,
    cancel: Annotated[list[str] | None, typer.Option(help="A trip that does not run 停开班次.")] = None,
    late: Annotated[list[str] | None, typer.Option(metavar="TRIP=MIN", help="A trip that is late 晚点班次.")] = None,
    down: Annotated[list[str] | None, typer.Option(help="A vehicle that broke down 故障车辆.")] = None,
    close: Annotated[
        list[str] | None, typer.Option(metavar="A,B", help="A road between two nodes that is closed 封路.")
    ] = None,
    ban: Annotated[
        int | None,
        typer.Option(parser=_time, metavar="HH:MM", help="From when no bus and no train leaves 客运停运."),
    ] = None,
    withdraw: Annotated[list[str] | None, typer.Option(help="A consignment that is withdrawn 撤回合配件组.")] = None,
    events: Annotated[
        Path | None, typer.Option(help="More of what happened, as a JSON of cuntong.route.v1.Events 事件文件.")
    ] = None,
    moved_fen: Annotated[
        int, typer.Option(min=0, max=MOST_MOVED_FEN, help="Price of moving a promise 变更价, fen a consignment.")
    ] = 500,
    budget: Annotated[int, typer.Option(min=1, max=3600, help="Search time 求解时间, s.")] = 10,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of the search.")] = 1,
    cores: Annotated[int, typer.Option(min=1, max=64, help="Cores that the search may use.")] = 2,
    route: Annotated[str, typer.Option(help="Address of a running route service; started here unless given.")] = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
    language: Lang = "zh",
) -> None:
    """Revise a plan 调整计划 after something happened: what is past stays, what was promised moves as little as pays.

    Papers are plan.json, day.json, map.html, manifests 路单 and 变更.csv, which lists what changes for whom.
    """
    console = Console(highlight=False)
    stored = read_stored(folder)
    told = Events() if events is None else read_events(_content(events), stored.day.service_date)
    happened = replace(
        told,
        cancelled_trips=(*told.cancelled_trips, *(cancel or ())),
        late_trips=(*told.late_trips, *map(_late, late or ())),
        down_vehicles=(*told.down_vehicles, *(down or ())),
        closed_roads=(*told.closed_roads, *map(_closed, close or ())),
        withdrawn=(*told.withdrawn, *(withdraw or ())),
        passenger_ban_s=told.passenger_ban_s if ban is None else ban,
    )
    revision = Revision(stored.result.plan, now, happened, moved_fen)
    after = day_after(stored.day, revision)
    settings = PlanSettings(time_budget_s=budget, seed=seed, cores=cores)
    with route_service(route, Access(token_file, ca, cert, key)) as channel:
        _, result = follow_plan(channel, stored.day, settings, console, language, revision)
    target = out or folder.with_name(f"{folder.name}-{clock(now).replace(':', '')}")
    changes = result.changes
    papers = {
        DAY_FILE: day_document(after),
        PLAN_FILE: plan_document(result),
        "map.html": map_html(after, result, "", language),
        **manifests(after, result.plan),
    }
    if changes is not None:
        papers[CHANGES_FILE] = changes_csv(stored.day, after, result.plan, changes)
    write_outputs(target, papers)
    _tell(result, console, language)
    tell_forecast(after, result, console, language)
    console.print(f"→ {target}/", soft_wrap=True)


def _tell(result: PlanResult, console: Console, language: Language) -> None:
    changes, words = result.changes, _WORDS[language]
    if changes is None:
        return
    kinds = Counter(change.kind for change in changes.changes)
    listed = "  ".join(f"{KINDS[kind]} {kind.lower()} {count}" for kind, count in kinds.items()) or words["none"]
    before, after, price = (fen / 100 for fen in (changes.previous_fen, result.plan.cost.total_fen, changes.price_fen))
    console.print(words["kept"].format(promised=changes.promised, moved=changes.moved), style="bold")
    console.print("  " + words["cost"].format(before=before, after=after, price=price))
    console.print(f"  {listed}")
    for left in result.plan.unserved[:10]:
        console.print(f"  {left.consignment_id}: {left.detail}", markup=False, soft_wrap=True)
    if len(result.plan.unserved) > 10:
        console.print(f"  … {len(result.plan.unserved)}")


def _late(text: str) -> LateTrip:
    trip, _, minutes = text.rpartition("=")
    if not trip or not minutes.isdecimal():
        raise typer.BadParameter(f"{text!r} is not like T1=25, a trip and its minutes", param_hint="--late")
    return LateTrip(trip, int(minutes) * 60)


def _closed(text: str) -> ClosedRoad:
    ends = text.split(",")
    if len(ends) != 2 or not all(ends):
        raise typer.BadParameter(f"{text!r} is not like A,B, two nodes", param_hint="--close")
    return ClosedRoad(from_node=ends[0], to_node=ends[1])


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInputError([Violation("events", f"cannot read {path}: {error.strerror}")]) from error
