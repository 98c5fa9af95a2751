"""Access: vehicles call only where their kind can go, and at a village with a regular vehicle only that one does."""

from __future__ import annotations

from collections.abc import Iterator

from services.model.plan import Plan
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


def check_access(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find calls of vehicles at nodes that bar their kind."""
    for run in plan.runs:
        vehicle = facts.vehicles.get(run.vehicle_id)
        for stop in run.stops:
            node = facts.nodes.get(stop.node_id)
            if vehicle and node and (stop.drop or stop.take) and vehicle.kind in node.barred_kinds:
                detail = f"calls at {node.node_id}, which bars {vehicle.kind}"
                yield BrokenLaw(Law.ACCESS, run.run_id, detail)


def check_regular_vehicle(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find calls of other vehicles where the regular one is there to call."""
    for run in plan.runs:
        for stop in run.stops:
            node = facts.nodes.get(stop.node_id)
            regular = node.regular_vehicle if node else ""
            if (stop.drop or stop.take) and regular in facts.vehicles and run.vehicle_id != regular:
                detail = f"calls at {stop.node_id}, whose regular vehicle is {regular}"
                yield BrokenLaw(Law.REGULAR_VEHICLE, run.run_id, detail)
