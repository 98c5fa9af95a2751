"""At which node of its village a parcel is handed over, where nodes can be closed or full.

A village's nodes are filled in their order: the next one is used when one is closed on the day, or has no door or
shelf left. Emergencies come first, then what is due first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl

from services.model.agreements import Direction
from services.model.network import Network, Node

ANY_NODE: Final = 0  # every open node of the village, in order
NO_NODE: Final = 255
_NO_LIMIT: Final = 2**62


def open_nodes(network: Network, service_date: date) -> dict[str, tuple[Node, ...]]:
    """Nodes by village that open on the day, in the network's order; empty where all of a village's are closed."""
    nodes: dict[str, tuple[Node, ...]] = {}
    for node in network.nodes:
        if node.village_code:
            opened = (node,) if node.is_open_on(service_date) else ()
            nodes[node.village_code] = (*nodes.get(node.village_code, ()), *opened)
    return nodes


def assign_nodes(parcels: pl.DataFrame, nodes: Mapping[str, tuple[Node, ...]]) -> pl.Series:
    """Say for each parcel which of its village's open nodes takes it.

    Parameters
    ----------
    parcels:
        Frame with ``row``, ``village``, ``direction``, ``emergency``, ``due_in_days``, ``pieces`` and ``volume_ml``.
    nodes:
        Open nodes by village.

    Returns
    -------
    pl.Series
        ``node_rank``: 1 for the first node, 2 for the second, ...; ``ANY_NODE`` for outbound parcels and where no
        node of the village has a limit; ``NO_NODE`` where all are full.
    """
    limited = {village: places for village, places in nodes.items() if any(n.has_limited_storage for n in places)}
    concerned = pl.col("village").is_in(list(limited)) & (pl.col("direction") == Direction.INBOUND.value)
    waiting = parcels.filter(concerned) if limited else parcels.clear()
    if waiting.is_empty():
        return pl.Series("node_rank", [ANY_NODE], dtype=pl.UInt8).new_from_index(0, parcels.height)
    waiting = waiting.sort("village", ~pl.col("emergency"), "due_in_days", "row")
    taken: list[pl.DataFrame] = []
    for rank in range(1, max(map(len, limited.values())) + 1):
        fits = _fits(waiting, limited, rank)
        taken.append(waiting.filter(fits).select("row", pl.lit(rank, pl.UInt8).alias("node_rank")))
        waiting = waiting.filter(~fits)
    taken.append(waiting.select("row", pl.lit(NO_NODE, pl.UInt8).alias("node_rank")))
    ranks = parcels.select("row").join(pl.concat(taken), on="row", how="left", maintain_order="left")
    return ranks["node_rank"].fill_null(ANY_NODE)


def _fits(waiting: pl.DataFrame, limited: Mapping[str, tuple[Node, ...]], rank: int) -> pl.Series:
    """Which parcels the node of this rank has room for; what is larger than the whole node stands aside for others."""
    rooms = {village: _room(places[rank - 1]) for village, places in limited.items() if rank <= len(places)}
    room = pl.DataFrame(
        [(village, pieces, volume_ml) for village, (pieces, volume_ml) in rooms.items()],
        schema={"village": pl.String, "room_pieces": pl.Int64, "room_ml": pl.Int64},
        orient="row",
    )
    placed = waiting.join(room, on="village", how="left", maintain_order="left")
    alone = ((pl.col("pieces") <= pl.col("room_pieces")) & (pl.col("volume_ml") <= pl.col("room_ml"))).fill_null(False)
    filled = [
        (pl.when(alone).then(pl.col(size)).otherwise(0).cum_sum().over("village") <= pl.col(limit)).fill_null(False)
        for size, limit in (("pieces", "room_pieces"), ("volume_ml", "room_ml"))
    ]
    return placed.select((alone & filled[0] & filled[1]).alias("fits")).to_series()


def _room(node: Node) -> tuple[int, int]:
    pieces = _NO_LIMIT if node.max_pieces is None else node.max_pieces
    return pieces, _NO_LIMIT if node.max_volume_ml is None else node.max_volume_ml
