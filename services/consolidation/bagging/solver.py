"""CP-SAT on one core, in deterministic time."""

from __future__ import annotations

from typing import Final

from ortools.sat.python import cp_model

from services.consolidation.bagging.effort import Purse

_SLICE: Final = 1.0
_SEED: Final = 1


def solver(purse: Purse) -> cp_model.CpSolver:
    """Make a solver on one core that ends after a slice of what is left."""
    search = cp_model.CpSolver()
    search.parameters.num_workers = 1
    search.parameters.random_seed = _SEED
    search.parameters.max_deterministic_time = max(0.0, min(_SLICE, purse.left))
    return search
