from __future__ import annotations

import numpy as np

from services.settlement.games.core import CoreStanding, core_report
from services.settlement.games.nucleolus import is_core_empty, nucleolus
from services.settlement.games.repair import repair_subadditive
from tests.cost_games import from_table

DEAR_PAIR = from_table(10, 20, 35, 30, 38, 48, 55)


def test_a_coalition_costs_no_more_than_its_parts() -> None:
    repair = repair_subadditive(DEAR_PAIR)
    assert repair.game.costs.tolist() == [0, 10, 20, 30, 30, 38, 48, 55]
    assert repair.partition(0b011) == (0b001, 0b010)
    assert repair.partition(0b111) == (0b111,)
    assert repair.repaired_masks() == (0b011,)
    assert (repair.largest_fen, repair.largest_permille) == (5, 143)


def test_what_is_really_to_be_shared_is_kept_and_what_it_could_have_cost_reported() -> None:
    dear_plan = from_table(10, 20, 30, 30, 38, 50, 70)
    repair = repair_subadditive(dear_plan)
    assert repair.game.total_fen == 70
    assert repair.plan_gap_fen == 70 - 58
    assert repair.partition(0b111) == (0b101, 0b010)
    assert is_core_empty(repair.game)


def test_the_total_is_repaired_too_if_it_need_not_be_kept() -> None:
    repair = repair_subadditive(from_table(10, 20, 30, 30, 38, 50, 70), keep_total=False)
    assert (repair.game.total_fen, repair.plan_gap_fen) == (58, 0)
    assert not is_core_empty(repair.game)


def test_a_deserter_by_luck_alone_is_no_longer_named() -> None:
    # P0 and P1 found 16 together where P2 alone found 5; all three found 26, 5 above their parts.
    lucky = from_table(10, 10, 16, 5, 15, 15, 26)
    unrepaired = core_report(lucky, nucleolus(lucky).allocation)
    repaired = repair_subadditive(lucky, keep_total=False).game
    assert unrepaired.standing is CoreStanding.NOT_IN_CORE
    assert core_report(repaired, nucleolus(repaired).allocation).standing is CoreStanding.IN_CORE


def test_a_cost_that_is_hidden_by_a_dear_solve_is_found() -> None:
    # The pair P0, P1 was solved badly at 90; charged 85 it seemed content, though its members alone pay 80.
    hidden = from_table(40, 40, 90, 40, 80, 80, 120)
    charges = (45, 40, 35)
    assert core_report(hidden, charges).excess_fen[0b011] < 0
    assert core_report(repair_subadditive(hidden).game, charges).excess_fen[0b011] == 5


def test_costs_below_zero_are_repaired_by_the_same_rule() -> None:
    repair = repair_subadditive(from_table(-5, -5, -8))
    assert (repair.game.total_fen, int(repair.cheapest_fen[-1]), repair.plan_gap_fen) == (-8, -10, 2)
    whole = repair_subadditive(from_table(-5, -5, -8), keep_total=False)
    assert (whole.largest_fen, whole.largest_permille) == (2, 250)


def test_a_subadditive_game_stays_as_it_is() -> None:
    repair = repair_subadditive(from_table(10, 20, 25))
    assert np.array_equal(repair.game.costs, repair.solved.costs)
    assert (repair.repaired_masks(), repair.largest_fen, repair.largest_permille) == ((), 0, 0)


def test_a_coalition_that_costs_as_much_as_its_parts_is_left_whole() -> None:
    assert repair_subadditive(from_table(10, 20, 30)).partition(0b11) == (0b11,)
    # Of partitions that cost the same, the one with more of the others beside the first player.
    assert repair_subadditive(from_table(10, 10, 20, 10, 20, 20, 99)).partition(0b111) == (0b101, 0b010)
