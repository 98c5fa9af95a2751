"""Puts a solution into a state, task by task, so that only what keeps every limit goes in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from services.route.kernel.arrays import Problem, State
from services.route.kernel.booking import book, price_of
from services.route.kernel.compiled import entry
from services.route.kernel.insertion import append_task
from services.route.kernel.places import NEVER
from services.route.kernel.problem import KernelSolution


def load(p: Problem, s: State, start: KernelSolution) -> None:
    """Do what a solution does, as far as it fits; ``s`` is one in which nothing is done."""
    options = dict(start.booked)
    rows = [
        (route.vehicle_type, number, place, task, options.get(task, -1))
        for number, route in enumerate(start.routes)
        for place, trip in enumerate(route.trips)
        for task in trip
    ]
    _drive(p, s, np.array(rows, dtype=np.int64).reshape(-1, 5))
    _book(p, s, np.array(start.booked, dtype=np.int64).reshape(-1, 2))


@entry
def _drive(p: Problem, s: State, rows: npt.NDArray[np.int64]) -> None:
    slot, route, trip = -1, -1, -1
    for row in range(len(rows)):
        kind, number, place, task = rows[row, 0], rows[row, 1], rows[row, 2], rows[row, 3]
        if number != route:
            slot, route, trip = -1, number, place
            if s.fleet[kind].free_count > 0:
                slot = s.slot[p.kind[kind].first_slot + s.fleet[kind].free_count - 1].free
        if slot >= 0 and s.node[task].route < 0 and append_task(p, s, task, slot, place != trip, rows[row, 4]):
            trip = place


@entry
def _book(p: Problem, s: State, booked: npt.NDArray[np.int64]) -> None:
    for row in range(len(booked)):
        task, option = booked[row, 0], booked[row, 1]
        if p.option[option].station >= 0 or s.node[task].route >= 0 or s.mark[task].option >= 0:
            continue
        # Also one that does not pay by itself: it may share a charge with those that come after it.
        if price_of(p, s, option) < NEVER:
            s.one[0].cost -= p.task[task].leaving
            s.one[0].leaving -= p.task[task].leaving
            book(p, s, task, option)
