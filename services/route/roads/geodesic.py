"""Roads estimated from the geodesic, where nothing better is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyproj import Geod

from services.model.network import Node, RoadSettings
from services.route.roads.source import RoadMatrix


@dataclass(frozen=True, slots=True)
class GeodesicRoads:
    """WGS-84 geodesic times a detour, at one mean speed (see ``RoadSettings``).

    The geodesic is Karney's (2013, Algorithms for geodesics), through PROJ.
    """

    settings: RoadSettings

    def matrix(self, nodes: Sequence[Node]) -> RoadMatrix:
        """Give estimated distances and times between all of ``nodes``."""
        count = len(nodes)
        lon = np.array([node.lon for node in nodes])
        lat = np.array([node.lat for node in nodes])
        start, end = np.triu_indices(count, k=1)
        _, _, geodesic_m = Geod(ellps="WGS84").inv(lon[start], lat[start], lon[end], lat[end])
        one_way = np.rint(np.asarray(geodesic_m) * self.settings.detour_permille / 1000).astype(np.int64)
        distance_m = np.zeros((count, count), dtype=np.int64)
        distance_m[start, end] = one_way
        distance_m[end, start] = one_way
        duration_s = -(-distance_m * 3600 // self.settings.speed_m_per_h)
        return RoadMatrix({node.node_id: i for i, node in enumerate(nodes)}, distance_m, duration_s)
