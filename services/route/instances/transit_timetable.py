"""Times for a transit delivery solution: when trucks leave, which bus takes each parcel, when couriers leave.

None of it costs anything; what is sought is any way that keeps every limit, by CP-SAT.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from ortools.sat.python import cp_model

from services.route.instances.transit_delivery import Place, TransitInstance
from services.route.instances.transit_judge import CourierTour, Ride, TransitSolution, TruckTour

# By how much a truck is early, so that decimals do not make it late, and below which times count as equal.
_SLACK: Final = 1e-7
_CLOSE: Final = 5e-7


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel's way, without times: its truck (place in the list), in-stop, line and out-stop."""

    truck: int
    in_stop: int
    line: int
    out_stop: int


@dataclass(frozen=True, slots=True)
class Courier:
    """A courier's stop and customers in order."""

    stop: int
    customers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Bus:
    """A bus that a parcel may take: when it gets on, when it gets off."""

    number: int
    on_min: float
    off_min: float
    chosen: cp_model.IntVar


@dataclass(frozen=True, slots=True)
class _Start:
    """A time at which a truck may leave."""

    leaves_min: float
    chosen: cp_model.IntVar


def timetable(
    instance: TransitInstance,
    trucks: list[tuple[int, ...]],
    parcels: dict[int, Parcel],
    couriers: list[Courier],
    seconds: float,
) -> TransitSolution:
    """Times that keep every limit; where none are found within ``seconds``, the parcels have no rides.

    A courier's parcels all come before it leaves, which is when the last of them has come.
    """
    model = cp_model.CpModel()
    starts = [_starts(instance, model, number, stops, parcels) for number, stops in enumerate(trucks)]
    buses = _buses(instance, model, parcels, couriers)
    _board_in_time(instance, model, trucks, starts, parcels, buses)
    _leave_together(instance, model, couriers, buses)
    _fit_buses(instance, model, parcels, buses)
    _fit_in_stops(instance, model, trucks, starts, parcels, buses)
    _fit_out_stops(instance, model, couriers, parcels, buses)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = seconds
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return TransitSolution(
            tuple(TruckTour(stops, 0.0) for stops in trucks),
            (None,) * len(instance.customers),
            tuple(CourierTour(courier.stop, courier.customers, 0.0) for courier in couriers),
        )
    taken = {c: next(bus for bus in of if solver.value(bus.chosen)) for c, of in buses.items()}
    leaves = [next(start.leaves_min for start in of if solver.value(start.chosen)) for of in starts]
    rides = [
        Ride(parcels[c].truck, parcels[c].in_stop, parcels[c].line, taken[c].number) if c in parcels else None
        for c in range(len(instance.customers))
    ]
    return TransitSolution(
        tuple(TruckTour(stops, at) for stops, at in zip(trucks, leaves, strict=True)),
        tuple(rides),
        tuple(
            CourierTour(
                courier.stop,
                courier.customers,
                max(taken[c].off_min for c in courier.customers) + instance.stops[courier.stop].service_min,
            )
            for courier in couriers
        ),
    )


def _starts(
    instance: TransitInstance,
    model: cp_model.CpModel,
    number: int,
    stops: tuple[int, ...],
    parcels: dict[int, Parcel],
) -> list[_Start]:
    """A truck's times to leave: just in time for some bus that takes of its parcels, or at once."""
    times = {0.0}
    for in_stop, line in {(p.in_stop, p.line) for p in parcels.values() if p.truck == number}:
        way = _reaches_min(instance, stops, in_stop) + instance.stops[in_stop].service_min
        for bus in range(instance.lines[line].buses):
            at = instance.passes_min(line, bus, in_stop) - way - _SLACK
            if at > 0:
                times.add(at)
    starts = [_Start(at, model.new_bool_var("")) for at in sorted(times)]
    model.add_exactly_one(start.chosen for start in starts)
    return starts


def _reaches_min(instance: TransitInstance, stops: tuple[int, ...], in_stop: int) -> float:
    places: list[Place] = [instance.centre, *(instance.stops[s].place for s in stops)]
    return sum(places[at].minutes_to(places[at + 1]) for at in range(stops.index(in_stop) + 1))


def _buses(
    instance: TransitInstance, model: cp_model.CpModel, parcels: dict[int, Parcel], couriers: list[Courier]
) -> dict[int, list[_Bus]]:
    """For each parcel the buses that come before its courier must leave."""
    buses = {}
    for courier in couriers:
        latest = _leaves_by_min(instance, courier) - instance.stops[courier.stop].service_min
        for customer in courier.customers:
            parcel = parcels[customer]
            times = [
                (
                    bus,
                    instance.passes_min(parcel.line, bus, parcel.in_stop),
                    instance.passes_min(parcel.line, bus, parcel.out_stop),
                )
                for bus in range(instance.lines[parcel.line].buses)
            ]
            buses[customer] = [_Bus(*time, model.new_bool_var("")) for time in times if time[2] <= latest]
            model.add_exactly_one(bus.chosen for bus in buses[customer])
    return buses


