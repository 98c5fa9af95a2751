"""Access: vehicles call only where their kind can go."""

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
