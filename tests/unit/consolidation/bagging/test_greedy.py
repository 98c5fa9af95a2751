"""Rules that pack at once: sound packings, equal pieces as one by one, and large groups as well."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consolidation.bagging.bound import lower_bound
from services.consolidation.bagging.greedy import fill, pack_greedily
from services.consolidation.bagging.problem import Packing, Size, make_problem
from tests.packing_problems import LIMIT_G, LIMIT_ML, check_packing, first_fit_decreasing, problem, sizes

FEW_SIZES = st.lists(st.sampled_from([(3, 10), (7, 30), (11, 5), (0, 41), (2, 0)]), max_size=40)


@given(FEW_SIZES | st.lists(sizes(), max_size=40), st.booleans())
@settings(deadline=None)
def test_filling_in_any_order_packs_every_piece_once(pieces: list[Size], is_best_fit: bool) -> None:
    given_ = problem(pieces)
    patterns = fill(given_, np.arange(len(given_.sizes))[::-1], is_best_fit=is_best_fit)
    check_packing(Packing(patterns, lower_bound(given_)), given_)


@given(FEW_SIZES | st.lists(sizes(), max_size=60))
@settings(deadline=None)
def test_there_are_never_more_bags_than_by_first_fit_decreasing(pieces: list[Size]) -> None:
    packing = pack_greedily(problem(pieces), 0)
    check_packing(packing, problem(pieces))
    assert len(packing.patterns) <= first_fit_decreasing(pieces)


def test_equal_pieces_fill_bags_as_one_by_one() -> None:
    given_ = make_problem([(7, 1)] * 5, LIMIT_G, LIMIT_ML)
    assert fill(given_, np.array([0]), is_best_fit=False) == (((0, 2),), ((0, 2),), ((0, 1),))


def test_the_fullest_bag_with_room_is_taken_first() -> None:
    given_ = problem([(12, 0), (11, 0), (8, 0)])
    assert fill(given_, np.array([1, 0, 2]), is_best_fit=True) == (((1, 1),), ((0, 1), (2, 1)))
    assert fill(given_, np.array([1, 0, 2]), is_best_fit=False) == (((1, 1), (2, 1)), ((0, 1),))


def test_a_village_with_twenty_thousand_pieces_is_packed_near_the_bound() -> None:
    rng = random.Random(1)
    pieces = [(rng.randint(100, 3_000), rng.randint(500, 20_000)) for _ in range(5_000)] * 4
    given_ = make_problem(pieces, 20_000, 80_000)
    bound = lower_bound(given_)
    packing = pack_greedily(given_, bound)
    check_packing(packing, given_)
    assert len(packing.patterns) <= 1.02 * bound
