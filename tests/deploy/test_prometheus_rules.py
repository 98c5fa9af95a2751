"""Legs with promtool: Prometheus itself takes configuration and rules, and each alert fires and rests as it should."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.deploy.legs import needs
from tests.deploy.watched import PROMETHEUS, RULE_TESTS, RULES


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command: Sequence[str | Path] = (needs("promtool"), *words)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_prometheus_takes_configuration_and_rules() -> None:
    checked = promtool("check", "config", PROMETHEUS / "prometheus.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "1 rule files found" in checked.stdout


def test_a_file_of_rules_with_a_fault_is_not_taken(tmp_path: Path) -> None:
    spoilt = tmp_path / "rules.yaml"
    spoilt.write_text(RULES.read_text("utf-8").replace("sum(increase(", "sum(increase((", 1), "utf-8")
    assert promtool("check", "rules", spoilt).returncode != 0


@pytest.mark.parametrize("path", RULE_TESTS, ids=lambda path: path.name)
def test_alerts_fire_on_their_faults_and_rest_without(path: Path) -> None:
    tried = promtool("test", "rules", path)
    assert tried.returncode == 0, tried.stdout + tried.stderr
