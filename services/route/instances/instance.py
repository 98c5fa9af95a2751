"""Reads an instance in VRPLIB form, with the best solution known where one lies beside it.

PyVRP's reader is used, since it knows the dialects of all its sets; what it says is laid out for the kernel here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvrp

from services.model.errors import InvalidInputError, Violation
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


class Rounding(StrEnum):
    """How distances become whole numbers."""

    ROUND = "round"
    TRUNC = "trunc"
    DIMACS = "dimacs"
    EXACT = "exact"
    NONE = "none"


# By the sets' own habit; the rest round to the nearest whole number.
_ROUNDING_OF_TYPE: Final = {
    "VRPTW": Rounding.DIMACS,
    "PCVRPTW": Rounding.DIMACS,
    "MTVRPTWR": Rounding.DIMACS,
    "MDVRPTW": Rounding.EXACT,
    "SDVRPTW": Rounding.EXACT,
    "HFVRP": Rounding.EXACT,
}
# An arc that is barred is given as longer than this; no route would drive it for less than leaving a client out.
_BARRED: Final = 1 << 29
# What must be served costs more to leave than all else together.
_REQUIRED: Final = 1 << 44


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance: as PyVRP reads it, as the kernel searches it, and the best solution known, if any."""

    name: str
    data: pyvrp.ProblemData
    problem: KernelProblem
    best: KernelSolution | None


def read_instance(path: Path, rounding: Rounding | None = None) -> Instance:
    """Read a ``.vrp`` file and the ``.sol`` beside it.

    ``rounding`` is by default that which the instance's set is measured with.

    Raises
    ------
    InvalidInputError
        When the file is none, or has what the engines do not know: groups of clients, shipments.
    """
    try:
        kind = _type_of(path)
        data = pyvrp.read(path, round_func=(rounding or _ROUNDING_OF_TYPE.get(kind, Rounding.ROUND)).value)
        # PyVRP and the library under it raise nearly every kind of error for what they cannot read.
    except Exception as error:
        raise InvalidInputError([Violation(str(path), f"is no VRPLIB instance: {error}")]) from error
    if data.num_groups or data.num_shipments:
        raise InvalidInputError(
            [Violation(str(path), "has groups of clients or shipments, which no engine here knows")]
        )
    return Instance(path.stem, data, _problem(data), _best_known(path.with_suffix(".sol"), data))


def _type_of(path: Path) -> str:
    head = path.read_text(encoding="utf-8", errors="replace")[:4_000]
    found = re.search(r"^TYPE\s*:\s*(\S+)", head, re.MULTILINE)
    return found[1].upper() if found else ""


def _best_known(path: Path, data: pyvrp.ProblemData) -> KernelSolution | None:
    if not path.exists():
        return None
    try:
        routes = pyvrp.read_solution(path, data).routes()
    except Exception as error:
        raise InvalidInputError([Violation(str(path), f"is no solution of the instance: {error}")]) from error
    return KernelSolution(tuple(as_route(route) for route in routes), (), 0)


def as_route(route: pyvrp.Route) -> KernelRoute:
    """One of PyVRP's routes."""
    trips: list[list[int]] = [[]]
    for activity in list(route)[1:-1]:
        if activity.is_depot():
            trips.append([])
        else:
            trips[-1].append(activity.idx)
    return KernelRoute(route.vehicle_type(), tuple(tuple(trip) for trip in trips if trip))


def _problem(data: pyvrp.ProblemData) -> KernelProblem:
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
