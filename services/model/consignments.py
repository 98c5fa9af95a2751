"""Consignments 合配件组 and the resources each may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.model.agreements import Direction, Temperature


class ResourceKind(StrEnum):
    """What carries or keeps a parcel."""

    VEHICLE = "VEHICLE"
    TRIP = "TRIP"
    NODE = "NODE"


class Goods(StrEnum):
    """What a consignment is, apart from whose."""

    PARCEL = "PARCEL"  # 快件
    MAIL = "MAIL"  # 普服邮件, which goes first on what the post owns
    REUSABLE_BAGS = "REUSABLE_BAGS"  # 循环中转袋 on their way back


@dataclass(frozen=True, slots=True)
class Admission:
    """A resource that may be used, and the agreement that opens it (empty: the carrier owns it)."""

    kind: ResourceKind
    resource_id: str
    agreement_id: str = ""


@dataclass(frozen=True, slots=True)
class AdmissionSet:
    """Admissions that many consignments have in common, kept once."""

    set_id: str
    admissions: tuple[Admission, ...]


@dataclass(frozen=True, slots=True)
class Relabelled:
    """A parcel that got a second number under 快邮: both name the same goods. Both are ``carrier/waybill``."""

    parcel_id: str
    new_id: str


@dataclass(frozen=True, slots=True)
class Consignment:
    """Parcels that move as one: same ends, temperature, due date, urgency and admissible resources.

    It goes between the hub ``hub_id`` and its village. ``node_ids`` are the village's hand-over nodes, preferred
    first; where a node's storage is limited it is the one node that has room. ``max_piece_g`` and ``max_piece_ml`` are
    the heaviest and the largest piece. ``wait_fen`` is the price of leaving it until tomorrow; ``None`` where the
    promise, or what it is, does not allow that. ``parcel_ids`` are ``carrier/waybill``; they, the sizes beside them
    (``parcel_g``, ``parcel_ml``, ``parcel_pieces``: entry i belongs to parcel i) and ``relabelled`` may be left empty
    by a caller that keeps them elsewhere.
    """

    consignment_id: str
    direction: Direction
    hub_id: str
    village_code: str
    node_ids: tuple[str, ...]
    temperature: Temperature
    due_date: date
    emergency: bool
    pieces: int
    weight_g: int
    volume_ml: int
    max_piece_g: int
    carrier_id: str
    admission_set_id: str
    parcel_ids: tuple[str, ...] = ()
    goods: Goods = Goods.PARCEL
    fragile: bool = False
    max_piece_ml: int = 0
    wait_fen: int | None = None
    parcel_g: tuple[int, ...] = ()
    parcel_ml: tuple[int, ...] = ()
    parcel_pieces: tuple[int, ...] = ()
    relabelled: tuple[Relabelled, ...] = ()
