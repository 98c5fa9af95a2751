"""Held rows become part of the day, in a form that every day may carry."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from services.cli.county_day import held_parcels
from services.model.held import HeldParcel, HeldReason
from services.validation import day_violations
from services.wire.consolidation import HELD_SCHEMA
from tests.builders import small_day

ROWS = [
    (3, "W3", "甲速递", "VILLAGE_AMBIGUOUS", "可能是 2 个村之一", ["220282100201", "220282100202"]),
    (4, "W4", "无此公司", "UNKNOWN_CARRIER", "不在合作方名单中", []),
    (5, "a\x00b", "EXP-A", "MALFORMED", "运单号: 含控制字符", []),
    (6, "\x01" * 400, "EXP-A", "MALFORMED", "", []),
]


def test_held_rows_name_their_carrier_by_id_and_are_sound() -> None:
    day = small_day()
    held = held_parcels(day.county.partners, pl.DataFrame(ROWS, schema=HELD_SCHEMA, orient="row"))
    assert held[0] == HeldParcel(
        3, "W3", "EXP-A", HeldReason.VILLAGE_AMBIGUOUS, "可能是 2 个村之一", ("220282100201", "220282100202")
    )
    assert [parcel.parcel_id for parcel in held[:3]] == ["EXP-A/W3", "无此公司/W4", "EXP-A/a\\u0000b"]
    assert day_violations(replace(day, held=held)) == []
