"""Nodes, shuttles and the road table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import permutations
from typing import Final

from services.model.day import County
from services.model.errors import Violation
from services.model.network import ClosedRoad, Node, NodeKind
from services.validation.fields import (
    id_violations,
    quoted,
    reference_violation,
    time_text,
    value_violations,
    weekday_violations,
)

# China's bounding box in degrees, widened to whole degrees.
MIN_LON: Final = 73.0
MAX_LON: Final = 136.0
MIN_LAT: Final = 3.0
MAX_LAT: Final = 54.0
MAX_KM_FROM_HUB: Final = 300.0
_KM_A_DEGREE: Final = 111.2
_LINE: Final = ("from_lon", "from_lat", "to_lon", "to_lat")


def network_violations(county: County) -> Iterator[Violation]:
    """Report what is wrong with a county's places and the ways between them."""
    network = county.network
    path = "county.network"
    yield from id_violations([node.node_id for node in network.nodes], f"{path}.nodes", "node_id")
    yield from _hub_violations(county)
    partners = {partner.partner_id for partner in county.partners}
    for index, node in enumerate(network.nodes):
        here = f"{path}.nodes[{index}]"
        yield from value_violations(node, here)
        yield from _position_violations(node, here)
        if node.opens_s >= node.closes_s:
            yield Violation(
                f"{here}.opens_s",
                f"opens at {time_text(node.opens_s)}, not before it closes at {time_text(node.closes_s)}",
            )
        if node.owner:
            yield from reference_violation(node.owner, partners, f"{here}.owner", "partner")
        if node.due_by_s is not None and not node.opens_s <= node.due_by_s <= node.closes_s:
            hours = f"{time_text(node.opens_s)}-{time_text(node.closes_s)}"
            yield Violation(f"{here}.due_by_s", f"is at {time_text(node.due_by_s)}, but it is open {hours}")
        if node.regular_vehicle and node.kind is NodeKind.HUB:
            yield Violation(f"{here}.regular_vehicle", "the HUB is where all vehicles load")
        yield from weekday_violations(node.open_weekdays, f"{here}.open_weekdays")
        for name in ("max_pieces", "max_volume_ml"):
            if getattr(node, name) == 0:
                yield Violation(f"{here}.{name}", "is 0; leave it out where there is no limit")
    yield from _far_violations(county)
    yield from _transfer_violations(county)
    yield from _road_table_violations(county)
    yield from _closed_road_violations(county)
    yield from value_violations(network.roads, f"{path}.roads")
    for name in ("detour_permille", "speed_m_per_h"):
        if getattr(network.roads, name) == 0:
            yield Violation(f"{path}.roads.{name}", "is 0")


def _hub_violations(county: County) -> Iterator[Violation]:
    path = "county.network.nodes"
    hubs = [index for index, node in enumerate(county.network.nodes) if node.kind is NodeKind.HUB]
    for index in hubs:
        if county.network.nodes[index].village_code:
            yield Violation(
                f"{path}[{index}].village_code", "a HUB serves no village; give the village a node of its own"
            )
    if not hubs:
        yield Violation(path, "no node is the HUB; a county has exactly one")
    for index in hubs[1:]:
        yield Violation(f"{path}[{index}].kind", f"is a second HUB beside {path}[{hubs[0]}]; a county has exactly one")


def _position_violations(node: Node, path: str) -> Iterator[Violation]:
    finite = True
    for name, value in (("lon", node.lon), ("lat", node.lat)):
        if not math.isfinite(value):
            finite = False
            yield Violation(f"{path}.{name}", f"{value} is not a number of degrees")
    if not finite:
        return
    hint = "; lon and lat look swapped" if _in_china(node.lat, node.lon) else ""
    if not MIN_LON <= node.lon <= MAX_LON:
        yield Violation(f"{path}.lon", f"{node.lon:g} is outside China ({MIN_LON:g} to {MAX_LON:g}){hint}")
    if not MIN_LAT <= node.lat <= MAX_LAT:
        yield Violation(f"{path}.lat", f"{node.lat:g} is outside China ({MIN_LAT:g} to {MAX_LAT:g}){hint}")


def _far_violations(county: County) -> Iterator[Violation]:
    """Report nodes that no county's vehicle could reach: a slip of the pen or a wrong coordinate system."""
    hub = next((node for node in county.network.nodes if node.kind is NodeKind.HUB), None)
    if hub is None or not _in_china(hub.lon, hub.lat):
        return
    for index, node in enumerate(county.network.nodes):
        if not _in_china(node.lon, node.lat):
            continue
        east_km = (node.lon - hub.lon) * _KM_A_DEGREE * math.cos(math.radians(hub.lat))
        away_km = math.hypot(east_km, (node.lat - hub.lat) * _KM_A_DEGREE)
        if away_km > MAX_KM_FROM_HUB:
            said = f"lies {away_km:.0f} km from the hub; is the coordinate system right?"
            yield Violation(f"county.network.nodes[{index}].lon", said)


