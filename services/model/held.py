"""Parcels that are held instead of consigned, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class HeldParcel:
    """A row of the day's waybills that is in no consignment.

    ``row`` is the row of the source, the header being row 1. ``carrier`` is a partner's id where it is one, otherwise
    what stands there. ``candidates`` are codes of villages it might be for.
    """

    row: int
    waybill: str
    carrier: str
    reason: HeldReason
    detail: str
    candidates: tuple[str, ...] = ()

    @property
    def parcel_id(self) -> str:
        """The parcel as consignments name theirs, ``carrier/waybill``."""
        return f"{self.carrier}/{self.waybill}"
