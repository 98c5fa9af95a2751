"""Roads from a measured table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.model.errors import InvalidInputError, Violation
from services.model.network import Node, RoadPair
from services.route.roads.source import RoadMatrix


@dataclass(frozen=True, slots=True)
class TableRoads:
    """A table with every pair of nodes that vehicles visit."""

    pairs: tuple[RoadPair, ...]

    def matrix(self, nodes: Sequence[Node]) -> RoadMatrix:
        """Give the table's distances and times between all of ``nodes``.

        Raises
        ------
        InvalidInputError
            When the table lacks a pair.
        """
        position = {node.node_id: i for i, node in enumerate(nodes)}
        distance_m = np.full((len(nodes), len(nodes)), -1, dtype=np.int64)
        np.fill_diagonal(distance_m, 0)
        duration_s = np.zeros_like(distance_m)
        for pair in self.pairs:
            if pair.from_node in position and pair.to_node in position:
                where = position[pair.from_node], position[pair.to_node]
                distance_m[where], duration_s[where] = pair.distance_m, pair.duration_s
        missing = np.argwhere(distance_m < 0)
        if len(missing):
            start, end = (nodes[i].node_id for i in missing[0])
            raise InvalidInputError(
                [Violation("county.network.road_pairs", f"lacks {start} -> {end} and {len(missing) - 1} more pairs")]
            )
        return RoadMatrix(position, distance_m, duration_s)
