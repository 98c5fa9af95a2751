from __future__ import annotations

from fractions import Fraction

import pytest

from services.model.errors import InvalidInputError
from services.settlement.games.coalition import CostGame
from services.settlement.games.core import CoreStanding, core_report
from services.settlement.games.rounding import round_to_fen
from tests.cost_games import fen, from_table, game, glove, majority

THREE = from_table(1_000, 1_000, 1_600, 1_000, 1_600, 1_600, 2_100)


def test_an_allocation_that_nobody_can_better_is_in_the_core() -> None:
    report = core_report(THREE, (700, 700, 700))
    assert report.standing is CoreStanding.IN_CORE
    assert report.complaint is None
    assert report.excess_fen == fen(0, -300, -300, -200, -300, -200, -200, 0)
    assert report.is_individually_rational == (True, True, True)
    assert not report.is_core_empty


def test_the_coalition_with_the_largest_excess_would_leave() -> None:
    report = core_report(THREE, (950, 850, 300))
    assert report.standing is CoreStanding.NOT_IN_CORE
    assert report.complaint is not None
    assert report.complaint.members == ("P0", "P1")
    assert report.complaint.excess_fen == 200
    assert report.is_individually_rational == (True, True, True)


def test_who_pays_more_than_alone_is_flagged() -> None:
    assert core_report(THREE, (1_001, 500, 599)).is_individually_rational == (False, True, True)


def test_of_equal_excesses_the_fewest_members_leave_then_the_first_by_name() -> None:
    by_size = core_report(from_table(10, 10, 20, 10, 20, 20, 32), (11, 11, 10)).complaint
    assert by_size is not None
    assert by_size.members == ("P0", "P1")
    by_few = core_report(from_table(10, 10, 30, 10, 20, 20, 32), (11, 11, 10)).complaint
    assert by_few is not None
    assert by_few.members == ("P0",)
    lone = core_report(from_table(10, 10, 21, 10, 30, 30, 33), (11, 11, 11)).complaint
    assert lone is not None
    assert lone.members == ("P0",)
    last = core_report(from_table(20, 20, 21, 10, 40, 40, 33), (11, 11, 11)).complaint
    assert last is not None
    assert last.members == ("P2",)
    reversed_names = CostGame(("B", "A"), from_table(10, 10, 22).costs)
    by_name = core_report(reversed_names, (11, 11)).complaint
    assert by_name is not None
    assert by_name.members == ("A",)


def test_a_complaint_below_the_gap_of_the_solves_is_no_proof() -> None:
    report = core_report(THREE, (810, 800, 490), gap_permille=10)
    assert report.standing is CoreStanding.WITHIN_GAP
    assert report.complaint is not None
    assert report.complaint.excess_fen == 10
    # 16 of 1,600 is as much as the gap.
    assert core_report(THREE, (816, 800, 484), gap_permille=10).standing is CoreStanding.NOT_IN_CORE


def test_a_complaint_beyond_its_gap_counts_before_a_larger_one_within() -> None:
    # The pair's excess of 30 is within 5 % of 1,600; the single's of 20 is not within 5 % of 100.
    report = core_report(from_table(100, 1_600, 1_600, 1_000, 1_100, 2_000, 2_200), (120, 1_510, 570), gap_permille=50)
    assert report.standing is CoreStanding.NOT_IN_CORE
    assert report.complaint is not None
    assert report.complaint.members == ("P0",)


def test_a_coalition_that_costs_nothing_has_no_gap() -> None:
    owner = from_table(0, 100, 80)
    assert core_report(owner, (1, 79), gap_permille=500).standing is CoreStanding.NOT_IN_CORE


def test_what_rounding_moved_is_no_complaint() -> None:
    # Two pairs of neighbours who pay 3 a pair: whole fen cannot halve that for both without one pair paying 4.
    pairs = game(4, lambda who: 3 if who in ({0, 2}, {1, 3}) else 6)
    exact = (Fraction(3, 2),) * 4
    charges = round_to_fen(exact, 6)
    assert charges == (2, 2, 1, 1)
    assert core_report(pairs, exact).standing is CoreStanding.IN_CORE
    crossed = (2, 1, 2, 1)
    assert core_report(pairs, crossed).standing is CoreStanding.NOT_IN_CORE
    assert core_report(pairs, crossed, rounding_fen=1).standing is CoreStanding.IN_CORE


def test_more_than_rounding_may_move_is_a_complaint() -> None:
    pairs = game(4, lambda who: 3 if who in ({0, 2}, {1, 3}) else 6)
    assert core_report(pairs, (3, 1, 2, 0), rounding_fen=1).standing is CoreStanding.NOT_IN_CORE
    single = from_table(2, 9, 9)
    assert core_report(single, (3, 6), rounding_fen=1).standing is CoreStanding.NOT_IN_CORE


def test_an_empty_core_is_shown_with_its_epsilon() -> None:
    report = core_report(majority(3, 90), (-30, -30, -30))
    assert report.is_core_empty
    assert report.epsilon_fen == 30
    assert report.standing is CoreStanding.NOT_IN_CORE
    assert report.complaint is not None
    assert report.complaint.members == ("P0", "P1")


def test_owners_who_are_paid_may_be_in_the_core() -> None:
    assert core_report(glove(1, 2, 60), (-60, 0, 0)).standing is CoreStanding.IN_CORE
    assert core_report(glove(1, 2, 60), (-40, -10, -10)).standing is CoreStanding.NOT_IN_CORE


def test_an_allocation_of_another_sum_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        core_report(THREE, (700, 700, 701), gap_permille=-1, rounding_fen=-1)
    assert [v.path for v in caught.value.violations] == ["gap_permille", "rounding_fen", "allocation"]
    with pytest.raises(InvalidInputError, match="2 charges for 3 players"):
        core_report(THREE, (1_400, 700))
