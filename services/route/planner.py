"""The story of one plan: roads, options, runs, lines, what waits, what it is compared with, the checker's word."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from services.model.day import Day, PlanSettings
from services.model.errors import BudgetTooShortError, PlanRefusedError
from services.model.plan import CarrierAlone, Comparison, Plan, PlanResult
from services.model.ways import mode_shares
from services.route.assemble import make_plan
from services.route.baseline import plan_alone
from services.route.bound import bound_plan, effort_for
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.decision import Decision
from services.route.engines.engine import Engine, JointEngine, ShouldStop
from services.route.explain.explain import explain_day
from services.route.last_mile import enumerate_last_mile
from services.route.options import BookingOption, enumerate_options
from services.route.punctuality import before_target, forecast_to_target
from services.route.restart import search_again
from services.route.revise.risks import trip_risks
from services.route.roads.of_day import roads_of
from services.route.roads.source import RoadMatrix
from services.route.search import POLISH_PART, Report, Search, Stage, whole_effort
from services.route.village_ways import village_ways
from services.route.waiting import all_today, may_wait, tell_waiting

_ALL: Final = Stage(1.0, 2, 72)
# Where something may wait: everything today first, then from there what may wait is a choice.
_TODAY: Final = Stage(0.4, 2, 32)
_WAITING: Final = Stage(0.6, 32, 72, "waiting")
# So that with nothing waiting the day is searched nearly as long as with it.
_ALL_TODAY_PART: Final = 0.4
_ALONE_PART: Final = 0.15
# Between plans that are kept on the way: so many seconds, and so many times what writing one out takes.
_KEEP_EVERY_S: Final = 1.0
_KEEP_FACTOR: Final = 20


def plan_day(
    day: Day,
    settings: PlanSettings,
    engine: Engine,
    should_stop: ShouldStop,
    report: Report,
    clock: Callable[[], float] = time.monotonic,
    with_ways: bool = True,
    keep: Callable[[PlanResult], None] | None = None,
    start: Decision | None = None,
) -> PlanResult:
    """Plan a valid day.

    A pure function of the day, the settings and their seed when these limit iterations; with a time budget the plan
    also depends on how fast the machine is. Shared runs come first; a choice of bookings replaces them only where the
    whole plan becomes cheaper, and what may wait does so only where that is cheaper again, so neither makes it dearer.
    Last the plan is forecast; a target of punctuality may call for one with more slack (see ``punctuality``).

    ``with_ways`` asks for the ways into each village and for a bound as well; what a plan costs depends on neither.
    ``keep`` is given the best plan so far now and then, checked, so that not all is lost with a search that is broken
    off. A search may ``start`` from what was decided for the same day with other times.

    Raises
    ------
    BudgetTooShortError
        When no plan was found in the time given.
    PlanRefusedError
        When the checker refuses what was found: nothing unchecked is ever returned.
    """
    report("roads", 0, 0)
    asked, settings = settings, before_target(settings)
    index = DayIndex.of(all_today(day))
    matrix = roads_of(day)
    report("options", 0, 2)
    options = _options(index, matrix, engine) if settings.use_lines else []
    waits = settings.use_waiting and may_wait(day)
    stage, began = _TODAY if waits else _ALL, clock()
    deadline = began + settings.time_budget_s * stage.part
    keeper = None if keep is None else _Keeper(day, index, matrix, keep, clock, began)
    search = Search(index, matrix, settings, engine, should_stop, report, clock, deadline, stage, keeper)
    found = search.from_scratch(options) if start is None else search_again(search, start, options)
    if found is None:
        raise BudgetTooShortError(f"no plan was found in {settings.time_budget_s} s; give more time")
    best = _Best(search, found.runs_only, found.best)
    if waits:
        later = replace(
            search,
            index=DayIndex.of(day),
            stage=_WAITING,
            deadline=began + settings.time_budget_s,
            keep=None,
        )
        best = replace(best, later=later, waiting=later.from_start(found.best, options, found.runs_only))
    comparison = None
    if settings.compare and not should_stop():
        best = best.polished()
        report("alone", best.cost_fen, 72)
        effort = whole_effort(settings).share(_ALONE_PART)
        alone = plan_alone(index, matrix, engine, effort, settings.cores, should_stop)
        # A comparison that was cut short would compare nothing.
        if not should_stop():
            comparison = best.compared_with(alone)
    report("check", best.cost_fen, 95)
    plan = checked(day, best.plan())

    def again(other: Day, within: PlanSettings) -> Plan:
        silent, begin = (lambda *_: None), best.decision
        return plan_day(other, within, engine, should_stop, silent, clock, with_ways=False, start=begin).plan

    report("forecast", plan.cost.total_fen, 96)
    plan, forecast = forecast_to_target(day, matrix, asked, plan, again, should_stop)
    explanations = explain_day(day, plan, settings, engine, should_stop, roads_of, report)
    report("check", plan.cost.total_fen, 100)
    ways = village_ways(index, matrix, plan) if with_ways else ()
    asks = with_ways and settings.compare and settings.use_lines
    risks = trip_risks(day, plan, engine, should_stop) if asks and isinstance(engine, JointEngine) else ()
    bound = bound_plan(day, plan, effort_for(settings), should_stop, clock) if with_ways and not should_stop() else None
    return PlanResult(
        plan,
        comparison,
        ways,
        mode_shares(ways),
        bound=bound,
        explanations=explanations,
        trip_risks=risks,
        forecast=forecast,
    )


def _options(index: DayIndex, matrix: RoadMatrix, engine: Engine) -> list[BookingOption]:
    """The bookings to choose from; only who decides runs with them can decide the last mile."""
    last_mile = enumerate_last_mile(index, matrix) if isinstance(engine, JointEngine) else []
    return enumerate_options(index) + last_mile


def checked(day: Day, plan: Plan) -> Plan:
    """Give the plan back if the checker finds no law broken.

    Raises
    ------
    PlanRefusedError
        Naming the broken laws.
    """
    broken = check(day, plan)
    if broken:
        raise PlanRefusedError([(law.law.value, f"{law.subject}: {law.detail}") for law in broken])
    return plan


@dataclass(slots=True)
class _Keeper:
    """Writes out and checks decisions for who keeps them, seldom enough to take little of the time."""

    day: Day
    index: DayIndex
    matrix: RoadMatrix
    keep: Callable[[PlanResult], None]
    clock: Callable[[], float]
    last: float
    every_s: float = _KEEP_EVERY_S

    def __call__(self, decision: Decision) -> None:
        """Keep a decision, unless one was kept lately."""
        began = self.clock()
        if began - self.last < self.every_s:
            return
        self.keep(PlanResult(checked(self.day, make_plan(self.index, self.matrix, decision)), None))
        self.last = self.clock()
        self.every_s = max(self.every_s, _KEEP_FACTOR * (self.last - began))


@dataclass(frozen=True, slots=True)
class _Best:
    """The best that was found: runs only, with lines, both with nothing waiting; and with that where it may be."""

    today: Search
    runs_only: Decision
    all_today: Decision
    later: Search | None = None
    waiting: Decision | None = None

    @property
    def cost_fen(self) -> int:
        """What the cheapest costs."""
        today_fen = self.today.cost(self.all_today)
        if self.later is None or self.waiting is None:
            return today_fen
        return min(today_fen, self.later.cost(self.waiting))

    @property
    def decision(self) -> Decision:
        """The cheapest."""
        if self.later is None or self.waiting is None:
            return self.all_today
        return self.waiting if self.later.cost(self.waiting) <= self.today.cost(self.all_today) else self.all_today

    def polished(self) -> _Best:
        """With what it is compared with searched once more, as the best was in its last step."""
        all_today, runs_only = self.all_today, self.runs_only
        if self.waiting is not None:
            all_today = self.today.searched_on(all_today, _ALL_TODAY_PART, self.waiting)
        runs_only = self.today.searched_on(runs_only, POLISH_PART) if all_today.bookings else all_today
        all_today = min(all_today, runs_only, key=self.today.cost)
        if self.later is None or self.waiting is None:
            return replace(self, runs_only=runs_only, all_today=all_today)
        waiting = min(self.waiting, all_today, key=self.later.cost)
        return replace(self, runs_only=runs_only, all_today=all_today, waiting=waiting)

    def compared_with(self, alone: tuple[CarrierAlone, ...]) -> Comparison:
        """The same day without lines, without cooperation and with nothing waiting."""
        return Comparison(
            shared_runs_fen=self.today.cost(self.runs_only),
            alone_fen=sum(carrier.cost_fen for carrier in alone),
            alone=alone,
            all_today_fen=0 if self.later is None else self.today.cost(self.all_today),
        )

    def plan(self) -> Plan:
        """The cheapest, written out."""
        index, matrix = self.today.index, self.today.matrix
        today = make_plan(index, matrix, self.all_today)
        if self.later is None or self.waiting is None:
            return today
        plan = make_plan(self.later.index, matrix, self.waiting)
        # Only where its price is above that of leaving it behind can waiting make a day dearer.
        cheaper = plan.cost.total_fen <= today.cost.total_fen
        return tell_waiting(self.later.index, matrix, plan, today) if cheaper else today
