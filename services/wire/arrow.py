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
MAX_ROWS_OF_A_STREAM: Final = 2_000_000
_BATCH_KINDS: Final = ("record batch", "dictionary")


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
        if _is_compressed(data):
            violations.append(Violation(path, "is compressed: a few bytes could be gigabytes; send it plain"))
            return None
        with pa.ipc.open_stream(data) as reader:
            table = reader.read_all()
        if table.num_rows > MAX_ROWS_OF_A_STREAM:
            violations.append(Violation(path, f"has {table.num_rows} rows, more than {MAX_ROWS_OF_A_STREAM}"))
            return None
        table.validate(full=True)
        frame = pl.from_arrow(table)
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError, TypeError, NotImplementedError) as error:
        violations.append(Violation(path, f"is no Arrow IPC stream: {str(error)[:200]}"))
        return None
    assert isinstance(frame, pl.DataFrame)  # a table becomes a frame
    return frame


def _is_compressed(data: bytes) -> bool:
    """Whether a batch of a stream says so, read from its metadata (Arrow's ``Message.fbs``, a FlatBuffers table).

    Raises
    ------
    pa.ArrowException, ValueError
        When the metadata are none.
    """
    for message in pa.ipc.MessageReader.open_stream(data):
        if message.type in _BATCH_KINDS:
            metadata = message.metadata.to_pybytes()
            header = _table_at(metadata, _field_at(metadata, _table_at(metadata, 0), 2))
            batch = header if message.type == "record batch" else _table_at(metadata, _field_at(metadata, header, 1))
            if _slot(metadata, batch, 3):
                return True
    return False


def _table_at(metadata: bytes, at: int) -> int:
    return at + int.from_bytes(_bytes(metadata, at, 4), "little")


def _field_at(metadata: bytes, table: int, number: int) -> int:
    slot = _slot(metadata, table, number)
    if not slot:
        raise ValueError("a batch without a header")
    return table + slot


def _slot(metadata: bytes, table: int, number: int) -> int:
    """Where a table has its field, counted from the table; 0 where it has none."""
    fields = table - int.from_bytes(_bytes(metadata, table, 4), "little", signed=True)
    size = int.from_bytes(_bytes(metadata, fields, 2), "little")
    at = 4 + 2 * number
    return int.from_bytes(_bytes(metadata, fields + at, 2), "little") if at < size else 0


def _bytes(metadata: bytes, at: int, count: int) -> bytes:
    if not 0 <= at <= len(metadata) - count:
        raise ValueError("metadata that point elsewhere")
    return metadata[at : at + count]


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
