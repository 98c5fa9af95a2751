"""What is known of routes after many insertions is what computing every route anew finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.route.kernel.anneal import anneal, fill, keep_best, prepare
from services.route.kernel.arrays import make_problem, make_state
from services.route.kernel.problem import KernelProblem
from tests.property.test_kernel import problems

ALWAYS = 1e9
STEPS = 5


@given(problems(), st.integers(0, 99))
@settings(max_examples=200, deadline=None)
def test_routes_are_known_as_if_computed_anew(problem: KernelProblem, seed: int) -> None:
    p = make_problem(problem)
    state = make_state(p, seed)
    prepare(p, state)
    keep_best(state)
    fill(p, state, True)
    anneal(p, state, STEPS, ALWAYS, ALWAYS, 0.0, 0.0)
    known = [array.copy() for array in (state.node, state.load, state.room, state.slot)]
    prepare(p, state)
    for before, after in zip(known, (state.node, state.load, state.room, state.slot), strict=True):
        np.testing.assert_array_equal(before, after)
