"""``cuntong settle`` as a cooperative has it: from a planned folder, in whole processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import DATE, PARCELS, planning, run, run_here, services_up
from tests.county_files import set_cell, write_county

PAPERS = {"结算单.csv", "结算明细.csv", "成本分摊.csv", "settlement.json"}


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    with services_up(tmp_path_factory.mktemp("services")) as options:
        yield options


@pytest.fixture(scope="module")
def papers(at: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A planned day on which B's goods ride in A's van under a shared cost."""
    folder = tmp_path_factory.mktemp("settle")
    county = write_county(folder)
    (county / "parcels.csv").write_text(PARCELS, encoding="utf-8")
    set_cell(county / "vehicles.csv", 3, "fixed_fen", "90000")
    code, said = run(*planning(county, folder / "out", "--iterations", "10", "--no-compare", *at))
    assert code == 0, said
    yield folder / "out" / DATE


def test_a_planned_folder_is_settled_and_the_papers_stand_beside_the_plan(papers: Path) -> None:
    code, said = run("settle", papers, "--iterations", "5")
    assert code == 0, said
    assert "结算单" in said
    assert "AG-1 快快，甲速递运营，按沙普利值" in said
    assert PAPERS | {"plan.json", "day.json"} <= {path.name for path in papers.iterdir()}
    settlement = json.loads((papers / "settlement.json").read_bytes())["settlement"]
    assert sum(entry["fen"] for entry in settlement["entries"]) == 0
    assert sum(account["charge_fen"] for account in settlement["accounts"]) == settlement["spent_fen"] > 0
    assert settlement["iterations"] == 5


def test_what_is_settled_again_is_settled_the_same(papers: Path, at: tuple[str, ...]) -> None:
    run("settle", papers, "--iterations", "5", "--seed", "4", at[0])
    first = (papers / "settlement.json").read_bytes()
    run("settle", papers, "--iterations", "5", "--seed", "4", "--cores", "1")
    assert (papers / "settlement.json").read_bytes() == first


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    code, said = run_here("settle", tmp_path / "nowhere")
    assert code == 2
    assert "没有这个文件夹" in said


def test_a_folder_without_a_plan_is_named(tmp_path: Path) -> None:
    code, said = run_here("settle", tmp_path)
    assert code == 2
    assert "day.json" in said


def test_a_plan_by_name_needs_a_service(tmp_path: Path) -> None:
    code, said = run("settle", "plan-1", "--consolidation", "127.0.0.1:1")
    assert code == 2
    assert "UNAVAILABLE" in said
