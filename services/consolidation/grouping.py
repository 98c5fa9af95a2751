"""Parcels that may travel together become consignments.

A million parcels are normal, so what makes two of them alike is first made one number; then they are sorted by it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.consolidation.admissibility import Way
from services.consolidation.codes import encode_rows, sort_rows
from services.consolidation.hand_over import ANY_NODE
from services.consolidation.waiting import wait_fen
from services.model.consignment_table import CONSIGNMENT_SCHEMA
from services.model.consignments import Admission, AdmissionSet
from services.model.day import HoldPolicy
from services.model.network import Node

# What the parcels of one consignment have in common, in the order in which consignments are named.
KEY_WORDS: Final = ("village", "direction", "carrier_id", "temperature", "goods")
KEY_NUMBERS: Final = ("due_in_days", "emergency", "fragile", "node_rank", "set_number")
_SUMS: Final = ("pieces", "weight_g", "volume_ml")
_MAXIMA: Final = ("piece_g", "piece_ml")


@dataclass(frozen=True, slots=True)
class ConsignmentLimits:
    """What a consignment holds at most, so that one always fits into a bus's belly hold.

    A single parcel that is larger is a consignment alone.
    """

    weight_g: int = 100_000
    volume_ml: int = 700_000
    pieces: int = 40


def group_parcels(parcels: pl.DataFrame, limits: ConsignmentLimits) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Group parcels that agree in ``KEY_WORDS`` and ``KEY_NUMBERS``, and cut groups at the limits.

    Parameters
    ----------
    parcels:
        Frame in the order of ``row`` with the columns of the key and ``pieces``, ``weight_g``, ``volume_ml``,
        ``piece_g``, ``piece_ml``.
    limits:
        Where to cut.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        The groups with the key, exact totals and the largest ``piece_g`` and ``piece_ml``, sorted by the key, so that
        a group's position is its name; and ``row`` with the ``ordinal`` of its group, by row.
    """
    key, order = sort_rows(encode_rows(parcels, KEY_WORDS, KEY_NUMBERS))
    if order.is_empty():
        none = np.zeros(0, dtype=np.uint32)
        return parcels.select(*KEY_WORDS, *KEY_NUMBERS, *_SUMS, *_MAXIMA), _fates(parcels, none, none)
    sizes = parcels.select(*_SUMS, *_MAXIMA)[order]
    columns = {name: sizes[name].to_numpy() for name in (*_SUMS, *_MAXIMA)}
    is_first = np.empty(len(order), dtype=np.bool_)
    is_first[0] = True
    np.not_equal(key[1:], key[:-1], out=is_first[1:])
    _cut(is_first, columns, limits)
    starts = np.flatnonzero(is_first)
    totals = {name: np.add.reduceat(columns[name], starts) for name in _SUMS}
    maxima = {name: np.maximum.reduceat(columns[name], starts) for name in _MAXIMA}
    groups = parcels.select(*KEY_WORDS, *KEY_NUMBERS)[order.gather(starts)].with_columns(
        pl.Series(name, values) for name, values in (totals | maxima).items()
    )
    return groups, _fates(parcels, order.to_numpy(), np.cumsum(is_first, dtype=np.uint32) - np.uint32(1))


def _fates(parcels: pl.DataFrame, order: NDArray[np.uint32], ordinals: NDArray[np.uint32]) -> pl.DataFrame:
    by_row = np.empty(len(order), dtype=np.uint32)
    by_row[order] = ordinals
    return parcels.select("row", pl.Series("ordinal", by_row, dtype=pl.UInt32))


