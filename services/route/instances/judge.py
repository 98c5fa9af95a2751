"""Judges a solution of an instance from the instance alone, whoever found it.

It drives each route clock in hand, first as early as it can and then back as late as keeps the end, and shares no
arithmetic with the engines.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pyvrp

from services.route.instances.customers import Customers
from services.route.instances.instance import Instance
from services.route.kernel.problem import KernelRoute, KernelSolution

# Sums of a route's ways in double precision differ by less than this with the order of adding up.
_HAIR: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a solution costs in the instance's own rounding, and the rules that it breaks.

    ``cost`` is a whole number but where the set measures in double precision; there it is the distance alone.
    """

    cost: float
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Call:
    location: int
    earliest: int
    latest: int
    service: int


def judge_instance(instance: Instance, solution: KernelSolution) -> Verdict:
    """Judge as the instance's set measures."""
    if instance.customers is not None:
        return judge_customers(instance.customers, solution)
    return judge(instance.data, solution)


def judge_customers(customers: Customers, solution: KernelSolution) -> Verdict:
    """Recompute the distance in double precision; name every rule that is broken."""
    distances = customers.distances()
    broken: list[str] = []
    total = 0.0
    for number, route in enumerate(solution.routes):
        stops = [0, *(client + 1 for trip in route.trips for client in trip), 0]
        if len(route.trips) > 1:
            broken.append(f"route {number}: reloads where it may not")
        load = sum(int(customers.demand[stop]) for stop in stops)
        if load > customers.capacity:
            broken.append(f"route {number}: carries {load} where {customers.capacity} is the most")
        now = float(customers.ready[0])
        for before, stop in pairwise(stops):
            way = float(distances[before, stop])
            total += way
            now += (float(customers.service[before]) if before else 0.0) + way
            if now > customers.due[stop] + _HAIR:
                broken.append(f"route {number}: is at location {stop} {now - customers.due[stop]:.6f} late")
            now = max(now, float(customers.ready[stop])) if stop else now
    served = [client for route in solution.routes for trip in route.trips for client in trip]
    broken += _repeated(served)
    broken += [f"client {client} is not served" for client in range(len(customers.demand) - 1) if client not in served]
    if len(solution.routes) > customers.vehicles:
        broken.append(f"{len(solution.routes)} vehicles where there are {customers.vehicles}")
    return Verdict(total, tuple(broken))


def _repeated(served: list[int]) -> list[str]:
    return [f"client {client} is served twice" for client in sorted({c for c in served if served.count(c) > 1})]


def judge(data: pyvrp.ProblemData, solution: KernelSolution) -> Verdict:
    """Recompute the cost of all routes and the prizes not collected; name every rule that is broken."""
    broken: list[str] = []
    cost = 0
    for number, route in enumerate(solution.routes):
        route_cost, faults = _judge_route(data, route)
        cost += route_cost
        broken += [f"route {number}: {fault}" for fault in faults]
    served = [client for route in solution.routes for trip in route.trips for client in trip]
    broken += _repeated(served)
    for position, client in enumerate(data.clients()):
        if position not in set(served):
            cost += client.prize
            broken += [f"client {position} is not served"] if client.required else []
    for kind, vehicle in enumerate(data.vehicle_types()):
        used = sum(route.vehicle_type == kind for route in solution.routes)
        if used > vehicle.num_available:
            broken.append(f"{used} vehicles of kind {kind} where there are {vehicle.num_available}")
    return Verdict(cost, tuple(broken))


def _judge_route(data: pyvrp.ProblemData, route: KernelRoute) -> tuple[int, list[str]]:
    vehicle = data.vehicle_types()[route.vehicle_type]
    distances = data.distance_matrix(vehicle.profile)
    calls = _calls(data, route)
    distance = sum(int(distances[a.location, b.location]) for a, b in pairwise(calls))
    duration, faults = _drive(data, route, calls)
    faults += _loads(data, route)
    if distance > vehicle.max_distance:
        faults.append(f"drives {distance} where {vehicle.max_distance} is the most")
    if duration > vehicle.shift_duration:
        faults.append(f"takes {duration} where {vehicle.shift_duration} is the most")
    if len(route.trips) > 1 and (not vehicle.reload_depots or len(route.trips) - 1 > vehicle.max_reloads):
        faults.append("reloads where it may not")
    return vehicle.fixed_cost + vehicle.unit_distance_cost * distance + vehicle.unit_duration_cost * duration, faults


def _calls(data: pyvrp.ProblemData, route: KernelRoute) -> list[_Call]:
    vehicle, depots, clients = data.vehicle_types()[route.vehicle_type], data.depots(), data.clients()
    calls = []
    for number, trip in enumerate(route.trips):
        depot = depots[vehicle.reload_depots[0] if number and vehicle.reload_depots else vehicle.start_depot]
        released = max(clients[client].release_time for client in trip)
        opens, closes = depot.tw_early, depot.tw_late
        if not number:
            opens, closes = max(opens, vehicle.tw_early), min(closes, vehicle.start_late, vehicle.tw_late)
        calls.append(_Call(depot.location, max(opens, released), closes, 0))
        calls += [_Call(c.location, c.tw_early, c.tw_late, c.service_duration) for c in (clients[i] for i in trip)]
    end = depots[vehicle.end_depot]
    calls.append(_Call(end.location, max(end.tw_early, vehicle.tw_early), min(end.tw_late, vehicle.tw_late), 0))
    return calls


def _drive(data: pyvrp.ProblemData, route: KernelRoute, calls: list[_Call]) -> tuple[int, list[str]]:
    ways = data.duration_matrix(data.vehicle_types()[route.vehicle_type].profile)
    faults = []
    now = calls[0].earliest
    for before, call in pairwise((calls[0], *calls)):
        way = 0 if call is before else before.service + int(ways[before.location, call.location])
        now = max(now + way, call.earliest)
        if now > call.latest:
            faults.append(f"is at location {call.location} at {now}, {now - call.latest} late")
    start = now
    for call, after in zip(calls[-2::-1], calls[:0:-1], strict=True):
        start = min(start - int(ways[call.location, after.location]) - call.service, call.latest)
    return now - start, faults


def _loads(data: pyvrp.ProblemData, route: KernelRoute) -> list[str]:
    capacity = np.array(data.vehicle_types()[route.vehicle_type].capacity)
    clients, faults = data.clients(), []
    for trip in route.trips:
        load = sum((np.array(clients[client].delivery) for client in trip), np.zeros_like(capacity))
        most = load
        for client in trip:
            load = load - np.array(clients[client].delivery) + np.array(clients[client].pickup)
            most = np.maximum(most, load)
        if (most > capacity).any():
            faults.append(f"carries {most.tolist()} where {capacity.tolist()} is the most")
    return faults
