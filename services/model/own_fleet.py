"""The vehicles that partners would drive without the county's agreements: of their own kinds, as many as they need.

One definition for the comparison of a plan with every carrier alone and for the coalitions of a settlement.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from services.model.agreements import Temperature
from services.model.consignments import Consignment
from services.model.day import County
from services.model.fleet import Vehicle

# The day by which kinds of vehicle are compared for hire: what is cheap on it is the cheapest that fits.
_TYPICAL_KM: Final = 150
_TYPICAL_HOURS: Final = 8
# A search is the slower the more vehicles it has to look at, so there are few at first.
_FIRST_OF_A_KIND: Final = 8


def own_kinds(county: County, owners: Collection[str], temperatures: Collection[Temperature]) -> list[Vehicle]:
    """Give one vehicle to stand for each kind that ``owners`` together would drive from the hub.

    These are all the kinds that they own. For a temperature that none of these keeps they hire the county's cheapest
    kind that does; owners without any vehicle hire likewise.
    """
    # What mail fills carries nothing else, in any number.
    usable = [vehicle for vehicle in _run_vehicles(county) if vehicle.capacity_pieces > vehicle.mail_pieces]
    own: dict[Vehicle, Vehicle] = {}
    for vehicle in usable:
        if vehicle.owner in owners:
            own.setdefault(replace(vehicle, vehicle_id="", owner=""), vehicle)
    kinds = list(own.values())
    for temperature in sorted(temperatures):
        if not any(temperature in kind.temperatures for kind in kinds):
            fitting = [vehicle for vehicle in usable if temperature in vehicle.temperatures]
            if fitting:
                kinds.append(min(fitting, key=lambda v: (_typical_day_fen(v), v.vehicle_id)))
    return kinds


def first_count(kinds: Sequence[Vehicle], consignments: Sequence[Consignment]) -> int:
    """How many vehicles of each kind to begin with; twice as many where these turn out to be too few."""
    return min(len(consignments), max([_FIRST_OF_A_KIND, *(2 * _least(kind, consignments) for kind in kinds)]))


def _run_vehicles(county: County) -> list[Vehicle]:
    """Vehicles that load at the hub; one whose depot lies in a township is for the last mile."""
    in_town = {node.node_id for node in county.network.nodes if not node.township_code}
    return [vehicle for vehicle in county.vehicles if vehicle.depot in in_town]


def _least(kind: Vehicle, consignments: Sequence[Consignment]) -> int:
    """How many vehicles of a kind the pieces alone would fill."""
    pieces = sum(c.pieces for c in consignments if c.temperature in kind.temperatures)
    return -(-pieces // ((kind.capacity_pieces - kind.mail_pieces) * kind.max_trips))


def _typical_day_fen(vehicle: Vehicle) -> int:
    return vehicle.fixed_fen + _TYPICAL_KM * vehicle.per_km_fen + _TYPICAL_HOURS * vehicle.per_hour_fen
