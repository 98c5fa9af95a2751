"""Parcels as packed columns and back."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from cuntong.consolidation.v1 import consolidation_service_pb2 as pb

from services.model.errors import Violation
from services.model.held import HeldReason
from services.model.parcels import PARCEL_SCHEMA
from services.wire.parcels import decode_parcels, encode_parcels
from tests.parcels import consolidate_small, small_parcels

MIXED: Any = (
    {"direction": "INBOUND", "temperature": "AMBIENT", "village_code": "", "address": "桦甸市夹皮沟镇东村"},
    {"direction": "OUTBOUND", "temperature": "CHILLED", "due_in_days": -3, "emergency": True, "scanned": False},
    {"temperature": "FROZEN", "weight_g": 2**62, "volume_ml": 0, "pieces": -1, "fault": "重量(kg): “x”"},
    {"inspected": False, "real_name": False, "waybill": "", "carrier": "甲速递", "category": ""},
)


def decoded(batch: pb.ParcelBatch) -> pl.DataFrame:
    """Decode a batch that must be sound."""
    violations: list[Violation] = []
    frame = decode_parcels(batch, "parcels[0]", violations)
    assert violations == []
    assert frame is not None
    return frame


@pytest.mark.parametrize("rows_per_batch", [1, 3, 4, 100])
def test_parcels_come_back_as_they_went(rows_per_batch: int) -> None:
    parcels = small_parcels(*MIXED)
    batches = [pb.ParcelBatch.FromString(b.SerializeToString()) for b in encode_parcels(parcels, rows_per_batch)]
    assert len(batches) == -(-len(parcels) // rows_per_batch)
    back = pl.concat([decoded(batch) for batch in batches])
    assert back.schema == pl.Schema(PARCEL_SCHEMA)
    assert back.equals(parcels)


def test_no_parcels_make_no_batch_and_an_empty_batch_no_parcels() -> None:
    assert list(encode_parcels(small_parcels())) == []
    assert decoded(pb.ParcelBatch()).equals(small_parcels())


@pytest.mark.parametrize("column", [name for name in PARCEL_SCHEMA if name != "row"])
def test_a_column_of_another_length_is_named(column: str) -> None:
    (batch,) = encode_parcels(small_parcels({}, {}))
    getattr(batch, column).pop()
    violations: list[Violation] = []
    assert decode_parcels(batch, "parcels[7]", violations) is None
    assert violations == [Violation(f"parcels[7].{column}", "has 1 entries where row has 2")]


def test_every_column_of_another_length_is_named() -> None:
    violations: list[Violation] = []
    assert decode_parcels(pb.ParcelBatch(row=[2]), "parcels[0]", violations) is None
    needed = PARCEL_SCHEMA.keys() - {"row", "original_waybill", "original_carrier"}
    assert {v.path for v in violations} == {f"parcels[0].{name}" for name in needed}


@pytest.mark.parametrize("number", [0, 99, -1])
@pytest.mark.parametrize("column", ["direction", "temperature"])
def test_a_value_that_no_enum_has_holds_its_row_and_no_other(column: str, number: int) -> None:
    (batch,) = encode_parcels(small_parcels({}, {}, {}))
    getattr(batch, column)[1] = number
    frame = decoded(batch)
    assert frame[column].to_list()[1] == ""
    held = consolidate_small(frame).held
    assert held.select("row", "reason").rows() == [(3, HeldReason.MALFORMED)]


def test_an_unknown_word_becomes_unspecified() -> None:
    (batch,) = encode_parcels(small_parcels({"direction": "SIDEWAYS", "temperature": ""}))
    assert (batch.direction[0], batch.temperature[0]) == (0, 0)
