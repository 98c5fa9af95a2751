"""Costs of coalitions into shares: by hand where a hand can, and what the test of the core then says."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from services.model.agreements import Partner, Role, Sharing
from services.model.day import Day
from services.model.errors import InvalidInputError
from services.model.plan import Plan, PlanResult
from services.model.settlement import CoreVerdict, FindingKind, Settlement, SettlementSettings, SharedCost
from services.settlement.games.coalition import CostGame
from services.settlement.games.shapley import shapley
from services.settlement.settle import settle
from services.settlement.solver import SearchEffort
from tests.settlements import (
    PARTNERS,
    RUN_FEN,
    LookUp,
    Price,
    account,
    by_villages,
    charges,
    county,
    day_of,
    express,
    goods,
    has,
    planned,
    settled,
    third_party,
    transit,
    villages,
)

PRICES = {"1": 10_000, "2": 12_000, "3": 15_000, "12": 16_000, "13": 19_000, "23": 21_000, "123": 25_000}
"""By the villages gone to: A's goods are for the first, B's for the second, C's for the third."""


def in_one_van(sharing: Sharing) -> tuple[Day, Plan]:
    """Three carriers in A's van, which costs 24,000."""
    day = day_of(county(express(sharing)), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2), goods("C-3", "EXP-C", 3))
    return day, planned(day, {"VAN-A": [("C-1", ""), ("C-2", "AG-A"), ("C-3", "AG-A")]})


def three_in_one_van(sharing: Sharing, price: Price) -> Settlement:
    """The same settled; coalitions cost what the price says."""
    return settled(*in_one_van(sharing), price)


def only(settlement: Settlement) -> SharedCost:
    (shared,) = settlement.shared_costs
    return shared


def kinds(settlement: Settlement) -> set[FindingKind]:
    return {finding.kind for finding in settlement.findings}


def test_three_carriers_in_one_van_by_shapley() -> None:
    settlement = three_in_one_van(Sharing.SHAPLEY, by_villages(PRICES))
    # Over the six orders of arrival A adds 10,000 twice, 4,000 twice and 3,000 twice; exactly 5,666 2/3.
    # B adds 12,000, 6,000 and 5,000 twice each; C 15,000, 9,000 and 8,000. Two fen are left for the first two.
    assert charges(settlement) == {"EXP-A": 5_667, "EXP-B": 7_667, "EXP-C": 10_666}
    assert only(settlement).core.verdict is CoreVerdict.IN_CORE
    assert [share.saving_fen for share in only(settlement).shares] == [4_333, 4_333, 4_334]


def test_by_the_nucleolus() -> None:
    # Charges that save each the same, 13,000 / 3, leave the pairs' excesses equal too.
    settlement = three_in_one_van(Sharing.NUCLEOLUS, by_villages(PRICES))
    assert charges(settlement) == {"EXP-A": 5_667, "EXP-B": 7_667, "EXP-C": 10_666}


def test_by_equal_profit() -> None:
    settlement = three_in_one_van(Sharing.EQUAL_PROFIT, by_villages(PRICES))
    # 24 of 37 of each cost alone, which no pair undercuts.
    assert charges(settlement) == {"EXP-A": 6_486, "EXP-B": 7_784, "EXP-C": 9_730}
    assert only(settlement).core.verdict is CoreVerdict.IN_CORE


def test_the_plan_s_cost_is_shared_whatever_the_search_finds_for_all_together() -> None:
    shared = only(three_in_one_van(Sharing.SHAPLEY, by_villages(PRICES)))
    everyone = shared.coalitions[-1]
    assert everyone.members == ("EXP-A", "EXP-B", "EXP-C")
    assert (everyone.solved_fen, everyone.cost_fen, shared.solved_fen) == (25_000, RUN_FEN, 25_000)
    assert (shared.shared_fen, shared.plan_gap_fen) == (RUN_FEN, 0)


