"""What is told of a plan as it is: a bound, explanations, a forecast."""

from __future__ import annotations

from services.model.analysis import Analysis
from services.model.day import Day, PlanSettings
from services.model.plan import PlanResult
from services.route.bound import bound_plan, effort_for
from services.route.engines.engine import Engine, ShouldStop
from services.route.explain.explain import explain
from services.route.forecast.forecast import forecast_plan
from services.route.roads.of_day import roads_of
from services.route.search import Report


def analyse_plan(
    day: Day, analysis: Analysis, settings: PlanSettings, engine: Engine, should_stop: ShouldStop, report: Report
) -> PlanResult:
    """Tell of a lawful plan of a valid day what is asked; the plan in the answer is the same."""
    plan = analysis.plan
    report("explain", plan.cost.total_fen, 5)
    explanations = (
        explain(
            day,
            plan,
            roads_of,
            engine,
            should_stop,
            analysis.consignment_ids or None,
            use_lines=settings.use_lines,
        )
        if analysis.explain
        else ()
    )
    report("forecast", plan.cost.total_fen, 50)
    forecast = forecast_plan(day, plan, settings) if analysis.forecast and settings.forecast_days else None
    report("bound", plan.cost.total_fen, 60)
    bound = bound_plan(day, plan, effort_for(settings), should_stop) if analysis.bound else None
    report("check", plan.cost.total_fen, 100)
    return PlanResult(plan, bound=bound, explanations=explanations, forecast=forecast)
