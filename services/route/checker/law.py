"""The laws of a plan by name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Law(StrEnum):
    """What every plan obeys."""

    REFERENCE = "REFERENCE"  # it is a plan of this county and date and names only what the day knows
    CONSERVATION = "CONSERVATION"  # each consignment is once brought end to end, waiting or unserved
    VEHICLE_CAPACITY = "VEHICLE_CAPACITY"  # grams, millilitres and pieces on every leg, and the loads stated
    COLD_COMPARTMENT = (
        "COLD_COMPARTMENT"  # what rides in a vehicle's compartment on every leg, and what is stated of it
    )
    TRIP_CAPACITY = "TRIP_CAPACITY"  # grams, millilitres and pieces on every segment of a trip
    TRIP_PIECE_LIMIT = "TRIP_PIECE_LIMIT"  # the heaviest and the largest piece that a trip takes
    NODE_STORAGE = "NODE_STORAGE"  # inbound pieces and volume that a node keeps in a day
    NODE_CLOSED = "NODE_CLOSED"  # nothing is handed over at a node that does not open on the day
    ADMISSIBILITY = "ADMISSIBILITY"  # who may use what, by the admission sets and by the agreements themselves
    DAILY_LIMIT = "DAILY_LIMIT"  # pieces a day under an agreement
    COLD = "COLD"  # cold goods ride and wait where it is cold
    RUN_ROUTE = "RUN_ROUTE"  # from the depot and back over roads of their true length
    ROAD_CLOSED = "ROAD_CLOSED"  # no vehicle drives over a closed road, and detours are for these only
    ACCESS = "ACCESS"  # no vehicle calls where its kind cannot go
    REGULAR_VEHICLE = "REGULAR_VEHICLE"  # where a regular vehicle is in the fleet, no other calls
    DRIVER_REST = "DRIVER_REST"  # at the wheel no longer than allowed without a rest
    RANGE = (
        "RANGE"  # an electric vehicle drives no farther than one charge takes it, and recharges for as long as it takes
    )
    RUN_TIMES = "RUN_TIMES"  # driving, service and opening hours
    VEHICLE_LIMITS = "VEHICLE_LIMITS"  # shift, hours of work, range, departures from the hub
    TRIP_TIMES = "TRIP_TIMES"  # the timetable, handling before and after, hours where goods are left
    LAST_MILE = "LAST_MILE"  # a run from a station takes what trips brought, and brings what they take in time
    SHUTTLE = "SHUTTLE"  # a known transfer, once a trip and way, that meets the trip
    COST = "COST"  # every part of the price
    PAST = "PAST"  # what has happened when a plan is revised is in it as it was
    UNSERVED = "UNSERVED"  # what is left behind says why
    WAITING = "WAITING"  # only what may wait does, within its promise, at its price, and says why


@dataclass(frozen=True, slots=True)
class BrokenLaw:
    """A law that a plan breaks: which, by what (a run, booking, consignment, ...) and how."""

    law: Law
    subject: str
    detail: str
