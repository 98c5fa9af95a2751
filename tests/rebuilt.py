"""Whole plans written out again from vehicles' trips and bookings, as the planner writes its decisions out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from services.model.day import Day
from services.model.plan import Plan
from services.route.assemble import make_runs, write_plan
from services.route.day_index import DayIndex
from services.route.decision import Decision, LastMileTour
from services.route.engines.engine import Route, RunSolution
from services.route.last_mile import LastMileFleet, enumerate_last_mile
from services.route.line_ledger import LineUse, use_of
from services.route.options import enumerate_options
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.route.roads.source import RoadMatrix
from services.route.run_task import make_run_task
from services.route.tours import Trips
from services.route.village_ways import Standing


def standing(day: Day, plan: Plan) -> Standing:
    """Take a plan apart."""
    return Standing(DayIndex.of(day), roads(day), plan)


def roads(day: Day) -> RoadMatrix:
    """The roads that the planner takes."""
    return choose_roads(day).matrix(nodes_on_roads(day))


def rebuild(index: DayIndex, matrix: RoadMatrix, tours: Mapping[str, Trips], uses: Iterable[LineUse]) -> Plan:
    """Write trips and bookings out; every vehicle is a class of its own, every visit a demand."""
    options = {use_of(o): o for o in enumerate_options(index) + enumerate_last_mile(index, matrix)}
    demands: list[tuple[str, ...]] = []
    routes = []
    stations = {vehicle.vehicle_id for vehicle in LastMileFleet(index).vehicles}
    last_mile = [
        LastMileTour(
            vehicle_id, tuple(tuple(tuple(c.consignment_id for c in visit.goods) for visit in trip) for trip in trips)
        )
        for vehicle_id, trips in tours.items()
        if trips and vehicle_id in stations
    ]
    driven = {vehicle_id: trips for vehicle_id, trips in tours.items() if trips and vehicle_id not in stations}
    for k, trips in enumerate(driven.values()):
        route = []
        for trip in trips:
            route.append(tuple(range(len(demands), len(demands) + len(trip))))
            demands += [tuple(c.consignment_id for c in visit.goods) for visit in trip]
        routes.append(Route(k, tuple(route)))
    task = replace(
        make_run_task(index, matrix, index.day.consignments, {}),
        demands=tuple(demands),
        classes=tuple((vehicle_id,) for vehicle_id in driven),
    )
    bookings = tuple(options[use] for use in uses)
    decision = Decision(bookings, task, RunSolution(tuple(routes), 0), tuple(last_mile))
    # As it stands: what is late is to be seen, not mended.
    return write_plan(index, matrix, decision, make_runs(index, matrix, decision))


def spent_fen(plan: Plan) -> int:
    """What is paid for what is carried; that some of it is late is paid to nobody."""
    return plan.cost.total_fen - plan.cost.unserved_fen - plan.cost.waiting_fen - plan.cost.lateness_fen
