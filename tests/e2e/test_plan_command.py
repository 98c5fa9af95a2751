"""The command line as a dispatcher has it: whole processes, real folders, nothing left behind."""

from __future__ import annotations

import json
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.app import make_app
from services.runtime.embedded import EmbeddedStore
from tests.commands import DATE, PARCELS, planning, run, run_here, services_up, start, survivors
from tests.county_files import set_cell, write_county

PERSONAL = ("张三丰", "李寻欢", "王重阳", "13912345678", "13812345678", "6578901")
FIGURES = (
    *("rows", "held", "consignments", "bookings", "runs", "villages_with_parcels", "villages_reached", "unserved"),
    *("cost_fen", "cost_fen_alone", "seconds", "checker"),
)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    small = write_county(tmp_path_factory.mktemp("county"))
    (small / "parcels.csv").write_text(PARCELS, encoding="utf-8")
    return small


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    with services_up(tmp_path_factory.mktemp("services")) as options:
        yield options


@pytest.fixture(scope="module")
def planned(
    county: Path, at: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], tuple[int, str, Path]]]:
    """Plans made side by side, as each takes some seconds: by name, the exit code, what was said and the folder."""
    folder = tmp_path_factory.mktemp("out")
    gb18030, empty = (Path(shutil.copytree(county, folder / name / "small")) for name in ("gb18030", "empty"))
    for path in gb18030.rglob("*.csv"):
        path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    (empty / "parcels.csv").write_text(PARCELS.partition("\n")[0] + "\n", encoding="utf-8")
    (folder / "snow.toml").write_text("day_permille = 300\n", encoding="utf-8")
    (folder / "wrong.toml").write_text("snow = 1\n", encoding="utf-8")
    punctual = ["--iterations", "30", "--on-time", "95", "--forecast-days", "200", "--promise", "30", "--noise"]
    commands = {
        "punctual": start(*planning(county, folder / "out-punctual", *punctual, str(folder / "snow.toml"), *at)),
        "wrong": start(*planning(county, folder / "out-wrong", *punctual, str(folder / "wrong.toml"))),
        "whole": start(*planning(county, folder / "out-whole", "--budget", "1")),
        "once": start(*planning(county, folder / "out-once", "--iterations", "30", *at)),
        "again": start(*planning(county, folder / "out-again", "--iterations", "30", *at)),
        "gb18030": start(*planning(gb18030, folder / "out-gb18030", "--iterations", "30", *at)),
        "empty": start(*planning(empty, folder / "out-empty", "--budget", "1", *at)),
    }
    ended = {name: command.finish() for name, command in commands.items()}
    yield lambda name: (*ended[name], folder / f"out-{name}" / DATE)


def test_a_target_of_punctuality_is_aimed_at_and_told(planned: Callable[[str], tuple[int, str, Path]]) -> None:
    code, said, papers = planned("punctual")
    assert code == 0, said
    assert "准点预测" in said and "准点目标" in said
    forecast = json.loads((papers / "plan.json").read_text())["forecast"]
    assert (forecast["days"], forecast["target_permille"]) == (200, 950)
    assert forecast["is_target_reached"] == ("95.0% 已达到" in said)
    shown = json.loads((papers / "summary.json").read_text())["punctuality"]
    assert shown["on_time_permille"] == forecast["on_time_permille"]


def test_noise_of_an_unknown_kind_is_refused_before_anything_is_planned(
    planned: Callable[[str], tuple[int, str, Path]],
) -> None:
    code, said, papers = planned("wrong")
    assert code == 2
    assert "wrong.toml: snow: is none of day_permille" in " ".join(said.split())
    assert not papers.exists()


