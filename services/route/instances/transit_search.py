"""Solves a transit delivery instance by the search kernel.

Couriers are vehicles of their stops. Each way of a customer's parcel to an out-stop, by one truck tour and one line, is
a booking of the last mile: the tour's length is a charge paid once, its room a row of the ledger. Times of trucks and
buses are chosen afterwards, since they cost nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import Final

import numpy as np

from services.route.instances.transit_delivery import Place, TransitInstance
from services.route.instances.transit_judge import TransitSolution
from services.route.instances.transit_timetable import Courier, Parcel, timetable
from services.route.instances.transit_tours import Tour, worthwhile_tours
from services.route.kernel.problem import (
    NO_LIMIT,
    Ints,
    KernelProblem,
    KernelSolution,
    Options,
    Tasks,
    VehicleTypes,
)
from services.route.kernel.search import Limits, search

# Whole units that the kernel counts in, to a unit of distance and to a minute.
_FINE: Final = 1_000
# The part of the time that is kept for the timetable; the seconds that each may take, and that search and timetable
# get at least.
_FOR_TIMES: Final = 0.2
_LONGEST_S: Final = 6.0
_SHORTEST_S: Final = 0.2
# Leaving a customer out costs more than all else together.
_REQUIRED: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Way:
    """A parcel's way to an out-stop: a truck (each copy of a tour is one), a line."""

    customer: int
    truck: int
    line: int
    out_stop: int


@dataclass(frozen=True, slots=True)
class Translation:
    """An instance for the kernel: tasks are customers, options ``ways``, charges ``trucks``, stations stops."""

    problem: KernelProblem
    trucks: tuple[Tour, ...]
    ways: tuple[Way, ...]
    out_stops: tuple[int, ...]


def solve_transit(instance: TransitInstance, limits: Limits) -> TransitSolution:
    """Search an instance until the limits are spent: for routes most of the time, then for times.

    Where none are found for the best solution that keep every limit, a worse one is taken for which there are some.
    """
    began = time.monotonic()

    def left_s() -> float:
        return _LONGEST_S if limits.steps is not None else min(_LONGEST_S, limits.seconds + began - time.monotonic())

    translation = translate(instance)
    found: list[KernelSolution] = []
    seconds = max(_SHORTEST_S, limits.seconds * (1 - _FOR_TIMES) + began - time.monotonic())
    search(translation.problem, replace(limits, seconds=seconds), on_best=found.append)
    tried = solution_from(instance, translation, found[-1], max(_SHORTEST_S, left_s()))
    # Those just before the best are much like it: twice as far back each time.
    back = 2
    while not tried.is_timed and left_s() > 0 and back <= len(found):
        tried = solution_from(instance, translation, found[-back], left_s())
        back *= 2
    return tried


def solution_from(
    instance: TransitInstance, translation: Translation, found: KernelSolution, seconds: float
) -> TransitSolution:
    """What the kernel found, with times for trucks, buses and couriers."""
    ways = {task: translation.ways[option] for task, option in found.booked}
    used = sorted({way.truck for way in ways.values()})
    trucks = [translation.trucks[truck] for truck in used]
    parcels = {
        task: Parcel(used.index(way.truck), trucks[used.index(way.truck)].in_stop[way.line], way.line, way.out_stop)
        for task, way in ways.items()
    }
    couriers = [
        Courier(translation.out_stops[route.vehicle_type], trip) for route in found.routes for trip in route.trips
    ]
    return timetable(instance, [tour.stops for tour in trucks], parcels, couriers, seconds)


def translate(instance: TransitInstance) -> Translation:
    """Lay an instance out for the kernel."""
    trucks = tuple(tour for tour in worthwhile_tours(instance) for _ in range(tour.copies))
    out_stops = tuple(sorted({s for customer in instance.customers for s in customer.out_stops}))
    ways = tuple(_ways(instance, trucks))
    places = [stop.place for stop in instance.stops] + [customer.place for customer in instance.customers]
    distance = np.array([[round(_FINE * a.distance_to(b)) for b in places] for a in places], dtype=np.int64)
    duration = np.array([[ceil(_FINE * a.minutes_to(b)) for b in places] for a in places], dtype=np.int64)
    problem = KernelProblem(
        distance,
        duration,
        _tasks(instance, out_stops),
        _couriers(instance, out_stops),
        _options(instance, trucks, out_stops, ways),
    )
    return Translation(problem, trucks, ways, out_stops)


def _ways(instance: TransitInstance, trucks: tuple[Tour, ...]) -> Iterator[Way]:
    for number, customer in enumerate(instance.customers):
        for stop in customer.out_stops:
            for line, of in enumerate(instance.lines):
                if stop in of.out_stops:
                    yield from (Way(number, t, line, stop) for t, tour in enumerate(trucks) if line in tour.in_stop)


