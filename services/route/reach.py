"""How long a vehicle that makes one visit alone may stay: by its range, shift and work, and by opening hours."""

from __future__ import annotations

import itertools

from services.model.network import Node
from services.route.day_index import DayIndex
from services.route.engines.engine import VehicleClass
from services.route.rests import paced
from services.route.roads.source import RoadMatrix


def longest_stay_s(index: DayIndex, matrix: RoadMatrix, vehicle: VehicleClass, node: Node, unloads: bool) -> int:
    """Give the longest service that a vehicle of a class has time for at ``node``; negative where it cannot go at all.

    ``unloads`` says whether it brings something back to the hub.
    """
    hub, at_hub = index.hub, matrix.position[index.hub.node_id]
    is_under_way = vehicle.from_node is not None
    from_depot = (vehicle.depot, at_hub) if vehicle.from_node is None else (vehicle.from_node, vehicle.from_node)
    way = (*from_depot, matrix.position[node.node_id], at_hub, vehicle.depot)
    drives_s = [paced(int(matrix.duration_s[leg]), vehicle.pace) for leg in itertools.pairwise(way)]
    loading_s = 0 if is_under_way else hub.service_s
    loaded_s = max(vehicle.shift_start_s + drives_s[0], 0 if is_under_way else hub.opens_s) + loading_s
    distance_m = sum(int(matrix.distance_m[leg]) for leg in itertools.pairwise(way))
    if distance_m > vehicle.max_distance_m or (vehicle.range_m is not None and distance_m > vehicle.range_m):
        return -1
    if loaded_s > hub.closes_s and not is_under_way:
        return -1
    start_s = max(loaded_s + drives_s[1], node.opens_s)
    unloading_s = hub.service_s if unloads else 0
    limits_s = [
        node.closes_s - start_s,
        vehicle.shift_end_s - start_s - drives_s[2] - unloading_s - drives_s[3],
        vehicle.max_work_s - sum(drives_s) - loading_s - unloading_s,
    ]
    if unloads:
        limits_s.append(hub.closes_s - start_s - drives_s[2] - unloading_s)
    return min(limits_s)
