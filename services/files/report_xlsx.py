"""The monthly indicator report 指标报告 as an XLSX workbook."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import xlsxwriter

from services.report.indicators import MonthFigures, Tally

Cell = str | int | float | date | None

_WIDE: Final = 26
_NARROW: Final = 13


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, its columns and its rows."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def report_sheets(figures: MonthFigures, villages: Mapping[str, str], brands: Mapping[str, str]) -> tuple[Sheet, ...]:
    """Lay out a month's figures; ``villages`` and ``brands`` give names by code and by partner id."""
    return (
        Sheet("指标汇总", ("指标", "数值", "单位", "口径"), tuple(_headline(figures))),
        Sheet(
            "每日",
            (
                *("日期", "进村件", "出村件", "品牌数", "有件村", "到村数", "搭载线路", "搭载班次", "共配车次"),
                *("缓送件", "未安排件", "扣留票", "进村平均时长(小时)", "费用(元)", "每件费用(元)"),
            ),
            tuple(
                (
                    *(day.service_date, day.tally.pieces_in, day.tally.pieces_out, day.brands),
                    *(day.villages_with_goods, day.villages_served, day.lines, day.trips, day.runs),
                    *(day.waiting_pieces, day.unserved_pieces, day.held, _hours(day.tally)),
                    *(day.cost_fen / 100, _each(day.cost_fen, day.tally.pieces)),
                )
                for day in figures.days
            ),
        ),
        Sheet(
            "各村",
            ("村代码", "村名", "到村天数", "平均几天一次", "进村件", "出村件", "进村平均时长(小时)"),
            tuple(
                (
                    *(code, villages.get(code, ""), len(tally.days), round(len(figures.days) / len(tally.days), 2)),
                    *(tally.pieces_in, tally.pieces_out, _hours(tally)),
                )
                for code, tally in figures.villages.items()
            ),
        ),
        Sheet(
            "线路",
            ("线路", "名称", "运营方", "搭载天数", "搭载班次", "件数", "运费(元)"),
            tuple(
                (
                    *(line_id, line.name, brands.get(line.owner, line.owner), line.days, line.trips),
                    *(line.pieces, line.tariff_fen / 100),
                )
                for line_id, line in figures.lines.items()
            ),
        ),
        Sheet(
            "品牌",
            ("合作方", "名称", "有件天数", "进村件", "出村件", "进村平均时长(小时)"),
            tuple(
                (partner_id, brands.get(partner_id, ""), len(t.days), t.pieces_in, t.pieces_out, _hours(t))
                for partner_id, t in figures.brands.items()
            ),
        ),
    )


def _headline(figures: MonthFigures) -> Iterable[tuple[Cell, ...]]:
    total = figures.total
    visits = figures.visits_a_village
    month = f"{figures.year}-{figures.month:02d}"
    yield "统计月份", month, "", f"县 {figures.county_id}"
    yield "有计划天数", len(figures.days), "天", "当月已编制并通过校核的日计划"
    missing = "、".join(str(day.day) for day in figures.missing)
    yield "缺计划天数", len(figures.missing), "天", f"当月没有日计划的日期: {missing or '无'}"
    yield "共配品牌数", len(figures.brands), "家", "当月有快件被承运的快递和邮政企业"
    yield "通达建制村数", len(figures.villages), "村", "当月至少被送达或揽收一次的建制村"
    yield "村均服务天数", None if visits is None else round(visits, 2), "天", "通达村在有计划的日子里被服务的平均天数"
    yield "搭载线路数", len(figures.lines), "条", "当月承运过快件的客运、货运、铁路、邮路和商贸线路"
    yield "搭载班次数", sum(line.trips for line in figures.lines.values()), "班", "承运过快件的班次，每日每班计一次"
    yield "进村件数", total.pieces_in, "件", "已承运的进村件，不含缓送、未安排和扣留"
    yield "出村件数", total.pieces_out, "件", "已承运的出村件，不含缓送、未安排和扣留"
    yield "进村平均时长", _hours(total), "小时", "每件自离开县级共配中心至村级站点交接（班线件至可取）"
    yield "费用合计", figures.cost_fen / 100, "元", "车辆、里程、工时、运费、接驳和碳价，不含缓送与未安排的计价"
    yield "每件费用", _each(figures.cost_fen, total.pieces), "元", "费用合计 ÷ (进村件 + 出村件)"


def _hours(tally: Tally) -> float | None:
    return None if tally.mean_way_s is None else round(tally.mean_way_s / 3600, 2)


def _each(cost_fen: int, pieces: int) -> float | None:
    return round(cost_fen / pieces / 100, 2) if pieces else None


def report_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Write sheets as a workbook with frozen headers, real dates and numbers, ready to print."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    bold = workbook.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True, "align": "center"})
    formats: dict[type, Any] = {
        float: workbook.add_format({"num_format": "#,##0.00"}),
        int: workbook.add_format({"num_format": "#,##0"}),
        date: workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        str: workbook.add_format({"num_format": "@"}),
    }
    for sheet in sheets:
        page = workbook.add_worksheet(sheet.name)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.freeze_panes(1, 0)
        page.repeat_rows(0)
        for column, title in enumerate(sheet.header):
            page.write_string(0, column, title, bold)
            longest = max([_cells(title) // 2, *(_cells(row[column]) for row in sheet.rows)], default=0)
            page.set_column(column, column, min(max(longest + 2, _NARROW), 3 * _WIDE))
        for number, row in enumerate(sheet.rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    page.write_datetime(number, column, value, formats[date])
                elif isinstance(value, str):
                    page.write_string(number, column, value, formats[str])
                elif value is not None:
                    page.write_number(number, column, value, formats[type(value)])
    workbook.close()
    return buffer.getvalue()


def _cells(value: Cell) -> int:
    """Width of a value in characters of a Latin script, of which a Chinese one takes two."""
    text = value.isoformat() if isinstance(value, date) else "" if value is None else str(value)
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
