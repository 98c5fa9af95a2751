"""The engine's child process: what it sends, how it ends, and that nothing outlives its parent."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.model.errors import PlanningFailedError
from services.route.engines.child import ChildEngine, ChildPool, RunSolver
from services.route.engines.engine import Demand, Effort, Load, Room, RunProblem, RunSolution, VehicleClass
from services.route.engines.ortools import solve_with_ortools
from services.route.engines.pyvrp import solve_with_pyvrp

ROOT = Path(__file__).parents[2]
LONG = Effort(60)

_DRIVER = """
import pickle, sys
from services.route.engines.child import ChildEngine
from services.route.engines.pyvrp import solve_with_pyvrp
problem, effort = pickle.load(sys.stdin.buffer)
ChildEngine(solve_with_pyvrp).solve(problem, effort, lambda: False, lambda best: print(best.cost_fen, flush=True))
"""


@pytest.fixture(scope="module")
def problem() -> RunProblem:
    """Eighty visits to be spread over ten vans, which a search improves for a while."""
    rng = np.random.default_rng(1)
    at_m = rng.integers(0, 30_000, size=(81, 2))
    distance_m = np.abs(at_m[:, None, :] - at_m[None, :, :]).sum(axis=2).astype(np.int64)
    hours = np.zeros(81, dtype=np.int64)
    demands = tuple(Demand(i, Load(1_000 * i, 0, 1 + i % 7), Load(), 60, frozenset({0}), 20_000) for i in range(1, 81))
    van = VehicleClass(10, 0, Room(700_000, 10**6, 60), 12_000, 95, 3_000, 180, 320_000, 0, 86_400, 36_000, 2)
    return RunProblem(0, distance_m, distance_m // 12, hours, hours, hours + 86_400, demands, (van,), 10)


@pytest.fixture
def broken(problem: RunProblem) -> RunProblem:
    """A problem that no engine can make sense of: less than nothing is to be delivered."""
    first, *rest = problem.demands
    return replace(problem, demands=(replace(first, deliver=Load(-1, -1, -1)), *rest))


@pytest.fixture(params=[solve_with_pyvrp, solve_with_ortools], ids=["pyvrp", "ortools"])
def solver(request: pytest.FixtureRequest) -> RunSolver:
    """Whoever needs a child."""
    found: RunSolver = request.param
    return found


def searchers(parent_pid: int | None = None) -> list[int]:
    """The search processes that run, or those that a process started."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if b"services.route.engines.searcher" in command and (
            parent_pid is None or str(parent_pid).encode() in command
        ):
            found.append(int(entry.name))
    return found


def mine() -> list[int]:
    return searchers(os.getpid())


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def never() -> bool:
    return False


def test_each_plan_sent_is_better_and_the_last_is_the_answer(problem: RunProblem, solver: RunSolver) -> None:
    sent: list[RunSolution] = []
    best = ChildEngine(solver).solve(problem, Effort(2), never, sent.append)
    assert best is not None
    assert sent
    costs = [solution.cost_fen for solution in sent]
    assert all(later < earlier for earlier, later in pairwise(costs))
    assert best.cost_fen <= costs[-1]
    assert not mine()


def test_a_search_told_to_stop_ends_within_a_second_with_its_best_so_far(
    problem: RunProblem, solver: RunSolver
) -> None:
    sent: list[RunSolution] = []
    told_at: list[float] = []

    def should_stop() -> bool:
        if sent and not told_at:
            told_at.append(time.monotonic())
        return bool(sent)

    best = ChildEngine(solver).solve(problem, LONG, should_stop, sent.append)
    assert time.monotonic() - told_at[0] < 1
    assert best == sent[-1]
    assert not mine()


def test_a_search_told_to_stop_before_any_plan_has_no_answer(problem: RunProblem, solver: RunSolver) -> None:
    began = time.monotonic()
    assert ChildEngine(solver).solve(problem, LONG, lambda: True, lambda _: None) is None
    assert time.monotonic() - began < 1
    assert not mine()


def test_a_search_that_overruns_its_time_is_ended(problem: RunProblem, solver: RunSolver) -> None:
    ticks = iter(range(0, 10_000, 100))
    engine = ChildEngine(solver, clock=lambda: float(next(ticks)))
    assert engine.solve(problem, Effort(60), never, lambda _: None) is None
    assert not mine()


def test_a_search_that_fails_says_why(broken: RunProblem) -> None:
    with pytest.raises(PlanningFailedError, match="the search failed: ValueError"):
        ChildEngine(solve_with_pyvrp).solve(broken, LONG, never, lambda _: None)
    assert not mine()


