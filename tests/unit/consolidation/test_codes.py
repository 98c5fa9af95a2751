from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consolidation.codes import sort_rows


@given(st.lists(st.integers(0, 5)), st.sampled_from([0, 2**61]))
def test_rows_are_sorted_by_their_codes_and_stay_in_order_within_one(codes: list[int], above: int) -> None:
    """With the largest codes there is no room for the rows in the same number."""
    ordered, rows = sort_rows(np.array(codes, dtype=np.uint64) + np.uint64(above))
    expected = sorted(range(len(codes)), key=lambda row: codes[row])
    assert rows.to_list() == expected
    assert ordered.tolist() == [codes[row] + above for row in expected]


@pytest.mark.parametrize("rows", [1, 2, 255, 256, 257])
def test_row_numbers_are_not_mixed_up_with_codes(rows: int) -> None:
    _, order = sort_rows(np.zeros(rows, dtype=np.uint64))
    assert order.to_list() == list(range(rows))
