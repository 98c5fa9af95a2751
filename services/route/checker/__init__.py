"""The independent checker: recomputes a whole plan from the day's input alone, one law a file.

It shares no code and no arithmetic with what makes plans: distances come from geopy, times and prices from formulas of
its own. Whatever a plan looks like, the answer is a list of broken laws, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from services.model.day import Day
from services.model.plan import Plan
from services.route.checker.access import check_access, check_regular_vehicle
from services.route.checker.admissibility import check_admissibility
from services.route.checker.capacity import (
    check_cold_compartment,
    check_trip_capacity,
    check_trip_piece_limit,
    check_vehicle_capacity,
)
from services.route.checker.charge import check_range
from services.route.checker.closed_roads import check_closed_roads
from services.route.checker.cold import check_cold
from services.route.checker.conservation import check_conservation
from services.route.checker.cost import check_cost
from services.route.checker.daily_limit import check_daily_limit
from services.route.checker.driver_rest import check_driver_rest
from services.route.checker.facts import Facts, gather_facts
from services.route.checker.last_mile import check_last_mile
from services.route.checker.law import BrokenLaw, Law
from services.route.checker.limits import check_vehicle_limits
from services.route.checker.past import check_past
from services.route.checker.reference import check_references
from services.route.checker.road import check_run_route
from services.route.checker.shuttles import check_shuttles
from services.route.checker.storage import check_node_closed, check_node_storage
from services.route.checker.times import check_run_times
from services.route.checker.timetable import check_trip_times
from services.route.checker.unserved import check_unserved
from services.route.checker.waiting import check_waiting

__all__ = ["BrokenLaw", "Law", "broken_laws", "check", "check_past"]

_CHECKS: Final[tuple[Callable[[Facts, Plan], Iterator[BrokenLaw]], ...]] = (
    check_references,
    check_conservation,
    check_vehicle_capacity,
    check_cold_compartment,
    check_trip_capacity,
    check_trip_piece_limit,
    check_node_storage,
    check_node_closed,
    check_admissibility,
    check_daily_limit,
    check_cold,
    check_run_route,
    check_closed_roads,
    check_run_times,
    check_vehicle_limits,
    check_trip_times,
    check_access,
    check_regular_vehicle,
    check_driver_rest,
    check_range,
    check_last_mile,
    check_shuttles,
    check_cost,
    check_unserved,
    check_waiting,
)


def check(day: Day, plan: Plan) -> list[BrokenLaw]:
    """Find every law that ``plan`` breaks on ``day``; an empty list is a plan that may be returned."""
    return list(broken_laws(day, plan))


def broken_laws(day: Day, plan: Plan) -> Iterator[BrokenLaw]:
    """Find the same one by one: a hostile plan may break more than one likes to keep."""
    facts = gather_facts(day)
    for check_law in _CHECKS:
        yield from check_law(facts, plan)