def _tasks(instance: TransitInstance, out_stops: tuple[int, ...]) -> Tasks:
    customers = instance.customers
    zero = np.zeros(len(customers), dtype=np.int64)
    load = _ints([c.load for c in customers]).reshape(-1, 1)
    return Tasks(
        location=len(instance.stops) + np.arange(len(customers), dtype=np.int64),
        service=zero,
        earliest=_ints([_FINE * c.earliest_min for c in customers]),
        latest=_ints([_FINE * c.latest_min for c in customers]),
        release=zero,
        deliver=load,
        pick_up=0 * load,
        leaving=zero + _REQUIRED,
        admitted=np.array([[stop in c.out_stops for c in customers] for stop in out_stops], dtype=np.bool_),
    )


def _couriers(instance: TransitInstance, out_stops: tuple[int, ...]) -> VehicleTypes:
    stop = np.array(out_stops, dtype=np.int64)
    zero, one = np.zeros_like(stop), np.ones_like(stop)
    return VehicleTypes(
        count=one * instance.couriers_per_stop,
        start=stop,
        end=stop,
        reload=-one,
        capacity=_ints([instance.courier_capacity] * len(stop)).reshape(-1, 1),
        fixed=zero,
        per_distance=one,
        per_duration=zero,
        longest_distance=zero + NO_LIMIT,
        longest_duration=zero + round(_FINE * instance.longest_tour_min),
        start_earliest=zero,
        start_latest=zero + NO_LIMIT,
        end_latest=zero + NO_LIMIT,
        reload_earliest=zero,
        reload_latest=zero + NO_LIMIT,
        trips=one,
        handling=zero,
        station=np.arange(len(stop), dtype=np.int64),
    )


def _options(
    instance: TransitInstance, trucks: tuple[Tour, ...], out_stops: tuple[int, ...], ways: tuple[Way, ...]
) -> Options:
    room, rows = _ledger(instance, trucks)
    zero = np.zeros(len(ways), dtype=np.int64)
    return Options(
        task=_ints([way.customer for way in ways]),
        price=zero,
        first=_ints([rows[way.truck, way.line][0] for way in ways]),
        last=_ints([rows[way.truck, way.line][1] for way in ways]),
        charges=_ints([way.truck for way in ways]).reshape(-1, 1),
        account=zero - 1,
        quota=zero - 1,
        room=_ints(room).reshape(-1, 1),
        charge_price=_ints([round(_FINE * tour.length / instance.courier_cost) for tour in trucks]),
        load=_ints([instance.customers[way.customer].load for way in ways]).reshape(-1, 1),
        pieces=zero,
        station=_ints([out_stops.index(way.out_stop) for way in ways]),
        ready=_ints([ceil(_FINE * _earliest_min(instance, trucks, way)) for way in ways]),
        due=zero + NO_LIMIT,
    )


def _ledger(
    instance: TransitInstance, trucks: tuple[Tour, ...]
) -> tuple[list[float], dict[tuple[int, int], tuple[int, int]]]:
    """A row for each truck's room, one before and one behind it for what two of its stops may take.

    Of more stops, those are without a row of their own that take most.
    """
    room: list[float] = []
    rows: dict[tuple[int, int], tuple[int, int]] = {}
    for number, tour in enumerate(trucks):
        stops = sorted(tour.stops, key=lambda stop: instance.stops[stop].capacity)
        row = len(room) + 1
        limits = [min(instance.truck_capacity, instance.stops[stop].capacity) for stop in stops]
        room += [limits[0], instance.truck_capacity, *limits[1:2]]
        for line, stop in tour.in_stop.items():
            at = stops.index(stop)
            rows[number, line] = row - (at == 0), row + 1 + (at == 1)
    return room, rows


def _earliest_min(instance: TransitInstance, trucks: tuple[Tour, ...], way: Way) -> float:
    """When a parcel can be at its out-stop, if its truck leaves at once and takes the next bus.

    Of trucks that make the same tour, the second counts on the buses that the first leaves, and so on: thus what is due
    early goes by the first, and a timetable can be found.
    """
    tour, line = trucks[way.truck], instance.lines[way.line]
    in_stop = tour.in_stop[way.line]
    places: list[Place] = [instance.centre, *(instance.stops[s].place for s in tour.stops)]
    handed = sum(a.minutes_to(b) for a, b in pairwise(places[: tour.stops.index(in_stop) + 2]))
    handed += instance.stops[in_stop].service_min
    bus = max(0, ceil((handed - instance.passes_min(way.line, 0, in_stop)) / line.every_min))
    bus += trucks[: way.truck].count(tour) * ceil(instance.truck_capacity / (line.capacity * len(tour.in_stop)))
    bus = min(bus, max(0, line.buses - 1))
    return instance.passes_min(way.line, bus, way.out_stop) + instance.stops[way.out_stop].service_min


def _ints(values: list[float] | list[int]) -> Ints:
    return np.array([min(int(value), NO_LIMIT) for value in values], dtype=np.int64)
