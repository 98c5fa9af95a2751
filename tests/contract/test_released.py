"""What released versions promised still holds: their contract, and what their stores hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as pb

from services.model.errors import Violation
from services.model.plan import PlanResult
from services.route.checker import check
from services.route.requests import read_request
from services.wire.codec import decode, encode
from tests.contract.release import RELEASED, ROOT

VERSIONS = sorted(path.name for path in RELEASED.iterdir())


def breaking(against: Path, module: Path = ROOT) -> tuple[int, str]:
    """What buf finds that breaks callers of an older contract."""
    command: list[str | Path] = [ROOT / ".venv/bin/buf", "breaking", module, "--against", against]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return found.returncode, found.stdout + found.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_callers_of_a_released_contract_are_understood(version: str) -> None:
    assert breaking(RELEASED / version / "contract.binpb") == (0, "")


def test_what_would_break_a_caller_is_found(tmp_path: Path) -> None:
    for path in [ROOT / "buf.yaml", *(ROOT / "protos").rglob("*.proto")]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        copy.write_text(re.sub(r"string plan_id = 1;", "int64 plan_id = 1;", text), encoding="utf-8")
    code, said = breaking(RELEASED / VERSIONS[-1] / "contract.binpb", tmp_path)
    assert code != 0
    assert "plan_id" in said


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_released_version_stored_is_read_as_it_was_meant(version: str) -> None:
    request = pb.SubmitPlanRequest.FromString((RELEASED / version / "request.binpb").read_bytes())
    day = read_request(request).day
    stored = plan_pb2.PlanResult.FromString((RELEASED / version / "result.binpb").read_bytes())
    violations: list[Violation] = []
    result = decode(PlanResult, stored, violations, "result", day.service_date)
    assert result is not None and violations == []
    assert result.plan.runs and result.plan.cost.total_fen > 0
    assert check(day, result.plan) == []
    assert encode(result, plan_pb2.PlanResult, day.service_date) == stored
