from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from services.cli.app import make_app
from services.model.errors import InvalidInputError
from services.route.instances.choices import Rounding
from services.route.instances.judge import judge
from services.route.instances.reading import read_instance
from services.route.kernel.problem import KernelRoute, KernelSolution
from services.route.kernel.search import Limits, search

# Four customers in two pairs; a vehicle has room for one pair. Each pair is 2 * 3 + 4 round the depot.
CVRP = """NAME : pairs
TYPE : CVRP
DIMENSION : 5
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 0 3
3 4 3
4 0 -3
5 4 -3
DEMAND_SECTION
1 0
2 5
3 5
4 5
5 5
DEPOT_SECTION
1
-1
EOF
"""
SOLUTION = "Route #1: 1 2\nRoute #2: 3 4\nCost 24\n"
WINDOWS = """TIME_WINDOW_SECTION
1 0 100
2 0 100
3 0 100
4 0 100
5 0 {closes}
"""


def instance_file(folder: Path, text: str = CVRP, solution: str | None = SOLUTION) -> Path:
    path = folder / "pairs.vrp"
    path.write_text(text)
    if solution is not None:
        path.with_suffix(".sol").write_text(solution)
    return path


def windows(closes: int) -> str:
    text = CVRP.replace("TYPE : CVRP", "TYPE : VRPTW\nSERVICE_TIME : 1")
    return text.replace("DEPOT_SECTION", WINDOWS.format(closes=closes) + "DEPOT_SECTION")


def test_an_instance_is_read_searched_and_judged(tmp_path: Path) -> None:
    instance = read_instance(instance_file(tmp_path))
    found = search(instance.problem, Limits(0, 500))
    assert judge(instance.data, found).broken == ()
    assert judge(instance.data, found).cost == found.cost == 24
    assert instance.best is not None
    assert judge(instance.data, instance.best).cost == 24


def test_time_windows_are_searched_and_judged_in_the_set_s_rounding(tmp_path: Path) -> None:
    # The customer at (4, -3) is to be reached at 5.0 where its pair's first would make it 3 + 1 + 4.
    instance = read_instance(instance_file(tmp_path, windows(6)))
    found = search(instance.problem, Limits(0, 500))
    assert (judge(instance.data, found).broken, judge(instance.data, found).cost) == ((), 240)
    late = judge(instance.data, KernelSolution((KernelRoute(0, ((2, 3),)), KernelRoute(0, ((0, 1),))), (), 0))
    assert late.broken == ("route 0: is at location 4 at 80, 20 late",)


def test_rounding_can_be_chosen(tmp_path: Path) -> None:
    instance = read_instance(instance_file(tmp_path), Rounding.EXACT)
    assert search(instance.problem, Limits(0, 500)).cost == 24_000


def solution(*trips: tuple[int, ...]) -> KernelSolution:
    return KernelSolution(tuple(KernelRoute(0, (trip,)) for trip in trips), (), 0)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (solution((0, 1, 2), (3,)), "route 0: carries [15] where [10] is the most"),
        (solution((0, 1), (2,)), "client 3 is not served"),
        (solution((0, 1), (2, 3), (3,)), "client 3 is served twice"),
        (KernelSolution((KernelRoute(0, ((0, 1), (2, 3))),), (), 0), "route 0: reloads where it may not"),
    ],
)
def test_the_judge_names_what_is_broken(tmp_path: Path, wrong: KernelSolution, says: str) -> None:
    assert judge(read_instance(instance_file(tmp_path)).data, wrong).broken == (says,)


def test_a_vehicle_more_than_there_are_is_named(tmp_path: Path) -> None:
    text = CVRP.replace("CAPACITY : 10", "VEHICLES : 2\nCAPACITY : 10")
    instance = read_instance(instance_file(tmp_path, text))
    broken = judge(instance.data, solution((0, 1), (2,), (3,))).broken
    assert broken == ("3 vehicles of kind 0 where there are 2",)


def test_one_that_fits_nowhere_is_left_out_and_named(tmp_path: Path) -> None:
    instance = read_instance(instance_file(tmp_path, CVRP.replace("5 5\nDEPOT", "5 11\nDEPOT"), None))
    assert instance.best is None
    found = search(instance.problem, Limits(0, 200))
    assert judge(instance.data, found).broken == ("client 3 is not served",)


@pytest.mark.parametrize("text", ["", "NAME : nothing\n", "\0\1\2"])
def test_what_is_no_instance_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"pairs\.vrp"):
        read_instance(instance_file(tmp_path, text))


def test_a_solution_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"pairs\.sol"):
        read_instance(instance_file(tmp_path, solution="Route #1: 1 99\nCost 1\n"))


@pytest.mark.parametrize("engine", ["search", "pyvrp", "ortools"])
def test_the_command_prints_a_line_for_each_instance(tmp_path: Path, engine: str) -> None:
    path = str(instance_file(tmp_path))
    options = ["--engine", engine, "--seconds", "0.2"]
    result = CliRunner().invoke(make_app(), ["bench", path, path, *options, "--json"])
    lines = [orjson.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 0, result.output
    shown = {name: lines[1][name] for name in ("name", "engine", "cost", "routes", "best_known", "gap_percent")}
    assert shown == {
        "name": "pairs",
        "engine": engine,
        "cost": 24,
        "routes": 2,
        "best_known": 24,
        "gap_percent": 0.0,
    }
    assert lines[0]["verdict"] == "OK"
    told = CliRunner().invoke(make_app(), ["bench", path, *options, "--best", "20"])
    assert "gap 20.00 %" in told.output


def test_admission_and_reach_are_those_of_the_profile(tmp_path: Path) -> None:
    instance = read_instance(instance_file(tmp_path))
    admitted = instance.problem.tasks.admitted.copy()
    admitted[:, 3] = False
    barred = replace(instance.problem, tasks=replace(instance.problem.tasks, admitted=admitted))
    found = search(barred, Limits(0, 200))
    assert 3 not in {task for route in found.routes for trip in route.trips for task in trip}
