"""Parcels that may travel together become consignments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.consolidation.admissibility import Way
from services.model.agreements import Direction, Temperature
from services.model.consignments import Admission, AdmissionSet, Consignment
from services.model.network import Network, NodeKind

_MASK_BITS: Final = 32
_KEY: Final = ("village", "direction", "carrier_id", "temperature", "due_in_days", "emergency")


@dataclass(frozen=True, slots=True)
class ConsignmentLimits:
    """What a consignment holds at most, so that one always fits into a bus's belly hold.

    A single parcel that is larger is a consignment alone.
    """

    weight_g: int = 100_000
    volume_ml: int = 700_000
    pieces: int = 40


def mark_admissions(parcels: pl.DataFrame, admissible: Sequence[pl.Expr]) -> tuple[pl.DataFrame, list[str]]:
    """Add bit masks that say which ways each parcel may use.

    Returns
    -------
    tuple[pl.DataFrame, list[str]]
        The parcels with mask columns, and these columns' names: bit i of column k stands for way 32 k + i.
    """
    masks = []
    for start in range(0, max(len(admissible), 1), _MASK_BITS):
        bits = [
            (expr.fill_null(False).cast(pl.UInt64) * (1 << bit)).alias(f"bit_{bit}")
            for bit, expr in enumerate(admissible[start : start + _MASK_BITS])
        ]
        masks.append(pl.sum_horizontal(bits or [pl.lit(0, dtype=pl.UInt64)]).alias(f"mask_{start // _MASK_BITS}"))
    names = [mask.meta.output_name() for mask in masks]
    return parcels.with_columns(masks), names


def group_parcels(
    parcels: pl.DataFrame, masks: Sequence[str], limits: ConsignmentLimits
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Group parcels by village, direction, carrier, temperature, due date, urgency and ways.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        The groups with exact totals, in a stable order with their ``ordinal``; and ``row`` with ``ordinal`` for each
        parcel.
    """
    key = [*_KEY, *masks]
    ordered = parcels.select("row", *key, "pieces", "weight_g", "volume_ml", "piece_g").sort(*key, "row")
    is_first = _starts_of_parts(ordered, ordered.select(pl.struct(key).rle_id()).to_series().to_numpy(), limits)
    parts = ordered.with_columns(pl.Series("ordinal", is_first.cumsum(dtype=np.uint32)) - 1)
    groups = (
        parts.group_by("ordinal", *key, maintain_order=True)
        .agg(
            pl.col("pieces").sum(),
            pl.col("weight_g").sum(),
            pl.col("volume_ml").sum(),
            pl.col("piece_g").max().alias("max_piece_g"),
        )
        .with_columns((pl.int_range(pl.len()).over("village", "direction", "carrier_id") + 1).alias("number"))
    )
    return groups, parts.select("row", "ordinal").sort("row")


def _starts_of_parts(parcels: pl.DataFrame, group: NDArray[np.uint32], limits: ConsignmentLimits) -> NDArray[np.bool_]:
    """Say which parcels open a consignment: the first of its group, and each that the one before has no room for.

    The next opening is known for every parcel as if it opened one itself; following these links from the first row
    on, in steps that double, visits the true ones.
    """
    rows = len(parcels)
    if not rows:
        return np.zeros(0, dtype=np.bool_)
    link = np.searchsorted(group, group, side="right")
    for column, limit in (("weight_g", limits.weight_g), ("volume_ml", limits.volume_ml), ("pieces", limits.pieces)):
        filled = np.concatenate(([0], parcels[column].cum_sum().to_numpy()))
        link = np.minimum(link, np.searchsorted(filled, filled[:-1] + limit, side="right") - 1)
    link = np.append(np.maximum(link, np.arange(1, rows + 1)), rows)
    is_first = np.zeros(rows + 1, dtype=np.bool_)
    is_first[0] = True
    for _ in range(rows.bit_length()):
        is_first[link[is_first]] = True
        link = link[link]
    return is_first[:-1]


def make_consignments(
    groups: pl.DataFrame, masks: Sequence[str], ways: Sequence[Way], network: Network, service_date: date
) -> tuple[list[Consignment], list[AdmissionSet]]:
    """Turn groups into consignments and the admission sets that they share."""
    hub = next(node.node_id for node in network.nodes if node.kind is NodeKind.HUB)
    nodes: dict[str, tuple[str, ...]] = {}
    for node in network.nodes:
        if node.village_code:
            nodes[node.village_code] = (*nodes.get(node.village_code, ()), node.node_id)
    signatures = groups.select(masks).unique().sort(masks).rows()
    set_ids = {signature: f"S{number}" for number, signature in enumerate(signatures, start=1)}
    sets = [AdmissionSet(set_id, tuple(_admissions(signature, ways))) for signature, set_id in set_ids.items()]
    consignments = [
        Consignment(
            consignment_id=f"{group['direction'][0]}{group['village']}-{group['carrier_id']}-{group['number']}",
            direction=Direction(group["direction"]),
            hub_id=hub,
            village_code=group["village"],
            node_ids=nodes[group["village"]],
            temperature=Temperature(group["temperature"]),
            due_date=service_date + timedelta(days=group["due_in_days"]),
            emergency=group["emergency"],
            pieces=group["pieces"],
            weight_g=group["weight_g"],
            volume_ml=group["volume_ml"],
            max_piece_g=group["max_piece_g"],
            carrier_id=group["carrier_id"],
            admission_set_id=set_ids[tuple(group[mask] for mask in masks)],
        )
        for group in groups.iter_rows(named=True)
    ]
    return consignments, sets


def _admissions(signature: tuple[int, ...], ways: Sequence[Way]) -> Iterable[Admission]:
    for position, way in enumerate(ways):
        if signature[position // _MASK_BITS] >> (position % _MASK_BITS) & 1:
            yield from way.admissions()
