"""Parcels 快件 as columns.

A day's parcels are one Polars frame with ``PARCEL_SCHEMA``; a million rows are normal, so nothing loops over them.
"""

from __future__ import annotations

from typing import Final

import polars as pl

PARCEL_SCHEMA: Final[dict[str, pl.DataType]] = {
    "row": pl.UInt32(),  # the row of the source, counted as a spreadsheet does: the header is row 1
    "waybill": pl.String(),  # 运单号
    "carrier": pl.String(),  # a partner's id or name
    "direction": pl.String(),  # a Direction
    "village_code": pl.String(),  # empty where only an address is known
    "address": pl.String(),
    "weight_g": pl.Int64(),
    "volume_ml": pl.Int64(),  # 0 where not measured
    "pieces": pl.Int64(),
    "temperature": pl.String(),  # a Temperature
    "due_in_days": pl.Int32(),  # 0: due on the service day; negative: overdue
    "category": pl.String(),  # 品类, as the carrier writes it
    "original_waybill": pl.String(),  # 原运单号 of a re-labelled parcel, else empty
    "original_carrier": pl.String(),  # 原快递公司 of a re-labelled parcel, else empty
    "emergency": pl.Boolean(),  # 应急
    "inspected": pl.Boolean(),  # 收寄验视
    "real_name": pl.Boolean(),  # 实名收寄
    "scanned": pl.Boolean(),  # 过机安检
    "fault": pl.String(),  # what could not be read in this row, naming the column; empty where all is well
}
