"""Frames as Arrow IPC streams, checked on arrival against the schema that they must have."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.ipc

from services.model.errors import Violation

BYTES_PER_STREAM: Final = 4 * 1024 * 1024


def encode_frame(frame: pl.DataFrame, bytes_per_stream: int = BYTES_PER_STREAM) -> Iterator[bytes]:
    """Cut a frame into streams of about ``bytes_per_stream`` each; an empty frame gives none."""
    rows = max(1, frame.height * bytes_per_stream // max(1, int(frame.estimated_size())))
    for part in frame.iter_slices(rows):
        buffer = io.BytesIO()
        part.write_ipc_stream(buffer, compat_level=pl.CompatLevel.oldest())
        yield buffer.getvalue()


def decode_frame(
    data: bytes,
    schema: Mapping[str, pl.DataType],
    path: str,
    violations: list[Violation],
    optional: Mapping[str, object] | None = None,
    nullable: frozenset[str] = frozenset(),
) -> pl.DataFrame | None:
    """Read a stream as a frame of ``schema``.

    Integers may come in any width that their values fit into. What is no stream, lacks a column, has one of another
    kind, or a null outside of ``nullable``, becomes a violation; the answer is then ``None``. Columns of ``optional``
    that are absent take the value given there; columns that the schema does not know are ignored.
    """
    frame = _read(data, path, violations)
    if frame is None:
        return None
    before = len(violations)
    columns = []
    for name, dtype in schema.items():
        if name in frame.columns:
            columns.append(_column(frame[name], dtype, f"{path}.{name}", violations, name in nullable))
        elif optional is not None and name in optional:
            columns.append(pl.Series(name, [optional[name]], dtype=dtype).new_from_index(0, frame.height))
        else:
            violations.append(Violation(f"{path}.{name}", "is missing"))
    return pl.DataFrame(columns) if len(violations) == before else None


def _read(data: bytes, path: str, violations: list[Violation]) -> pl.DataFrame | None:
    # Polars' own reader ends the whole process where a stream's offsets or lengths lie; Arrow's says so.
    try:
        with pa.ipc.open_stream(data) as reader:
            table = reader.read_all()
        table.validate(full=True)
        frame = pl.from_arrow(table)
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError, TypeError, NotImplementedError) as error:
        violations.append(Violation(path, f"is no Arrow IPC stream: {str(error)[:200]}"))
        return None
    assert isinstance(frame, pl.DataFrame)  # a table becomes a frame
    return frame


def _column(
    column: pl.Series, dtype: pl.DataType, path: str, violations: list[Violation], may_be_null: bool
) -> pl.Series:
    if column.null_count() and not may_be_null:
        violations.append(Violation(path, "has nulls; empty text and 0 mean not given"))
    if column.dtype == dtype:
        return column
    if not _is_alike(column.dtype, dtype):
        violations.append(Violation(path, f"is {column.dtype}, not {dtype}"))
        return column
    try:
        return column.cast(dtype, strict=True)
    except pl.exceptions.PolarsError:
        violations.append(Violation(path, f"has values that are no {dtype}"))
        return column


def _is_alike(given: pl.DataType, wanted: pl.DataType) -> bool:
    texts = (pl.String, pl.Categorical, pl.Enum)
    return (
        (given.is_integer() and wanted.is_integer())
        or (given == pl.Null and not wanted.is_nested())
        or (isinstance(given, texts) and wanted == pl.String)
        or (given.is_nested() and wanted.is_nested() and given == wanted)
    )
