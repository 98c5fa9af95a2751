"""Roads as the checker knows them, and the law that a run follows them from its depot and back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from geopy.distance import geodesic

from services.model.plan import Plan, Stop
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


class Road(NamedTuple):
    """The way from one node to another; a stated distance may differ by the tolerance."""

    distance_m: int
    duration_s: int
    tolerance_m: int


def find_road(facts: Facts, from_node: str, to_node: str) -> Road | None:
    """Look the way up in the day's table, or estimate it where there is none; ``None`` where no way is known."""
    start, end = facts.nodes.get(from_node), facts.nodes.get(to_node)
    if start is None or end is None:
        return None
    if from_node == to_node:
        return Road(0, 0, 0)
    if facts.road_pairs:
        pair = facts.road_pairs.get((from_node, to_node))
        return Road(pair.distance_m, pair.duration_s, 0) if pair else None
    roads = facts.day.county.network.roads
    distance_m = round(_geodesic_m(start.lat, start.lon, end.lat, end.lon) * roads.detour_permille / 1000)
    whole_s, rest = divmod(distance_m * 3600, roads.speed_m_per_h)
    # Two implementations of the same geodesic may round to neighbouring metres.
    return Road(distance_m, whole_s + (rest > 0), 1)


def find_leg(facts: Facts, from_node: str, stop: Stop) -> Road | None:
    """Add up the way to a stop by the nodes that it says it passes; ``None`` where a part of it is not known."""
    roads = [find_road(facts, a, b) for a, b in pairwise((from_node, *stop.via, stop.node_id))]
    known = [road for road in roads if road is not None]
    if len(known) < len(roads):
        return None
    return Road(
        sum(road.distance_m for road in known),
        sum(road.duration_s for road in known),
        sum(road.tolerance_m for road in known),
    )


def check_run_route(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Compare every leg and the sum with the roads, and both ends with the depot."""
    for run in plan.runs:
        vehicle = facts.vehicles.get(run.vehicle_id)
        if not run.stops:
            yield BrokenLaw(Law.RUN_ROUTE, run.run_id, "has no stop")
            continue
        ends = run.stops[0].node_id, run.stops[-1].node_id
        is_down = vehicle is not None and vehicle.down_from_s is not None
        if vehicle and (ends[0] != vehicle.depot or (ends[1] != vehicle.depot and not is_down)):
            detail = f"goes from {ends[0]} to {ends[1]}, its depot is {vehicle.depot}"
            yield BrokenLaw(Law.RUN_ROUTE, run.run_id, detail)
        if run.stops[0].leg_distance_m != 0:
            yield BrokenLaw(Law.RUN_ROUTE, run.run_id, "comes to its first stop over a leg")
        for before, stop in pairwise(run.stops):
            leg = f"{before.node_id} -> {stop.node_id}"
            road = find_leg(facts, before.node_id, stop)
            if road is None:
                yield BrokenLaw(Law.RUN_ROUTE, run.run_id, f"no road is known for {leg}")
            elif abs(stop.leg_distance_m - road.distance_m) > road.tolerance_m:
                detail = f"{leg} is {road.distance_m} m and stated as {stop.leg_distance_m} m"
                yield BrokenLaw(Law.RUN_ROUTE, run.run_id, detail)
        total_m = sum(stop.leg_distance_m for stop in run.stops)
        if run.distance_m != total_m:
            detail = f"has legs of {total_m} m and states {run.distance_m} m"
            yield BrokenLaw(Law.RUN_ROUTE, run.run_id, detail)


@lru_cache(maxsize=1 << 18)
def _geodesic_m(from_lat: float, from_lon: float, to_lat: float, to_lon: float) -> float:
    return float(geodesic((from_lat, from_lon), (to_lat, to_lon)).meters)
