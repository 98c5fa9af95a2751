"""A day with a change searched again from the plan that stands, for as many steps as were asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.model.day import Day, PlanSettings
from services.model.plan import Plan
from services.route.assemble import make_plan
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.decision import Decision
from services.route.engines.engine import Engine, JointEngine, RunSolution, ShouldStop
from services.route.joint import make_joint_task
from services.route.last_mile import enumerate_last_mile
from services.route.options import BookingOption, enumerate_options
from services.route.plan_decision import read_decision
from services.route.roads.source import RoadMatrix
from services.route.run_task import make_run_task
from services.route.search import Search, Stage, whole_effort
from services.route.visits import Grain
from services.route.warm_start import carry_over

_ALL: Final = Stage(1.0, 0, 100)
_NO_RUNS: Final = RunSolution((), 0)


@dataclass(frozen=True, slots=True)
class Solver:
    """Searches with one engine on one core; the same day, plan and iterations give the same answer."""

    engine: Engine
    iterations: int
    should_stop: ShouldStop
    use_lines: bool = True

    def solve(self, day: Day, plan: Plan, matrix: RoadMatrix) -> Plan | None:
        """Search on from ``plan``; ``None`` where what is found breaks a law, or where it was told to stop.

        What waits in the plan goes on waiting and is not searched: it has another day.
        """
        waiting = {one.consignment_id for one in plan.waiting}
        searched = replace(day, consignments=tuple(c for c in day.consignments if c.consignment_id not in waiting))
        index = DayIndex.of(searched)
        options = enumerate_options(index) if self.use_lines else []
        if options and isinstance(self.engine, JointEngine):
            options += enumerate_last_mile(index, matrix)
        decision = self._decide(index, matrix, plan, options)
        if self.should_stop():
            return None
        found = make_plan(DayIndex.of(day), matrix, decision)
        return None if check(day, found) else found

    def _decide(self, index: DayIndex, matrix: RoadMatrix, plan: Plan, options: Sequence[BookingOption]) -> Decision:
        settings = PlanSettings(iterations=self.iterations, cores=1, compare=False)
        anew = make_run_task(index, matrix, index.day.consignments, {})
        if not anew.classes:
            # Where nothing drives, bookings are chosen as a whole: those that stand would seem to be worth nothing.
            return self._search(index, matrix, settings).from_start(Decision((), anew, _NO_RUNS), options)
        if not isinstance(self.engine, JointEngine):
            start = read_decision(index, matrix, plan, options)
            return self._search(index, matrix, settings).from_start(start, options)
        joint = make_joint_task(index, matrix, options, Grain.FINE)
        start = read_decision(index, matrix, plan, options)
        runs = carry_over(start.task, start.solution, joint.task)
        first = joint.way(replace(start, task=joint.task, solution=runs))
        effort = whole_effort(settings)
        found = self.engine.solve_jointly(
            joint.problem, joint.bookable, effort, self.should_stop, lambda _: None, first
        )
        return joint.decision(found)

    def _search(self, index: DayIndex, matrix: RoadMatrix, settings: PlanSettings) -> Search:
        return Search(index, matrix, settings, self.engine, self.should_stop, _tell_nobody, _no_time, math.inf, _ALL)


def _tell_nobody(_phase: str, _cost_fen: int, _percent: int) -> None:
    """Progress of a search within a search is nobody's business."""


def _no_time() -> float:
    """No clock: only steps count."""
    return 0.0
