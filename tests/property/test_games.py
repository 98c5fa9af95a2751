"""The laws of sharing on drawn games: axioms of the rules, agreement with an independent library, and repair."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Final

import coopgame
import numpy as np
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from services.settlement.games.coalition import Allocation, CostGame, excesses, game_of, members
from services.settlement.games.core import CoreStanding, core_report
from services.settlement.games.equal_profit import equal_profit
from services.settlement.games.nucleolus import (
    is_core_empty,
    least_core_epsilon,
    nucleolus,
    prenucleolus,
)
from services.settlement.games.proportional import proportional
from services.settlement.games.repair import repair_subadditive
from services.settlement.games.rounding import round_to_fen
from services.settlement.games.shapley import shapley
from tests.cost_games import airport, drawn_games, from_table, named, renamed, satisfies_kohlberg

RULES: Final[dict[str, Callable[[CostGame], Allocation]]] = {
    "shapley": shapley,
    "nucleolus": lambda game: nucleolus(game).allocation,
    "prenucleolus": lambda game: prenucleolus(game).allocation,
    "equal profit": lambda game: equal_profit(game).allocation,
}
rules = st.sampled_from(sorted(RULES))


def theirs(game: CostGame) -> coopgame.Game:
    """The game for the other library, which knows gains."""
    return coopgame.Game([-float(cost) for cost in game.costs[1:]])


def far_apart(ours: Allocation, other: list[float]) -> float:
    return max(abs(float(share) + gain) for share, gain in zip(ours, other, strict=True))


@settings(max_examples=60, deadline=None)
@given(drawn_games(max_players=8))
def test_shapley_is_what_another_library_finds(game: CostGame) -> None:
    assert far_apart(shapley(game), coopgame.shapley(theirs(game))) < 1e-5


@settings(max_examples=60, deadline=None)
@given(drawn_games(max_players=8, largest=1_000))
def test_the_nucleolus_is_what_another_library_finds(game: CostGame) -> None:
    # Costs are small here: where they differ by a few fen in 10**8, its floating point is off by whole fen or gives up.
    for found in (nucleolus(game), prenucleolus(game)):
        event("imputations" if found.keeps_stand_alone else "all charges")
        domain = "imputation" if found.keeps_stand_alone else "preimputation"
        assert far_apart(found.allocation, coopgame.nucleolus(theirs(game), domain)["allocation"]) < 1e-6


@settings(max_examples=60, deadline=None)
@given(drawn_games(max_players=5))
def test_the_nucleolus_is_to_the_last_fraction_what_another_library_finds_exactly(game: CostGame) -> None:
    for found in (nucleolus(game), prenucleolus(game)):
        domain = "imputation" if found.keeps_stand_alone else "preimputation"
        exact = coopgame.nucleolus_exact([-int(cost) for cost in game.costs[1:]], domain)
        assert found.allocation == tuple(-gain for gain in exact["allocation"])


@settings(max_examples=60, deadline=None)
@given(drawn_games(max_players=6, largest=10**4))
def test_the_nucleolus_satisfies_kohlberg(game: CostGame) -> None:
    found = nucleolus(game)
    assert satisfies_kohlberg(game, found.allocation, found.keeps_stand_alone)
    assert satisfies_kohlberg(game, prenucleolus(game).allocation, False)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=7).map(sorted))
def test_airports_follow_littlechild_1974(runways: list[int]) -> None:
    # A simple expression for the nucleolus in a special case: again and again, the smallest of what each runway's users
    # would pay if they and one more (the longest: they alone) shared what is left of it equally.
    shares: list[Fraction] = []
    while len(shares) < len(runways):
        paid, done = sum(shares, Fraction(0)), len(shares)
        ends = range(done, len(runways))
        offers = [(runways[end] - paid) / (end - done + (2 if end < ends[-1] else 1)) for end in ends]
        least = min(offers)
        shares += [least] * (max(end for end in range(len(offers)) if offers[end] == least) + 1)
    assert nucleolus(airport(runways)).allocation == tuple(shares)


@settings(max_examples=50, deadline=None)
@given(drawn_games(), rules)
def test_every_rule_shares_the_total_and_rounds_to_it(game: CostGame, rule: str) -> None:
    shares = RULES[rule](game)
    charges = round_to_fen(shares, game.total_fen)
    assert sum(shares) == sum(charges) == game.total_fen
    assert all(abs(charge - share) < 1 for charge, share in zip(charges, shares, strict=True))


@settings(max_examples=40, deadline=None)
@given(drawn_games(max_players=5), rules, st.data())
def test_names_and_their_order_do_not_matter(game: CostGame, rule: str, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(game.players))))
    shares, again = RULES[rule](game), RULES[rule](renamed(game, order))
    assert tuple(shares[player] for player in order) == again


@settings(max_examples=40, deadline=None)
@given(drawn_games(max_players=5), rules)
def test_players_alike_are_charged_alike(game: CostGame, rule: str) -> None:
    def swapped(mask: int) -> int:
        return mask & ~3 | (mask & 1) << 1 | mask >> 1 & 1

    alike = game_of(game.players, lambda mask: game.cost_fen(min(mask, swapped(mask))))
    shares = RULES[rule](alike)
    assert shares[0] == shares[1]


@settings(max_examples=60, deadline=None)
@given(drawn_games(max_players=5), st.integers(-(10**6), 10**6))
def test_who_changes_nothing_but_its_own_cost_pays_that_by_shapley(game: CostGame, own_fen: int) -> None:
    count = len(game.players)
    joined = np.concatenate((game.costs, game.costs + own_fen))
    shares = shapley(CostGame(named(count + 1), joined))
    assert shares == (*shapley(game), own_fen)


@settings(max_examples=60, deadline=None)
@given(drawn_games(4, 4), drawn_games(4, 4))
def test_shapley_of_two_games_together_is_the_sum(one: CostGame, other: CostGame) -> None:
    together = CostGame(one.players, one.costs + other.costs)
    assert shapley(together) == tuple(a + b for a, b in zip(shapley(one), shapley(other), strict=True))


@settings(max_examples=60, deadline=None)
@given(drawn_games(), st.lists(st.integers(-(10**7), 10**7), min_size=6, max_size=6), st.integers(1, 5))
def test_what_all_pay_anyway_and_the_unit_of_money_do_not_change_who_saves(
    game: CostGame, paid_fen: list[int], unit: int
) -> None:
    moved = game_of(
        game.players, lambda mask: unit * game.cost_fen(mask) + sum(paid_fen[player] for player in members(mask))
    )
    for rule in (shapley, RULES["nucleolus"], RULES["prenucleolus"]):
        expected = tuple(unit * share + paid for share, paid in zip(rule(game), paid_fen, strict=False))
        assert rule(moved) == expected


@settings(max_examples=50, deadline=None)
@given(drawn_games())
def test_where_there_is_a_core_nucleolus_and_equal_profit_are_in_it(game: CostGame) -> None:
    epsilon = least_core_epsilon(game)
    event("core" if epsilon <= 0 else "empty core")
    assert is_core_empty(game) == (epsilon > 0)
    standing = CoreStanding.NOT_IN_CORE if epsilon > 0 else CoreStanding.IN_CORE
    for rule in ("nucleolus", "equal profit"):
        report = core_report(game, RULES[rule](game))
        assert report.standing is standing
        assert report.epsilon_fen == epsilon


@settings(max_examples=50, deadline=None)
@given(drawn_games(), rules)
def test_no_sharing_has_a_smaller_largest_excess_than_the_least_core(game: CostGame, rule: str) -> None:
    assert max(excesses(game, RULES[rule](game))[1:-1]) >= least_core_epsilon(game)
    assert max(excesses(game, prenucleolus(game).allocation)[1:-1]) == least_core_epsilon(game)


@settings(max_examples=50, deadline=None)
@given(drawn_games())
def test_nobody_pays_more_than_alone_where_that_can_be(game: CostGame) -> None:
    possible = sum(game.stand_alone_fen()) >= game.total_fen
    for shares in (nucleolus(game).allocation, equal_profit(game).allocation):
        alone = zip(shares, game.stand_alone_fen(), strict=True)
        assert all(share <= fen for share, fen in alone) == possible


@settings(max_examples=60, deadline=None)
@given(drawn_games(), rules)
def test_no_sharing_in_the_core_has_more_equal_relative_savings(game: CostGame, rule: str) -> None:
    found, other = equal_profit(game), RULES[rule](game)
    alone_fen = game.stand_alone_fen()
    with_cost = [player for player, fen in enumerate(alone_fen) if fen > 0]
    settled_alike = all(other[player] == found.allocation[player] for player in found.without_own_cost)
    kept = max(excesses(game, other)[1:-1]) <= found.relaxed_by_fen
    assume(settled_alike and kept and len(with_cost) > 1)
    assume(all(other[player] <= alone_fen[player] for player in with_cost) or sum(alone_fen) < game.total_fen)
    parts = [other[player] / alone_fen[player] for player in with_cost]
    assert max(parts) - min(parts) >= found.largest_difference


@settings(max_examples=60, deadline=None)
@given(drawn_games())
def test_the_difference_that_equal_profit_states_is_that_of_its_charges(game: CostGame) -> None:
    found = equal_profit(game)
    alone_fen = game.stand_alone_fen()
    parts = [found.allocation[player] / fen for player, fen in enumerate(alone_fen) if fen > 0]
    assert found.largest_difference == (max(parts) - min(parts) if parts else 0)


def cheapest_partition(game: CostGame, mask: int) -> int:
    """By trying every coalition that the first member may be in."""
    if not mask:
        return 0
    first = mask & -mask
    return min(
        game.cost_fen(part) + cheapest_partition(game, mask ^ part)
        for part in range(1, mask + 1)
        if part & mask == part and part & first
    )


@settings(max_examples=60, deadline=None)
@given(drawn_games(max_players=5), st.booleans())
def test_repaired_costs_are_those_of_the_cheapest_partition(game: CostGame, keep_total: bool) -> None:
    repair = repair_subadditive(game, keep_total=keep_total)
    for mask in range(1, len(game.costs)):
        parts = repair.partition(mask)
        assert sum(parts) == mask
        assert all(a & b == 0 for a, b in pairwise(parts))
        assert sum(game.cost_fen(part) for part in parts) == repair.cheapest_fen[mask] == cheapest_partition(game, mask)
    kept = slice(0, -1 if keep_total else None)
    assert np.array_equal(repair.game.costs[kept], repair.cheapest_fen[kept])
    if keep_total:
        assert repair.game.total_fen == game.total_fen


@settings(max_examples=60, deadline=None)
@given(drawn_games(max_players=6), st.booleans())
def test_a_repaired_game_is_subadditive_never_dearer_and_needs_no_more_repair(game: CostGame, keep_total: bool) -> None:
    repair = repair_subadditive(game, keep_total=keep_total)
    costs = repair.game.costs
    largest = len(costs) - (1 if keep_total else 0)
    for union in range(1, largest):
        for part in range(1, union):
            if part & union == part:
                assert costs[union] <= costs[part] + costs[union ^ part]
    assert (costs <= game.costs).all()
    again = repair_subadditive(repair.game, keep_total=keep_total)
    assert np.array_equal(again.game.costs, costs)
    assert again.plan_gap_fen == repair.plan_gap_fen
    assert repair.largest_fen == max(int(a - b) for a, b in zip(game.costs, costs, strict=True))


@settings(max_examples=60, deadline=None)
@given(drawn_games(max_players=5))
def test_a_plan_dearer_than_its_parts_leaves_no_core(game: CostGame) -> None:
    repair = repair_subadditive(game)
    if repair.plan_gap_fen > 0:
        assert is_core_empty(repair.game)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12), st.integers(-(10**9), 10**9))
def test_proportional_shares_add_up_and_follow_the_weights(weights: list[int], total_fen: int) -> None:
    shares = proportional(total_fen, weights)
    assert sum(shares) == total_fen
    if sum(weights):
        assert all(share * sum(weights) == total_fen * weight for share, weight in zip(shares, weights, strict=True))
    assert sum(round_to_fen(shares, total_fen)) == total_fen


def test_a_drawn_game_can_have_owners_and_gains() -> None:
    assert from_table(0, -5, -20).stand_alone_fen() == (0, -5)