def test_a_plan_leaves_all_papers_and_nothing_else(planned: Callable[[str], tuple[int, str, Path]]) -> None:
    code, said, papers = planned("whole")
    assert code == 0, said
    assert "校核通过" in said
    assert "散件 0 件" in said
    names = {path.name for path in papers.iterdir()}
    assert names >= {"plan.json", "day.json", "map.html", "summary.json", "held.csv", "装袋单.csv"}
    assert any(name.startswith(("路单-", "搭载单-")) for name in names)
    assert [path.name for path in papers.parent.iterdir()] == [DATE]
    summary = json.loads((papers / "summary.json").read_bytes())
    assert [key for key in FIGURES if key not in summary] == []
    assert (summary["rows"], summary["held_total"], summary["checker"]) == (4, 1, "passed")
    assert (summary["villages_with_parcels"], summary["villages_reached"], summary["unserved"]) == (3, 3, 0)


def test_the_same_seed_and_iterations_give_the_same_plan(planned: Callable[[str], tuple[int, str, Path]]) -> None:
    (first_code, _, first), (second_code, _, second) = planned("once"), planned("again")
    assert (first_code, second_code) == (0, 0)
    assert (first / "plan.json").read_bytes() == (second / "plan.json").read_bytes()


def test_gb18030_text_gives_the_same_plan_as_utf_8(planned: Callable[[str], tuple[int, str, Path]]) -> None:
    code, said, papers = planned("gb18030")
    assert code == 0, said
    assert (papers / "plan.json").read_bytes() == (planned("once")[2] / "plan.json").read_bytes()


def test_a_day_without_parcels_has_an_empty_plan(planned: Callable[[str], tuple[int, str, Path]]) -> None:
    code, said, papers = planned("empty")
    assert code == 0, said
    assert "当日没有运单" in said
    summary = json.loads((papers / "summary.json").read_bytes())
    assert (summary["rows"], summary["runs"], summary["bookings"], summary["unserved"]) == (0, 0, 0, 0)


def test_a_plan_and_its_papers_can_be_shown(planned: Callable[[str], tuple[int, str, Path]]) -> None:
    code, said = run("show", planned("whole")[2] / "plan.json")
    assert code == 0, said
    assert "总费用" in said


def test_each_parcel_of_a_planned_day_can_be_traced(planned: Callable[[str], tuple[int, str, Path]]) -> None:
    papers = planned("whole")[2]
    asked = {
        "甲速递/W1": (0, ("已安排", "袋号", "责任链", "甲速递：送到")),
        "EXP-A/W3": (0, ("已安排", "出村", "从")),
        "EXP-A/W4": (0, ("扣留", "第 5 行", "村无法识别")),
        "EXP-A/W9": (2, ("没有快件",)),
    }
    commands = {parcel: start("trace", parcel, "--plan", papers) for parcel in asked}
    as_json = start("trace", "EXP-B/W2", "--plan", papers, "--json")
    for parcel, (expected, words) in asked.items():
        code, said = commands[parcel].finish()
        assert code == expected, said
        assert [word for word in words if word not in said] == [], said
        assert "Traceback" not in said
    code, said = as_json.finish()
    assert (code, json.loads(said)["parcel_id"]) == (0, "EXP-B/W2")


def drop_column(path: Path, column: str) -> None:
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    place = rows[0].index(column)
    path.write_text("".join(",".join(row[:place] + row[place + 1 :]) + "\n" for row in rows), encoding="utf-8")


