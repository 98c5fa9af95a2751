from __future__ import annotations

from hypothesis import given, settings

from services.settlement.games.glop import probably_tight
from services.settlement.games.level_program import LevelProgram, NoOptimumError, minimise
from tests.level_programs import drawn_programs, program


def test_rows_with_a_multiplier_come_first() -> None:
    rows = program([((0,), True, 9), ((1,), True, 0), ((-1,), True, -4), ((1,), False, 3)])
    working: set[int] = set()
    assert set(probably_tight(rows, working)[:2]) == {1, 2}
    assert {1, 2} <= working


def test_a_program_that_glop_cannot_solve_is_left_to_others() -> None:
    assert probably_tight(program([((1,), True, 0), ((1,), False, -9), ((-1,), False, -9)]), set()) == []


def test_rows_of_nothing_but_zeros_are_no_trouble() -> None:
    assert probably_tight(program([((0,), False, 0), ((1,), True, 0), ((-1,), True, 0)]), set())


@settings(max_examples=100, deadline=None)
@given(drawn_programs())
def test_what_is_probably_tight_does_not_change_the_answer(drawn: LevelProgram) -> None:
    try:
        cold = minimise(drawn)
    except NoOptimumError:
        return
    assert minimise(drawn, probably_tight(drawn, set())).level == cold.level
