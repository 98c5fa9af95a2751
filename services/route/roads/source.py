"""The interface of a road source and the matrix that it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from services.model.network import Node

IntMatrix = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RoadMatrix:
    """Distances and driving times between nodes.

    ``distance_m`` and ``duration_s`` have shape (n, n), from row to column; ``position`` gives a node's row.
    """

    position: Mapping[str, int]
    distance_m: IntMatrix
    duration_s: IntMatrix


class RoadSource(Protocol):
    """Anything that knows the roads."""

    def matrix(self, nodes: Sequence[Node]) -> RoadMatrix:
        """Give distances and times between all of ``nodes``."""
        ...