BAD: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "missing file": (lambda f: (f / "vehicles.csv").unlink(), ("vehicles.csv",)),
    "missing parcels": (lambda f: (f / "parcels.csv").unlink(), ("parcels.csv",)),
    "missing column": (lambda f: drop_column(f / "partners.csv", "role"), ("partners.csv role 列：缺少必需的列",)),
    "missing waybill column": (lambda f: drop_column(f / "parcels.csv", "运单号"), ("parcels.csv", "运单号")),
    "unknown owner": (
        lambda f: set_cell(f / "vehicles.csv", 3, "owner", "NOBODY"),
        ("vehicles.csv 第 3 行 owner 列：“NOBODY”不在合作方中",),
    ),
    "stop is no node": (
        lambda f: set_cell(f / "gtfs/stop_times.txt", 3, "stop_id", "V-9"),
        ("stop_times.txt 第 3 行 stop_id 列：“V-9”不在 stops.txt 的站点中",),
    ),
    "cyclic trip": (
        lambda f: set_cell(f / "gtfs/stop_times.txt", 2, "stop_id", "BS"),
        ("stop_times.txt 第 2 行 stop_id 列：班次重复停靠",),
    ),
    "outside China": (
        lambda f: set_cell(f / "nodes.csv", 4, "lon", "2.35"),
        ("nodes.csv 第 4 行 lon 列：2.35 不在中国范围",),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_folder_is_refused_by_file_row_and_column(county: Path, tmp_path: Path, name: str) -> None:
    spoil, words = BAD[name]
    bad = Path(shutil.copytree(county, tmp_path / "small"))
    spoil(bad)
    old = tmp_path / "old" / DATE
    old.mkdir(parents=True)
    (old / "plan.json").write_text("an older plan")
    command = run if name == "missing file" else run_here
    code, said = command(*planning(bad, tmp_path / ("new" if name == "missing file" else "old"), "--budget", "1"))
    assert code == 2, said
    assert [word for word in words if word not in said] == [], said
    assert "Traceback" not in said
    assert not (tmp_path / "new").exists()
    assert contents(tmp_path / "old") == {f"{DATE}/plan.json": b"an older plan"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_plan_that_is_interrupted_leaves_nothing(county: Path, tmp_path: Path, number: int, code: int) -> None:
    old = tmp_path / "out" / DATE
    old.mkdir(parents=True)
    (old / "plan.json").write_text("an older plan")
    command = start(*planning(county, tmp_path / "out", "--budget", "60"))
    assert command.process.stdout is not None
    for line in command.process.stdout:
        if "合配件组" in line:
            break
    time.sleep(0.5)
    assert len(survivors(command.mark)) >= 3  # the command and both services
    ended, said = command.end(number)
    assert (ended, "已中断" in said, "Traceback" in said) == (code, True, False), said
    assert contents(tmp_path / "out") == {f"{DATE}/plan.json": b"an older plan"}


def test_check_says_what_a_folder_holds(county: Path) -> None:
    code, said = run("check", county, "--date", DATE)
    assert code == 0, said
    assert "数据有效" in said
    assert "运单 waybills 4" in said
    assert run("check", county)[0] == 0  # the date of today


def test_check_judges_a_plan_for_a_folder(county: Path, at: tuple[str, ...], tmp_path: Path) -> None:
    settings = ("--date", DATE, "--iterations", "5", "--cores", "1", "--no-compare")
    assert run("plan", county, *settings, *at, "--out", tmp_path)[0] == 0
    plan = tmp_path / DATE / "plan.json"
    code, said = run("check", county, "--date", DATE, "--plan", plan)
    assert (code, "计划合规" in said) == (0, True), said
    document = json.loads(plan.read_bytes())
    document["plan"]["cost"]["time_fen"] += 1
    document["plan"]["cost"].pop("total_fen")
    plan.write_text(json.dumps(document))
    code, said = run("check", county, "--date", DATE, "--plan", plan, *at)
    assert (code, "COST" in said, "费用不符" in said) == (1, True, True), said
    document["plan"]["county_id"] = "elsewhere"
    plan.write_text(json.dumps(document))
    code, said = run("check", county, "--date", DATE, "--plan", plan, *at)
    assert (code, "plan.county_id" in said, "Traceback" in said) == (2, True, False), said


def test_what_would_serve_the_unserved_is_told_where_it_is_asked_for(
    county: Path, at: tuple[str, ...], tmp_path: Path
) -> None:
    for row in (2, 3):
        set_cell(county / "vehicles.csv", row, "capacity_g", "900")
    settings = ("--date", DATE, "--iterations", "5", "--cores", "1", "--no-compare", "--explain")
    code, said = run("plan", county, *settings, *at, "--out", tmp_path)
    assert code == 0, said
    assert "最小调整：VAN-" in said
    explanations = json.loads((tmp_path / DATE / "plan.json").read_bytes())["explanations"]
    assert {one["change"]["relaxes"]["kind"] for one in explanations} == {"CAPACITY_G"}
    assert all(one["change"]["verified"] for one in explanations)
    assert run("check", tmp_path / DATE, "--plan", tmp_path / DATE, *at)[0] == 0


def test_help_is_there_for_every_command() -> None:
    code, said = run("--help")
    commands = ("check", "consolidate", "plan", "show", "trace", "watch", "cancel", "serve")
    assert code == 0
    assert [command for command in commands if command not in said] == []
    for command in commands:
        shown = CliRunner().invoke(make_app(), [command, "--help"], prog_name="cuntong")
        assert (shown.exit_code, f"Usage: cuntong {command}" in shown.output) == (0, True), shown.output


def test_wrong_use_is_explained_without_a_traceback(county: Path) -> None:
    uses: list[tuple[str | Path, ...]] = [
        ("plan", county, "--budget", "0"),
        ("plan",),
        ("check", "/nowhere"),
        ("show", "plan-0", "--route", "127.0.0.1:1"),
        ("watch", "plan-0", "--route", "127.0.0.1:1"),
        ("trace", "EXP-A/W1"),
        ("trace", "EXP-A/W1", "--plan", "/nowhere"),
        ("trace", "EXP-A/W1", "--plan-id", "plan-0", "--consolidation", "127.0.0.1:1"),
    ]
    for code, said in (run("plan", county, "--date", "tomorrow"), *(run_here(*use) for use in uses)):
        assert (code, "Traceback" in said) == (2, False), said
        assert said.strip()


def test_services_kept_up_hold_no_personal_data_and_end_on_sigterm(county: Path, tmp_path: Path) -> None:
    data = tmp_path / "store"
    with EmbeddedStore(data) as store:
        listens = ("consolidation", "route", "consolidation-metrics", "route-metrics")
        free = [f"--{name}=127.0.0.1:0" for name in listens]
        serve = start("serve", *free, CUNTONG_REDIS_URL=store.url)
        assert serve.process.stdout is not None
        heard, grpc = "", dict[str, str]()
        while "Ctrl-C" not in heard:
            line = serve.process.stdout.readline()
            assert line, heard
            heard += line
            if match := re.match(r"(consolidation|route): gRPC (\S+)", line):
                grpc[match[1]] = match[2]
        addresses = [f"--consolidation={grpc['consolidation']}", f"--route={grpc['route']}"]
        pooling = start("consolidate", county, "--date", DATE, "--held", tmp_path / "held.csv", addresses[0])
        code, said = run(*planning(county, tmp_path / "out", "--iterations", "30", *addresses))
        assert code == 0, said
        consolidated, pooled = pooling.finish()
        assert consolidated == 0, pooled
        stored = b"".join(contents(data).values())
        (plan_id,) = set(re.findall(rb"plan-[0-9a-f]{32}", stored))
        route = f"--route={grpc['route']}"
        known = [start(command, plan_id.decode(), route) for command in ("show", "watch", "cancel")]
        known += [start("trace", f"EXP-A/W{n}", "--plan-id", plan_id.decode(), addresses[0]) for n in (1, 4)]
        unknown = start("show", "plan-0", route)
        shown = [command.finish() for command in known]
        assert [code for code, _ in shown] == [0] * 5, shown
        unknown_code, not_found = unknown.finish()
        assert (unknown_code, "没有这个计划" in not_found) == (2, True), not_found
        code, log = serve.end(signal.SIGTERM)
        assert code == 0, log
    assert len(stored) > 1_000
    told = [said, pooled, heard, log, not_found, *(text for _, text in shown)]
    places = [text.encode() for text in told] + [stored, *contents(tmp_path).values()]
    assert [word for word in PERSONAL for place in places if word.encode() in place] == []
