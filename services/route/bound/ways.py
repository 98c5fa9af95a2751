"""Shortest ways for a bound: no run can be shorter than these, whatever nodes it passes without a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.model.day import Day
from services.route.roads.closed import closed_ways
from services.route.roads.geodesic import GeodesicRoads
from services.route.roads.source import NO_WAY_M, NO_WAY_S, IntMatrix


@dataclass(frozen=True, slots=True)
class Ways:
    """The least distances and, apart from them, the least driving times between all nodes of a network, (n, n).

    ``is_straight`` (n, n) tells where both are those of the straight way.
    """

    position: Mapping[str, int]
    distance_m: IntMatrix
    duration_s: IntMatrix
    is_straight: npt.NDArray[np.bool_]


def shortest_ways(day: Day) -> Ways:
    """Shorten a day's roads by what others add up to, over every node that a vehicle might pass.

    A table need not obey the triangle inequality, and estimates rounded to the metre do so only nearly.
    """
    network = day.county.network
    position = {node.node_id: i for i, node in enumerate(network.nodes)}
    if network.road_pairs:
        shape = len(position), len(position)
        distance_m, duration_s = np.full(shape, NO_WAY_M, dtype=np.int64), np.full(shape, NO_WAY_S, dtype=np.int64)
        for pair in network.road_pairs:
            if pair.from_node in position and pair.to_node in position:
                way = position[pair.from_node], position[pair.to_node]
                distance_m[way], duration_s[way] = pair.distance_m, pair.duration_s
    else:
        roads = GeodesicRoads(network.roads).matrix(network.nodes)
        distance_m, duration_s = roads.distance_m.copy(), roads.duration_s.copy()
    # What is closed later in the day is open before.
    if closed := [road for road in network.closed_roads if road.from_s == 0]:
        shut = closed_ways(network.nodes, closed)
        distance_m[shut], duration_s[shut] = NO_WAY_M, NO_WAY_S
    np.fill_diagonal(distance_m, 0)
    np.fill_diagonal(duration_s, 0)
    least_m, least_s = _shortened(distance_m, NO_WAY_M), _shortened(duration_s, NO_WAY_S)
    return Ways(position, least_m, least_s, (least_m == distance_m) & (least_s == duration_s))


def _shortened(straight: IntMatrix, no_way: int) -> IntMatrix:
    """Floyd 1962, Algorithm 97: shortest path."""
    length = straight.copy()
    for node in range(len(length)):
        np.minimum(length, length[:, node, None] + length[None, node, :], out=length)
    return np.minimum(length, no_way)
