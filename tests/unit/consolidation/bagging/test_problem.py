"""A packing problem counts pieces by size."""

from __future__ import annotations

import pytest

from services.consolidation.bagging.problem import make_problem


def test_a_piece_larger_than_a_bag_is_no_part_of_a_problem() -> None:
    for piece in ((21, 1), (1, 81)):
        with pytest.raises(ValueError, match="larger than a bag"):
            make_problem([piece], 20, 80)


def test_a_piece_as_large_as_a_bag_is() -> None:
    assert make_problem([(20, 80)], 20, 80).pieces == 1