def test_a_plan_that_costs_more_than_its_goods_need_is_found() -> None:
    settlement = three_in_one_van(Sharing.SHAPLEY, by_villages(PRICES | {"123": 23_000}))
    assert only(settlement).plan_gap_fen == 1_000
    assert FindingKind.PLAN_ABOVE_PARTS in kinds(settlement)
    assert FindingKind.PLAN_ABOVE_PARTS not in kinds(three_in_one_van(Sharing.SHAPLEY, by_villages(PRICES)))


def test_a_bus_company_stands_alone_at_nothing_and_is_paid_for_its_trip() -> None:
    day = day_of(county(transit(Sharing.SHAPLEY)), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2))
    plan = planned(day, booked={"T-BUS": [("C-1", "AG-BUS"), ("C-2", "AG-BUS")]})
    # The trip costs 662 by its own price and 800 for the shuttle. By road each needs 10,000, both together 16,000.
    prices = {"1": 10_000, "2": 10_000, "12": 16_000}

    def price(day: Day) -> int:
        return 500 * len(villages(day)) if day.county.lines else prices[villages(day)]

    settlement = settled(day, plan, price)
    shared = only(settlement)
    assert shared.shared_fen == 1_462
    # A adds: 10,000, 10,000, 500, 500, 6,000 and 962 over the six orders; B the same; the bus takes off the rest.
    a_fen = Fraction(2 * 10_000 + 6_000 + 500 + 2 * 962, 6)
    assert [share.stand_alone_fen for share in shared.shares] == [0, 10_000, 10_000]
    assert charges(settlement) == {"EXP-A": round(a_fen), "EXP-B": round(a_fen), "BUS": 1_462 - 2 * round(a_fen)}
    bus = account(settlement, "BUS")
    assert (bus.stand_alone_fen, bus.spent_fen, bus.paid_fen) == (0, 662, 800)
    assert bus.charge_fen < 0
    assert not bus.above_stand_alone


def test_an_empty_core_is_shown_with_who_would_leave() -> None:
    # Any two can do it for 15,000, all three need 24,000: any two pay at least 16,000 somewhere.
    pairs = {"1": 10_000, "2": 10_000, "3": 10_000, "12": 15_000, "13": 15_000, "23": 15_000, "123": 24_000}
    settlement = three_in_one_van(Sharing.SHAPLEY, by_villages(pairs))
    core = only(settlement).core
    assert charges(settlement) == {"EXP-A": 8_000, "EXP-B": 8_000, "EXP-C": 8_000}
    assert (core.verdict, core.leaving, core.excess_fen) == (CoreVerdict.OUTSIDE, ("EXP-A", "EXP-B"), 1_000)
    assert core.least_excess_fen == 1_000
    finding = next(f for f in settlement.findings if f.kind is FindingKind.EMPTY_CORE)
    assert (finding.agreement_id, finding.fen) == ("AG-A", 1_000)
    assert "核为空" in finding.detail
    leaving = next(f for f in settlement.findings if f.kind is FindingKind.OUTSIDE_CORE)
    assert "甲速递、乙速递退出自己干可省 10.00 元" in leaving.detail


def test_who_would_leave_is_named_where_the_core_is_not_empty_but_the_rule_misses_it() -> None:
    # By pieces all pay alike, but A's village is near.
    settlement = three_in_one_van(Sharing.PROPORTIONAL_PIECES, by_villages(PRICES | {"1": 6_000}))
    core = only(settlement).core
    assert charges(settlement) == {"EXP-A": 8_000, "EXP-B": 8_000, "EXP-C": 8_000}
    assert (core.verdict, core.leaving, core.excess_fen) == (CoreVerdict.OUTSIDE, ("EXP-A",), 2_000)
    assert core.least_excess_fen < 0
    assert {FindingKind.OUTSIDE_CORE} == kinds(settlement) & {FindingKind.OUTSIDE_CORE, FindingKind.EMPTY_CORE}


