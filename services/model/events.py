"""What happens on a day that is under way 突发事件, and what a revision of its plan changes."""

from __future__ import annotations

from dataclasses import dataclass

from services.model.consignments import AdmissionSet, Consignment
from services.model.network import ClosedRoad
from services.model.plan import Plan

MOVED_LIMIT_S = 900
"""Whoever comes within a quarter of an hour of the promised time keeps the promise."""

MOST_MOVED_FEN = 10**9
"""More than any plan costs, and small enough to be counted with."""


@dataclass(frozen=True, slots=True)
class LateTrip:
    """A trip whose stops that have not passed are all later by ``late_s``."""

    trip_id: str
    late_s: int


@dataclass(frozen=True, slots=True)
class Events:
    """What happened, as of now.

    ``cancelled_trips`` do not run; a trip that has left can be late but not cancelled. ``down_vehicles`` stand still
    with what they have on board. ``added`` may name ``admission_sets`` given here or the day's own. From
    ``passenger_ban_s`` on no bus and no train leaves any more 客运停运; those that left before go on.
    """

    cancelled_trips: tuple[str, ...] = ()
    late_trips: tuple[LateTrip, ...] = ()
    down_vehicles: tuple[str, ...] = ()
    closed_roads: tuple[ClosedRoad, ...] = ()
    added: tuple[Consignment, ...] = ()
    admission_sets: tuple[AdmissionSet, ...] = ()
    withdrawn: tuple[str, ...] = ()
    passenger_ban_s: int | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """A plan to go on from at ``now_s``; moving a promised time by more than ``MOVED_LIMIT_S`` costs ``moved_fen``."""

    plan: Plan
    now_s: int
    events: Events = Events()
    moved_fen: int = 500
