"""What changes when a plan is revised, and what would if a trip failed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """How a consignment's promise changed."""

    EARLIER = "EARLIER"
    LATER = "LATER"
    DROPPED = "DROPPED"  # was to be carried today and is left behind
    GAINED = "GAINED"  # was to be left behind and is carried today
    ADDED = "ADDED"  # is new, and carried today
    WITHDRAWN = "WITHDRAWN"  # by who sends it


@dataclass(frozen=True, slots=True)
class Change:
    """What a revision changed for a consignment: when it is handed over at the village, before and now.

    Breaking the promise has a price, which is no part of the plan's cost.
    """

    consignment_id: str
    kind: ChangeKind
    promised_s: int | None = None
    new_s: int | None = None
    price_fen: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """What a revision changed in all: ``moved`` of the ``promised`` times that had not passed, at ``price_fen``."""

    previous_fen: int
    moved: int
    promised: int
    price_fen: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class TripRisk:
    """What a plan would cost more, and leave behind more, if a booked trip failed before it left."""

    trip_id: str
    consignments: int
    cost_fen: int
    unserved: int
