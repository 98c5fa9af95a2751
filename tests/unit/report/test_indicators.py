"""A month's indicators equal a recount over the plans' own documents, and say what is missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import fastexcel
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.files.plan_json import plan_document
from services.files.report_xlsx import report_sheets, report_xlsx
from services.model.day import Day
from services.model.errors import InvalidInputError
from services.model.plan import Plan, PlanResult
from services.report.indicators import MonthFigures, carried_by, month_figures
from services.wire.documents import day_document
from tests.last_mile import last_mile_day, last_mile_plan
from tests.plans import cases, sample_case

MONDAY = date(2026, 11, 23)


def on(case: Any, offset: int) -> tuple[Day, Plan]:
    """The case's day and plan, so many days later."""
    day = case.day.service_date + timedelta(days=offset)
    return replace(case.day, service_date=day), replace(case.plan, service_date=day)


def figures_of(planned: list[tuple[Day, Plan]]) -> MonthFigures:
    first = planned[0][0].service_date
    return month_figures(first.year, first.month, planned)


def recount(planned: list[tuple[Day, Plan]]) -> dict[str, Any]:
    """Count everything once more from the documents that are stored, by plain loops."""
    count: Counter[str] = Counter()
    village_days: defaultdict[str, set[str]] = defaultdict(set)
    brands: set[str] = set()
    rides: set[tuple[str, str]] = set()
    lines: set[str] = set()
    for day, plan in planned:
        stored_day = orjson.loads(day_document(day))
        stored = orjson.loads(plan_document(PlanResult(plan)))["plan"]
        goods = {c["consignment_id"]: c for c in stored_day["consignments"]}
        shuttle_leaves = {}
        for shuttle in stored["shuttles"]:
            for name in shuttle["consignment_ids"]:
                shuttle_leaves[name] = datetime.fromisoformat(shuttle["departure_time"])

        def carry(name: str, seconds: float, goods: Any = goods, stored: Any = stored) -> None:
            consignment = goods[name]
            pieces = int(consignment["pieces"])
            inbound = consignment["direction"] == "DIRECTION_INBOUND"
            count["in" if inbound else "out"] += pieces
            count["piece_seconds"] += pieces * round(seconds) if inbound else 0
            village_days[consignment["village_code"]].add(stored["service_date"])
            brands.add(consignment["carrier_id"])

        for run in stored["runs"]:
            for carriage in run["carriages"]:
                name = carriage["consignment_id"]
                took = dropped = None
                for stop in run["stops"]:
                    took = datetime.fromisoformat(stop["departure_time"]) if name in stop["take"] else took
                    dropped = datetime.fromisoformat(stop["start_time"]) if name in stop["drop"] else dropped
                assert took is not None
                assert dropped is not None
                carry(name, (dropped - took).total_seconds())
        for booking in stored["bookings"]:
            name = booking["consignment_id"]
            left = shuttle_leaves.get(name, datetime.fromisoformat(booking["ready_by_time"]))
            carry(name, (datetime.fromisoformat(booking["available_time"]) - left).total_seconds())
            rides.add((stored["service_date"], booking["trip_id"]))
            lines.add(booking["line_id"])
        parts = stored["cost"]
        count["fen"] += sum(
            fen for part, fen in parts.items() if part not in {"total_fen", "unserved_fen", "waiting_fen"}
        )
    visits = sum(len(days) for days in village_days.values())
    return {
        "进村件数": count["in"],
        "出村件数": count["out"],
        "共配品牌数": len(brands),
        "通达建制村数": len(village_days),
        "村均服务天数": round(visits / len(village_days), 2) if village_days else None,
        "搭载线路数": len(lines),
        "搭载班次数": len(rides),
        "进村平均时长": round(count["piece_seconds"] / count["in"] / 3600, 2) if count["in"] else None,
        "费用合计": count["fen"] / 100,
        "每件费用": round(count["fen"] / (count["in"] + count["out"]) / 100, 2) if count["in"] + count["out"] else None,
        "有计划天数": len(planned),
    }


@given(st.lists(cases(), min_size=1, max_size=3))
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_the_report_equals_a_recount_of_the_stored_plans(drawn: list[Any]) -> None:
    county = drawn[0].day.county
    planned = [on(case, offset) for offset, case in enumerate(drawn) if case.day.county.county_id == county.county_id]
    figures = figures_of(planned)
    headline = {str(name): value for name, value, *_ in report_sheets(figures, {}, {})[0].rows}
    for name, value in recount(planned).items():
        assert headline[name] == value, name


def test_the_workbook_holds_the_figures() -> None:
    planned = [on(sample_case(), 0), on(sample_case(), 2)]
    sheets = report_sheets(figures_of(planned), {"1": "东村"}, {})
    book = fastexcel.read_excel(report_xlsx(sheets))
    assert book.sheet_names == [sheet.name for sheet in sheets] == ["指标汇总", "每日", "各村", "线路", "品牌"]
    for sheet in sheets:
        frame = book.load_sheet(sheet.name, dtypes="string").to_polars()
        assert tuple(frame.columns) == sheet.header
        assert frame.height == len(sheet.rows)
    days = book.load_sheet("每日").to_polars()
    assert days["日期"].dtype.is_temporal()
    assert days["进村件"].to_list() == [row[1] for row in sheets[1].rows]
    assert days["费用(元)"].to_list() == [row[-2] for row in sheets[1].rows]


def test_days_without_a_plan_are_listed() -> None:
    figures = figures_of([on(sample_case(), 0), on(sample_case(), 2)])
    assert len(figures.missing) == 28
    assert date(2026, 11, 24) in figures.missing
    assert date(2026, 11, 23) not in figures.missing


def test_what_a_plan_does_not_carry_is_not_served() -> None:
    day, plan = on(sample_case(), 0)
    figures = month_figures(2026, 11, [(day, replace(plan, runs=(), bookings=(), shuttles=()))])
    assert (figures.total.pieces, figures.villages, figures.brands) == (0, {}, {})


@pytest.mark.parametrize(
    ("offsets", "said"), [((0, 0), "is there twice"), ((0, 8), "is not in 2026-11"), ((0, -30), "is not in 2026-11")]
)
def test_days_that_do_not_belong_are_refused_by_date(offsets: tuple[int, ...], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        month_figures(2026, 11, [on(sample_case(), offset) for offset in offsets])


def test_two_counties_make_no_report() -> None:
    day, plan = on(sample_case(), 1)
    other = replace(day, county=replace(day.county, county_id="other")), replace(plan, county_id="other")
    with pytest.raises(InvalidInputError, match="several counties"):
        month_figures(2026, 11, [on(sample_case(), 0), other])


def test_what_comes_by_a_line_and_a_small_vehicle_is_counted_once_and_takes_until_it_is_there() -> None:
    day = last_mile_day()
    plan = last_mile_plan(day)
    figures = figures_of([(day, plan)])
    goods = {c.consignment_id: c for c in day.consignments}
    assert figures.total.pieces_in + figures.total.pieces_out == sum(c.pieces for c in goods.values())
    assert figures.lines["FREIGHT"].pieces == sum(c.pieces for c in goods.values())
    (run,) = plan.runs
    ready = {b.consignment_id: b.ready_by_s for b in plan.bookings}
    longest = [stop.start_s - ready[c] for stop in run.stops for c in stop.drop if c in ("C-1", "C-2")]
    carried = [one.way_s for one in carried_by(day, plan) if one.way_s]
    assert sorted(carried) == sorted(longest)
