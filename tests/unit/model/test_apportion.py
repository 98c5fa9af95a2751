"""Parts add up to the whole, and none is a unit away from its exact share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model.apportion import apportion

amounts = st.integers(0, 10**12)


@given(amounts, st.lists(amounts, min_size=1, max_size=50))
def test_parts_add_up_and_are_within_a_unit_of_their_share(whole: int, weights: list[int]) -> None:
    parts = apportion(whole, weights)
    assert sum(parts) == whole
    total = sum(weights) or len(weights)
    for part, weight in zip(parts, weights if sum(weights) else [1] * len(weights), strict=True):
        assert abs(part * total - whole * weight) < total


@given(amounts, st.lists(amounts, min_size=1, max_size=9))
def test_whoever_weighs_more_gets_no_less(whole: int, weights: list[int]) -> None:
    parts = [part for _, part in sorted(zip(weights, apportion(whole, weights), strict=True))]
    assert parts == sorted(parts)


def test_nothing_weighs_nothing() -> None:
    assert apportion(10, [0, 3, 0]) == [0, 10, 0]
    assert apportion(0, []) == []


@pytest.mark.parametrize(("whole", "weights"), [(-1, [1]), (1, [1, -1]), (1, [])])
def test_what_cannot_be_divided_is_refused(whole: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"negative|nobody"):
        apportion(whole, weights)
