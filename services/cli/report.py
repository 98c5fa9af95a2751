"""``cuntong report``: a month of plans as the indicators that a county reports."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli.options import DEFAULT_VILLAGES, Villages
from services.cli.stored import DAY_FILE, PLAN_FILE, StoredDay, read_stored
from services.files.gazetteer import read_villages
from services.files.outputs import write_file
from services.files.report_xlsx import report_sheets, report_xlsx
from services.model.errors import CuntongError, InvalidInputError, Violation
from services.report.indicators import month_figures


def _read_month(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
    if not match:
        raise typer.BadParameter(f"{text!r} is not a month like 2026-11")
    return int(match[1]), int(match[2])


def report(
    month: Annotated[str, typer.Option(help="Month 统计月份, YYYY-MM.")],
    out: Annotated[Path, typer.Option(help="Where cuntong plan put its papers 计划文件夹.")] = Path("out"),
    file: Annotated[
        Path | None, typer.Option(help="The workbook to write.", show_default="OUT/指标报告-MONTH.xlsx")
    ] = None,
    villages: Villages = DEFAULT_VILLAGES,
) -> None:
    """Report a month's indicators 指标报告: brands, villages, lines, pieces, hours and cost, as XLSX."""
    console = Console(highlight=False)
    year, number = _read_month(month)
    planned = _planned(out, year, number)
    if not planned:
        raise NothingPlannedError(f"{out} holds no plan of {month}: run cuntong plan first, or name another --out")
    figures = month_figures(year, number, [(one.day, one.result.plan) for one in planned])
    names = {village.code: village.name for village in read_villages(villages)}
    brands = {partner.partner_id: partner.name for one in planned for partner in one.day.county.partners}
    sheets = report_sheets(figures, names, brands)
    target = file or out / f"指标报告-{month}.xlsx"
    write_file(target, report_xlsx(sheets))
    console.print(f" {figures.county_id} 指标报告 {month}", style="bold")
    for name, value, unit, _ in sheets[0].rows[1:]:
        shown = "—" if value is None else f"{value:,}" if isinstance(value, int | float) else str(value)
        console.print(f"  {name}  {shown} {unit}")
    if figures.missing:
        days = "、".join(str(day.day) for day in figures.missing)
        console.print(f"  缺计划日期 days without a plan: {days}", style="yellow", soft_wrap=True)
    console.print(f"→ {target}", soft_wrap=True)


class NothingPlannedError(CuntongError):
    """There is no plan of the month to report on."""


def _planned(out: Path, year: int, month: int) -> list[StoredDay]:
    """Every planned day of the month; a folder that is there but cannot be read is a fault, not a gap."""
    found: list[StoredDay] = []
    violations: list[Violation] = []
    folders = sorted(out.iterdir()) if out.is_dir() else []
    for folder in folders:
        try:
            named = date.fromisoformat(folder.name)
        except ValueError:
            continue
        if (named.year, named.month) != (year, month):
            continue
        try:
            stored = read_stored(folder)
        except InvalidInputError as error:
            violations += [Violation(f"{folder.name}/{v.path}", v.message) for v in error.violations]
            continue
        except CuntongError as error:
            violations.append(Violation(folder.name, f"{error} ({DAY_FILE}, {PLAN_FILE})"))
            continue
        if stored.day.service_date != named:
            violations.append(Violation(folder.name, f"holds the plan of {stored.day.service_date}"))
        found.append(stored)
    if violations:
        raise InvalidInputError(violations)
    return found
