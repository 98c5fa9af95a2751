"""Judges a solution of a transit delivery instance from the instance alone, whoever found it.

It follows every parcel and every vehicle clock in hand, and shares no arithmetic with what found the solution.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Final

from services.route.instances.transit_delivery import Place, TransitInstance

# Minutes and units of load by which sums of decimals may differ.
_SLACK: Final = 1e-6


@dataclass(frozen=True, slots=True)
class TruckTour:
    """A truck's in-stops in order, and when it leaves the centre."""

    stops: tuple[int, ...]
    leaves_min: float


@dataclass(frozen=True, slots=True)
class Ride:
    """How a parcel gets to its out-stop: by a truck (place in the list) to an in-stop, by a line's bus from there."""

    truck: int
    in_stop: int
    line: int
    bus: int


@dataclass(frozen=True, slots=True)
class CourierTour:
    """A courier's customers in order, from a stop, and when it is left."""

    stop: int
    customers: tuple[int, ...]
    leaves_min: float


@dataclass(frozen=True, slots=True)
class TransitSolution:
    """Trucks, couriers, and the ride of each customer's parcel (none for those not served)."""

    trucks: tuple[TruckTour, ...]
    rides: tuple[Ride | None, ...]
    couriers: tuple[CourierTour, ...]

    @property
    def is_timed(self) -> bool:
        """Whether every parcel has a ride."""
        return None not in self.rides


@dataclass(frozen=True, slots=True)
class TransitVerdict:
    """What a solution costs with two decimals, and the rules that it breaks."""

    cost: float
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Stay:
    """A parcel at a stop, from its coming to its leaving."""

    customer: int
    stop: int
    from_min: float
    to_min: float


def judge_transit(instance: TransitInstance, solution: TransitSolution) -> TransitVerdict:
    """Recompute the cost of all tours; name every rule that is broken."""
    trucks = [
        [instance.centre, *(instance.stops[s].place for s in tour.stops), instance.centre] for tour in solution.trucks
    ]
    couriers = [
        [
            instance.stops[t.stop].place,
            *(instance.customers[c].place for c in t.customers),
            instance.stops[t.stop].place,
        ]
        for t in solution.couriers
    ]
    cost = sum(map(_length, trucks)) + instance.courier_cost * sum(map(_length, couriers))
    stays, broken = _stays(instance, solution)
    broken += _trucks(instance, solution)
    broken += _buses(instance, solution)
    broken += _couriers(instance, solution)
    broken += _storage(instance, stays)
    return TransitVerdict(round(cost, 2), tuple(broken))


def _length(places: list[Place]) -> float:
    return sum(sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2) for a, b in pairwise(places))


def _stays(instance: TransitInstance, solution: TransitSolution) -> tuple[list[_Stay], list[str]]:
    """Follow each parcel: its stays at its two stops, and what is wrong on its way."""
    stays, broken = [], []
    tours = defaultdict(list)
    for tour in solution.couriers:
        for served in tour.customers:
            tours[served].append(tour)
    for number, (customer, ride) in enumerate(zip(instance.customers, solution.rides, strict=True)):
        if ride is None or len(tours[number]) != 1:
            broken.append(
                f"customer {customer.name} is served {len(tours[number])} times, has a ride: {ride is not None}"
            )
            continue
        tour, truck, line = tours[number][0], solution.trucks[ride.truck], instance.lines[ride.line]
        if tour.stop not in customer.out_stops:
            broken.append(f"customer {customer.name} is not served from stop {instance.stops[tour.stop].name}")
        if ride.in_stop not in truck.stops or ride.in_stop not in line.in_stops or tour.stop not in line.out_stops:
            broken.append(f"customer {customer.name}: line {line.name} does not join truck {ride.truck} and courier")
            continue
        places = [
            instance.centre,
            *(instance.stops[s].place for s in truck.stops[: truck.stops.index(ride.in_stop) + 1]),
        ]
        handed = truck.leaves_min + _length(places) / 5
        calls = [instance.stops[s].place for s in (*line.in_stops, *line.out_stops)]
        departs = line.first_min + ride.bus * line.every_min
        gets_on = departs + _length(calls[: line.in_stops.index(ride.in_stop) + 1]) / 5
        gets_off = departs + _length(calls[: len(line.in_stops) + line.out_stops.index(tour.stop) + 1]) / 5
        stays.append(_Stay(number, ride.in_stop, handed, gets_on))
        stays.append(_Stay(number, tour.stop, gets_off, tour.leaves_min))
    return stays, broken


