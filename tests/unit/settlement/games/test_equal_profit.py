"""The equal profit method on games small enough to solve by hand.

Frisk and others 2010 publish no coalition costs beside their shares; these games follow their model.
"""

from __future__ import annotations

from fractions import Fraction

from services.settlement.games.core import CoreStanding, core_report
from services.settlement.games.equal_profit import equal_profit
from services.settlement.games.nucleolus import nucleolus
from tests.cost_games import fen, from_table, game


def test_where_the_core_allows_it_all_save_the_same_part() -> None:
    # Alone 10, 40 and 80, together 105: each saves 25 of 130.
    found = equal_profit(from_table(10, 40, 50, 80, 90, 120, 105))
    assert found.allocation == tuple(Fraction(105 * alone, 130) for alone in (10, 40, 80))
    assert found.largest_difference == found.relaxed_by_fen == 0


def test_the_core_comes_before_equality() -> None:
    # The first two are neighbours and pay 100 together; charged two thirds of 100 each, they would leave.
    found = equal_profit(from_table(100, 100, 100, 100, 200, 200, 200))
    assert found.allocation == fen(50, 50, 100)
    assert found.largest_difference == Fraction(1, 2)


def test_of_several_answers_with_the_same_largest_difference_the_most_equal_one_is_taken() -> None:
    # Two pairs of neighbours: the dear pair must differ from the cheap one by half whatever happens within each.
    costs = {(0, 1): 100, (2, 3): 200}
    found = equal_profit(
        game(
            4, lambda who: sum(costs.get(pair, 0) if set(pair) <= who else 100 * len(who & set(pair)) for pair in costs)
        )
    )
    assert found.allocation == fen(50, 50, 100, 100)
    assert found.largest_difference == Fraction(1, 2)


def test_in_an_empty_core_coalitions_are_relaxed_by_the_least_there_is() -> None:
    found = equal_profit(from_table(100, 100, 110, 100, 110, 110, 180))
    assert found.allocation == fen(60, 60, 60)
    assert found.relaxed_by_fen == 10


def test_single_partners_are_not_relaxed() -> None:
    # All pay 10 alone; the third is a neighbour of the first and of the fourth, 6 a pair. 36 leave no core, so a pair
    # may pay 10 more. Savings were more equal with 9, 11, 7 and 9; but nobody pays 11 who pays 10 alone.
    found = equal_profit(from_table(10, 10, 20, 10, 6, 18, 24, 10, 16, 16, 24, 6, 30, 30, 36))
    assert found.allocation == fen(10, 10, 6, 10)
    assert found.relaxed_by_fen == 10


def test_who_costs_nothing_alone_is_paid_by_the_nucleolus_and_the_others_save_alike() -> None:
    # The third owns a bus: with it 200 and 100 become 90 and 45.
    bus = game(3, lambda who: sum((200, 100, 0)[p] for p in who) * (45 if 2 in who else 100) // 100)
    found = equal_profit(bus)
    assert found.without_own_cost == (2,)
    assert found.allocation[2] == nucleolus(bus).allocation[2] < 0
    assert found.allocation[0] == 2 * found.allocation[1]
    assert core_report(bus, found.allocation).standing is CoreStanding.IN_CORE


def test_where_nobody_has_a_cost_it_is_the_nucleolus() -> None:
    earning = from_table(0, -5, -20)
    found = equal_profit(earning)
    assert found.allocation == nucleolus(earning).allocation
    assert found.largest_difference == 0
    assert found.without_own_cost == (0, 1)


def test_the_only_one_with_a_cost_pays_what_the_nucleolus_leaves() -> None:
    found = equal_profit(from_table(100, 0, 60))
    assert found.allocation == fen(80, -20)
    assert found.largest_difference == 0
