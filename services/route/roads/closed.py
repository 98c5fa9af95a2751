"""Roads of any source with the closed ones left out: what was driven over them goes round by other nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from services.model.network import ClosedRoad, Node
from services.route.roads.source import NO_WAY_M, NO_WAY_S, Detours, IntMatrix, RoadMatrix, RoadSource

Flags = npt.NDArray[np.bool_]

# A centimetre; in whole numbers it is certain what crosses what.
_PARTS_OF_A_DEGREE: Final = 10**7
# Seconds before metres in one number: of ways that take as long, the shorter is the better.
_SECOND: Final = 1 << 32
_NEVER: Final = NO_WAY_S * _SECOND


@dataclass(frozen=True, slots=True)
class OpenRoads:
    """What is left of a source's roads.

    A closed way is replaced by the quickest over open ones, of ways as quick by the shortest; all others stay as they
    are.
    """

    source: RoadSource
    closed: tuple[ClosedRoad, ...]

    def matrix(self, nodes: Sequence[Node]) -> RoadMatrix:
        """Give distances and times between all of ``nodes``; detours pass these only."""
        roads = self.source.matrix(nodes)
        shut = closed_ways(nodes, self.closed)
        if not shut.any():
            return roads
        length = np.minimum(roads.duration_s * _SECOND + roads.distance_m, _NEVER)
        length[shut | (roads.duration_s >= NO_WAY_S)] = _NEVER
        passes = _shorten(length)
        is_left = length < _NEVER
        return replace(
            roads,
            distance_m=np.where(shut, np.where(is_left, length % _SECOND, NO_WAY_M), roads.distance_m),
            duration_s=np.where(shut, np.where(is_left, length // _SECOND, NO_WAY_S), roads.duration_s),
            detours=Detours(shut & is_left, passes),
        )


def closed_ways(nodes: Sequence[Node], closed: Sequence[ClosedRoad]) -> Flags:
    """Tell of each way, (n, n), whether a road on it is closed: the way itself, or a line that it crosses."""
    shut = np.zeros((len(nodes), len(nodes)), dtype=np.bool_)
    position = {node.node_id: i for i, node in enumerate(nodes)}
    lon, lat = _parts([node.lon for node in nodes]), _parts([node.lat for node in nodes])
    for road in closed:
        if road.line is not None:
            shut |= _crossing(lon, lat, _parts(road.line))
        elif road.from_node in position and road.to_node in position:
            start, end = position[road.from_node], position[road.to_node]
            shut[start, end] = True
            shut[end, start] |= not road.one_way
    np.fill_diagonal(shut, False)
    return shut


def closed_between(start: Node, end: Node, closed: Sequence[ClosedRoad]) -> list[ClosedRoad]:
    """The roads that close the straight way from one node to another."""
    return [road for road in closed if closed_ways((start, end), (road,))[0, 1]]


def _parts(degrees: Sequence[float]) -> npt.NDArray[np.int64]:
    return np.rint(np.array(degrees, dtype=np.float64) * _PARTS_OF_A_DEGREE).astype(np.int64)


def _crossing(lon: npt.NDArray[np.int64], lat: npt.NDArray[np.int64], line: npt.NDArray[np.int64]) -> Flags:
    """Which straight lines between points have a point in common with a line, its ends and theirs included.

    Each must have the other's ends on different sides, and their boxes must meet.
    """
    x0, y0, x1, y1 = (int(part) for part in line)
    side = np.sign((x1 - x0) * (lat - y0) - (y1 - y0) * (lon - x0))
    across, up = lon[None, :] - lon[:, None], lat[None, :] - lat[:, None]
    ends = [np.sign(across * (y - lat[:, None]) - up * (x - lon[:, None])) for x, y in ((x0, y0), (x1, y1))]
    meets: Flags = (side[:, None] * side[None, :] <= 0) & (ends[0] * ends[1] <= 0)
    for at, low, high in ((lon, min(x0, x1), max(x0, x1)), (lat, min(y0, y1), max(y0, y1))):
        meets &= (np.maximum(at[:, None], at[None, :]) >= low) & (np.minimum(at[:, None], at[None, :]) <= high)
    return meets


def _shorten(length: IntMatrix) -> IntMatrix:
    """Shorten ways in place by what others add up to; give the node that each passes then, -1 where it goes straight.

    Floyd 1962, Algorithm 97: shortest path.
    """
    passes = np.full_like(length, -1)
    for node in range(len(length)):
        by_node = length[:, node, None] + length[None, node, :]
        is_shorter = by_node < length
        np.copyto(length, by_node, where=is_shorter)
        np.copyto(passes, node, where=is_shorter)
    return passes
