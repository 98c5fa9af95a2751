"""``cuntong report``: stored plans in, one workbook out; what is broken is named, never skipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.app import make_app
from services.cli.report import NothingPlannedError
from services.cli.stored import DAY_FILE, PLAN_FILE
from services.files.plan_json import plan_document
from services.model.errors import InvalidInputError
from services.model.plan import PlanResult
from services.wire.documents import day_document
from tests.plans import sample_case


def store(out: Path, offset: int, folder: str = "") -> Path:
    """Store the sample day, so many days later, as ``cuntong plan`` does."""
    case = sample_case()
    network = case.day.county.network
    # The sample's nodes may be without any room, which no county folder may say.
    nodes = tuple(replace(node, max_pieces=None, max_volume_ml=None) for node in network.nodes)
    county = replace(case.day.county, network=replace(network, nodes=nodes))
    # What may wait is due later than the day that it is stored under.
    goods = tuple(replace(c, due_date=c.due_date + timedelta(days=offset)) for c in case.day.consignments)
    case = replace(case, day=replace(case.day, county=county, consignments=goods))
    day = case.day.service_date + timedelta(days=offset)
    target = out / (folder or day.isoformat())
    target.mkdir(parents=True)
    (target / DAY_FILE).write_bytes(day_document(replace(case.day, service_date=day)))
    (target / PLAN_FILE).write_bytes(plan_document(PlanResult(replace(case.plan, service_date=day))))
    return target


def report(out: Path, month: str = "2026-11") -> str:
    result = CliRunner().invoke(make_app(), ["report", "--month", month, "--out", str(out)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_a_months_plans_become_a_workbook(tmp_path: Path) -> None:
    store(tmp_path, 0)
    store(tmp_path, 1)
    (tmp_path / "notes").mkdir()
    said = report(tmp_path)
    assert "有计划天数  2 天" in said
    assert "缺计划天数  28 天" in said
    assert (tmp_path / "指标报告-2026-11.xlsx").stat().st_size > 5_000


def test_plans_of_other_months_do_not_count(tmp_path: Path) -> None:
    store(tmp_path, 0)
    store(tmp_path, 30)
    assert "有计划天数  1 天" in report(tmp_path)


def test_a_month_without_plans_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingPlannedError, match="holds no plan of 2026-11"):
        report(tmp_path)


def test_a_half_written_folder_is_named(tmp_path: Path) -> None:
    store(tmp_path, 0)
    (store(tmp_path, 1) / PLAN_FILE).unlink()
    (store(tmp_path, 2) / DAY_FILE).write_bytes(b"{")
    with pytest.raises(InvalidInputError) as error:
        report(tmp_path)
    assert [v.path.split("/")[0] for v in error.value.violations] == ["2026-11-24", "2026-11-25"]


def test_a_folder_that_holds_another_days_plan_is_named(tmp_path: Path) -> None:
    store(tmp_path, 0, folder="2026-11-09")
    with pytest.raises(InvalidInputError, match="holds the plan of"):
        report(tmp_path)


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "11", "2026-11-23"])
def test_what_is_no_month_is_refused(tmp_path: Path, month: str) -> None:
    assert "is not a month like 2026-11" in report(tmp_path, month)
