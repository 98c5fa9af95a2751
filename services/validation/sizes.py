"""How many of a thing a county, a day and a plan may have: beyond it somebody has made a mistake, or means harm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.model.day import County, Day
from services.model.errors import Violation
from services.model.plan import Plan

MAX_NODES: Final = 3_000  # roads are reckoned between each two
MAX_OF_ONE_COUNTY: Final = 2_000
MAX_TRIPS: Final = 20_000
MAX_CLOSED: Final = 1_000
MAX_CONSIGNMENTS: Final = 100_000
MAX_HELD: Final = 200_000
# A plan may name goods a few times: on a trip, in a shuttle, as taken, dropped and carried by a run.
MAX_STOPS: Final = 400_000
MAX_NAMED: Final = 10 * MAX_CONSIGNMENTS


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


def plan_sizes(plan: Plan) -> Iterator[Violation]:
    """Report lists of a plan that are too long."""
    yield from _too_many(len(plan.runs), MAX_OF_ONE_COUNTY, "plan.runs")
    yield from _too_many(len(plan.bookings), 2 * MAX_CONSIGNMENTS, "plan.bookings")
    yield from _too_many(len(plan.shuttles), 4 * MAX_TRIPS, "plan.shuttles")
    yield from _too_many(len(plan.unserved), 2 * MAX_CONSIGNMENTS, "plan.unserved")
    yield from _too_many(len(plan.waiting), 2 * MAX_CONSIGNMENTS, "plan.waiting")
    stops = [stop for run in plan.runs for stop in run.stops]
    yield from _too_many(len(stops), MAX_STOPS, "plan.runs", "stops")
    named = sum(len(stop.take) + len(stop.drop) + len(stop.via) for stop in stops)
    named += sum(len(run.carriages) for run in plan.runs)
    yield from _too_many(named, MAX_NAMED, "plan.runs", "names")
    in_shuttles = sum(len(shuttle.consignment_ids) for shuttle in plan.shuttles)
    yield from _too_many(in_shuttles, MAX_NAMED, "plan.shuttles", "names")


def _too_many(count: int, limit: int, path: str, what: str = "entries") -> Iterator[Violation]:
    if count > limit:
        yield Violation(path, f"has {count} {what}, more than {limit}")