def _cut(is_first: NDArray[np.bool_], columns: Mapping[str, NDArray[np.int64]], limits: ConsignmentLimits) -> None:
    """Mark in ``is_first`` where groups above a limit go on in the next consignment."""
    starts = np.flatnonzero(is_first)
    ends = np.append(starts[1:], len(is_first))
    is_over = np.zeros(len(starts), dtype=np.bool_)
    for name in _SUMS:
        is_over |= np.add.reduceat(columns[name], starts) > getattr(limits, name)
    if not is_over.any():
        return
    sizes = ends - starts
    places = np.flatnonzero(np.repeat(is_over, sizes))
    cut = _starts_of_parts({name: columns[name][places] for name in _SUMS}, sizes[is_over], limits)
    is_first[places[cut]] = True


def _starts_of_parts(
    columns: Mapping[str, NDArray[np.int64]], sizes: NDArray[np.int64], limits: ConsignmentLimits
) -> NDArray[np.bool_]:
    """Say which parcels open a consignment: the first of its group, and each that the one before has no room for.

    The next opening is known for every parcel as if it opened one itself; following these links from the first of each
    group on, in steps that double, visits the true ones.
    """
    ends = np.cumsum(sizes)
    rows = int(ends[-1])
    link = np.repeat(ends, sizes)
    for name in _SUMS:
        filled = np.concatenate(([0], np.cumsum(columns[name])))
        link = np.minimum(link, np.searchsorted(filled, filled[:-1] + getattr(limits, name), side="right") - 1)
    link = np.append(np.maximum(link, np.arange(1, rows + 1)), rows)
    is_first = np.zeros(rows + 1, dtype=np.bool_)
    is_first[np.append(0, ends[:-1])] = True
    for _ in range(int(sizes.max()).bit_length()):
        is_first[link[is_first]] = True
        link = link[link]
    return is_first[:-1]


def make_consignments(
    groups: pl.DataFrame, hub_id: str, nodes: Mapping[str, tuple[Node, ...]], service_date: date, hold: HoldPolicy
) -> pl.DataFrame:
    """Turn groups into a frame of ``CONSIGNMENT_SCHEMA``; ``nodes`` are each village's open ones."""
    number = pl.int_range(pl.len()).over("village", "direction", "carrier_id") + 1
    columns = {
        "consignment_id": pl.format(
            "{}{}-{}-{}", pl.col("direction").str.head(1), pl.col("village"), pl.col("carrier_id"), number
        ),
        "hub_id": pl.lit(hub_id),
        "village_code": pl.col("village"),
        "due_date": pl.lit(service_date) + pl.duration(days=pl.col("due_in_days")),
        "max_piece_g": pl.col("piece_g"),
        "max_piece_ml": pl.col("piece_ml"),
        "admission_set_id": pl.format("S{}", pl.col("set_number") + 1),
        "wait_fen": wait_fen(hold),
    }
    placed = groups.join(_node_lists(groups, nodes), on=["village", "node_rank"], how="left", maintain_order="left")
    return placed.select(
        columns.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in CONSIGNMENT_SCHEMA.items()
    )


def _node_lists(groups: pl.DataFrame, nodes: Mapping[str, tuple[Node, ...]]) -> pl.DataFrame:
    """For each village and rank that occurs, where its goods may be handed over."""
    pairs = groups.select("village", "node_rank").unique()
    lists = [
        [node.node_id for place, node in enumerate(nodes[village], start=1) if rank in (ANY_NODE, place)]
        for village, rank in pairs.iter_rows()
    ]
    return pairs.with_columns(pl.Series("node_ids", lists, dtype=pl.List(pl.String)))


def admission_sets(signatures: Sequence[tuple[int, ...]], ways: Sequence[Way]) -> list[AdmissionSet]:
    """Spell out the sets of admissions, each given by the positions of its ways; set number k is named ``S{k + 1}``."""
    return [
        AdmissionSet(f"S{number}", tuple(_admissions(signature, ways)))
        for number, signature in enumerate(signatures, start=1)
    ]


def _admissions(signature: Iterable[int], ways: Sequence[Way]) -> Iterable[Admission]:
    for position in signature:
        yield from ways[position].admissions()
