"""Everything that a consignment could be booked on, by the laws of a plan and by nothing else.

The search leaves out what it cannot weigh or would not ask of anybody: a second node where storage is scarce, goods on
a trip that calls before its station opens, stations that pass on what they have no room to keep. A bound has to allow
for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import product

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.day import Day
from services.model.network import Node
from services.route.day_index import DayIndex
from services.route.hand_over import open_nodes
from services.route.options import BookingOption, hub_sides, make_option, shuttle_meets_hours
from services.route.room import load_of, room_on


def index_with_all_nodes(day: Day) -> DayIndex:
    """Index a day with every open node of every consignment, whether all that may come there has room or not."""
    index = DayIndex.of(day)
    nodes = {c.consignment_id: open_nodes(c, index.nodes, day.service_date) for c in day.consignments}
    return replace(index, node_ids=nodes)


def possible_options(index: DayIndex, stations: Collection[str]) -> Iterator[BookingOption]:
    """List all bookings to the villages' own nodes, and to ``stations`` from where a vehicle does the rest."""
    at_node: dict[str, list[Consignment]] = {}
    for consignment in index.day.consignments:
        for node_id in index.node_ids[consignment.consignment_id]:
            at_node.setdefault(node_id, []).append(consignment)
    everything = [c for c in index.day.consignments if index.node_ids[c.consignment_id]]
    for line, trip in index.trips.values():
        for hub_side, (village_side, stop) in product(hub_sides(index, trip), enumerate(trip.stop_times)):
            if hub_side.index == village_side:
                continue
            for station, goods in (("", at_node.get(stop.node_id, ())), (stop.node_id, everything)):
                if station and station not in stations:
                    continue
                for consignment in goods:
                    if (consignment.direction is Direction.INBOUND) == (hub_side.index < village_side):
                        for option in make_option(index, consignment, line, trip, hub_side, village_side, station):
                            if is_lawful(index, option):
                                yield option


def is_lawful(index: DayIndex, option: BookingOption) -> bool:
    """Whether a booking alone could stand in a plan."""
    consignment, trip = option.consignment, option.trip
    ends = [index.nodes[stop.node_id] for stop in (option.board, option.alight)]
    if consignment.temperature.is_cold and not (trip.keeps_cold and all(node.keeps_cold for node in ends)):
        return False
    return (
        (trip.max_piece_g is None or consignment.max_piece_g <= trip.max_piece_g)
        and (trip.max_piece_ml is None or consignment.max_piece_ml <= trip.max_piece_ml)
        and load_of(consignment).fits(room_on(trip))
        and all(_may_wait_at(index, consignment, node) for node in ends)
        and _is_open(index, option)
    )


def _may_wait_at(index: DayIndex, consignment: Consignment, node: Node) -> bool:
    return node.node_id == index.hub.node_id or bool(index.ways(consignment, ResourceKind.NODE, node.node_id))


def _is_open(index: DayIndex, option: BookingOption) -> bool:
    """At a shuttle's station the hours bind the shuttle, elsewhere the goods' time there."""
    consignment, today = option.consignment, index.day.service_date
    board, alight = index.nodes[option.board.node_id], index.nodes[option.alight.node_id]
    shuttle = option.shuttle
    at_shuttle = (
        "" if shuttle is None else (shuttle.to_node if shuttle.from_node == index.hub.node_id else shuttle.from_node)
    )
    own = (consignment.hub_id, *consignment.node_ids)
    stays = (
        (board, option.ready_by_s, option.board.departure_s),
        (alight, option.alight.arrival_s, option.available_s),
    )
    for node, from_s, to_s in stays:
        binds = node.node_id in own or node.node_id != at_shuttle
        if not node.is_open_on(today) or (binds and (from_s < node.opens_s or to_s > node.closes_s)):
            return False
    return shuttle_meets_hours(index, option)
