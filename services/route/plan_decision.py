"""A plan read back as the decision that it was written from, as a start for another search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.model.plan import Plan
from services.route.day_index import DayIndex
from services.route.decision import Decision, LastMileTour
from services.route.engines.engine import Route, RunSolution
from services.route.line_ledger import use_of, uses_on
from services.route.options import BookingOption
from services.route.roads.source import RoadMatrix
from services.route.run_task import is_for_runs, make_run_task
from services.route.tours import read_trips


def read_decision(index: DayIndex, matrix: RoadMatrix, plan: Plan, options: Sequence[BookingOption]) -> Decision:
    """Read a plan's bookings, runs and last mile; every visit is a demand and every vehicle a class of its own.

    Bookings that are none of ``options`` are left out, and with them their last mile.
    """
    known = {use_of(option): option for option in options}
    bookings = tuple(known[use] for use in uses_on(index, plan) if use in known)
    to_stations = {option.consignment.consignment_id for option in bookings if option.station}
    demands: list[tuple[str, ...]] = []
    routes: list[Route] = []
    classes: list[tuple[str, ...]] = []
    last_mile: list[LastMileTour] = []
    for run in plan.runs:
        visits = [
            [tuple(c.consignment_id for c in visit.goods) for visit in trip] for trip in read_trips(index, matrix, run)
        ]
        if not is_for_runs(index, index.vehicles[run.vehicle_id]):
            kept = tuple(tuple(v for v in trip if to_stations.issuperset(v)) for trip in visits)
            last_mile.append(LastMileTour(run.vehicle_id, tuple(trip for trip in kept if trip)))
            continue
        trips = []
        for trip in visits:
            trips.append(tuple(range(len(demands), len(demands) + len(trip))))
            demands += trip
        routes.append(Route(len(classes), tuple(trips)))
        classes.append((run.vehicle_id,))
    task = replace(make_run_task(index, matrix, (), {}), demands=tuple(demands), classes=tuple(classes))
    tours = tuple(tour for tour in last_mile if tour.trips)
    return Decision(bookings, task, RunSolution(tuple(routes), 0), tours)
