"""The Shapley value against published examples and formulas, and its estimate against the exact value."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from services.model.errors import InvalidInputError
from services.settlement.games.coalition import MAX_COST_FEN, members
from services.settlement.games.shapley import coalitions_met, draw_orders, sample_shapley, shapley
from tests.cost_games import airport, fen, from_table, game, glove, majority

RUNWAYS = (3, 3, 4, 7, 11, 11, 19, 23, 40, 41, 60, 90, 90, 140)


def airport_shares(runways: tuple[int, ...]) -> tuple[Fraction, ...]:
    """Littlechild and Owen 1973, A simple expression for the Shapley value in a special case: each further stretch of
    runway is shared equally by all who need it.
    """
    shares, share = [], Fraction(0)
    for position, (shorter, longer) in enumerate(pairwise((0, *runways))):
        share += Fraction(longer - shorter, len(runways) - position)
        shares.append(share)
    return tuple(shares)


@pytest.mark.parametrize(
    ("left", "right", "left_share", "right_share"),
    [
        (1, 1, Fraction(1, 2), Fraction(1, 2)),
        (1, 2, Fraction(2, 3), Fraction(1, 6)),
        (2, 2, Fraction(1, 2), Fraction(1, 2)),
        (2, 3, Fraction(13, 20), Fraction(7, 30)),
    ],
)
def test_gloves_by_shapley_and_shubik_1969(left: int, right: int, left_share: Fraction, right_share: Fraction) -> None:
    # Pure competition, coalitional power, and fair division: 0.650 and 0.233 for two left gloves and three right.
    assert shapley(glove(left, right, 60)) == fen(-60 * left_share) * left + (-60 * right_share,) * right


def test_airport_of_four_runways() -> None:
    # The textbook case of 8, 11, 13 and 18: 2, 3, 4 and 9.
    assert shapley(airport((8, 11, 13, 18))) == fen(2, 3, 4, 9)


def test_airport_of_six_runways() -> None:
    assert shapley(airport((40, 50, 60, 70, 80, 90))) == tuple(Fraction(n, 6) for n in (40, 52, 67, 87, 117, 177))


def test_airport_formula_of_littlechild_and_owen_1973_for_twelve_players() -> None:
    assert shapley(airport(RUNWAYS[:12])) == airport_shares(RUNWAYS[:12])


def test_tennessee_valley_by_straffin_and_heaney_1981() -> None:
    # Game theory and the Tennessee Valley Authority: navigation, flood control, power; thousands of dollars.
    costs = from_table(163_520, 140_826, 301_607, 250_096, 378_821, 367_370, 412_584)
    assert shapley(costs) == fen(117_829, Fraction(201_513, 2), Fraction(387_997, 2))


def test_electric_power_by_gately_1974() -> None:
    # Sharing the gains from regional cooperation: three regions' costs of power plants, alone and together.
    assert shapley(from_table(1_870, 5_330, 6_990, 860, 1_960, 5_020, 6_530)) == (
        1_870 - Fraction(850, 3),
        5_330 - Fraction(1_450, 3),
        860 - Fraction(2_290, 3),
    )


def test_a_majority_shares_alike() -> None:
    assert shapley(majority(3, 90)) == fen(-30, -30, -30)


def test_one_player_pays_all() -> None:
    assert shapley(from_table(7)) == fen(7)


def test_the_largest_costs_do_not_overflow() -> None:
    alternating = game(16, lambda coalition: MAX_COST_FEN * (-1) ** len(coalition))
    assert shapley(alternating) == fen(Fraction(MAX_COST_FEN, 16)) * 16


@pytest.mark.parametrize("count", [13, 14])
def test_sampled_shares_are_as_near_as_they_say(count: int) -> None:
    runways = RUNWAYS[:count]
    exact = airport_shares(runways)
    inside = 0
    for seed in range(20):
        sampled = sample_shapley(count, lambda mask: max(runways[p] for p in members(mask)), 50, seed)
        assert sum(sampled.allocation) == runways[-1]
        distances = [abs(float(a - b)) for a, b in zip(sampled.allocation, exact, strict=True)]
        inside += sum(d <= half for d, half in zip(distances, sampled.half_widths_fen, strict=True))
        assert all(d <= 5 * error for d, error in zip(distances, sampled.standard_errors_fen, strict=True))
    assert 0.9 <= inside / (20 * count) <= 0.985


def test_the_error_falls_with_the_root_of_the_number_of_orders() -> None:
    def largest_error(pairs: int) -> float:
        return max(sample_shapley(13, lambda mask: max(RUNWAYS[p] for p in members(mask)), pairs, 1).half_widths_fen)

    assert 0.4 < largest_error(400) / largest_error(100) < 0.6


def test_an_oracle_is_asked_once_for_each_coalition_met_and_no_more_than_bounded() -> None:
    asked: list[int] = []

    def cost_of(mask: int) -> int:
        asked.append(mask)
        return mask.bit_count()

    sampled = sample_shapley(14, cost_of, 40, 7)
    assert len(asked) == len(set(asked)) == sampled.oracle_calls <= 2 * 40 * 13 + 1
    assert tuple(sorted(asked)) == coalitions_met(draw_orders(14, 40, 7))
    assert sampled.order_count == 80


def test_where_arrival_does_not_matter_there_is_no_error() -> None:
    sampled = sample_shapley(13, lambda mask: sum(p * 100 for p in members(mask)), 30, 3)
    assert sampled.allocation == tuple(p * 100 for p in range(13))
    assert sampled.half_widths_fen == (0.0,) * 13


def test_every_second_order_is_the_one_before_it_backwards() -> None:
    orders = draw_orders(5, 30, 1)
    assert all(second == first[::-1] for first, second in zip(orders[::2], orders[1::2], strict=True))
    assert all(sorted(order) == list(range(5)) for order in orders)
    assert draw_orders(5, 30, 1) == orders != draw_orders(5, 30, 2)


def test_too_few_orders_to_state_an_error_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="from 30 pairs, not 29"):
        sample_shapley(13, lambda mask: 0, 29, 1)
    with pytest.raises(InvalidInputError, match="there are no players"):
        draw_orders(0, 30, 1)
