from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.settlement.games.level_program import LevelProgram, NoOptimumError, minimise
from tests.level_programs import drawn_programs, program


def test_the_lowest_level_is_held_by_the_rows_that_hold_it_at_every_optimum() -> None:
    # x and 4 - x under the level, and 0 * x - 1, which never matters.
    best = minimise(program([((1,), True, 0), ((-1,), True, -4), ((0,), True, 1)]))
    assert best.level == 2
    assert best.held_by == (0, 1)


def test_a_row_that_is_tight_at_some_optimum_only_does_not_hold_it() -> None:
    # The level is 1 by the first unknown alone; the second may be anywhere up to 1.
    best = minimise(program([((1, 0), True, 0), ((-1, 0), True, -2), ((0, 1), True, 0)]))
    assert best.level == 1
    assert best.held_by == (0, 1)


def test_a_limit_may_hold_the_level() -> None:
    best = minimise(program([((-1,), True, 0), ((1,), False, 3)]))
    assert best.level == -3
    assert best.held_by == (0, 1)


def test_a_row_that_is_not_active_does_not_count() -> None:
    both = program([((1,), True, 0), ((-1,), True, -4), ((1,), False, 1)])
    assert minimise(both).level == 3
    assert minimise(LevelProgram(both.rows, np.array([True, True, False]), ())).level == 2


def test_limits_that_cannot_be_kept_are_an_error() -> None:
    with pytest.raises(NoOptimumError, match="no point keeps all limits"):
        minimise(program([((1,), True, 0), ((1,), False, -1), ((-1,), False, -1)]))


def test_a_level_without_a_bottom_is_an_error() -> None:
    with pytest.raises(NoOptimumError, match="no lowest value"):
        minimise(program([((1,), True, 0)]))


@settings(max_examples=100, deadline=None)
@given(drawn_programs(), st.data())
def test_suggestions_change_the_way_and_never_the_answer(drawn: LevelProgram, data: st.DataObject) -> None:
    suggested = data.draw(st.lists(st.integers(0, len(drawn.rows.bounds) - 1), unique=True))
    try:
        cold = minimise(drawn)
    except NoOptimumError:
        with pytest.raises(NoOptimumError):
            minimise(drawn, suggested)
        return
    assert minimise(drawn, suggested).level == cold.level


@settings(max_examples=100, deadline=None)
@given(drawn_programs())
def test_rows_that_hold_the_level_prove_it(drawn: LevelProgram) -> None:
    try:
        best = minimise(drawn)
    except NoOptimumError:
        return
    held = np.isin(np.arange(len(drawn.rows.bounds)), best.held_by)
    assert minimise(LevelProgram(drawn.rows, held, drawn.equalities)).level == best.level
