"""Where each consignment can be handed over today: at the village's nodes that open and have room to keep it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from services.model.agreements import Direction
from services.model.consignments import Consignment, Goods
from services.model.day import Day
from services.model.network import Node


def nodes_to_use(day: Day) -> dict[str, tuple[str, ...]]:
    """List each consignment's nodes that can be used, preferred first; none where all are closed or full.

    Inbound goods that may be left where storage is limited are given one node, the first with room, so that whatever
    is decided about them fits. What is urgent, then mail, then what is due first comes before the rest.
    """
    nodes = {node.node_id: node for node in day.county.network.nodes}
    stored: dict[str, tuple[int, int]] = {}
    usable: dict[str, tuple[str, ...]] = {}
    for consignment in sorted(day.consignments, key=_rank):
        open_ids = open_nodes(consignment, nodes, day.service_date)
        if consignment.direction is Direction.INBOUND and any(nodes[n].has_limited_storage for n in open_ids):
            open_ids = tuple(n for n in open_ids if _has_room(nodes[n], stored.get(n, (0, 0)), consignment))[:1]
            for node_id in open_ids:
                pieces, volume_ml = stored.get(node_id, (0, 0))
                stored[node_id] = pieces + consignment.pieces, volume_ml + consignment.volume_ml
        usable[consignment.consignment_id] = open_ids
    return usable


def open_nodes(consignment: Consignment, nodes: Mapping[str, Node], service_date: date) -> tuple[str, ...]:
    """List a consignment's nodes that open on the day; none where its hub does not."""
    if not nodes[consignment.hub_id].is_open_on(service_date):
        return ()
    return tuple(node_id for node_id in consignment.node_ids if nodes[node_id].is_open_on(service_date))


def _rank(consignment: Consignment) -> tuple[bool, bool, date]:
    return not consignment.emergency, consignment.goods is not Goods.MAIL, consignment.due_date


def _has_room(node: Node, stored: tuple[int, int], consignment: Consignment) -> bool:
    pieces, volume_ml = stored[0] + consignment.pieces, stored[1] + consignment.volume_ml
    return (node.max_pieces is None or pieces <= node.max_pieces) and (
        node.max_volume_ml is None or volume_ml <= node.max_volume_ml
    )
