"""Why a consignment is left behind, limit by limit, and the smallest change that would serve it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_EXPLAINED = 20
"""So many consignments are explained in one call; each takes searches of its own."""


class LimitKind(StrEnum):
    """What binds."""

    CAPACITY_G = "CAPACITY_G"  # a vehicle's grams, or its compartment's where the goods ride in one
    CAPACITY_ML = "CAPACITY_ML"  # its millilitres
    CAPACITY_PIECES = "CAPACITY_PIECES"  # its pieces
    PIECE_SIZE = "PIECE_SIZE"  # the heaviest or largest piece that a trip takes
    TRIP_FULL = "TRIP_FULL"  # a trip's room on some segment
    TIME_WINDOW = "TIME_WINDOW"  # a node's hours, or that it does not open on the day
    SHIFT = "SHIFT"  # a vehicle's shift
    WORK_HOURS = "WORK_HOURS"  # its hours of work
    TRIPS = "TRIPS"  # its departures from the hub
    RANGE = "RANGE"  # how far it drives
    COLD = "COLD"  # what may carry it, or where it waits, does not keep its temperature
    ADMISSIBILITY = "ADMISSIBILITY"  # nobody may carry it: there is no agreement
    ACCESS = "ACCESS"  # the vehicle's kind cannot go there
    REGULAR_VEHICLE = "REGULAR_VEHICLE"  # another vehicle alone calls there
    ROAD_CLOSED = "ROAD_CLOSED"  # a closed road is in the way
    STORAGE = "STORAGE"  # what a node keeps of a day's goods
    DAILY_LIMIT = "DAILY_LIMIT"  # pieces a day under an agreement
    PROMISE_PAST = "PROMISE_PAST"  # it could wait for tomorrow, had it not been promised for today
    PRICE = "PRICE"  # to carry it costs more than the price of leaving it
    UNSEARCHED = "UNSEARCHED"  # nothing: there is a place for it that the search has not found


class SubjectKind(StrEnum):
    """What a limit belongs to."""

    VEHICLE = "VEHICLE"
    TRIP = "TRIP"
    NODE = "NODE"
    AGREEMENT = "AGREEMENT"
    ROAD = "ROAD"
    CONSIGNMENT = "CONSIGNMENT"
    COUNTY = "COUNTY"


@dataclass(frozen=True, slots=True)
class BindingLimit:
    """A limit, whose it is, and by how much it would have to give, rounded up to handy units; all 0 for a yes or no.

    ``by_s`` below 0 is time at the beginning: a shift or hours that begin earlier. ``by_days`` of a time window says
    that the node would have to open on the day at all.
    """

    kind: LimitKind
    subject_kind: SubjectKind
    subject: str
    by_s: int = 0
    by_g: int = 0
    by_ml: int = 0
    by_pieces: int = 0
    by_m: int = 0
    by_fen: int = 0
    by_days: int = 0
    by_trips: int = 0
    detail: str = ""
    detail_en: str = ""


@dataclass(frozen=True, slots=True)
class SmallestChange:
    """The limit that is to give and by how much, and what the plan then costs more apart from what is left behind.

    ``verified`` where a search of the day with this change, from the plan, found one that obeys every law, serves the
    consignment and leaves nothing else behind.
    """

    relaxes: BindingLimit
    adds_fen: int
    verified: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one consignment is left behind.

    Any one of ``limits`` would do if it gave, the least disturbing first; where they ``stand_together``, all would have
    to give. What was not looked into is not ``is_explained``.
    """

    consignment_id: str
    limits: tuple[BindingLimit, ...] = ()
    change: SmallestChange | None = None
    stand_together: bool = False
    is_explained: bool = True
