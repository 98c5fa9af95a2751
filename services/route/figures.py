"""Figures of a plan that are counted: taken where it is made, shown where metrics are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.model.agreements import CooperationModel
from services.model.day import Day
from services.model.forecast import Forecast
from services.model.plan import Plan, PlanResult
from services.route.load_factors import run_load_factors, trip_load_factors
from services.runtime.metrics import OWN, Measure, Metrics, Outlook, cost_parts

# 准点率: what the city asks for, where a plan had no target of its own.
_USUAL_TARGET_PERMILLE: Final = 950


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of a plan: its cost by part, how many of what it serves, leaves and reaches, and how full it is.

    ``by_model`` counts consignments under the cooperation model that they are carried under; one that is booked on a
    trip and driven on by a run counts under the model of each; ``pieces_by_model`` counts the pieces of the same.
    ``villages_left_out`` have something left behind, waiting apart, and nothing carried. ``bound_gap`` is the part of
    the cost that a better plan could save at most; ``None`` where no bound was asked for. ``on_time_ratio`` is NaN
    without a forecast; ``outlook`` says whether it reaches the plan's target, or the usual one.
    """

    cost_fen: Mapping[str, int]
    unserved: int
    waiting: int
    villages_reached: int
    villages_left_out: int
    bound_gap: float | None
    by_model: Mapping[str, int]
    pieces_by_model: Mapping[str, int]
    run_load_factors: Mapping[Measure, float]
    trip_load_factors: Mapping[Measure, float]
    on_time_ratio: float
    outlook: Outlook


def figures_of(day: Day, result: PlanResult) -> Figures:
    """Count what is counted of a plan."""
    plan = result.plan
    unserved = {u.consignment_id for u in plan.unserved}
    waiting = {one.consignment_id for one in plan.waiting}
    reached = {c.village_code for c in day.consignments if c.consignment_id not in unserved | waiting}
    left_behind = {c.village_code for c in day.consignments if c.consignment_id in unserved}
    by_model = _by_model(day, plan)
    pieces = {c.consignment_id: c.pieces for c in day.consignments}
    return Figures(
        cost_fen={part: getattr(plan.cost, name) for part, name in cost_parts().items()},
        unserved=len(unserved),
        waiting=len(waiting),
        villages_reached=len(reached),
        villages_left_out=len(left_behind - reached),
        bound_gap=None if result.bound is None else result.bound.gap_permille / 1_000,
        by_model={model: len(carried) for model, carried in by_model.items()},
        pieces_by_model={model: sum(pieces[one] for one in carried) for model, carried in by_model.items()},
        run_load_factors=run_load_factors(day, plan),
        trip_load_factors=trip_load_factors(day, plan),
        on_time_ratio=result.forecast.on_time_permille / 1_000 if result.forecast else math.nan,
        outlook=_outlook(result.forecast),
    )


def _outlook(forecast: Forecast | None) -> Outlook:
    if forecast is None:
        return Outlook.NONE
    target_permille = forecast.target_permille or _USUAL_TARGET_PERMILLE
    return Outlook.ON_TARGET if forecast.on_time_permille >= target_permille else Outlook.UNDER_TARGET


def _by_model(day: Day, plan: Plan) -> dict[str, set[str]]:
    """Under each model, the consignments that are carried."""
    models: dict[str, str] = {one.agreement_id: one.model for one in day.county.agreements}
    carried = {(b.consignment_id, b.agreement_id) for b in plan.bookings}
    carried |= {(c.consignment_id, c.agreement_id) for run in plan.runs for c in run.carriages}
    under: dict[str, set[str]] = {model: set() for model in (OWN, *CooperationModel)}
    for consignment_id, agreement_id in carried:
        under[models.get(agreement_id, OWN)].add(consignment_id)
    return under


def measure(metrics: Metrics, figures: Figures) -> None:
    """Show a plan's figures, and count it."""
    metrics.plans.labels(figures.outlook).inc()
    metrics.villages_left_out.inc(figures.villages_left_out)
    for model, count in figures.pieces_by_model.items():
        metrics.pieces_planned.labels(model).inc(count)
    for part, fen in figures.cost_fen.items():
        metrics.plan_cost_fen.labels(part).set(fen)
    metrics.plan_unserved.set(figures.unserved)
    metrics.plan_waiting.set(figures.waiting)
    metrics.plan_villages_reached.set(figures.villages_reached)
    if figures.bound_gap is not None:
        metrics.plan_bound_gap.set(figures.bound_gap)
    for model, count in figures.by_model.items():
        metrics.plan_consignments.labels(model).set(count)
    for size, factor in figures.run_load_factors.items():
        metrics.plan_run_load_factor.labels(size).set(factor)
    for size, factor in figures.trip_load_factors.items():
        metrics.plan_trip_load_factor.labels(size).set(factor)
    metrics.plan_forecast_on_time_ratio.set(figures.on_time_ratio)
