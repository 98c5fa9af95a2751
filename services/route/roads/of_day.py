"""Which roads a day is planned on."""

from __future__ import annotations

from services.model.day import Day
from services.model.network import Node, NodeKind
from services.route.roads.closed import OpenRoads
from services.route.roads.geodesic import GeodesicRoads
from services.route.roads.source import RoadMatrix, RoadSource
from services.route.roads.table import TableRoads


def roads_of(day: Day) -> RoadMatrix:
    """The roads between all nodes that vehicles may visit."""
    return choose_roads(day).matrix(nodes_on_roads(day))


def choose_roads(day: Day) -> RoadSource:
    """A measured table where the day has one, else the geodesic estimate; what is closed of it left out."""
    network = day.county.network
    roads = TableRoads(network.road_pairs) if network.road_pairs else GeodesicRoads(network.roads)
    return OpenRoads(roads, network.closed_roads) if network.closed_roads else roads


def nodes_on_roads(day: Day) -> list[Node]:
    """The nodes that vehicles may visit: the hub, their depots and the villages' nodes."""
    depots = {vehicle.depot for vehicle in day.county.vehicles}
    return [
        node
        for node in day.county.network.nodes
        if node.kind is NodeKind.HUB or node.node_id in depots or node.village_code
    ]
