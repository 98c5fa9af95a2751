"""What a vehicle and its driver may do in a day: shift, hours of work, range, departures from the hub."""

from __future__ import annotations

from collections.abc import Iterator

from services.model.agreements import Direction
from services.model.fleet import Vehicle
from services.model.plan import Plan, Run
from services.model.units import clock
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


def check_vehicle_limits(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Compare each run with its vehicle's limits."""
    for run in plan.runs:
        vehicle = facts.vehicles.get(run.vehicle_id)
        if vehicle and run.stops:
            for detail in _limits_passed(facts, run, vehicle):
                yield BrokenLaw(Law.VEHICLE_LIMITS, run.run_id, detail)


def _limits_passed(facts: Facts, run: Run, vehicle: Vehicle) -> Iterator[str]:
    start_s, end_s = run.stops[0].start_s, run.stops[-1].departure_s
    distance_m = sum(stop.leg_distance_m for stop in run.stops)
    departures = sum(
        any(c.direction is Direction.INBOUND for c in facts.known(stop.take)) for stop in run.stops
    )  # inbound goods board at the hub only: CONSERVATION sees to that
    if start_s < vehicle.shift_start_s or end_s > vehicle.shift_end_s:
        shift = f"{clock(vehicle.shift_start_s)}-{clock(vehicle.shift_end_s)}"
        yield f"is out {clock(start_s)}-{clock(end_s)}, the shift is {shift}"
    if vehicle.down_from_s is not None and run.stops[-1].start_s > vehicle.down_from_s:
        yield f"calls at {clock(run.stops[-1].start_s)}, it broke down at {clock(vehicle.down_from_s)}"
    if vehicle.max_work_s is not None and end_s - start_s > vehicle.max_work_s:
        yield f"works {end_s - start_s} s, at most {vehicle.max_work_s} s are allowed"
    if vehicle.max_distance_m is not None and distance_m > vehicle.max_distance_m:
        yield f"drives {distance_m} m, its range is {vehicle.max_distance_m} m"
    if departures > vehicle.max_trips:
        yield f"leaves the hub loaded {departures} times, at most {vehicle.max_trips} are allowed"
