"""How much searching may cost, in CP-SAT's deterministic time: the same input gives the same bags on any machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ortools.sat.python import cp_model

_SLICE: Final = 1.0
_SEED: Final = 1


@dataclass(frozen=True, slots=True)
class PackingEffort:
    """Deterministic time, about a second of one core each, for a group and for all groups of a call together."""

    for_each: float = 2.0
    for_all: float = 8.0


@dataclass(slots=True)
class Purse:
    """What is left to spend on one group."""

    left: float

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0

    def spend(self, deterministic_time: float) -> None:
        """Take out what a search has used."""
        self.left -= deterministic_time


def solver(purse: Purse) -> cp_model.CpSolver:
    """Make a solver on one core that ends after a slice of what is left."""
    search = cp_model.CpSolver()
    search.parameters.num_workers = 1
    search.parameters.random_seed = _SEED
    search.parameters.max_deterministic_time = max(0.0, min(_SLICE, purse.left))
    return search
