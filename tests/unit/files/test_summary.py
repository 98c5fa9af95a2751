"""The figures of a day."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, get_args

import orjson
import polars as pl
import pytest
from rich.cells import cell_len
from rich.console import Console

from services.files.summary import Language, Summary, summarise, summary_json
from services.files.summary_terminal import print_summary
from services.model.changes import TripRisk
from services.model.explanations import BindingLimit, Explanation, LimitKind, SmallestChange, SubjectKind
from services.model.forecast import BookingForecast, Forecast, PunctualityLevel, RunForecast, StopForecast
from services.model.plan import Bound, BoundMethod, PlanResult, Unserved, UnservedReason, Waiting
from services.model.ways import NextBest, Terms, TransportMode, UsedWay, VillageWay, mode_shares
from tests.papers_fixture import held_frame, huadian_day, huadian_plan

DAY = huadian_day()
RESULT = huadian_plan(DAY)
PHASES = {"read": 0.4, "plan": 20.25}


def summary_of(result: PlanResult = RESULT, held: pl.DataFrame | None = None) -> Summary:
    return summarise(DAY, result, 2_529, held_frame() if held is None else held, PHASES, "passed")


def shown(summary: Summary, language: Language) -> str:
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    print_summary(summary, console, language)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_every_figure_is_counted() -> None:
    summary = summary_of()
    assert summary.held == 7
    assert summary.held_by_reason["DUPLICATE"] == 2
    assert summary.unserved == 2
    assert summary.villages_with_parcels == 156
    assert summary.villages_reached == 155
    assert summary.villages_not_reached == (summary.unserved_detail[0].village_code,)
    assert summary.parcels_served == summary.parcels - sum(left.pieces for left in summary.unserved_detail)
    spent = RESULT.plan.cost.total_fen - RESULT.plan.cost.unserved_fen
    assert summary.cost_per_parcel_fen == round(spent / summary.parcels_served)


def test_a_village_counts_as_reached_when_one_of_its_consignments_is_carried() -> None:
    carried = RESULT.plan.runs[0].carriages[0].consignment_id
    left = Unserved(carried, UnservedReason.FLEET_EXHAUSTED, "")
    run = RESULT.plan.runs[0]
    run = replace(run, carriages=tuple(one for one in run.carriages if one.consignment_id != carried))
    plan = replace(RESULT.plan, runs=(run, *RESULT.plan.runs[1:]), unserved=(*RESULT.plan.unserved, left))
    assert summary_of(replace(RESULT, plan=plan)).villages_reached == 155


def test_a_bound_is_told_in_one_line_and_in_the_document() -> None:
    summary = summary_of(replace(RESULT, bound=Bound(123_456, 134, BoundMethod.FLOW)))
    assert "任何计划至少 1,234.56 元，本计划最多还能省 13.4%" in shown(summary, "zh")
    assert "no plan is under 1,234.56: at most 13.4% to save" in shown(summary, "en")
    bound = orjson.loads(summary_json(summary))["bound"]
    assert bound == {"lower_fen": 123_456, "gap_permille": 134, "method": "FLOW", "is_exact": False}
    proved = summary_of(replace(RESULT, bound=Bound(RESULT.plan.cost.total_fen, 0, BoundMethod.ENUMERATION, True)))
    assert "本计划已是最优" in shown(proved, "zh")
    assert "下界" not in shown(summary_of(), "zh")


def test_the_dearest_failures_of_trips_are_told() -> None:
    risks = (TripRisk("T-1", 3, 45_000, 2), TripRisk("T-2", 1, 1_200, 0), TripRisk("T-3", 1, -500, 0))
    summary = summary_of(replace(RESULT, trip_risks=risks))
    assert "T-1 停开多 450.00 元，2 组送不了" in shown(summary, "zh")
    assert "T-2: 12.00 more" in shown(summary, "en")
    assert "T-3" not in shown(summary, "zh")
    assert "班次停开" not in shown(summary_of(), "zh")
    assert len(orjson.loads(summary_json(summary))["trip_risks"]) == 3


def test_the_document_has_the_promised_keys() -> None:
    document = orjson.loads(summary_json(summary_of()))
    numbers = ("rows", "consignments", "bookings", "runs", "villages_with_parcels", "villages_reached", "unserved")
    assert all(isinstance(document[key], int) for key in numbers)
    assert document["held"] == summary_of().held_by_reason
    cost = document["cost_fen"]
    assert cost.pop("total") == sum(cost.values()) == RESULT.plan.cost.total_fen
    assert RESULT.comparison is not None
    assert document["cost_fen_alone"] == RESULT.comparison.alone_fen
    assert document["cost_fen_shared_runs"] == RESULT.comparison.shared_runs_fen
    assert document["seconds"] == pytest.approx(20.65)
    assert document["seconds_by_phase"] == PHASES
    assert document["checker"] == "passed"


@pytest.mark.parametrize("language", get_args(Language))
def test_the_terminal_s_width_is_kept(language: Language) -> None:
    plan = RESULT.plan
    unserved = tuple(replace(left, detail=left.detail * 6) for left in plan.unserved * 4)
    for result in (RESULT, replace(RESULT, comparison=None, plan=replace(plan, unserved=unserved))):
        lines = shown(summary_of(result), language).splitlines()
        assert max(cell_len(line) for line in lines) <= 80


def explained(left: Unserved, **more: Any) -> Explanation:
    limits = (
        BindingLimit(LimitKind.SHIFT, SubjectKind.VEHICLE, "VAN-1", by_s=1_200, detail="班次延后", detail_en="a shift"),
        BindingLimit(
            LimitKind.TRIP_FULL, SubjectKind.TRIP, "T-1", by_g=30_000, detail="多留舱位", detail_en="more room"
        ),
    )
    return replace(Explanation(left.consignment_id, limits, SmallestChange(limits[0], 1_234, True)), **more)


def test_what_would_serve_the_unserved_stands_beside_the_reason() -> None:
    first, second = RESULT.plan.unserved
    together = explained(second, change=None, stand_together=True)
    summary = summary_of(replace(RESULT, explanations=(explained(first), together)))
    lines = orjson.loads(summary_json(summary))["unserved_detail"]
    assert lines[0]["change"] == "最小调整：班次延后（已求解验证，另需 12.34 元）；或 多留舱位"
    assert lines[0]["change_en"] == "smallest change: a shift (verified by a search, 12.34 yuan more); or more room"
    assert lines[1]["change"] == "须同时：班次延后、多留舱位"
    assert "最小调整：班次延后" in shown(summary, "zh")
    assert "needed together: a shift, more room" in shown(summary, "en")
    unverified = explained(first, change=SmallestChange(explained(first).limits[0], 0, False))
    for one, said in (
        (unverified, "（未能验证）"),
        (Explanation(first.consignment_id, is_explained=False), "尚未分析"),
        (Explanation(first.consignment_id), "没有找到可行的调整"),
    ):
        assert said in summary_of(replace(RESULT, explanations=(one,))).unserved_detail[0].change
    assert summary_of().unserved_detail[0].change == ""


def test_modes_share_what_is_carried_to_a_hundred_percent() -> None:
    used = [
        UsedWay(mode, Terms.OWN, pieces, 0, 0) for mode, pieces in zip(TransportMode, (1, 1, 0, 0, 0, 1), strict=True)
    ]
    ways = (VillageWay("220282002200", tuple(used), 0, NextBest(TransportMode.BUS, (), 1, "T")), VillageWay("2", (), 0))
    summary = summary_of(replace(RESULT, ways=ways, mode_shares=mode_shares(ways)))
    modes = orjson.loads(summary_json(summary))["modes"]
    assert sum(share["permille"] for share in modes) == 1_000
    assert modes[0] == {"mode": "BUS", "pieces_in": 1, "pieces_out": 0, "permille": 334}
    assert summary.villages_with_other_way == 1
    text = shown(summary, "zh")
    assert "客运 1 件 33.4%  铁路 1 件 33.3%  共配车次 1 件 33.3%" in text
    assert "邮路" not in text
    assert "bus 1 (33.4%)  rail 1 (33.3%)  shared run 1 (33.3%)" in shown(summary, "en")


def test_the_three_costs_stand_side_by_side() -> None:
    text = shown(summary_of(), "zh")
    assert all(word in text for word in ("各家单干", "只共配", "共配＋班线", "省 68.6%", "校核通过", "155 / 156 村"))
    assert "each alone" in shown(summary_of(), "en")
    assert "各家单干" not in shown(summary_of(replace(RESULT, comparison=None)), "zh")


def forecast_of(**changes: Any) -> Forecast:
    """A forecast of the plan: the second call of its first run, and its first booking, fail most often."""
    run, booking = RESULT.plan.runs[0], RESULT.plan.bookings[0]
    stops = tuple(StopForecast(run.run_id, i, permille, 800, 30_000, 31_000) for i, permille in ((0, 1_000), (1, 912)))
    runs = (RunForecast(run.run_id, 540, 50_000, 60_000),)
    made = Forecast(2_000, 963, 896, 2_483, 92, stops, runs, (BookingForecast(booking.booking_id, 870, 850),))
    return replace(made, **changes)


def test_what_most_often_goes_wrong_is_shown() -> None:
    run, booking = RESULT.plan.runs[0], RESULT.plan.bookings[0]
    summary = summary_of(replace(RESULT, forecast=forecast_of()))
    text = shown(summary, "zh")
    name = next(node.name for node in DAY.county.network.nodes if node.node_id == run.stops[1].node_id)
    assert "准点预测" in text and "96.3%" in text and "不到 89.6%" in text
    assert f"{run.run_id} 第 2 站 {name} 91.2%" in text
    assert f"{booking.trip_id} 13.0%" in text
    assert f"{run.run_id} 46.0%" in text
    assert "准点目标" not in text
    document = orjson.loads(summary_json(summary))["punctuality"]
    assert document["late_calls"] == [{"run_id": run.run_id, "stop": 2, "node": name, "on_time_permille": 912}]
    assert document["missed_trips"] == [{"name": booking.trip_id, "permille": 130}]
    assert document["overtime_runs"] == [{"name": run.run_id, "permille": 460}]
    assert orjson.loads(summary_json(summary_of()))["punctuality"] is None


@pytest.mark.parametrize("language", get_args(Language))
def test_a_target_is_shown_with_what_it_took(language: Language) -> None:
    levels = (PunctualityLevel(0, 963, 31_624_000), PunctualityLevel(500, 992, 33_000_100))
    reached = forecast_of(target_permille=990, is_target_reached=True, levels=levels)
    missed = forecast_of(target_permille=999, detail="目标 99.9%，最准的方案为 99.2%：再留余量也不更准", levels=levels)
    texts = [shown(summary_of(replace(RESULT, forecast=one)), language) for one in (reached, missed)]
    assert {"zh": "99.0% 已达到", "en": "99.0% reached"}[language] in texts[0]
    assert missed.detail in texts[1]
    for text in texts:
        assert "96.3% 316240.00" in text and "99.2% 330001.00" in text
        assert max(cell_len(line) for line in text.splitlines()) <= 80


def waits(result: PlanResult = RESULT) -> PlanResult:
    """What is unserved in the plan waits instead: two consignments of one village, and one more of a reached one."""
    carried = RESULT.plan.runs[0].carriages[0].consignment_id
    run = replace(RESULT.plan.runs[0], carriages=RESULT.plan.runs[0].carriages[1:])
    left = [*(one.consignment_id for one in RESULT.plan.unserved), carried]
    waiting = tuple(Waiting(name, 120, 1_000 + i, "明日再送") for i, name in enumerate(left))
    plan = result.plan
    cost = replace(plan.cost, unserved_fen=0, waiting_fen=360)
    plan = replace(plan, runs=(run, *plan.runs[1:]), unserved=(), waiting=waiting, cost=cost)
    assert result.comparison is not None
    return PlanResult(plan, replace(result.comparison, all_today_fen=plan.cost.total_fen * 2))


def test_what_waits_is_counted_by_village_and_is_not_missed() -> None:
    summary = summary_of(waits())
    pieces = {c.consignment_id: c.pieces for c in DAY.consignments}
    assert (summary.waiting, summary.unserved) == (3, 0)
    assert summary.parcels_waiting == sum(pieces[one.consignment_id] for one in waits().plan.waiting)
    assert summary.parcels_served == summary.parcels - summary.parcels_waiting
    assert (summary.villages_reached, summary.villages_waiting, summary.villages_not_reached) == (155, 1, ())
    assert summary.waiting_saved_fen == sum(line.saved_fen for line in summary.waiting_by_village) == 3_003
    assert [line.consignments for line in summary.waiting_by_village] == [2, 1]
    assert summary.cost_per_parcel_fen == round((waits().plan.cost.total_fen - 360) / summary.parcels_served)
    assert (summary.cost_fen_all_today, summary.saving_on_all_today_permille) == (waits().plan.cost.total_fen * 2, 500)


def test_a_village_where_something_is_unserved_as_well_is_missed() -> None:
    result = waits()
    first, *others = result.plan.waiting
    left = Unserved(first.consignment_id, UnservedReason.FLEET_EXHAUSTED, "满")
    summary = summary_of(replace(result, plan=replace(result.plan, unserved=(left,), waiting=tuple(others))))
    assert (summary.villages_reached, summary.villages_waiting, len(summary.villages_not_reached)) == (155, 0, 1)


@pytest.mark.parametrize("language", get_args(Language))
def test_what_waits_is_shown_with_its_price_and_saving_within_the_width(language: Language) -> None:
    text = shown(summary_of(waits()), language)
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    words = {
        "zh": ("155 / 156 村，另 1 村缓送", "缓送价 3.60 元，节省 30.03 元", "再加缓送", "（比当日全送省 50.0%）"),
        "en": ("saves 30.03",),
    }
    assert all(word in text for word in words[language])
    assert "缓送" not in shown(summary_of(), "zh")


def test_the_document_says_what_waits() -> None:
    document = orjson.loads(summary_json(summary_of(waits())))
    assert (document["waiting"], document["villages_waiting"], document["waiting_saved_fen"]) == (3, 1, 3_003)
    assert document["cost_fen"]["waiting"] == 360
    assert document["waiting_by_village"][0]["due_date"] == "2026-11-23"


def test_an_empty_day_has_figures_too() -> None:
    plan = replace(RESULT.plan, runs=(), bookings=(), shuttles=(), unserved=())
    summary = summarise(replace(DAY, consignments=()), PlanResult(plan), 0, held_frame().clear(), {}, "passed")
    assert summary.cost_per_parcel_fen is None
    assert orjson.loads(summary_json(summary))["held"] == {}
    assert "计划为空" in shown(summary, "zh")
