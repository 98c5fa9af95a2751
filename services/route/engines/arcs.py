"""A run problem as engines know one: places with arcs between them, windows, and costs as whole numbers.

- A vehicle starts and ends at its depot but loads at the hub. Its way to the hub and the loading there are part of the
  arcs that leave its start; unloading and the way home are part of the arcs into its end. One for the last mile loads
  at its depot: its arcs are the roads, and handling is left to the engine. One under way starts where it is.
- A node's service time is part of the arcs that come from another node, so that it is spent once a call however many
  demands are served there; windows are shifted by it.
- A compartment's room is a limit on some of the goods. For every set of classes that some vehicle's compartment keeps
  apart there are four dimensions of load more: grams and millilitres of these classes, and of all others.
- Costs are integers: a fen is ``SCALE`` units, which makes fen a kilometre and fen an hour whole numbers a metre and
  a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.model.agreements import Temperature
from services.route.engines.engine import Demand, IntMatrix, Load, Room, RunProblem, VehicleClass

SCALE: Final = 3_600


@dataclass(frozen=True, slots=True)
class Arcs:
    """Distances and times between places: the hub for reloading, a start and an end for each class, the demands."""

    distance_m: IntMatrix
    duration_s: IntMatrix


def first_demand(problem: RunProblem) -> int:
    """The place of the first demand."""
    return 1 + 2 * len(problem.classes)


def dimensions(load: Load, apart: Sequence[frozenset[Temperature]] = ()) -> list[int]:
    """A load's three dimensions, and four for each set of classes that may ride ``apart``."""
    amounts = [load.weight_g, load.volume_ml, load.pieces]
    for classes in apart:
        weight_g, volume_ml = load.of(classes)
        amounts += [weight_g, volume_ml, load.weight_g - weight_g, load.volume_ml - volume_ml]
    return amounts


def limits(room: Room, apart: Sequence[frozenset[Temperature]] = ()) -> list[int]:
    """The most of each of a load's ``dimensions``; what limits a room's other goods limits every part of them."""
    weight_g, volume_ml, pieces = room.whole
    most = [weight_g, volume_ml, pieces]
    for classes in apart:
        own = room.compartment
        if own is not None and own.classes == classes:
            most += [own.weight_g, own.volume_ml, room.weight_g, room.volume_ml]
        else:
            most += [weight_g, volume_ml] * 2
    return most


def rates(problem: RunProblem, vehicle: VehicleClass) -> tuple[int, int]:
    """What a metre and a second cost, in units."""
    co2 = round(vehicle.co2_g_per_km * problem.co2_fen_per_kg * SCALE / 1_000_000)
    return vehicle.per_km_fen * SCALE // 1000 + co2, vehicle.per_hour_fen * SCALE // 3600


def visit_window(problem: RunProblem, demand: Demand) -> tuple[int, int]:
    """When handling at a demand may begin, the node's own service over."""
    opens, service_s = int(problem.opens_s[demand.node]), int(problem.service_s[demand.node])
    latest = max(opens + service_s, int(problem.closes_s[demand.node]) - demand.handling_s)
    return min(latest, max(opens, demand.not_before_s) + service_s), latest


def hub_window(problem: RunProblem) -> tuple[int, int]:
    """When loading at the hub may begin."""
    opens, closes = int(problem.opens_s[problem.hub]), int(problem.closes_s[problem.hub])
    return opens, max(opens, closes - _hub_service_s(problem))


def depot_windows(problem: RunProblem, vehicle: VehicleClass) -> tuple[int, int, int]:
    """From when and until when a vehicle may leave its depot, and until when it must be back."""
    opens, loads_by = hub_window(problem)
    if vehicle.from_node is not None:
        opens, loads_by = vehicle.shift_start_s, vehicle.shift_start_s
    to_hub = 0 if vehicle.from_node is not None else int(problem.duration_s[vehicle.depot, problem.hub])
    from_hub = int(problem.duration_s[problem.hub, vehicle.depot])
    earliest = max(vehicle.shift_start_s, opens - to_hub)
    leaves_by = max(earliest, min(vehicle.shift_end_s, loads_by - to_hub))
    # Only who unloads at the hub has to be there before it closes.
    closes = int(problem.closes_s[problem.hub])
    back_by = min(vehicle.shift_end_s, closes + from_hub) if _unloads(problem) else vehicle.shift_end_s
    return earliest, leaves_by, max(earliest, back_by)


def paced_s(problem: RunProblem) -> IntMatrix:
    """What legs take with drivers' rests."""
    pace = problem.pace
    return -(-problem.duration_s * pace.numerator // pace.denominator)


def common_arcs(problem: RunProblem) -> Arcs:
    """Distances and times that hold for every class, with service and the ways between depot and hub folded in."""
    hub, first, hub_service_s = problem.hub, first_demand(problem), _hub_service_s(problem)
    places = [hub]
    for vehicle in problem.classes:
        base = vehicle.depot if vehicle.is_last_mile else hub
        places += [base if vehicle.from_node is None else vehicle.from_node, base]
    node = np.array([*places, *(demand.node for demand in problem.demands)], dtype=np.int64)
    distance_m = problem.distance_m[np.ix_(node, node)].copy()
    way_s = paced_s(problem)
    duration_s = way_s[np.ix_(node, node)].copy()
    is_demand = np.arange(len(node)) >= first
    calls_anew = (node[:, None] != node[None, :]) | ~is_demand[:, None]
    duration_s += np.where(calls_anew & is_demand[None, :], problem.service_s[node][None, :], 0)
    at_hub = np.array(
        [True, *(not v.is_last_mile and (v.from_node is None or end) for v in problem.classes for end in (False, True))]
    )
    duration_s[:first][np.ix_(at_hub, is_demand)] += hub_service_s
    for k, vehicle in enumerate(problem.classes):
        start, end = 1 + 2 * k, 2 + 2 * k
        if vehicle.is_last_mile:
            continue
        to_hub = vehicle.depot if vehicle.from_node is None else vehicle.from_node, hub
        if vehicle.from_node is None:
            distance_m[start, is_demand] += problem.distance_m[to_hub]
            duration_s[start, is_demand] += way_s[to_hub]
        distance_m[is_demand, end] += problem.distance_m[hub, vehicle.depot]
        duration_s[is_demand, end] += way_s[hub, vehicle.depot]
        # The hub as the last reload before the end must cost what going straight to the end does.
        distance_m[start, 0], duration_s[start, 0] = distance_m[start, end], duration_s[start, end] = (
            problem.distance_m[to_hub],
            way_s[to_hub],
        )
        distance_m[0, end], duration_s[0, end] = (
            problem.distance_m[hub, vehicle.depot],
            way_s[hub, vehicle.depot],
        )
        if _unloads(problem):
            duration_s[is_demand, end] += hub_service_s
            duration_s[0, end] += hub_service_s
    np.fill_diagonal(distance_m, 0)
    np.fill_diagonal(duration_s, 0)
    return Arcs(distance_m, duration_s)


def _unloads(problem: RunProblem) -> bool:
    return any(demand.pick_up.pieces for demand in problem.demands)


def _hub_service_s(problem: RunProblem) -> int:
    return int(problem.service_s[problem.hub])