def test_a_child_that_dies_before_any_plan_is_a_failure(problem: RunProblem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(PlanningFailedError, match="ended"):
        ChildEngine(solve_with_pyvrp).solve(problem, LONG, never, lambda _: None)


def test_a_child_that_writes_anything_else_is_a_failure_at_once(
    problem: RunProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/echo")
    with pytest.raises(PlanningFailedError, match="ended"):
        ChildEngine(solve_with_pyvrp).solve(problem, LONG, never, lambda _: None)


def test_a_caller_that_fails_leaves_no_child(problem: RunProblem) -> None:
    def fail(_: RunSolution) -> None:
        raise KeyError("from the caller")

    with pytest.raises(KeyError, match="from the caller"):
        ChildEngine(solve_with_pyvrp).solve(problem, LONG, never, fail)
    assert not mine()


def test_nothing_to_serve_needs_no_search(problem: RunProblem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert ChildEngine(solve_with_pyvrp).solve(
        replace(problem, demands=()), LONG, never, lambda _: None
    ) == RunSolution((), 0)


def test_the_same_iterations_and_seed_give_the_same_routes(problem: RunProblem, solver: RunSolver) -> None:
    first, second = (ChildEngine(solver).solve(problem, Effort(9, 30, 3), never, lambda _: None) for _ in range(2))
    assert first is not None
    assert first == second


def test_the_child_dies_with_its_parent(problem: RunProblem) -> None:
    driver = subprocess.Popen([sys.executable, "-c", _DRIVER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert driver.stdin is not None
        assert driver.stdout is not None
        with driver.stdin as stdin:
            pickle.dump((problem, LONG), stdin)
        assert driver.stdout.readline().strip().isdigit()  # the search has begun
        assert searchers(driver.pid)
        driver.send_signal(signal.SIGKILL)
        driver.wait()
        assert wait_until(lambda: not searchers(driver.pid), seconds=5)
    finally:
        driver.kill()
        driver.wait()
        if driver.stdout is not None:
            driver.stdout.close()


def child_ids(problem: RunProblem, pool: ChildPool) -> set[int]:
    """Who works on a short search."""
    seen: set[int] = set()
    pool.solve(solve_with_pyvrp, problem, Effort(9, 30), never, lambda _: seen.update(mine()))
    return seen


def test_a_pool_searches_again_with_the_child_it_has_and_ends_it_last(problem: RunProblem) -> None:
    with ChildPool(idle=2) as pool:
        first, second = child_ids(problem, pool), child_ids(problem, pool)
        assert len(first) == 1
        assert second == first == set(mine())
    assert not mine()


def test_a_pooled_child_finds_what_a_fresh_one_does(problem: RunProblem) -> None:
    with ChildPool(idle=1) as pool:
        pool.solve(solve_with_pyvrp, problem, Effort(9, 10, 1), never, lambda _: None)
        reused = pool.solve(solve_with_pyvrp, problem, Effort(9, 30, 3), never, lambda _: None)
    assert reused == ChildEngine(solve_with_pyvrp).solve(problem, Effort(9, 30, 3), never, lambda _: None)


def test_a_pooled_child_serves_whatever_solver_is_asked_for(problem: RunProblem) -> None:
    seen: list[set[int]] = []
    with ChildPool(idle=1) as pool:
        for solver in (solve_with_pyvrp, solve_with_ortools):
            engine = pool.engine(solver)
            assert engine.solve(problem, Effort(9, 30), never, lambda _: seen.append(set(mine()))) is not None
    assert len({frozenset(ids) for ids in seen}) == 1


def test_a_pool_keeps_no_child_whose_search_was_broken_off(problem: RunProblem, broken: RunProblem) -> None:
    with ChildPool(idle=2) as pool:
        sent: list[RunSolution] = []
        assert pool.solve(solve_with_pyvrp, problem, LONG, lambda: bool(sent), sent.append) == sent[-1]
        assert not mine()
        with pytest.raises(PlanningFailedError, match="the search failed"):
            pool.solve(solve_with_pyvrp, broken, LONG, never, lambda _: None)
        assert not mine()


def test_a_pool_replaces_a_child_that_died_while_it_waited(problem: RunProblem) -> None:
    with ChildPool(idle=1) as pool:
        (first,) = child_ids(problem, pool)
        os.kill(first, signal.SIGKILL)
        assert wait_until(lambda: not Path(f"/proc/{first}/cmdline").read_bytes(), seconds=5)
        assert child_ids(problem, pool) != {first}


def test_searches_at_once_have_a_child_each_and_no_more_of_them_wait_than_may(problem: RunProblem) -> None:
    with ChildPool(idle=1) as pool:
        with ThreadPoolExecutor(2) as threads:
            searches = [
                threads.submit(pool.solve, solve_with_pyvrp, problem, Effort(1), never, lambda _: None)
                for _ in range(2)
            ]
            assert wait_until(lambda: len(mine()) == 2, seconds=5)
            assert all(search.result() for search in searches)
        assert len(mine()) == 1
