"""``cuntong revise`` as a dispatcher has it: from a planned folder, in whole processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import DATE, PARCELS, planning, run, run_here, services_up
from tests.county_files import write_county


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    with services_up(tmp_path_factory.mktemp("services")) as options:
        yield options


@pytest.fixture(scope="module")
def papers(at: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("revise")
    county = write_county(folder)
    (county / "parcels.csv").write_text(PARCELS, encoding="utf-8")
    code, said = run(*planning(county, folder / "out", "--iterations", "10", "--no-compare", *at))
    assert code == 0, said
    yield folder / "out" / DATE


def test_a_planned_folder_goes_on_after_a_vehicle_broke_down(papers: Path, at: tuple[str, ...]) -> None:
    plan = json.loads((papers / "plan.json").read_bytes())["plan"]
    vehicle = plan["runs"][0]["vehicle_id"]
    code, said = run("revise", papers, "--now", "5:00", "--down", vehicle, "--budget", "1")
    assert code == 0, said
    target = papers.with_name(f"{papers.name}-0500")
    revised = json.loads((target / "plan.json").read_bytes())
    assert vehicle not in {one["vehicle_id"] for one in revised["plan"]["runs"]}
    assert revised["forecast"]["days"] == 2_000
    assert "准点预测" in said
    assert revised["plan"]["as_of_time"] == f"{DATE}T05:00:00+08:00"
    assert {"plan.json", "day.json", "map.html", "变更.csv"} <= {path.name for path in target.iterdir()}
    # What came of it can be revised in turn.
    code, said = run("revise", target, "--now", "5:10", "--budget", "1", "--out", papers.with_name("again"), at[1])
    assert code == 0, said
    assert "无变更" in said


def test_what_cannot_be_is_said_on_the_terminal(papers: Path, at: tuple[str, ...]) -> None:
    code, said = run("revise", papers, "--now", "5:00", "--down", "nobody", "--cancel", "nothing", at[1])
    assert code == 2
    assert 'revision.events.cancelled_trips[0]: "nothing" is no trip of the day' in said
    assert 'revision.events.down_vehicles[0]: "nobody" is no vehicle of the day' in said


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [("--now", "noon", "is no time like 10:30"), ("--late", "T1", "is not like T1=25"), ("--close", "A", "two nodes")],
)
def test_options_that_cannot_be_read_are_named(papers: Path, option: str, value: str, expected: str) -> None:
    code, said = run_here("revise", papers, *(() if option == "--now" else ("--now", "5:00")), option, value)
    assert code == 2
    assert expected in " ".join(said.split())


def test_events_come_from_a_file_too(papers: Path, at: tuple[str, ...], tmp_path: Path) -> None:
    events = tmp_path / "events.json"
    events.write_text('{"down_vehicles": ["nobody"]}', encoding="utf-8")
    code, said = run("revise", papers, "--now", "5:00", "--events", events, at[1])
    assert code == 2
    assert "down_vehicles[0]" in said
    events.write_text('{"earthquake": true}', encoding="utf-8")
    code, said = run("revise", papers, "--now", "5:00", "--events", events, at[1])
    assert code == 2
    assert "earthquake" in said


def test_what_is_told_of_a_planned_folder_is_kept_in_it(papers: Path, at: tuple[str, ...]) -> None:
    code, said = run("bound", papers, "--seconds", "1", at[1])
    assert code == 0, said
    told = json.loads((papers / "plan.json").read_bytes())
    assert told["bound"]["lower_fen"] <= told["plan"]["cost"]["total_fen"]