def _leaves_by_min(instance: TransitInstance, courier: Courier) -> float:
    """When a courier must leave at the latest to keep every window."""
    latest, there = float("inf"), instance.stops[courier.stop].place
    for customer in (instance.customers[c] for c in reversed(courier.customers)):
        latest = min(latest - customer.place.minutes_to(there), customer.latest_min)
        there = customer.place
    return latest - instance.stops[courier.stop].place.minutes_to(there)


def _board_in_time(
    instance: TransitInstance,
    model: cp_model.CpModel,
    trucks: list[tuple[int, ...]],
    starts: list[list[_Start]],
    parcels: dict[int, Parcel],
    buses: dict[int, list[_Bus]],
) -> None:
    """A parcel takes a bus only if its truck comes before, and not too long before."""
    for customer, of in buses.items():
        parcel = parcels[customer]
        stop = instance.stops[parcel.in_stop]
        way = _reaches_min(instance, trucks[parcel.truck], parcel.in_stop)
        for bus in of:
            waits = [(bus.on_min - start.leaves_min - way, start.chosen) for start in starts[parcel.truck]]
            model.add_bool_or(
                [
                    chosen
                    for wait, chosen in waits
                    if stop.service_min - _CLOSE <= wait <= stop.longest_wait_min + _CLOSE
                ],
            ).only_enforce_if(bus.chosen)


def _leave_together(
    instance: TransitInstance,
    model: cp_model.CpModel,
    couriers: list[Courier],
    buses: dict[int, list[_Bus]],
) -> None:
    """No parcel of a courier waits too long for the last of them."""
    for courier in couriers:
        stop = instance.stops[courier.stop]
        for first, second in combinations(courier.customers, 2):
            for one in buses[first]:
                for other in buses[second]:
                    apart = abs(one.off_min - other.off_min)
                    if apart > stop.longest_wait_min - stop.service_min + _CLOSE:
                        model.add_bool_or([~one.chosen, ~other.chosen])


def _fit_buses(
    instance: TransitInstance, model: cp_model.CpModel, parcels: dict[int, Parcel], buses: dict[int, list[_Bus]]
) -> None:
    loads: defaultdict[tuple[int, int], list[tuple[int, cp_model.IntVar]]] = defaultdict(list)
    for customer, of in buses.items():
        for bus in of:
            loads[parcels[customer].line, bus.number].append((int(instance.customers[customer].load), bus.chosen))
    for (line, _), parts in loads.items():
        model.add(sum(load * chosen for load, chosen in parts) <= int(instance.lines[line].capacity))


def _fit_in_stops(
    instance: TransitInstance,
    model: cp_model.CpModel,
    trucks: list[tuple[int, ...]],
    starts: list[list[_Start]],
    parcels: dict[int, Parcel],
    buses: dict[int, list[_Bus]],
) -> None:
    """Whenever a truck comes to a stop, what it brings and what is there from others has room."""
    for truck, stops in enumerate(trucks):
        for stop in stops:
            there = [c for c, parcel in parcels.items() if parcel.in_stop == stop]
            brought = sum(int(instance.customers[c].load) for c in there if parcels[c].truck == truck)
            others = [c for c in there if parcels[c].truck != truck]
            if brought + sum(instance.customers[c].load for c in others) <= instance.stops[stop].capacity:
                continue
            way = _reaches_min(instance, stops, stop)
            for start in starts[truck]:
                now = start.leaves_min + way
                held = []
                for c in others:
                    its_way = _reaches_min(instance, trucks[parcels[c].truck], stop)
                    came = [s.chosen for s in starts[parcels[c].truck] if s.leaves_min + its_way <= now + _CLOSE]
                    stays = [bus.chosen for bus in buses[c] if bus.on_min >= now - _CLOSE]
                    is_there = model.new_bool_var("")
                    model.add(sum(came) + sum(stays) <= 1 + is_there)
                    held.append(int(instance.customers[c].load) * is_there)
                model.add(brought + sum(held) <= int(instance.stops[stop].capacity)).only_enforce_if(start.chosen)


def _fit_out_stops(
    instance: TransitInstance,
    model: cp_model.CpModel,
    couriers: list[Courier],
    parcels: dict[int, Parcel],
    buses: dict[int, list[_Bus]],
) -> None:
    """Whenever a bus comes to a stop, what it brings and what waits there for the rest of a courier's has room."""
    for stop in {parcel.out_stop for parcel in parcels.values()}:
        there = [courier for courier in couriers if courier.stop == stop]
        if (
            sum(instance.customers[c].load for courier in there for c in courier.customers)
            <= instance.stops[stop].capacity
        ):
            continue
        for now in {bus.off_min for courier in there for c in courier.customers for bus in buses[c]}:
            held = []
            for courier in there:
                for c in courier.customers:
                    came = [bus.chosen for bus in buses[c] if bus.off_min <= now + _CLOSE]
                    is_there = model.new_bool_var("")
                    for other in courier.customers:
                        waits = [bus.chosen for bus in buses[other] if bus.off_min >= now - _CLOSE]
                        model.add(sum(came) + sum(waits) <= 1 + is_there)
                    held.append(int(instance.customers[c].load) * is_there)
            model.add(sum(held) <= int(instance.stops[stop].capacity))