def _in_china(lon: float, lat: float) -> bool:
    return MIN_LON <= lon <= MAX_LON and MIN_LAT <= lat <= MAX_LAT


def _transfer_violations(county: County) -> Iterator[Violation]:
    nodes = {node.node_id for node in county.network.nodes}
    hubs = {node.node_id for node in county.network.nodes if node.kind is NodeKind.HUB}
    seen: set[tuple[str, str]] = set()
    for index, transfer in enumerate(county.network.transfers):
        here = f"county.network.transfers[{index}]"
        ends = (transfer.from_node, transfer.to_node)
        yield from value_violations(transfer, here)
        yield from reference_violation(transfer.from_node, nodes, f"{here}.from_node", "node")
        yield from reference_violation(transfer.to_node, nodes, f"{here}.to_node", "node")
        if transfer.from_node == transfer.to_node:
            yield Violation(f"{here}.to_node", f"starts and ends at {quoted(transfer.to_node)}")
        elif hubs and nodes.issuperset(ends) and hubs.isdisjoint(ends):
            yield Violation(f"{here}.from_node", "neither end is the hub")
        if ends in seen:
            yield Violation(here, f"{quoted(ends[0])} to {quoted(ends[1])} stands twice")
        seen.add(ends)


def _closed_road_violations(county: County) -> Iterator[Violation]:
    """Report closed roads that are neither the way between two nodes nor a line, or both."""
    nodes = {node.node_id for node in county.network.nodes}
    for index, road in enumerate(county.network.closed_roads):
        here = f"county.network.closed_roads[{index}]"
        yield from value_violations(road, here)
        given = [getattr(road, name) is not None for name in _LINE]
        names_nodes = bool(road.from_node or road.to_node)
        if names_nodes and any(given):
            yield Violation(here, "names nodes and coordinates; which of them is meant?")
        elif names_nodes:
            yield from reference_violation(road.from_node, nodes, f"{here}.from_node", "node")
            yield from reference_violation(road.to_node, nodes, f"{here}.to_node", "node")
            if road.from_node == road.to_node:
                yield Violation(f"{here}.to_node", f"starts and ends at {quoted(road.to_node)}")
        elif not any(given):
            yield Violation(here, "names neither two nodes nor the two ends of a line")
        elif not all(given):
            yield Violation(f"{here}.{_LINE[given.index(False)]}", "is missing; a line has two ends")
        else:
            yield from _line_violations(road, here)


def _line_violations(road: ClosedRoad, path: str) -> Iterator[Violation]:
    found = False
    for name, low, high in zip(_LINE, (MIN_LON, MIN_LAT) * 2, (MAX_LON, MAX_LAT) * 2, strict=True):
        degrees = getattr(road, name)
        if not low <= degrees <= high:
            found = True
            yield Violation(f"{path}.{name}", f"{degrees:g} is outside China ({low:g} to {high:g})")
    if road.one_way:
        yield Violation(f"{path}.one_way", "is for the way between two nodes; a line is closed both ways")
    if not found and road.line and road.line[:2] == road.line[2:]:
        yield Violation(path, "starts and ends at one point; a line has two ends")


def _road_table_violations(county: County) -> Iterator[Violation]:
    """Check the table's rows, then that it is complete among the nodes that vehicles visit."""
    network = county.network
    if not network.road_pairs:
        return
    path = "county.network.road_pairs"
    nodes = {node.node_id for node in network.nodes}
    present: set[tuple[str, str]] = set()
    for index, pair in enumerate(network.road_pairs):
        here = f"{path}[{index}]"
        ends = (pair.from_node, pair.to_node)
        yield from value_violations(pair, here)
        yield from reference_violation(pair.from_node, nodes, f"{here}.from_node", "node")
        yield from reference_violation(pair.to_node, nodes, f"{here}.to_node", "node")
        if ends in present:
            yield Violation(here, f"{quoted(ends[0])} to {quoted(ends[1])} stands twice")
        present.add(ends)
    depots = {vehicle.depot for vehicle in county.vehicles}
    visited = {
        node.node_id: None
        for node in network.nodes
        if node.kind is NodeKind.HUB or node.village_code or node.node_id in depots
    }
    inside = sum(1 for start, end in present if start != end and start in visited and end in visited)
    missing = len(visited) * (len(visited) - 1) - inside
    if missing:
        start, end = next(ends for ends in permutations(visited, 2) if ends not in present)
        more = f" and {missing - 1} more pairs are" if missing > 1 else " is"
        yield Violation(path, f"the road table is incomplete: {quoted(start)} to {quoted(end)}{more} missing")
