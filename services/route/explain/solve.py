"""A day with a change searched again from the plan that stands, for as many steps as were asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from services.model.day import Day, PlanSettings
from services.model.plan import Plan
from services.route.assemble import make_plan
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.decision import Decision
from services.route.engines.engine import Engine, JointEngine, RunSolution, ShouldStop
from services.route.last_mile import enumerate_last_mile
from services.route.options import enumerate_options
from services.route.plan_decision import read_decision
from services.route.roads.source import RoadMatrix
from services.route.run_task import make_run_task
from services.route.search import Search, Stage

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
        """Search on from ``plan``; ``None`` where what is found breaks a law, or where it was told to stop."""
        index = DayIndex.of(day)
        options = enumerate_options(index) if self.use_lines else []
        if options and isinstance(self.engine, JointEngine):
            options += enumerate_last_mile(index, matrix)
        anew = make_run_task(index, matrix, day.consignments, {})
        # Where nothing drives, bookings are chosen as a whole: what is booked already would seem to be worth nothing.
        start = read_decision(index, matrix, plan, options) if anew.classes else Decision((), anew, _NO_RUNS)
        settings = PlanSettings(iterations=self.iterations, cores=1, compare=False)
        search = Search(index, matrix, settings, self.engine, self.should_stop, _tell_nobody, _no_time, math.inf, _ALL)
        found = make_plan(index, matrix, search.from_start(start, options))
        return None if self.should_stop() or check(day, found) else found


def _tell_nobody(_phase: str, _cost_fen: int, _percent: int) -> None:
    """Progress of a search within a search is nobody's business."""


def _no_time() -> float:
    """No clock: only steps count."""
    return 0.0
