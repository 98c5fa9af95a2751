"""Drivers' rests: nobody is at the wheel longer than allowed without one, and a rest takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from services.model.fleet import Vehicle
from services.model.plan import Plan, Run
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law
from services.route.checker.road import find_leg


def check_driver_rest(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Drive each run with its rests; on a leg they may be taken wherever that helps most."""
    for run in plan.runs:
        vehicle = facts.vehicles.get(run.vehicle_id)
        if vehicle and vehicle.max_drive_s is not None:
            for detail in _too_long(facts, run, vehicle, vehicle.max_drive_s):
                yield BrokenLaw(Law.DRIVER_REST, run.run_id, detail)


def _too_long(facts: Facts, run: Run, vehicle: Vehicle, limit_s: int) -> Iterator[str]:
    # Since the last rest: as little as can be, with rests on the road as late as each may be. An estimated leg may be a
    # second shorter than this says.
    at_wheel_s = 0
    for before, stop in pairwise(run.stops):
        road = find_leg(facts, before.node_id, stop)
        drives_s = at_wheel_s + (road.duration_s - road.tolerance_m if road else 0)
        rests = stop.rest_s // vehicle.rest_s if vehicle.rest_s > 0 else drives_s // limit_s
        if drives_s > limit_s * (rests + 1):
            driven = f"drives {drives_s} s up to {stop.node_id} with {rests} rests of {vehicle.rest_s} s"
            yield f"{driven}, at most {limit_s} s are allowed without one"
        at_wheel_s = max(0, drives_s - limit_s * rests)
