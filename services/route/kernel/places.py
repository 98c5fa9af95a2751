"""Where a task can be put: the kinds of places, and whether a route may have room at all."""

from __future__ import annotations

from typing import Final

from services.route.kernel.arrays import AFTER, BEFORE, Problem, State
from services.route.kernel.compiled import inlined

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
