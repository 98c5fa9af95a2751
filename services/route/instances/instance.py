"""An instance: one problem as PyVRP and as the kernel know it, and the best solution known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyvrp

from services.route.instances.customers import Customers
from services.route.kernel.problem import (
    NO_LIMIT,
    Flags,
    Ints,
    KernelProblem,
    KernelRoute,
    KernelSolution,
    Options,
    Tasks,
    VehicleTypes,
)

# An arc that is barred is given as longer than this; no route would drive it for less than leaving a client out.
_BARRED: Final = 1 << 29
# What must be served costs more to leave than all else together.
_REQUIRED: Final = 1 << 44


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance: as PyVRP reads it, as the kernel searches it, and the best solution known, if any.

    ``customers`` is there where the set measures fewest vehicles first and then distance in double precision, which
    whole numbers only come near to.
    """

    name: str
    data: pyvrp.ProblemData
    problem: KernelProblem
    best: KernelSolution | None
    customers: Customers | None = None


def as_route(route: pyvrp.Route) -> KernelRoute:
    """One of PyVRP's routes."""
    trips: list[list[int]] = [[]]
    for activity in list(route)[1:-1]:
        if activity.is_depot():
            trips.append([])
        else:
            trips[-1].append(activity.idx)
    return KernelRoute(route.vehicle_type(), tuple(tuple(trip) for trip in trips if trip))


def lay_out(data: pyvrp.ProblemData) -> KernelProblem:
    """What PyVRP was given, for the kernel."""
    profiles = range(data.num_profiles)
    by_profile = [data.distance_matrix(profile) for profile in profiles]
    distance = np.minimum(np.minimum.reduce(by_profile), _BARRED)
    duration = np.minimum(np.minimum.reduce([data.duration_matrix(profile) for profile in profiles]), _BARRED)
    dimensions = max(1, data.num_load_dimensions)
    return KernelProblem(
        distance,
        duration,
        _tasks(data, by_profile, distance, dimensions),
        _types(data, dimensions),
        Options(
            load=np.zeros((0, dimensions), dtype=np.int64),
            room=np.zeros((0, dimensions), dtype=np.int64),
        ),
    )


def _tasks(data: pyvrp.ProblemData, by_profile: list[Any], distance: Ints, dimensions: int) -> Tasks:
    clients = data.clients()
    location = _ints(client.location for client in clients)
    return Tasks(
        location=location,
        service=_ints(client.service_duration for client in clients),
        earliest=_ints(client.tw_early for client in clients),
        latest=_ints(client.tw_late for client in clients),
        release=_ints(client.release_time for client in clients),
        deliver=_loads([client.delivery for client in clients], dimensions),
        pick_up=_loads([client.pickup for client in clients], dimensions),
        leaving=_ints(_REQUIRED if client.required else client.prize for client in clients),
        admitted=_admitted(data, by_profile, distance, location),
    )


def _admitted(data: pyvrp.ProblemData, by_profile: list[Any], distance: Ints, location: Ints) -> Flags:
    """Who may serve whom: a client out of a vehicle's reach is one that its profile bars from its depot."""
    rows = []
    for kind in data.vehicle_types():
        depot = data.depots()[kind.start_depot].location
        into = by_profile[kind.profile][:, location]
        barred = (into[depot] >= _BARRED) & (distance[depot, location] < _BARRED)
        rows.append(~barred)
    return np.array(rows, dtype=np.bool_).reshape(len(rows), len(location))


def _types(data: pyvrp.ProblemData, dimensions: int) -> VehicleTypes:
    kinds, depots = data.vehicle_types(), data.depots()
    starts = [depots[kind.start_depot] for kind in kinds]
    ends = [depots[kind.end_depot] for kind in kinds]
    reloads = [depots[kind.reload_depots[0]] if kind.reload_depots else None for kind in kinds]
    return VehicleTypes(
        count=_ints(kind.num_available for kind in kinds),
        start=_ints(depot.location for depot in starts),
        end=_ints(depot.location for depot in ends),
        reload=_ints(-1 if depot is None else depot.location for depot in reloads),
        capacity=_loads([kind.capacity or [NO_LIMIT] for kind in kinds], dimensions),
        fixed=_ints(kind.fixed_cost for kind in kinds),
        per_distance=_ints(kind.unit_distance_cost for kind in kinds),
        per_duration=_ints(kind.unit_duration_cost for kind in kinds),
        longest_distance=_ints(kind.max_distance for kind in kinds),
        longest_duration=_ints(kind.shift_duration for kind in kinds),
        start_earliest=_ints(max(k.tw_early, depot.tw_early) for k, depot in zip(kinds, starts, strict=True)),
        start_latest=_ints(min(k.start_late, k.tw_late, depot.tw_late) for k, depot in zip(kinds, starts, strict=True)),
        end_latest=_ints(min(k.tw_late, depot.tw_late) for k, depot in zip(kinds, ends, strict=True)),
        reload_earliest=_ints(0 if depot is None else depot.tw_early for depot in reloads),
        reload_latest=_ints(NO_LIMIT if depot is None else depot.tw_late for depot in reloads),
        trips=_ints(min(kind.max_reloads, data.num_clients) + 1 for kind in kinds),
    )


def _ints(values: Iterable[int]) -> Ints:
    # PyVRP's "no limit" is larger than sums of ours may grow.
    return np.array([value if value == _REQUIRED else min(int(value), NO_LIMIT) for value in values], dtype=np.int64)


def _loads(loads: list[Any], dimensions: int) -> Ints:
    padded = [[min(int(load), NO_LIMIT) for load in row] or [0] * dimensions for row in loads]
    return np.array(padded, dtype=np.int64).reshape(-1, dimensions)
