"""Reads an instance of delivery on public transport: trucks to stops, lines into the city, couriers from there.

The format is that of Delle Donne, Santini and Archetti (2025), Integrating public transport in sustainable last-mile
delivery: Column generation approaches, European Journal of Operational Research 324(1); its 24 instances of this
project's interest come from Mandal and Archetti (2023), A decomposition approach to last mile delivery using public
transportation systems.

The problem
-----------
Each customer's parcel goes undivided from the distribution centre by a truck to an in-stop, by one bus of one line from
there to an out-stop that the customer allows, and by a courier to the door within the customer's time window. A courier
may wait there. Trucks and couriers start and end where they load and make one tour each; both have a capacity, and
there are so many trucks and so many couriers at each stop. A bus carries no more than its line's capacity. A stop holds
no more than its capacity at any moment, and no parcel longer than its longest wait. A courier's tour has a longest
duration, from leaving to being back.

The objective is the length of the trucks' tours plus ``courier_cost`` times that of the couriers'; distances are
Euclidean and not rounded, the sum is published with two decimals. The costs of stops and lines in the files are not
part of it. Everything travels 5 units of distance a minute.

What is not in the files
------------------------
The 24 instances have no timetables, no service times and no longest waits. What the set's other instances all have is
taken: a bus every 30 minutes from minute 30 on, 15 of them, nothing for service, 60 minutes of waiting. This cannot be
checked against published values: where these are proven (instances 1, 2, 3 and 6) they are met to the hundredth even
without times.
"""

from __future__ import annotations

from collections.abc import Iterator
from csv import DictReader
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from pathlib import Path
from typing import Final

from services.model.errors import InvalidInputError, Violation

MINUTES_PER_UNIT: Final = 0.2
_RESULTS: Final = Path("results", "mandal_instances.csv")
_FIRST_MIN: Final = 30.0
_EVERY_MIN: Final = 30.0
_BUSES: Final = 15
_SERVICE_MIN: Final = 0.0
_LONGEST_WAIT_MIN: Final = 60.0

_STOP_FIELDS: Final = 6
_STOP_FIELDS_WITH_TIMES: Final = 8
_LINE_FIELDS: Final = 5
_LINE_FIELDS_WITH_TIMES: Final = 8


