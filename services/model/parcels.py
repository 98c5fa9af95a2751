"""Parcels 快件 as columns, and why some are held.

A day's parcels are one Polars frame with ``PARCEL_SCHEMA``; a million rows are normal, so nothing loops over them.
"""

from __future__ import annotations

from enum import StrEnum
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


class HeldReason(StrEnum):
    """Why a parcel is held instead of consigned."""

    MALFORMED = "MALFORMED"  # a value cannot be: 数据有误
    DUPLICATE = "DUPLICATE"  # the carrier's waybill stands in an earlier row: 运单重复
    UNKNOWN_CARRIER = "UNKNOWN_CARRIER"  # the carrier is no partner: 快递公司不在合作方中
    VILLAGE_UNKNOWN = "VILLAGE_UNKNOWN"  # neither code nor address names a village: 村无法识别
    VILLAGE_AMBIGUOUS = "VILLAGE_AMBIGUOUS"  # the address fits several villages: 村名有歧义
    VILLAGE_NOT_SERVED = "VILLAGE_NOT_SERVED"  # the village has no node in this county: 村无站点
    PROHIBITED = "PROHIBITED"  # goods that may not be carried: 禁寄物品
    CHECKS_MISSING = "CHECKS_MISSING"  # outbound without all three checks: 三项制度未落实
    RELABEL_REFUSED = (
        "RELABEL_REFUSED"  # a second number that no 快邮 agreement covers or the first contradicts: 换单不成立
    )
    NODE_CLOSED = "NODE_CLOSED"  # every node of the village is closed on the day: 站点当日不开放
    NODE_FULL = "NODE_FULL"  # every node of the village is full: 站点已满