def test_a_false_deserter_is_gone_once_costs_are_repaired() -> None:
    # The search found for A and B together more than for each by itself, which seems to make both dear to have.
    unlucky = PRICES | {"12": 50_000}
    solved = [0, *(unlucky[v] for v in ("1", "2", "12", "3", "13", "23")), RUN_FEN]
    raw = shapley(CostGame(("A", "B", "C"), np.array(solved, np.int64)))
    assert raw[0] > unlucky["1"]
    assert raw[1] > unlucky["2"]
    settlement = three_in_one_van(Sharing.SHAPLEY, by_villages(unlucky))
    shared = only(settlement)
    pair = next(c for c in shared.coalitions if c.members == ("EXP-A", "EXP-B"))
    assert (pair.solved_fen, pair.cost_fen) == (50_000, 22_000)
    assert [part.partner_ids for part in pair.parts] == [("EXP-A",), ("EXP-B",)]
    assert shared.core.verdict is CoreVerdict.IN_CORE
    assert shared.largest_repair_fen == 28_000
    assert shared.core.gap_permille == 560


def test_an_excess_smaller_than_what_a_search_was_seen_to_miss_is_no_proof() -> None:
    pairs = {"1": 10_000, "2": 10_000, "3": 10_000, "12": 15_000, "13": 15_000, "23": 15_000, "123": 24_000}
    unlucky = three_in_one_van(Sharing.SHAPLEY, by_villages(pairs | {"23": 30_000}))
    core = only(unlucky).core
    assert core.gap_permille == 334
    assert core.verdict is CoreVerdict.WITHIN_GAP
    assert any("小于求解误差" in f.detail for f in unlucky.findings if f.kind is FindingKind.OUTSIDE_CORE)


