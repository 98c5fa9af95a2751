"""As few bags as can be: exact on small groups, sound on all, the same for the same pieces."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.consolidation.bagging.assignment import improve_by_assignment
from services.consolidation.bagging.bound import lower_bound
from services.consolidation.bagging.columns import improve_by_columns
from services.consolidation.bagging.effort import PackingEffort, Purse
from services.consolidation.bagging.packing import pack_all
from services.consolidation.bagging.problem import Packing, Size, make_problem
from tests.packing_problems import check_packing, first_fit_decreasing, least_bags, problem, sizes

# Twelve bags full to the gram, three pieces each: no rule finds them.
TRIPLETS = [(g, 0) for a in range(12) for g in (380 + 9 * a, 260 + 5 * a, 360 - 14 * a)]
BULKY = st.tuples(st.integers(4, 12), st.integers(16, 48))


@given(st.lists(sizes() | BULKY, max_size=10))
@settings(max_examples=150, deadline=None)
def test_a_small_group_gets_the_fewest_bags_there_can_be_and_the_proof(pieces: list[Size]) -> None:
    (packing,) = pack_all([problem(pieces)])
    check_packing(packing, problem(pieces))
    assert len(packing.patterns) == least_bags(pieces)
    assert packing.is_optimal or not pieces


@given(st.lists(sizes() | BULKY, min_size=12, max_size=30))
@settings(max_examples=25, deadline=None)
def test_any_group_is_packed_soundly_and_no_worse_than_by_first_fit_decreasing(pieces: list[Size]) -> None:
    (packing,) = pack_all([problem(pieces)], PackingEffort(0.2, 0.2))
    check_packing(packing, problem(pieces))
    assert len(packing.patterns) <= first_fit_decreasing(pieces)


@given(st.lists(sizes() | BULKY, max_size=14), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_pieces_makes_no_difference(pieces: list[Size], rng: Random) -> None:
    shuffled = list(pieces)
    rng.shuffle(shuffled)
    assert pack_all([problem(pieces)]) == pack_all([problem(shuffled)])


@given(st.lists(BULKY, min_size=6, max_size=12))
@settings(max_examples=20, deadline=None)
def test_each_way_to_improve_is_sound_by_itself(pieces: list[Size]) -> None:
    given_ = problem(pieces)
    start = Packing(tuple(((i, 1),) for i, n in enumerate(given_.counts) for _ in range(n)), lower_bound(given_))
    best = least_bags(pieces)
    for improve in (improve_by_columns, improve_by_assignment):
        packing = improve(given_, start, Purse(5.0))
        check_packing(packing, given_)
        assert packing.bound <= best <= len(packing.patterns)


def test_an_empty_purse_leaves_a_packing_as_it_is() -> None:
    given_ = problem([(11, 10), (9, 70), (10, 5)])
    start = Packing((((0, 1),), ((1, 1),), ((2, 1),)), 1)
    assert improve_by_assignment(given_, start, Purse(0.0)) == start


def test_what_may_be_spent_is_shared_by_all_open_groups_in_any_order() -> None:
    problems = [make_problem([*TRIPLETS, (size, 0)], 1_000, 1_000) for size in range(1, 4)]
    allowed = PackingEffort(for_each=1.0, for_all=0.3)
    forwards, backwards = pack_all(problems, allowed), pack_all(problems[::-1], allowed)
    assert forwards == backwards[::-1]


def test_nothing_needs_no_bag() -> None:
    assert pack_all([]) == []
    assert pack_all([problem([])]) == [Packing((), 0)]
