"""How often an engine is asked to search, and from how many starts."""

from __future__ import annotations

import pytest

from services.model.day import PlanSettings
from services.route.engines import pyvrp
from services.route.engines.engine import Effort, RunSolution
from services.route.planner import plan_day
from tests.builders import small_day
from tests.engines import InProcessEngine


def searches_of(settings: PlanSettings) -> int:
    engine = InProcessEngine()
    plan_day(small_day(), settings, engine, lambda: False, lambda *_: None)
    return len(engine.problems)


def test_where_there_are_no_lines_runs_are_searched_once() -> None:
    settings = PlanSettings(iterations=20, cores=1, compare=False, use_lines=False)
    assert searches_of(settings) == 1


@pytest.mark.parametrize(("iterations", "starts"), [(1, 1), (79, 1), (80, 2), (120, 3), (10_000, 3), (None, 3)])
def test_few_iterations_try_few_starts(iterations: int | None, starts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = InProcessEngine()
    plan_day(
        small_day(),
        PlanSettings(iterations=1, cores=1, compare=False, use_lines=False),
        engine,
        lambda: False,
        lambda *_: None,
    )
    asked: list[Effort] = []

    def search(model: object, effort: Effort, on_best: object, start: RunSolution | None) -> RunSolution:
        asked.append(effort)
        return RunSolution((), 0)

    monkeypatch.setattr(pyvrp, "_search", search)
    pyvrp.solve_with_pyvrp(engine.problems[0], Effort(6, iterations), lambda _: None, None)
    # The starts, and then the search around the best.
    assert len(asked) == starts + 1
    assert len({effort.seed for effort in asked}) == starts + 1
    assert sum(effort.seconds for effort in asked) == pytest.approx(6)
