"""The interface of a road source and the matrix that it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from services.model.network import Node

IntMatrix = npt.NDArray[np.int64]

# Between places that closed roads part: longer than any range and any shift, and short enough to be added up. Days end
# within two (see ``schedule``), so no limit admits such a way.
NO_WAY_M: Final = 1 << 22
NO_WAY_S: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Detours:
    """Which ways go round closed roads, and what they pass.

    ``is_detour`` (n, n) tells which. ``passes`` (n, n) is the row of a node on the quickest way over open roads, -1
    where that is the straight one.
    """

    is_detour: npt.NDArray[np.bool_]
    passes: IntMatrix

    def via(self, start: int, end: int) -> tuple[int, ...]:
        """Rows of the nodes that the way from one row to another passes; none where it is no detour."""
        return tuple(self._between(start, end)) if self.is_detour[start, end] else ()

    def _between(self, start: int, end: int) -> Iterator[int]:
        passed = int(self.passes[start, end])
        if passed >= 0:
            yield from self._between(start, passed)
            yield passed
            yield from self._between(passed, end)


@dataclass(frozen=True, slots=True)
class RoadMatrix:
    """Distances and driving times between nodes.

    ``distance_m`` and ``duration_s`` have shape (n, n), from row to column; ``position`` gives a node's row. Where
    closed roads leave no way they are ``NO_WAY_M`` and ``NO_WAY_S``. ``detours`` are there where a road is closed.
    """

    position: Mapping[str, int]
    distance_m: IntMatrix
    duration_s: IntMatrix
    detours: Detours | None = None

    def is_way(self, start: int, end: int) -> bool:
        """Whether there is any way from one row to another."""
        return int(self.duration_s[start, end]) < NO_WAY_S

    def via(self, from_node: str, to_node: str) -> tuple[str, ...]:
        """The nodes that the way from one node to another passes on account of closed roads, in order."""
        if self.detours is None:
            return ()
        names = sorted(self.position, key=self.position.__getitem__)
        return tuple(names[row] for row in self.detours.via(self.position[from_node], self.position[to_node]))


class RoadSource(Protocol):
    """Anything that knows the roads."""

    def matrix(self, nodes: Sequence[Node]) -> RoadMatrix:
        """Give distances and times between all of ``nodes``."""
        ...
