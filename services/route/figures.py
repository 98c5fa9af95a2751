"""Figures of a plan that are counted: taken where it is made, shown where metrics are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from services.model.day import Day
from services.model.plan import PlanResult
from services.runtime.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of a plan: its cost by part, and how many of what it serves, leaves and reaches."""

    cost_fen: Mapping[str, int]
    unserved: int
    waiting: int
    villages_reached: int


def figures_of(day: Day, result: PlanResult) -> Figures:
    """Count what is counted of a plan."""
    plan = result.plan
    unserved = {u.consignment_id for u in plan.unserved}
    waiting = {one.consignment_id for one in plan.waiting}
    reached = {c.village_code for c in day.consignments if c.consignment_id not in unserved | waiting}
    cost_fen = {part.name.removesuffix("_fen"): getattr(plan.cost, part.name) for part in fields(plan.cost)}
    return Figures(cost_fen, len(unserved), len(waiting), len(reached))


def measure(metrics: Metrics, figures: Figures) -> None:
    """Show a plan's figures."""
    for part, fen in figures.cost_fen.items():
        metrics.plan_cost_fen.labels(part).set(fen)
    metrics.plan_unserved.set(figures.unserved)
    metrics.plan_waiting.set(figures.waiting)
    metrics.plan_villages_reached.set(figures.villages_reached)
