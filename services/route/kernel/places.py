"""Where a task can be put: the kinds of places, and whether a route may have room at all."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from services.route.kernel.arrays import AFTER, BEFORE, Problem, State
from services.route.kernel.compiled import compiled, inlined
from services.route.kernel.problem import NO_LIMIT

# A price that is never paid: that of a place where a task does not fit.
NEVER: Final = 1 << 60
# How a task is done: behind a node; as a trip of its own behind a node, or before one; by a booking; not at all.
LEFT: Final = 0
BEHIND: Final = 1
NEW_TRIP_BEHIND: Final = 2
NEW_TRIP_BEFORE: Final = 3
BOOKED: Final = 4


@inlined
def has_room(p: Problem, s: State, task: int, slot: int) -> bool:
    """Whether a task's load may fit somewhere in a route."""
    for d in range(p.deliver.shape[1]):
        if p.deliver[task, d] > s.room[slot, 0, d] or p.pick_up[task, d] > s.room[slot, 1, d]:
            return False
    return True


@inlined
def has_room_behind(p: Problem, s: State, task: int, node: int, k: int) -> bool:
    """Whether a task's load fits behind a node of a vehicle of kind ``k``, all the trip long."""
    for d in range(p.deliver.shape[1]):
        if (
            s.load[node, BEFORE, d] + p.deliver[task, d] > p.capacity[k, d]
            or s.load[node, AFTER, d] + p.pick_up[task, d] > p.capacity[k, d]
        ):
            return False
    return True


@inlined
def has_room_alone(p: Problem, task: int, k: int) -> bool:
    """Whether a task's load fits a trip of its own."""
    for d in range(p.deliver.shape[1]):
        if p.deliver[task, d] > p.capacity[k, d] or p.pick_up[task, d] > p.capacity[k, d]:
            return False
    return True


@inlined
def further_in_trip(p: Problem, s: State, task: int, before: Any, after: Any, k: int) -> Any:
    """How much farther a trip goes with a task between two nodes; depots stand where ``k`` reloads."""
    at, reload = p.task[task].location, p.kind[k].reload
    here = s.node[before].location if before < len(p.task) else reload
    there = s.node[after].location if after < len(p.task) else reload
    return np.int64(p.distance[here, at]) + np.int64(p.distance[at, there]) - np.int64(p.distance[here, there])


@compiled
def trip_stays_short(p: Problem, s: State, task: int, node: Any, k: int) -> bool:
    """Whether a trip with a task behind a node is no longer than a vehicle of kind ``k`` may make it."""
    if p.kind[k].longest_trip == NO_LIMIT:
        return True
    depot = s.node[node].depot if node < len(p.task) else node
    further = further_in_trip(p, s, task, node, s.node[node].nxt, k)
    return bool(s.node[depot].trip_distance + further <= p.kind[k].longest_trip)


@compiled
def is_short_alone(p: Problem, task: int, k: int) -> bool:
    """Whether a trip with nothing but a task is no longer than a vehicle of kind ``k`` may make it."""
    if p.kind[k].longest_trip == NO_LIMIT:
        return True
    at, reload = p.task[task].location, p.kind[k].reload
    return bool(np.int64(p.distance[reload, at]) + np.int64(p.distance[at, reload]) <= p.kind[k].longest_trip)
