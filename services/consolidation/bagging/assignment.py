"""The same pieces in one bag less, or the proof that there is no such packing: CP-SAT over which bag takes how many."""

from __future__ import annotations

from itertools import pairwise

from ortools.sat.python import cp_model

from services.consolidation.bagging.effort import Purse
from services.consolidation.bagging.problem import Packing, PackingProblem, Pattern
from services.consolidation.bagging.solver import solver


def improve_by_assignment(problem: PackingProblem, start: Packing, purse: Purse) -> Packing:
    """Return a packing with as many bags less as can be found, and the bound raised where fewer are impossible."""
    best = start
    while not best.is_optimal and not purse.is_empty:
        patterns, is_impossible = _pack_into(problem, len(best.patterns) - 1, purse)
        if is_impossible:
            return Packing(best.patterns, len(best.patterns))
        if patterns is None:
            return best
        best = Packing(patterns, best.bound)
    return best


def _pack_into(problem: PackingProblem, bags: int, purse: Purse) -> tuple[tuple[Pattern, ...] | None, bool]:
    """Look for a packing into so many bags; says as well whether it is proven that there is none."""
    model = cp_model.CpModel()
    counts = [[model.new_int_var(0, count, "") for count in problem.counts] for _ in range(bags)]
    for size, count in enumerate(problem.counts):
        model.add(sum(bag[size] for bag in counts) == count)
    for dimension, limit in ((0, problem.limit_g), (1, problem.limit_ml)):
        weights = [size[dimension] for size in problem.sizes]
        loads = [sum(w * n for w, n in zip(weights, bag, strict=True)) for bag in counts]
        for load in loads:
            model.add(load <= limit)
        if dimension == 0:  # bags are alike: only the order from heavy to light is looked at
            for heavier, lighter in pairwise(loads):
                model.add(heavier >= lighter)
    search = solver(purse)
    status = search.solve(model)
    purse.spend(search.response_proto.deterministic_time)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, status == cp_model.INFEASIBLE
    found = [[(size, search.value(n)) for size, n in enumerate(bag)] for bag in counts]
    return tuple(tuple((size, n) for size, n in bag if n) for bag in found), False
