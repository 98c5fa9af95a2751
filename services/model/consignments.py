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
class Consignment:
    """Parcels that move as one: same ends, temperature, due date, urgency and admissible resources.

    It goes between the hub ``hub_id`` and its village. ``node_ids`` are the village's hand-over nodes, preferred
    first. ``max_piece_g`` is the heaviest piece. ``parcel_ids`` are ``carrier/waybill`` and may be left empty by a
    caller that keeps them elsewhere.
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
