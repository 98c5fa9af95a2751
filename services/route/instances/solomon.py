"""Reads an instance of Solomon's or of Gehring and Homberger's.

Solomon 1987, Algorithms for the vehicle routing and scheduling problems with time window constraints, Operations
Research 35(2); Gehring and Homberger 1999, A parallel hybrid evolutionary metaheuristic for the vehicle routing problem
with time windows, EUROGEN99. Their objective is fewest vehicles first, then least distance, in double precision.

Engines count in whole numbers: ``UNITS`` of theirs are one of the set's. Ways are rounded up, so that a route that
keeps its windows in whole numbers keeps them in double precision as well. A vehicle costs more than all ways that any
solution could drive.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvrp

from services.model.errors import InvalidInputError, Violation
from services.route.instances.best_known import find_best, read_routes
from services.route.instances.customers import Customers
from services.route.instances.instance import Instance, lay_out

UNITS: Final = 10_000
_COLUMNS: Final = 7
# What double precision may add to a length that is a whole number of units.
_HAIR: Final = 1e-6
# Whole numbers of engines end somewhere; no set comes near.
_LARGEST: Final = 1e6

_Line = tuple[int, str]


def read_solomon(path: Path) -> Instance:
    """Read a file and the best solution known that lies by it.

    Raises
    ------
    InvalidInputError
        When the file is none, or its best solution is none; it names the file and the line.
    """
    customers = _Reading(path).customers()
    data = _data(customers)
    best = find_best(path)
    solution = None if best is None else read_routes(best, data.num_clients)
    return Instance(path.stem, data, lay_out(data), solution, customers)


class _Reading:
    """A file, line by line; blank lines are skipped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text(encoding="utf-8", errors="replace")
        self._lines: Iterator[_Line] = (
            (number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()
        )
        self._last = 0

    def customers(self) -> Customers:
        self._next("the instance's name")
        self._heading("VEHICLE")
        self._heading("NUMBER", "CAPACITY")
        number, words = self._next("the number of vehicles and their capacity")
        vehicles, capacity = self._numbers(number, words, 2)
        self._heading("CUSTOMER")
        self._heading("CUST")
        rows = np.array(list(self._rows()), dtype=np.float64).reshape(-1, _COLUMNS)
        if len(rows) < 2:
            raise self._fault(self._last, "has a depot and at least one customer to come")
        if vehicles < 1 or vehicles % 1 or capacity % 1:
            raise self._fault(number, "vehicles and capacity must be whole numbers, and at least one vehicle")
        return Customers(
            vehicles=int(vehicles),
            capacity=int(capacity),
            at=rows[:, 1:3],
            demand=rows[:, 3].astype(np.int64),
            ready=rows[:, 4],
            due=rows[:, 5],
            service=rows[:, 6],
        )

    def _rows(self) -> Iterator[list[float]]:
        for expected, (number, line) in enumerate(self._lines):
            self._last = number
            row = self._numbers(number, line, _COLUMNS)
            customer, _, _, demand, ready, due, service = row
            if customer != expected:
                raise self._fault(number, f"customer {expected} should stand here, not {customer:g}")
            if demand < 0 or demand % 1 or service < 0 or ready < 0:
                raise self._fault(number, "demand must be a whole number, and no demand, time or service below 0")
            if customer == 0 and (demand or service):
                raise self._fault(number, "the depot has a demand or a service time")
            if due < ready:
                raise self._fault(number, f"is due at {due:g}, before it is ready at {ready:g}")
            yield row

    def _next(self, what: str) -> _Line:
        try:
            number, line = next(self._lines)
        except StopIteration:
            raise self._fault(self._last + 1, f"ends where {what} should stand") from None
        self._last = number
        return number, line

    def _heading(self, *words: str) -> None:
        number, line = self._next(f"the heading {' '.join(words)}")
        if line.upper().split()[: len(words)] != list(words):
            raise self._fault(number, f"the heading {' '.join(words)} should stand here, not '{line.strip()[:40]}'")

    def _numbers(self, number: int, line: str, count: int) -> list[float]:
        words = line.split()
        if len(words) != count:
            raise self._fault(number, f"has {len(words)} columns, not {count}")
        values = []
        for word in words:
            if not re.fullmatch(r"-?\d+(\.\d*)?", word, re.ASCII) or abs(float(word)) > _LARGEST:
                raise self._fault(number, f"'{word[:40]}' is no number up to {_LARGEST:,.0f}")
            values.append(float(word))
        return values

    def _fault(self, number: int, message: str) -> InvalidInputError:
        return InvalidInputError([Violation(f"{self._path}:{number}", message)])


def _data(customers: Customers) -> pyvrp.ProblemData:
    ways = np.ceil(customers.distances() * UNITS - _HAIR).astype(np.int64)
    ready = [math.ceil(when * UNITS - _HAIR) for when in customers.ready.tolist()]
    due = [math.floor(when * UNITS + _HAIR) for when in customers.due.tolist()]
    service = [math.ceil(stay * UNITS - _HAIR) for stay in customers.service.tolist()]
    clients = [
        pyvrp.Client(
            row,
            delivery=[int(customers.demand[row])],
            service_duration=service[row],
            tw_early=ready[row],
            tw_late=due[row],
        )
        for row in range(1, len(ways))
    ]
    fleet = pyvrp.VehicleType(
        num_available=customers.vehicles,
        capacity=[customers.capacity],
        fixed_cost=1 + int(ways.max()) * (len(clients) + customers.vehicles),
    )
    locations = [pyvrp.Location(x, y) for x, y in customers.at.tolist()]
    depot = pyvrp.Depot(0, tw_early=ready[0], tw_late=due[0])
    matrices: list[Any] = [ways]
    return pyvrp.ProblemData(locations, clients, [depot], [fleet], matrices, matrices)