class _Lucky:
    """A solver that finds a fifth less from every seed but the first."""

    def solve(self, days: Sequence[Day], effort: SearchEffort) -> Sequence[Plan]:
        price = by_villages(PRICES if effort.seed == 1 else {v: fen * 4 // 5 for v, fen in PRICES.items()})
        return LookUp(price).solve(days, effort)


def test_what_another_seed_finds_cheaper_is_known_to_be_missed_and_changes_no_share() -> None:
    day, plan = in_one_van(Sharing.SHAPLEY)
    lucky = settle(day, PlanResult(plan), SettlementSettings(iterations=1), _Lucky())
    assert only(lucky).core.gap_permille == 200
    assert charges(lucky) == charges(three_in_one_van(Sharing.SHAPLEY, by_villages(PRICES)))


def test_a_search_that_finds_for_all_more_than_the_plan_costs_has_missed_as_much() -> None:
    assert only(three_in_one_van(Sharing.SHAPLEY, by_villages(PRICES))).core.gap_permille == 40
    assert only(three_in_one_van(Sharing.SHAPLEY, by_villages(PRICES | {"123": RUN_FEN}))).core.gap_permille == 0


def test_an_operator_without_goods_is_paid_for_the_vehicles_it_brings() -> None:
    day = day_of(county(third_party(Sharing.SHAPLEY)), goods("C-1", "EXP-A"))
    # With the third party's van it costs 24,000, without it 30,000.
    settlement = settled(
        day, planned(day, {"VAN-T": [("C-1", "AG-T")]}), lambda day: RUN_FEN if has(day, "VAN-T") else 30_000
    )
    assert charges(settlement) == {"EXP-A": 27_000, "TPL": -3_000}


def test_one_partner_alone_bears_its_whole_cost() -> None:
    agreement = replace(express(Sharing.NUCLEOLUS), principals=("EXP-A", "EXP-B"))
    day = day_of(county(agreement), goods("C-1", "EXP-A"))
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", "AG-A")]}))
    assert charges(settlement) == {"EXP-A": RUN_FEN}
    assert only(settlement).core.verdict is CoreVerdict.IN_CORE


def crowd(sharing: Sharing, count: int) -> tuple[Day, Price]:
    """Many carriers with goods for the same village; a coalition's cost grows with its pieces."""
    names = [f"EXP-{number:02}" for number in range(count)]
    partners = (*PARTNERS, *(Partner(name, name, Role.EXPRESS) for name in names))
    agreement = replace(third_party(sharing), principals=tuple(names))
    day = day_of(
        county(agreement, partners=partners), *(goods(f"C-{name}", name, pieces=2 + i) for i, name in enumerate(names))
    )

    def price(day: Day) -> int:
        return 10_000 + 500 * sum(c.pieces for c in day.consignments) - (2_000 if has(day, "VAN-T") else 0)

    return day, price


def settle_crowd(sharing: Sharing, count: int) -> Settlement:
    day, price = crowd(sharing, count)
    plan = planned(day, {"VAN-T": [(c.consignment_id, "AG-T") for c in day.consignments]})
    return settled(day, plan, price, SettlementSettings(iterations=1, sampled_pairs=40))


def test_up_to_twelve_partners_are_exact() -> None:
    shared = only(settle_crowd(Sharing.SHAPLEY, 11))
    assert len(shared.shares) == 12
    assert len(shared.coalitions) == 2**12 - 1
    assert shared.orders == 0
    assert {share.error_fen for share in shared.shares} == {0}


def test_above_that_shapley_is_sampled_with_a_stated_error() -> None:
    settlement = settle_crowd(Sharing.SHAPLEY, 12)
    shared = only(settlement)
    assert shared.orders == 80
    assert len(shared.coalitions) < 80 * 13
    assert max(share.error_fen for share in shared.shares) > 0
    assert sum(share.share_fen for share in shared.shares) == RUN_FEN
    assert shared.core.verdict is CoreVerdict.NOT_TESTED
    (finding,) = (f for f in settlement.findings if f.kind is FindingKind.SAMPLED)
    assert "80 个抽样次序" in finding.detail


def test_the_stated_error_covers_the_exact_shares() -> None:
    shared = only(settle_crowd(Sharing.SHAPLEY, 12))
    # Pieces add to a coalition's cost what they add, its 10,000 is divided by who comes first, the van's 2,000 by who
    # is there when it comes; everyone's cost is what the run cost, whose difference all bear alike.
    carriers = [share for share in shared.shares if share.partner_id != "TPL"]
    everyone_fen = 8_000 + 500 * sum(share.pieces for share in carriers)
    extra = Fraction(RUN_FEN - everyone_fen, 13)
    # The first carrier pays 10,000; the operator saves 2,000 unless it comes first.
    exact = {share.partner_id: 500 * share.pieces + Fraction(10_000, 12) + extra for share in carriers}
    saved = Fraction(2_000 * 12, 13)
    first_after_it = Fraction(2_000, 13 * 12)
    for share in carriers:
        expected = exact[share.partner_id] - first_after_it
        assert abs(share.share_fen - expected) <= 2 * share.error_fen + 1
    operator = next(share for share in shared.shares if share.partner_id == "TPL")
    assert abs(operator.share_fen - (extra - saved)) <= 2 * operator.error_fen + 1


@pytest.mark.parametrize("sharing", [Sharing.PROPORTIONAL_PIECES, Sharing.PROPORTIONAL_WEIGHT])
def test_proportional_shares_need_no_coalitions_however_many_partners_there_are(sharing: Sharing) -> None:
    shared = only(settle_crowd(sharing, 13))
    assert len(shared.coalitions) == 15
    assert shared.core.verdict is CoreVerdict.NOT_TESTED
    assert sum(share.share_fen for share in shared.shares) == RUN_FEN


@pytest.mark.parametrize("sharing", [Sharing.NUCLEOLUS, Sharing.EQUAL_PROFIT])
def test_rules_that_need_every_coalition_are_refused_for_more_partners(sharing: Sharing) -> None:
    with pytest.raises(InvalidInputError, match="13") as caught:
        settle_crowd(sharing, 12)
    assert [violation.path for violation in caught.value.violations] == ["day.county.agreements[0].sharing"]
