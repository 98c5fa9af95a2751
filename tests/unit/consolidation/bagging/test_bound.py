"""The bound is never above the best packing, and sees what the sums do not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.consolidation.bagging.bound import lower_bound
from services.consolidation.bagging.problem import Size
from tests.packing_problems import least_bags, problem, sizes


@given(st.lists(sizes(), max_size=9))
@settings(max_examples=200, deadline=None)
def test_the_bound_is_never_above_the_best_packing(pieces: list[Size]) -> None:
    assert lower_bound(problem(pieces)) <= least_bags(pieces)


def test_without_pieces_no_bag_is_needed() -> None:
    assert lower_bound(problem([])) == 0


def test_pieces_of_nothing_need_a_bag_for_their_number_only_when_packed() -> None:
    assert lower_bound(problem([(0, 0)] * 3)) <= 1


def test_each_dimension_counts() -> None:
    assert lower_bound(problem([(5, 1)] * 9)) == 3
    assert lower_bound(problem([(1, 20)] * 9)) == 3


def test_pieces_above_one_half_share_no_bag() -> None:
    # By weight 3 * 11 = 33 would go into two bags of 20.
    assert lower_bound(problem([(11, 0)] * 3)) == 3


def test_a_mixture_of_both_dimensions_sees_what_neither_does() -> None:
    # Heavy and small beside light and bulky: no two go into one bag.
    pieces = [(12, 36), (12, 36), (9, 46), (9, 46)]
    assert lower_bound(problem([(g, 0) for g, _ in pieces])) == 3
    assert lower_bound(problem([(0, ml) for _, ml in pieces])) == 3
    assert lower_bound(problem(pieces)) == least_bags(pieces) == 4
