"""Consignments as columns: a city's day has a hundred thousand of them, and nothing loops over those without need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from services.model.agreements import Direction, Temperature
from services.model.consignments import Consignment, Goods

CONSIGNMENT_SCHEMA: Final[dict[str, pl.DataType]] = {
    "consignment_id": pl.String(),
    "direction": pl.String(),  # a Direction
    "hub_id": pl.String(),
    "village_code": pl.String(),
    "node_ids": pl.List(pl.String()),
    "temperature": pl.String(),  # a Temperature
    "due_date": pl.Date(),
    "emergency": pl.Boolean(),
    "pieces": pl.Int64(),
    "weight_g": pl.Int64(),
    "volume_ml": pl.Int64(),
    "max_piece_g": pl.Int64(),
    "carrier_id": pl.String(),
    "admission_set_id": pl.String(),
    "goods": pl.String(),  # a Goods
    "fragile": pl.Boolean(),
    "max_piece_ml": pl.Int64(),
    "wait_fen": pl.Int64(),  # null where it has to go today
}


def consignments_of(table: pl.DataFrame) -> Iterator[Consignment]:
    """Turn the rows of a frame of ``CONSIGNMENT_SCHEMA`` into consignments, without their parcels' names."""
    for row in table.iter_rows(named=True):
        yield Consignment(
            **{
                **row,
                "direction": Direction(row["direction"]),
                "node_ids": tuple(row["node_ids"]),
                "temperature": Temperature(row["temperature"]),
                "goods": Goods(row["goods"]),
            }
        )
