"""Parcels and answers as Arrow IPC streams: the same as in messages, and refused by path where they are not."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.ipc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.model.errors import Violation
from services.model.held import HeldReason
from services.model.parcels import PARCEL_SCHEMA
from services.wire.arrow import decode_frame, encode_frame
from services.wire.consolidation import ConsolidationAnswer, decode_answer, encode_answer
from services.wire.parcels import decode_parcels_arrow, encode_parcels_arrow
from tests.builders import VILLAGES
from tests.parcels import consolidate_small, small_parcels


def stream(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer)
    return buffer.getvalue()


def refused(data: bytes) -> list[Violation]:
    violations: list[Violation] = []
    assert decode_parcels_arrow(data, "parcels_arrow[3]", violations) is None
    return violations


def accepted(data: bytes) -> pl.DataFrame:
    violations: list[Violation] = []
    frame = decode_parcels_arrow(data, "parcels_arrow[0]", violations)
    assert violations == []
    assert frame is not None
    return frame


@pytest.mark.parametrize("bytes_per_stream", [1, 300, 10_000_000])
def test_parcels_come_back_as_they_went(bytes_per_stream: int) -> None:
    parcels = small_parcels(*({"pieces": n, "address": "村" * n} for n in range(1, 8)))
    streams = list(encode_parcels_arrow(parcels, bytes_per_stream))
    assert pl.concat([accepted(data) for data in streams]).equals(parcels)
    assert (len(streams) == 1) is (bytes_per_stream > 300)


def test_no_parcels_make_no_stream() -> None:
    assert list(encode_parcels_arrow(small_parcels())) == []


def test_numbers_and_texts_may_come_in_other_widths() -> None:
    parcels = small_parcels({}, {})
    other = parcels.with_columns(
        pl.col("row").cast(pl.Int64),
        pl.col("pieces").cast(pl.UInt8),
        pl.col("carrier").cast(pl.Categorical),
        pl.col("due_in_days").cast(pl.Int8),
    )
    assert accepted(stream(other)).equals(parcels)


def test_columns_of_relabelled_parcels_may_be_left_out() -> None:
    parcels = small_parcels({}, {})
    assert accepted(stream(parcels.drop("original_waybill", "original_carrier"))).equals(parcels)


def test_columns_that_nobody_knows_are_ignored() -> None:
    parcels = small_parcels({})
    assert accepted(stream(parcels.with_columns(phone=pl.lit("19900000000")))).equals(parcels)


@pytest.mark.parametrize("data", [b"", b"\x00", b"not arrow at all", b"ARROW1\x00\x00"])
def test_what_is_no_stream_is_refused(data: bytes) -> None:
    (violation,) = refused(data)
    assert violation.path == "parcels_arrow[3]"


def plain(table: pa.Table, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return buffer.getvalue()


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
@pytest.mark.parametrize("is_dictionary", [False, True])
def test_a_few_bytes_that_would_be_gigabytes_are_refused(compression: str, is_dictionary: bool) -> None:
    words = pa.array(["x" * 1_000] * 1_000)
    table = pa.table({"waybill": words.dictionary_encode() if is_dictionary else words})
    assert [violation.message[:13] for violation in refused(plain(table, compression=compression))] == ["is compressed"]
    assert "is missing" in {violation.message for violation in refused(plain(table))}


def test_rows_that_take_no_bytes_are_counted_before_they_are_made() -> None:
    data = plain(pa.table({"row": pa.nulls(100_000_000)}))
    assert len(data) < 1_000
    assert [violation.message for violation in refused(data)] == ["has 100000000 rows, more than 2000000"]


def test_a_stream_that_breaks_off_is_refused() -> None:
    data = stream(small_parcels({}, {}))
    (violation,) = refused(data[: len(data) // 2])
    assert violation.path == "parcels_arrow[3]"


@pytest.mark.parametrize("column", [n for n in PARCEL_SCHEMA if not n.startswith("original")])
def test_a_missing_column_is_named(column: str) -> None:
    assert refused(stream(small_parcels({}).drop(column))) == [Violation(f"parcels_arrow[3].{column}", "is missing")]


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("weight_g", pl.lit("1.2"), "is String, not Int64"),
        ("weight_g", pl.lit(1.5), "is Float64, not Int64"),
        ("emergency", pl.lit(1), "is Int32, not Boolean"),
        ("waybill", pl.lit(7), "is Int32, not String"),
        ("due_in_days", pl.lit(2**40), "has values that are no Int32"),
        ("row", pl.lit(-1), "has values that are no UInt32"),
        ("waybill", pl.lit(None, pl.String), "has nulls; empty text and 0 mean not given"),
        ("pieces", pl.lit(None, pl.Int64), "has nulls; empty text and 0 mean not given"),
    ],
)
def test_a_column_of_another_kind_is_named(column: str, values: pl.Expr, said: str) -> None:
    data = stream(small_parcels({}).with_columns(values.alias(column)))
    assert refused(data) == [Violation(f"parcels_arrow[3].{column}", said)]


@pytest.mark.parametrize("column", ["direction", "temperature"])
def test_a_word_that_no_enum_has_holds_its_row_and_no_other(column: str) -> None:
    frame = accepted(stream(small_parcels({}, {column: "SIDEWAYS"}, {})))
    held = consolidate_small(frame).held
    assert held.select("row", "reason").rows() == [(3, HeldReason.MALFORMED)]


def test_an_answer_in_arrow_is_the_answer_in_messages() -> None:
    changes: list[dict[str, Any]] = [
        *({"village_code": village, "due_in_days": 1} for village in VILLAGES),
        {"temperature": "FROZEN"},
        {"village_code": "", "address": "永吉县夹皮沟镇东村"},
        {"category": "无人知晓"},
        {"weight_g": -1},
    ]
    result = consolidate_small(small_parcels(*changes))
    answer = ConsolidationAnswer(
        result.table, result.admission_sets, result.fates, result.held, result.unknown_categories
    )
    arrow, messages = (decode_answer(encode_answer(answer, form)) for form in (True, False))
    for one in (arrow, messages):
        assert one.table.equals(answer.table)
        assert one.fates.equals(answer.fates)
        assert one.held.equals(answer.held)
        assert one.unknown_categories.equals(answer.unknown_categories)
        assert one.admission_sets == answer.admission_sets


def test_a_frame_is_cut_into_streams_of_about_a_size() -> None:
    frame = pl.DataFrame({"text": ["x" * 100] * 1_000})
    streams = list(encode_frame(frame, 20_000))
    assert len(streams) >= 5
    violations: list[Violation] = []
    parts = [decode_frame(data, {"text": pl.String()}, "f", violations) for data in streams]
    assert sum(len(part) for part in parts if part is not None) == 1_000


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_stream_with_broken_bytes_is_refused_or_read_but_ends_nothing(data: st.DataObject) -> None:
    broken = bytearray(stream(small_parcels({}, {"address": "村" * 20}, {})))
    for place in data.draw(st.lists(st.integers(0, len(broken) - 1), min_size=1, max_size=4)):
        broken[place] = data.draw(st.integers(0, 255))
    violations: list[Violation] = []
    frame = decode_parcels_arrow(bytes(broken), "parcels_arrow[0]", violations)
    assert (frame is None) is bool(violations)
    if frame is not None:
        answer = consolidate_small(frame.unique("row"))
        assert len(answer.fates) + len(answer.held) == frame["row"].n_unique()
