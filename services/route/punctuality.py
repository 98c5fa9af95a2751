"""The target of punctuality 准点率目标: where a plan misses it, plans with more slack are made until one reaches it.

First what costs nothing: shuttles leave earlier. How much slack it takes beyond that is found by bisection over a few
levels: more of it makes a plan dearer and, as a rule, more punctual. Each is planned for a padded day and written out,
checked and forecast for the real one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from services.model.day import Day, PlanSettings
from services.model.errors import BudgetTooShortError
from services.model.forecast import Forecast, PunctualityLevel
from services.model.plan import Plan
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.engines.engine import ShouldStop
from services.route.forecast.forecast import Measured, due_pieces, measure_plan
from services.route.padding import padded_day
from services.route.retime import leave_earlier, retime_plan
from services.route.roads.source import RoadMatrix
from services.route.take_along import take_along

# Plans a day within settings, without a target.
PlanAgain = Callable[[Day, PlanSettings], Plan]

# Standard deviations of slack, in permille.
SLACKS_PERMILLE: Final = (250, 500, 1_000, 1_500, 2_500)
# By so many of their standard deviations shuttles to trips leave earlier.
_SHUTTLES_EARLY: Final = 3
# Parts of a time budget: the plan without slack, then each with.
_FIRST_PART: Final = 0.4
LEVEL_PART: Final = 0.2
_PERMILLE: Final = 1_000
_LATEST_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Tried:
    """A plan with so much slack, and how punctual it is."""

    slack_permille: int
    plan: Plan
    measured: Measured

    @property
    def level(self) -> PunctualityLevel:
        """What it came to."""
        return PunctualityLevel(self.slack_permille, self.measured.forecast.on_time_permille, self.plan.cost.total_fen)


def before_target(settings: PlanSettings) -> PlanSettings:
    """The settings of the search without slack: with a target a time budget has to do for what comes after as well."""
    return _with_part(settings, _FIRST_PART) if settings.on_time_target_permille else settings


def forecast_to_target(
    day: Day, matrix: RoadMatrix, settings: PlanSettings, plan: Plan, again: PlanAgain, should_stop: ShouldStop
) -> tuple[Plan, Forecast | None]:
    """Forecast a plan; where it misses the target of the settings, give the cheapest found that reaches it.

    Where none does, the most punctual is returned, and its forecast says why. Without days to forecast, none is made.
    """
    if not settings.forecast_days:
        return plan, None
    target = settings.on_time_target_permille
    if not target:
        return plan, measure_plan(day, plan, settings).forecast
    index = DayIndex.of(day)
    tried = [without_slack(index, settings, plan)]
    slacks = list(SLACKS_PERMILLE)
    if reaches(tried[0], target):
        slacks = []
        tried += _with_the_rest(index, settings, again, should_stop)
    while slacks and not should_stop():
        slack = slacks[(len(slacks) - 1) // 2]
        found = try_slack(index, matrix, settings, slack, again)
        tried += [found] if found else []
        is_enough = found is not None and reaches(found, target)
        slacks = [s for s in slacks if (s < slack if is_enough else s > slack)]
    best = _best(tried, target)
    levels = tuple(one.level for one in sorted(tried, key=lambda one: one.slack_permille))
    is_reached = reaches(best, target)
    detail = "" if is_reached else _why_not(day, best, target)
    forecast = replace(
        best.measured.forecast, target_permille=target, is_target_reached=is_reached, detail=detail, levels=levels
    )
    return best.plan, forecast


def without_slack(index: DayIndex, settings: PlanSettings, plan: Plan) -> Tried:
    """A plan as it is, but for what more punctuality costs nothing."""
    noise = settings.noise
    part = _SHUTTLES_EARLY * math.hypot(noise.day_permille, noise.leg_permille) / _PERMILLE
    plan = leave_earlier(index, plan, part)
    return Tried(0, plan, measure_plan(index.day, plan, settings))


def _with_the_rest(index: DayIndex, settings: PlanSettings, again: PlanAgain, should_stop: ShouldStop) -> list[Tried]:
    """What the time that needs no slack finds; a number of iterations is spent already."""
    if settings.iterations is not None or should_stop():
        return []
    plan = again(index.day, _with_part(settings, 1 - _FIRST_PART))
    return [without_slack(index, settings, plan)]


def try_slack(
    index: DayIndex, matrix: RoadMatrix, settings: PlanSettings, slack_permille: int, again: PlanAgain
) -> Tried | None:
    """Make a plan with so much slack; ``None`` where the time did not suffice for any."""
    day = index.day
    try:
        slower = again(padded_day(day, settings.noise, slack_permille), _with_part(settings, LEVEL_PART))
    except BudgetTooShortError:
        return None
    plan = take_along(index, matrix, retime_plan(index, matrix, slower))
    # Of two detours of nearly the same length another may be the quicker at the real times, and too long for a range.
    if check(day, plan):
        return None
    return replace(without_slack(index, settings, plan), slack_permille=slack_permille)


def reaches(tried: Tried, target_permille: int) -> bool:
    """Whether a plan reaches a target, and would on other days drawn like these."""
    return tried.measured.surely >= target_permille / _PERMILLE


def _best(tried: list[Tried], target_permille: int) -> Tried:
    good = [one for one in tried if reaches(one, target_permille)]
    if good:
        return min(good, key=lambda one: one.plan.cost.total_fen)
    return max(tried, key=lambda one: (one.measured.forecast.on_time_permille, -one.plan.cost.total_fen))


def _with_part(settings: PlanSettings, part: float) -> PlanSettings:
    """Settings for a part of the time budget, and without what only the plan that is returned needs."""
    return replace(
        settings,
        time_budget_s=max(1, round(settings.time_budget_s * part)),
        compare=settings.compare and part == _FIRST_PART,
        on_time_target_permille=0,
        forecast_days=0,
    )


def _why_not(day: Day, best: Tried, target_permille: int) -> str:
    """Why no plan reaches the target, in words."""
    forecast, due = best.measured.forecast, due_pieces(day, best.plan)
    pieces = {c.consignment_id: c.pieces for c in day.consignments}
    unserved = sum(pieces[one.consignment_id] for one in best.plan.unserved)
    said = f"目标 {target_permille / 10:g}%，最准的方案为 {forecast.on_time_permille / 10:g}%"
    if unserved * _PERMILLE > due * (_PERMILLE - target_permille):
        return f"{said}：今日应送取 {due} 件，其中 {unserved} 件未安排，先解决这些快件"
    if forecast.on_time_permille >= target_permille:
        return f"{said}，但只模拟 {forecast.days} 天，还不能肯定；请增加模拟天数"
    names = {node.node_id: node.name for node in day.county.network.nodes}
    runs = {run.run_id: run for run in best.plan.runs}
    latest = sorted(forecast.stops, key=lambda stop: stop.on_time_permille)[:_LATEST_SHOWN]
    shown = "、".join(
        f"{stop.run_id} {names[runs[stop.run_id].stops[stop.stop_index].node_id]} {stop.on_time_permille / 10:g}%"
        for stop in latest
        if stop.on_time_permille < _PERMILLE
    )
    return f"{said}：再留余量也不更准" + (f"；最常晚到：{shown}" if shown else "")