@dataclass(frozen=True, slots=True)
class Place:
    """A point of the plane; ``minutes_to`` another one and back is the same."""

    x: float
    y: float

    def distance_to(self, other: Place) -> float:
        """Units of distance."""
        return hypot(self.x - other.x, self.y - other.y)

    def minutes_to(self, other: Place) -> float:
        """How long everything takes to another place."""
        return MINUTES_PER_UNIT * self.distance_to(other)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where parcels change; ``service_min`` passes between a parcel's coming and its leaving at the earliest."""

    name: str
    place: Place
    capacity: float
    service_min: float
    longest_wait_min: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its stops (places in the instance's list) in order: parcels get on at some and off at the others."""

    name: str
    capacity: float
    in_stops: tuple[int, ...]
    out_stops: tuple[int, ...]
    first_min: float
    every_min: float
    buses: int


@dataclass(frozen=True, slots=True)
class Customer:
    """Who wants a parcel within a time window, from one of some out-stops (places in the instance's list)."""

    name: str
    place: Place
    load: float
    earliest_min: float
    latest_min: float
    out_stops: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransitInstance:
    """An instance; ``in_stops`` are the stops that trucks reach."""

    name: str
    centre: Place
    in_stops: tuple[int, ...]
    stops: tuple[Stop, ...]
    lines: tuple[Line, ...]
    customers: tuple[Customer, ...]
    trucks: int
    truck_capacity: float
    couriers_per_stop: int
    courier_capacity: float
    courier_cost: float
    longest_tour_min: float

    def passes_min(self, line: int, bus: int, stop: int) -> float:
        """When a bus of a line, counted from 0, is at a stop of it; the last of them where it calls twice."""
        calls = (*self.lines[line].in_stops, *self.lines[line].out_stops)
        now = at = self.lines[line].first_min + bus * self.lines[line].every_min
        for before, call in pairwise(calls):
            now += self.stops[before].place.minutes_to(self.stops[call].place)
            if call == stop:
                at = now
        return at


def read_transit_instance(path: Path) -> TransitInstance:
    """Read a ``.city`` file and the ``.demands`` and ``.params`` beside it.

    Raises
    ------
    InvalidInputError
        When one of the files is missing, or is none of the format.
    """
    try:
        return _read(path)
    except (OSError, ValueError, KeyError, IndexError, StopIteration) as error:
        raise InvalidInputError(
            [Violation(str(path), f"is no instance of delivery by public transport: {error!r}")]
        ) from error


def best_published(path: Path) -> float | None:
    """The least primal bound published for an instance, from the ``results`` beside its folder or the folder's own."""
    bounds = [
        float(row["primal_bound_value"])
        for folder in path.resolve().parents[1:3]
        if (folder / _RESULTS).exists()
        for row in DictReader((folder / _RESULTS).read_text(encoding="utf-8").splitlines())
        if row["instance"] == path.stem
    ]
    # A method that found nothing is in the list with -1.
    return min((bound for bound in bounds if bound > 0), default=None)


def _read(path: Path) -> TransitInstance:
    demands = {row[0]: [float(value) for value in row[1:4]] for row in _rows(path.with_suffix(".demands"))}
    params = {row[0]: float(row[1]) for row in _rows(path.with_suffix(".params"))}
    stops: list[Stop] = []
    at: dict[str, int] = {}
    lines: list[Line] = []
    customers: list[Customer] = []
    centres: list[tuple[Place, tuple[int, ...]]] = []
    rows = _rows(path)
    for row in rows:
        match row[0]:
            case "S":
                at[row[1]] = len(stops)
                stops.append(_stop(row))
            case "O":
                centres.append((Place(float(row[2]), float(row[3])), tuple(at[name] for name in next(rows))))
            case "D":
                load, earliest, latest = demands[row[1]]
                reached = tuple(at[name] for name in next(rows))
                customers.append(Customer(row[1], Place(float(row[2]), float(row[3])), load, earliest, latest, reached))
            case "L" | "F":
                calls = [tuple(at[name] for name in next(rows)) for _ in range(2)]
                lines.append(_line(row, calls[0], calls[1]))
            case other:
                raise ValueError(f"a line that begins with {other}")
    if len(centres) != 1:
        raise ValueError(f"{len(centres)} distribution centres where there is to be one")
    if not customers or not lines:
        raise ValueError("no customers, or no lines")
    return TransitInstance(
        name=path.stem,
        centre=centres[0][0],
        in_stops=centres[0][1],
        stops=tuple(stops),
        lines=tuple(lines),
        customers=tuple(customers),
        trucks=int(params["maxTrucks"]),
        truck_capacity=params["trucksCap"],
        couriers_per_stop=int(params["maxFreightersPerStop"]),
        courier_capacity=params["freightersCap"],
        courier_cost=params.get("freightRouteCostCoeff", 1.0),
        longest_tour_min=params["Lmax"],
    )


def _rows(path: Path) -> Iterator[list[str]]:
    for text in path.read_text(encoding="utf-8").splitlines():
        if text.strip() and not text.lstrip().startswith("#"):
            yield text.split()


def _stop(row: list[str]) -> Stop:
    if len(row) not in {_STOP_FIELDS, _STOP_FIELDS_WITH_TIMES}:
        raise ValueError(f"stop {row[1]} has {len(row)} fields")
    service, wait = (float(row[6]), float(row[7])) if len(row) > _STOP_FIELDS else (_SERVICE_MIN, _LONGEST_WAIT_MIN)
    return Stop(row[1], Place(float(row[4]), float(row[5])), float(row[2]), service, wait)


def _line(row: list[str], in_stops: tuple[int, ...], out_stops: tuple[int, ...]) -> Line:
    if len(row) not in {_LINE_FIELDS, _LINE_FIELDS_WITH_TIMES}:
        raise ValueError(f"line {row[1]} has {len(row)} fields")
    times = (float(row[5]), float(row[6]), int(row[7])) if len(row) > _LINE_FIELDS else (_FIRST_MIN, _EVERY_MIN, _BUSES)
    return Line(row[1], float(row[3]), in_stops, out_stops, *times)
