"""What became of one parcel 快件追溯: where it is, how it travels, and who answers for it at every moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.model.agreements import CooperationModel, Direction, Temperature
from services.model.held import HeldParcel
from services.model.plan import UnservedReason


class TraceState(StrEnum):
    """How far a parcel has come."""

    HELD = "HELD"  # 扣留: in no consignment
    NOT_PLANNED = "NOT_PLANNED"  # 待规划: consigned, no plan yet
    PLANNED = "PLANNED"  # 已安排: it travels
    UNSERVED = "UNSERVED"  # 未安排: the plan leaves it behind
    WAITING = "WAITING"  # 等待: it waits for tomorrow within its promise


class CustodyKind(StrEnum):
    """Where a partner has a parcel."""

    CARRIER = "CARRIER"  # with its own carrier, outside the county's network
    NODE = "NODE"  # at a node
    SHUTTLE = "SHUTTLE"  # 接驳, between hub and station
    RUN = "RUN"  # 共配车次
    TRIP = "TRIP"  # 班次


@dataclass(frozen=True, slots=True)
class Call:
    """A stop of the run or trip that a parcel is on, in seconds from midnight."""

    node_id: str
    arrival_s: int
    departure_s: int


@dataclass(frozen=True, slots=True)
class Custody:
    """A time during which one partner answers for a parcel.

    It goes from one node to another, or stays where both are the same. Times are seconds from midnight; ``None`` is
    before, or after, what the plan knows. ``calls`` are the stops from where it boards to where it leaves.
    """

    kind: CustodyKind
    partner_id: str
    from_node: str
    to_node: str
    from_s: int | None = None
    until_s: int | None = None
    run_id: str = ""
    vehicle_id: str = ""
    line_id: str = ""
    trip_id: str = ""
    agreement_id: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOver:
    """One partner gives a parcel to the next at a node; giver and taker are the same where its own goods change place.

    What is planned to the minute happens between equal times. A carrier brings its parcels by ``latest_s`` and fetches
    them from ``earliest_s``, at a time of its own.
    """

    node_id: str
    giver_id: str
    taker_id: str
    earliest_s: int | None = None
    latest_s: int | None = None


@dataclass(frozen=True, slots=True)
class TracedWay:
    """An agreement that opens resources to a parcel, and how many; its carrier's own where it names none."""

    agreement_id: str
    operator_id: str
    vehicles: int
    trips: int
    nodes: int
    model: CooperationModel | None = None


@dataclass(frozen=True, slots=True)
class TracedBag:
    """A bag with pieces of a parcel; none are named where its consignment does not say which are whose."""

    code: str
    seal: str
    piece_numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TracedName:
    """What people call something that an account names by its id."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Trace:
    """One parcel's account. ``second_id`` is its other number under 快邮.

    ``held`` are its rows that were held: all of it where it is in no consignment, repeated or bad rows otherwise.
    ``pieces``, ``weight_g`` and ``volume_ml`` are the parcel's, 0 where its consignment does not say.
    """

    parcel_id: str
    second_id: str
    county_id: str
    service_date: date
    state: TraceState
    carrier_id: str
    held: tuple[HeldParcel, ...] = ()
    consignment_id: str = ""
    direction: Direction | None = None
    village_code: str = ""
    temperature: Temperature | None = None
    due_date: date | None = None
    pieces: int = 0
    weight_g: int = 0
    volume_ml: int = 0
    ways: tuple[TracedWay, ...] = ()
    bags: tuple[TracedBag, ...] = ()
    loose_pieces: tuple[int, ...] = ()
    custodies: tuple[Custody, ...] = ()
    hand_overs: tuple[HandOver, ...] = ()
    unserved_reason: UnservedReason | None = None
    detail: str = ""
    partners: tuple[TracedName, ...] = ()
    nodes: tuple[TracedName, ...] = ()
    lines: tuple[TracedName, ...] = ()
