"""The figures of a day."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import get_args

import orjson
import polars as pl
import pytest
from rich.cells import cell_len
from rich.console import Console

from services.files.summary import Language, Summary, print_summary, summarise, summary_json
from services.model.plan import PlanResult, Unserved, UnservedReason
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


def test_an_empty_day_has_figures_too() -> None:
    plan = replace(RESULT.plan, runs=(), bookings=(), shuttles=(), unserved=())
    summary = summarise(replace(DAY, consignments=()), PlanResult(plan), 0, held_frame().clear(), {}, "passed")
    assert summary.cost_per_parcel_fen is None
    assert orjson.loads(summary_json(summary))["held"] == {}
    assert "计划为空" in shown(summary, "zh")
