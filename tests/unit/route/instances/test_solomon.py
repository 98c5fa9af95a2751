from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from services.cli.app import make_app
from services.model.errors import InvalidInputError
from services.route.instances.best_known import find_best, is_solution
from services.route.instances.choices import EngineName, Rounding
from services.route.instances.judge import judge_instance
from services.route.instances.reading import read_instance
from services.route.instances.solomon import UNITS
from services.route.instances.solvers import solve
from services.route.kernel.problem import KernelRoute, KernelSolution

# Two customers east and two west of the depot; one route round both sides is shorter than two, but only two are full.
TEXT = """pairs

VEHICLE
NUMBER     CAPACITY
  {vehicles}         {capacity}

CUSTOMER
CUST NO.  XCOORD.    YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE TIME

    0      0          0          0          0       {horizon}          0
    1      3          1         5          0       100         1
    2      3         -1         5          0       100         1
    3     -3          1         5          0       100         1
    4     -3         -1         5          0       {due}         1
"""
# Out to (3, 1), to (3, -1) and home: twice the root of ten, and two.
ROUND = 2 * 10**0.5 + 2


def text(vehicles: int = 4, capacity: int = 10, horizon: int = 200, due: int = 100) -> str:
    return TEXT.format(vehicles=vehicles, capacity=capacity, horizon=horizon, due=due)


def instance_file(folder: Path, content: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "pairs.txt"
    path.write_text(text() if content is None else content, newline="\r\n")
    return path


def solution(*trips: tuple[int, ...]) -> KernelSolution:
    return KernelSolution(tuple(KernelRoute(0, (trip,)) for trip in trips), (), 0)


def test_an_instance_is_read_as_its_set_measures(tmp_path: Path) -> None:
    instance = read_instance(instance_file(tmp_path))
    assert instance.customers is not None
    assert (instance.customers.vehicles, instance.customers.capacity) == (4, 10)
    assert judge_instance(instance, solution((0, 1), (2, 3))).cost == pytest.approx(2 * ROUND, abs=1e-12)
    assert judge_instance(instance, solution((0, 1), (2, 3))).broken == ()


def test_ways_are_rounded_up_and_whole_ones_are_kept(tmp_path: Path) -> None:
    ways = read_instance(instance_file(tmp_path)).problem.distance
    assert ways[1, 2] == 2 * UNITS
    assert ways[0, 1] == 31_623  # 3.16227...


def test_a_window_is_kept_in_double_precision(tmp_path: Path) -> None:
    # By way of customer 3 customer 4 is reached at 3.162 + 1 + 2.
    instance = read_instance(instance_file(tmp_path, text(due=6)))
    assert judge_instance(instance, solution((0, 1), (3, 2))).broken == ()
    late = judge_instance(instance, solution((0, 1), (2, 3)))
    assert late.broken == ("route 1: is at location 4 0.162278 late",)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (solution((0, 1, 2), (3,)), "route 0: carries 15 where 10 is the most"),
        (solution((0, 1), (2,)), "client 3 is not served"),
        (solution((0, 1), (2, 3), (3,)), "client 3 is served twice"),
        (KernelSolution((KernelRoute(0, ((0,), (1,))), KernelRoute(0, ((2, 3),))), (), 0), "route 0: reloads"),
        (solution((0,), (1,), (2,), (3,), ()), "5 vehicles where there are 4"),
    ],
)
def test_the_judge_names_what_is_broken(tmp_path: Path, wrong: KernelSolution, says: str) -> None:
    broken = judge_instance(read_instance(instance_file(tmp_path)), wrong).broken
    assert len(broken) == 1
    assert broken[0].startswith(says)


@pytest.mark.parametrize("engine", list(EngineName))
def test_fewest_vehicles_come_before_the_shortest_way(tmp_path: Path, engine: EngineName) -> None:
    # One vehicle has room for all, and time on a long day.
    instance = read_instance(instance_file(tmp_path, text(capacity=20)))
    found = solve(instance, engine, seconds=0.5, seed=1)
    assert len(found.routes) == 1
    assert judge_instance(instance, found).broken == ()
    short = read_instance(instance_file(tmp_path, text(capacity=20, horizon=12)))
    assert len(solve(short, engine, seconds=0.5, seed=1).routes) == 2


