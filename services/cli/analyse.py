"""``cuntong explain``, ``bound`` and ``forecast``: what is told of a planned day as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli.access import Access
from services.cli.follow import follow_plan, route_service
from services.cli.forecasts import tell_forecast
from services.cli.options import CaFile, CertFile, KeyFile, Lang, TokenFile
from services.cli.stored import PLAN_FILE, StoredDay, read_stored
from services.files.explanation_words import change_line
from services.files.outputs import write_file
from services.files.plan_json import plan_document
from services.files.summary import Language
from services.model.analysis import Analysis
from services.model.day import PlanSettings
from services.model.plan import PlanResult

Papers = Annotated[Path, typer.Argument(help="Folder that cuntong plan or revise wrote 计划文件夹 (OUT/DATE).")]
Route = Annotated[str, typer.Option(help="Address of a running route service; started here unless given.")]


def explain(
    folder: Papers,
    only: Annotated[
        list[str] | None, typer.Option(help="An unserved consignment 未安排的组; all unless given.")
    ] = None,
    route: Route = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
    language: Lang = "zh",
) -> None:
    """Say why something is left behind 未安排原因, and the smallest change that would serve it."""
    stored, console = read_stored(folder), Console(highlight=False)
    asked = Analysis(stored.result.plan, explain=True, consignment_ids=tuple(only or ()))
    result = _told(stored, asked, PlanSettings(), route, Access(token_file, ca, cert, key), language)
    for one in result.explanations:
        console.print(f"{one.consignment_id}: {change_line(one, language)}", markup=False, soft_wrap=True)
    if not result.explanations:
        console.print("没有未安排的合配件组" if language == "zh" else "nothing is left behind")
    _keep(folder, stored, replace(stored.result, explanations=result.explanations))


def bound(
    folder: Papers,
    seconds: Annotated[int, typer.Option(min=1, max=3600, help="Time to look 求解时间, s; at most 20 are used.")] = 30,
    route: Route = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
    language: Lang = "zh",
) -> None:
    """Say what any plan of the day costs at least 成本下界, and how far the plan is from that."""
    stored, console = read_stored(folder), Console(highlight=False)
    settings = PlanSettings(time_budget_s=seconds)
    asked = Analysis(stored.result.plan, bound=True)
    result = _told(stored, asked, settings, route, Access(token_file, ca, cert, key), language)
    if result.bound is not None:
        lower, cost = result.bound.lower_fen / 100, result.plan.cost.total_fen / 100
        most = result.bound.gap_permille / 10
        words = {
            "zh": f"成本下界 {lower:,.2f} 元，本计划 {cost:,.2f} 元，最多还能省 {most:.1f}%",
            "en": f"no plan costs less than {lower:,.2f} yuan, this one {cost:,.2f}: at most {most:.1f} % to save",
        }
        console.print(words[language])
    _keep(folder, stored, replace(stored.result, bound=result.bound))


def forecast(
    folder: Papers,
    days: Annotated[int, typer.Option(min=100, max=10_000, help="Days to simulate 模拟天数.")] = 2_000,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of the days.")] = 1,
    route: Route = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
    language: Lang = "zh",
) -> None:
    """Say how punctual a plan will be 准点预测, by driving it on simulated days."""
    stored, console = read_stored(folder), Console(highlight=False)
    settings = PlanSettings(forecast_days=days, seed=seed)
    asked = Analysis(stored.result.plan, forecast=True)
    result = _told(stored, asked, settings, route, Access(token_file, ca, cert, key), language)
    tell_forecast(stored.day, result, console, language)
    _keep(folder, stored, replace(stored.result, forecast=result.forecast))


def _told(
    stored: StoredDay, asked: Analysis, settings: PlanSettings, route: str, access: Access, language: Language
) -> PlanResult:
    console = Console(highlight=False, stderr=True)
    with route_service(route, access) as channel:
        return follow_plan(channel, stored.day, settings, console, language, asked)[1]


def _keep(folder: Path, stored: StoredDay, result: PlanResult) -> None:
    """Write what was told into plan.json beside what stands there."""
    if result != stored.result:
        write_file(folder / PLAN_FILE, plan_document(result))
