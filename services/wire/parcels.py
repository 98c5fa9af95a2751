"""Parcels between a Polars frame and the packed columns of a ``ParcelBatch``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl
from cuntong.consolidation.v1 import consolidation_service_pb2 as pb

from services.model.errors import Violation
from services.model.parcels import PARCEL_SCHEMA
from services.wire.codec import enum_names, enum_of

ROWS_PER_BATCH: Final = 20_000
_ENUM_COLUMNS: Final = ("direction", "temperature")
# Few parcels are re-labelled, and callers of before know no such columns: left out, they are empty text in every row.
_MAY_BE_LEFT_OUT: Final = frozenset(("original_waybill", "original_carrier"))


def encode_parcels(parcels: pl.DataFrame, rows_per_batch: int = ROWS_PER_BATCH) -> Iterator[pb.ParcelBatch]:
    """Cut a frame of ``PARCEL_SCHEMA`` into batches; an unknown direction or temperature becomes unspecified."""
    numbers = {name: {label: number for number, label in _names(name).items()} for name in _ENUM_COLUMNS}
    columns = parcels.with_columns(
        pl.col(name).replace_strict(numbers[name], default=0, return_dtype=pl.Int32) for name in _ENUM_COLUMNS
    )
    for batch in columns.iter_slices(rows_per_batch):
        sent = [name for name in PARCEL_SCHEMA if name not in _MAY_BE_LEFT_OUT or (batch[name] != "").any()]
        yield pb.ParcelBatch(**{name: batch[name].to_list() for name in sent})


def decode_parcels(batch: pb.ParcelBatch, path: str, violations: list[Violation]) -> pl.DataFrame | None:
    """Turn a batch into a frame of ``PARCEL_SCHEMA``.

    Columns of different lengths are a violation, but for those that may be left out altogether. An unspecified
    direction or temperature becomes empty text, which holds the parcel as malformed: one bad row does not refuse the
    others.
    """
    columns: dict[str, Any] = {name: getattr(batch, name) for name in PARCEL_SCHEMA}
    rows = len(batch.row)
    columns |= {name: [""] * rows for name in _MAY_BE_LEFT_OUT if not columns[name]}
    uneven = [name for name, values in columns.items() if len(values) != rows]
    if uneven:
        violations.extend(
            Violation(f"{path}.{name}", f"has {len(columns[name])} entries where row has {rows}") for name in uneven
        )
        return None
    series = {
        name: pl.Series(name, list(values), dtype=pl.Int32 if name in _ENUM_COLUMNS else PARCEL_SCHEMA[name])
        for name, values in columns.items()
    }
    return pl.DataFrame(series).with_columns(
        pl.col(name).replace_strict(_names(name), default="", return_dtype=pl.String) for name in _ENUM_COLUMNS
    )


def _names(column: str) -> dict[int, str]:
    return enum_names(enum_of(pb.ParcelBatch.DESCRIPTOR, column))
