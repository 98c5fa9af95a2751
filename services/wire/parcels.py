"""Parcels between a Polars frame and the two forms of the contract: packed columns and Arrow IPC streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl
from cuntong.consolidation.v1 import consolidation_service_pb2 as pb

from services.model.errors import Violation
from services.model.parcels import PARCEL_SCHEMA
from services.wire.arrow import BYTES_PER_STREAM, decode_frame, encode_frame
from services.wire.codec import enum_names, enum_of

ROWS_PER_BATCH: Final = 20_000
_ENUM_COLUMNS: Final = ("direction", "temperature")
# Columns that a caller without re-labelled parcels may leave out.
_OPTIONAL: Final = {"original_waybill": "", "original_carrier": ""}


def encode_parcels(parcels: pl.DataFrame, rows_per_batch: int = ROWS_PER_BATCH) -> Iterator[pb.ParcelBatch]:
    """Cut a frame of ``PARCEL_SCHEMA`` into batches; an unknown direction or temperature becomes unspecified."""
    numbers = {name: {label: number for number, label in _names(name).items()} for name in _ENUM_COLUMNS}
    columns = parcels.with_columns(
        pl.col(name).replace_strict(numbers[name], default=0, return_dtype=pl.Int32) for name in _ENUM_COLUMNS
    )
    for batch in columns.iter_slices(rows_per_batch):
        yield pb.ParcelBatch(**{name: batch[name].to_list() for name in PARCEL_SCHEMA})


def decode_parcels(batch: pb.ParcelBatch, path: str, violations: list[Violation]) -> pl.DataFrame | None:
    """Turn a batch into a frame of ``PARCEL_SCHEMA``.

    Columns of different lengths are a violation. An unspecified direction or temperature becomes empty text, which
    holds the parcel as malformed: one bad row does not refuse the others.
    """
    rows = len(batch.row)
    columns: dict[str, Any] = {name: getattr(batch, name) for name in PARCEL_SCHEMA}
    columns |= {name: [value] * rows for name, value in _OPTIONAL.items() if not columns[name]}
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


def encode_parcels_arrow(parcels: pl.DataFrame, bytes_per_stream: int = BYTES_PER_STREAM) -> Iterator[bytes]:
    """Cut a frame of ``PARCEL_SCHEMA`` into Arrow IPC streams."""
    return encode_frame(parcels.select(list(PARCEL_SCHEMA)), bytes_per_stream)


def decode_parcels_arrow(data: bytes, path: str, violations: list[Violation]) -> pl.DataFrame | None:
    """Turn an Arrow IPC stream into a frame of ``PARCEL_SCHEMA``; an unknown direction or temperature becomes empty."""
    frame = decode_frame(data, PARCEL_SCHEMA, path, violations, _OPTIONAL)
    if frame is None:
        return None
    return frame.with_columns(
        pl.when(pl.col(name).is_in(list(_names(name).values()))).then(pl.col(name)).otherwise(pl.lit("")).alias(name)
        for name in _ENUM_COLUMNS
    )


def _names(column: str) -> dict[int, str]:
    return enum_names(enum_of(pb.ParcelBatch.DESCRIPTOR, column))
