"""How full what drives is: the most that is ever on board, over the room that is on offer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from services.model.day import Day
from services.model.plan import Plan
from services.route.engines.engine import Load
from services.route.room import load_of, room_on
from services.runtime.metrics import Measure

_Amounts = tuple[int, int, int]
"""Grams, millilitres and pieces, in the order of ``Measure``."""


def run_load_factors(day: Day, plan: Plan) -> Mapping[Measure, float]:
    """Of all runs together, each at its fullest; a cold compartment and what rides in it count like the rest."""
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in day.county.vehicles}
    return _factors(
        (
            _most((stop.load_g, stop.load_ml, stop.load_pieces) for stop in run.stops),
            room_on(vehicles[run.vehicle_id]).whole,
        )
        for run in plan.runs
    )


def trip_load_factors(day: Day, plan: Plan) -> Mapping[Measure, float]:
    """Of all trips that carry something together, each on its fullest segment."""
    trips = {trip.trip_id: trip for line in day.county.lines for trip in line.trips}
    goods = {one.consignment_id: load_of(one) for one in day.consignments}
    on_segment: defaultdict[str, defaultdict[int, Load]] = defaultdict(lambda: defaultdict(Load))
    for booking in plan.bookings:
        for segment in range(booking.board_index, booking.alight_index):
            on_segment[booking.trip_id][segment] += goods[booking.consignment_id]
    return _factors(
        (_most((load.weight_g, load.volume_ml, load.pieces) for load in loads.values()), room_on(trips[trip_id]).whole)
        for trip_id, loads in on_segment.items()
    )


def _most(loads: Iterable[_Amounts]) -> _Amounts:
    weights_g, volumes_ml, pieces = zip((0, 0, 0), *loads, strict=True)
    return max(weights_g), max(volumes_ml), max(pieces)


def _factors(filled: Iterable[tuple[_Amounts, _Amounts]]) -> dict[Measure, float]:
    pairs = list(filled)
    factors: dict[Measure, float] = {}
    for at, measure in enumerate(Measure):
        room = sum(one[at] for _, one in pairs)
        factors[measure] = sum(most[at] for most, _ in pairs) / room if room else 0.0
    return factors