def _trucks(instance: TransitInstance, solution: TransitSolution) -> list[str]:
    broken = []
    if len(solution.trucks) > instance.trucks:
        broken.append(f"{len(solution.trucks)} trucks where there are {instance.trucks}")
    for number, truck in enumerate(solution.trucks):
        load = sum(c.load for c, r in zip(instance.customers, solution.rides, strict=True) if r and r.truck == number)
        if load > instance.truck_capacity + _SLACK:
            broken.append(f"truck {number} carries {load:g} where {instance.truck_capacity:g} is the most")
        if truck.leaves_min < 0 or not set(truck.stops) <= set(instance.in_stops):
            broken.append(f"truck {number} leaves too early, or goes where trucks may not")
        if len(set(truck.stops)) != len(truck.stops):
            broken.append(f"truck {number} is at a stop twice")
    return broken


def _buses(instance: TransitInstance, solution: TransitSolution) -> list[str]:
    loads: defaultdict[tuple[int, int], float] = defaultdict(float)
    for customer, ride in zip(instance.customers, solution.rides, strict=True):
        if ride is not None:
            loads[ride.line, ride.bus] += customer.load
    broken = []
    for (number, bus), load in sorted(loads.items()):
        line = instance.lines[number]
        if load > line.capacity + _SLACK or not 0 <= bus < line.buses:
            broken.append(f"bus {bus} of line {line.name} carries {load:g} where {line.capacity:g} is the most")
    return broken


def _couriers(instance: TransitInstance, solution: TransitSolution) -> list[str]:
    broken = []
    for number, tour in enumerate(solution.couriers):
        load = sum(instance.customers[c].load for c in tour.customers)
        if load > instance.courier_capacity + _SLACK:
            broken.append(f"courier {number} carries {load:g} where {instance.courier_capacity:g} is the most")
        now, here = tour.leaves_min, instance.stops[tour.stop].place
        for customer in (instance.customers[c] for c in tour.customers):
            now = max(now + _length([here, customer.place]) / 5, customer.earliest_min)
            here = customer.place
            if now > customer.latest_min + _SLACK:
                broken.append(
                    f"courier {number} is at customer {customer.name} at {now:.2f}, after {customer.latest_min:g}"
                )
        now += _length([here, instance.stops[tour.stop].place]) / 5
        if now - tour.leaves_min > instance.longest_tour_min + _SLACK:
            broken.append(f"courier {number} is out for {now - tour.leaves_min:.2f} minutes")
    for stop in {tour.stop for tour in solution.couriers}:
        used = sum(tour.stop == stop for tour in solution.couriers)
        if used > instance.couriers_per_stop:
            broken.append(
                f"{used} couriers at stop {instance.stops[stop].name} where there are {instance.couriers_per_stop}"
            )
    return broken


def _storage(instance: TransitInstance, stays: list[_Stay]) -> list[str]:
    """Whether each stop has room whenever something comes; what leaves at that moment is still there."""
    broken = []
    for stay in stays:
        stop, name = instance.stops[stay.stop], instance.customers[stay.customer].name
        waits = stay.to_min - stay.from_min
        if waits < stop.service_min - _SLACK or waits > stop.longest_wait_min + _SLACK:
            broken.append(f"customer {name}'s parcel waits {waits:.2f} minutes at stop {stop.name}")
        held = sum(
            instance.customers[other.customer].load
            for other in stays
            if other.stop == stay.stop and other.from_min - _SLACK <= stay.from_min <= other.to_min + _SLACK
        )
        if held > stop.capacity + _SLACK:
            broken.append(f"stop {stop.name} holds {held:g} at {stay.from_min:.2f} where {stop.capacity:g} is the most")
    return sorted(set(broken))
