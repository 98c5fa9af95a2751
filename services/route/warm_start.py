"""A solution of one run problem as a start for another of the same day."""

from __future__ import annotations

from services.route.engines.engine import Route, RunSolution
from services.route.run_task import RunTask


def carry_over(old: RunTask, solution: RunSolution, new: RunTask) -> RunSolution:
    """Keep the order in which consignments were visited wherever the new problem allows it.

    Vehicles keep their routes as far as their class may still serve them. What the new problem adds stays unvisited:
    inserting it is the search's work.
    """
    where = {consignment: demand for demand, group in enumerate(new.demands) for consignment in group}
    new_class = {vehicle: k for k, vehicles in enumerate(new.classes) for vehicle in vehicles}
    free = [vehicle_class.count for vehicle_class in new.problem.classes]
    placed: set[int] = set()
    routes = []
    for route in solution.routes:
        target = new_class.get(old.classes[route.vehicle_class][0])
        if target is None or not free[target]:
            continue
        trips = []
        for trip in route.trips[: new.problem.classes[target].max_trips]:
            visits = dict.fromkeys(where[c] for demand in trip for c in old.demands[demand] if c in where)
            kept = [d for d in visits if d not in placed and target in new.problem.demands[d].classes]
            placed.update(kept)
            if kept:
                trips.append(tuple(kept))
        if trips:
            free[target] -= 1
            routes.append(Route(target, tuple(trips)))
    return RunSolution(tuple(routes), 0)
