"""How much searching may cost, in CP-SAT's deterministic time: the same input gives the same bags on any machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackingEffort:
    """Deterministic time, about a second of one core each, for a group and for all groups of a call together."""

    for_each: float = 2.0
    for_all: float = 6.0


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
