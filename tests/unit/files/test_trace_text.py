"""A parcel's account in words that a person at a counter reads out."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from services.consolidation.bagging.bags import bag_day
from services.consolidation.trace import trace
from services.files.trace_text import STATES, trace_lines
from services.model.consignments import Relabelled
from services.model.day import Day
from services.model.held import HeldParcel, HeldReason
from services.model.plan import Plan, Waiting
from services.model.trace import TraceState
from tests.plans import Case, sample_case

CASE = sample_case()


def account(number: int, case: Case = CASE, plan: Plan | None = CASE.plan) -> str:
    """The account of the parcel of a consignment of the case."""
    parcel = case.day.consignments[number].parcel_ids[0]
    return "\n".join(trace_lines(trace(case.day, plan, bag_day(case.day, plan), parcel)))


def test_every_state_has_its_word() -> None:
    assert set(STATES) == set(TraceState)


def test_a_parcel_on_a_run_shows_its_bag_its_stops_and_every_hand_over() -> None:
    said = account(0)
    bag = bag_day(CASE.day, CASE.plan).groups
    codes = {b.code for g in bag for b in g.bags for c in b.contents if c.consignment_id == "C0"}
    for words in ("状态    已安排", "进村", "C0", *codes, "未封签", "共配车次 R-VAN-T（VAN-T） 共配中心 → 0村"):
        assert words in said
    assert "快递+第三方 AG-TPL" in said
    assert "交接 共配中心：EXP-A → 三方" in said
    assert "交接 共配中心：三方内部" in said


def test_a_parcel_on_a_trip_shows_the_shuttle_and_the_line() -> None:
    said = account(4)
    assert "接驳 共配中心 → 客运站（班次 BUS-O）" in said
    assert "客运班线 班次 BUS-O 客运站 → 0村，快交 AG-BUS" in said
    assert "10:00–10:01  客运站" in said


def test_a_carrier_s_own_line_is_called_its_own() -> None:
    assert "自有货运 班次 OWN-O 共配中心 → 1村，自有运力" in account(8)


def test_outbound_goods_end_with_their_carrier() -> None:
    said = account(5).splitlines()
    assert "15:05 起" in said[-2]
    assert said[-1].strip() == "EXP-B：从共配中心运走"


def test_what_is_left_behind_says_why() -> None:
    assert "原因    运力已用尽：one more van" in account(9)


def test_what_waits_says_why() -> None:
    waits = replace(CASE.plan, unserved=CASE.plan.unserved[1:], waiting=(Waiting("C9", 5, 9, "明日与后村同车"),))
    said = account(9, plan=waits)
    assert "状态    等待" in said
    assert "原因    明日与后村同车" in said


def test_before_the_plan_it_shows_what_may_carry_it_and_that_codes_may_change() -> None:
    said = account(5, plan=None)
    for words in ("待规划", "暂编", "可用    快交 AG-BUS（客运）：班次 2、站点 1", "邮政：在1村"):
        assert words in said


def test_before_the_plan_it_says_when_nothing_may_carry_it() -> None:
    bare = CASE.with_day(admission_sets=tuple(replace(s, admissions=()) for s in CASE.day.admission_sets))
    assert "没有可用的运力" in account(5, bare, None)


def test_both_numbers_are_shown() -> None:
    named = CASE.with_consignment("C0", relabelled=(Relabelled("EXP-A/0", "POST/99"),))
    assert "换单号  邮政 99" in account(0, named)


def test_loose_pieces_and_seals_are_shown() -> None:
    made = trace(CASE.day, CASE.plan, bag_day(CASE.day, CASE.plan), "EXP-A/0")
    sealed = replace(made, bags=(replace(made.bags[0], seal="S-9"),), loose_pieces=(2, 3))
    said = "\n".join(trace_lines(sealed))
    assert "封签 S-9" in said
    assert "散件    第 2、3 件不装袋" in said


def test_a_held_parcel_shows_row_reason_and_candidates() -> None:
    held = HeldParcel(22, "77", "EXP-A", HeldReason.VILLAGE_AMBIGUOUS, "可能是 2 个村之一", ("220282100201", "2"))
    day: Day = replace(CASE.day, held=(held,))
    said = list(trace_lines(trace(day, CASE.plan, bag_day(day, CASE.plan), "EXP-A/77")))
    assert said == [
        "快件    EXP-A 77",
        "状态    扣留  2026-11-23",
        "扣留    第 22 行：村名有歧义（可能是 2 个村之一），候选村 220282100201、2",
    ]


@pytest.mark.parametrize("number", range(9))
def test_times_stand_in_one_column(number: int) -> None:
    chain = account(number).partition("责任链\n")[2].splitlines()
    assert chain
    for line in chain:
        wide = 0
        for character in line:
            if wide >= 15:
                break
            wide += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        assert wide == 15