@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        ("", 1, "ends where the instance's name should stand"),
        (text().replace("VEHICLE\n", "FLEET\n"), 3, "the heading VEHICLE should stand here, not 'FLEET'"),
        (text().replace("CUSTOMER\n", ""), 7, "the heading CUSTOMER should stand here"),
        (text(vehicles=0), 5, "at least one vehicle"),
        (text().replace("  4         10", "  4"), 5, "has 1 columns, not 2"),
        (text().replace("    2      3", "    7      3"), 12, "customer 2 should stand here, not 7"),
        (text().replace("    2      3", "    2      east"), 12, "'east' is no number"),
        (text().replace("    2      3", "    2      nan"), 12, "'nan' is no number"),
        (text().replace("    2      3", "    2      1e9"), 12, "'1e9' is no number"),
        (text().replace("    2      3         -1", "    2      3"), 12, "has 6 columns, not 7"),
        (text().replace("-1         5          0       100", "-1         5.5        0       100"), 12, "whole number"),
        (text().replace("-1         5          0       100", "-1         5        101       100"), 12, "is due at 100"),
        (
            text().replace("0          0          0          0", "0          0          1          0", 1),
            10,
            "the depot",
        ),
        (text().split("    1 ")[0], 10, "has a depot and at least one customer"),
    ],
)
def test_a_bad_file_is_refused_by_its_line(tmp_path: Path, wrong: str, line: int, says: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_instance(instance_file(tmp_path, wrong))
    assert refused.value.violations[0].path == f"{tmp_path / 'pairs.txt'}:{line}"
    assert says in refused.value.violations[0].message


def test_double_precision_has_no_rounding(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no rounding"):
        read_instance(instance_file(tmp_path), Rounding.DIMACS)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"none\.txt: is not there"):
        read_instance(tmp_path / "none.txt")


ROUTES = "Instance name : pairs\nSolution\nRoute  1 : 1 2\nRoute  2 : 3 4\n"


@pytest.mark.parametrize(
    "place",
    ["set/pairs.sol", "set/pairs.2_16.6491.txt", "set/solutions/pairs.2_16.6491.txt", "solutions/pairs.2_16.6491.txt"],
)
def test_the_best_known_is_found_wherever_lists_keep_it(tmp_path: Path, place: str) -> None:
    path = instance_file(tmp_path / "set")
    assert find_best(path) is None
    best = tmp_path / place
    best.parent.mkdir(exist_ok=True)
    best.write_text(ROUTES.replace("Route  1", "Route #1"))
    (best.parent / "pairs2.1_1.txt").write_text("Route 1 : 1 2 3 4\n")  # of another instance
    assert find_best(path) == best
    assert is_solution(best)
    assert not is_solution(path)
    assert read_instance(path).best == solution((0, 1), (2, 3))


def test_of_several_the_one_with_fewest_routes_is_the_best(tmp_path: Path) -> None:
    path = instance_file(tmp_path)
    for name in ("pairs.3_10.txt", "pairs.2_30.5.txt", "pairs.2_4.txt"):
        (tmp_path / name).write_text(ROUTES)
    assert find_best(path) == tmp_path / "pairs.2_4.txt"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("Route 1 : 1 2\nRoute 2 : 3 5\n", "pairs.sol:2: '5' is none of the customers 1 to 4"),
        ("Route 1 : 1 two\n", "pairs.sol:1: 'two' is none of the customers 1 to 4"),
        ("no routes\n", "pairs.sol: has no line like 'Route 1 : 5 2 9'"),
    ],
)
def test_a_bad_solution_is_refused_by_its_line(tmp_path: Path, wrong: str, says: str) -> None:
    path = instance_file(tmp_path)
    path.with_suffix(".sol").write_text(wrong)
    with pytest.raises(InvalidInputError, match=says):
        read_instance(path)


def bench_line(path: Path, *options: str) -> dict[str, object]:
    result = CliRunner().invoke(make_app(), ["bench", str(path), "--seconds", "0.3", "--json", *options])
    assert result.exit_code == 0, result.output
    line: dict[str, object] = orjson.loads(result.output.splitlines()[-1])
    return line


def test_the_line_tells_distance_and_routes_in_the_set_s_measure(tmp_path: Path) -> None:
    path = instance_file(tmp_path)
    path.with_suffix(".sol").write_text(ROUTES)
    line = bench_line(path, "--cores", "2")
    assert line["cost"] == line["best_known"] == round(2 * ROUND, 4)
    assert (line["routes"], line["best_routes"], line["routes_above"], line["gap_percent"]) == (2, 2, 0, 0.0)
    told = CliRunner().invoke(make_app(), ["bench", str(path), "--seconds", "0.3"]).output
    assert "16.6491    2 routes" in told
    assert "best 16.6491 in 2 routes  gap 0.00 %  OK" in told


def test_with_other_routes_than_the_best_known_no_gap_is_told(tmp_path: Path) -> None:
    path = instance_file(tmp_path)
    line = bench_line(path, "--best", "10", "--best-routes", "1")
    assert (line["routes_above"], line["gap_percent"]) == (1, None)
    told = (
        CliRunner()
        .invoke(make_app(), ["bench", str(path), "--seconds", "0.3", "--best", "30", "--best-routes", "3"])
        .output
    )
    assert "best 30.0000 in 3 routes  1 fewer, distances do not compare  OK" in told


def test_a_best_cost_without_its_routes_is_no_best_where_vehicles_count_first(tmp_path: Path) -> None:
    result = CliRunner().invoke(make_app(), ["bench", str(instance_file(tmp_path)), "--best", "10"])
    assert isinstance(result.exception, InvalidInputError)
    assert "--best-routes" in str(result.exception)


def test_a_best_known_that_breaks_a_rule_is_refused(tmp_path: Path) -> None:
    path = instance_file(tmp_path)
    path.with_suffix(".sol").write_text("Route 1 : 1 2 3\nRoute 2 : 4\n")
    result = CliRunner().invoke(make_app(), ["bench", str(path), "--seconds", "0.3"])
    assert isinstance(result.exception, InvalidInputError)
    assert "the best known breaks a rule" in str(result.exception)
