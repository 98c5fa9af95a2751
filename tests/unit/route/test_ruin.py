"""What a step of the search notes down of what it removes."""

from __future__ import annotations

from services.route.kernel.anneal import fill, prepare
from services.route.kernel.arrays import make_problem, make_state
from services.route.kernel.ruin import take_out
from services.route.kernel.warm import smallest_problem


def test_what_is_removed_twice_in_a_step_is_noted_down_once() -> None:
    """There is room for each task once, and what it had before the step is what it had when it was removed first."""
    p = make_problem(smallest_problem())
    s = make_state(p, 1)
    prepare(p, s)
    fill(p, s, True)
    s.one["removed"][0] = 0
    take_out(p, s, 0)
    # Put back on an option within the step, and removed again.
    s.mark["option"][0] = -1
    take_out(p, s, 0)
    assert s.one["removed"][0] == 1
    assert (s.mark["is_removed"][0], s.mark["old_option"][0]) == (True, -1)
