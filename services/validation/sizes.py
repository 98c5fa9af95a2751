"""How many of a thing a county and a day may have: beyond it somebody has made a mistake, or means harm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.model.day import County, Day
from services.model.errors import Violation

MAX_NODES: Final = 3_000  # roads are reckoned between each two
MAX_OF_ONE_COUNTY: Final = 2_000
MAX_TRIPS: Final = 20_000
MAX_CLOSED: Final = 1_000
MAX_CONSIGNMENTS: Final = 100_000
MAX_HELD: Final = 200_000


def county_sizes(county: County) -> Iterator[Violation]:
    """Report lists of a county that are too long."""
    yield from _too_many(len(county.network.nodes), MAX_NODES, "county.network.nodes")
    yield from _too_many(len(county.network.closed_roads), MAX_CLOSED, "county.network.closed_roads")
    for name in ("partners", "agreements", "lines", "vehicles"):
        yield from _too_many(len(getattr(county, name)), MAX_OF_ONE_COUNTY, f"county.{name}")
    yield from _too_many(sum(len(line.trips) for line in county.lines), MAX_TRIPS, "county.lines", "trips")


def day_sizes(day: Day) -> Iterator[Violation]:
    """Report lists of a day that are too long."""
    yield from _too_many(len(day.consignments), MAX_CONSIGNMENTS, "consignments")
    yield from _too_many(len(day.admission_sets), MAX_CONSIGNMENTS, "admission_sets")
    yield from _too_many(len(day.held), MAX_HELD, "held")


def _too_many(count: int, limit: int, path: str, what: str = "entries") -> Iterator[Violation]:
    if count > limit:
        yield Violation(path, f"has {count} {what}, more than {limit}")
