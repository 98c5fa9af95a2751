"""Electric vehicles' range: between two charges no farther than one charge drives, and to recharge takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from services.model.fleet import Vehicle
from services.model.network import NodeKind
from services.model.plan import Plan, Run, Stop
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


def check_range(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Drive each run on its battery, which is full at the start of the day and after each recharge."""
    for run in plan.runs:
        vehicle = facts.vehicles.get(run.vehicle_id)
        if vehicle:
            for detail in [*_too_far(run, vehicle), *_wrong_recharges(facts, run, vehicle)]:
                yield BrokenLaw(Law.RANGE, run.run_id, detail)


def _too_far(run: Run, vehicle: Vehicle) -> Iterator[str]:
    if vehicle.range_m is None:
        return
    left_m = vehicle.range_m
    for before, stop in pairwise(run.stops):
        left_m = vehicle.range_m if before.recharge_s > 0 else left_m
        left_m -= stop.leg_distance_m
        if left_m < 0:
            yield f"is {-left_m} m beyond its range of {vehicle.range_m} m at {stop.node_id}"


def _wrong_recharges(facts: Facts, run: Run, vehicle: Vehicle) -> Iterator[str]:
    for stop in run.stops:
        if stop.recharge_s == 0:
            continue
        if vehicle.recharge_s is None:
            yield f"recharges at {stop.node_id}, which {vehicle.vehicle_id} cannot do"
            continue
        if not _has_charger(facts, vehicle, stop):
            yield f"recharges at {stop.node_id}, which is neither the hub nor its station"
        here_s = stop.departure_s - stop.start_s
        if stop.recharge_s < vehicle.recharge_s or here_s < stop.recharge_s:
            stated = f"recharges for {stop.recharge_s} s in {here_s} s at {stop.node_id}"
            yield f"{stated}, a full recharge takes {vehicle.recharge_s} s"


def _has_charger(facts: Facts, vehicle: Vehicle, stop: Stop) -> bool:
    """Whether a vehicle can recharge at a stop: where it loads between two trips."""
    depot, node = facts.nodes.get(vehicle.depot), facts.nodes.get(stop.node_id)
    if depot is not None and depot.township_code:
        return stop.node_id == vehicle.depot
    return node is not None and node.kind is NodeKind.HUB
