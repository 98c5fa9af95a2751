"""Legs with promtool: Prometheus itself takes configuration and rules, and each alert fires and rests as it should."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from tests.deploy.legs import needs
from tests.deploy.watched import PROMETHEUS, RULE_TESTS, RULES


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command: Sequence[str | Path] = (needs("promtool"), *words)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("name", ["prometheus.yaml", "kubernetes.yaml"])
def test_prometheus_takes_configuration_and_rules(name: str, tmp_path: Path) -> None:
    config = yaml.safe_load((PROMETHEUS / name).read_text("utf-8"))
    for job in config["scrape_configs"]:
        # Some distributions build Prometheus without Kubernetes: its part is checked beside the manifests.
        job.pop("kubernetes_sd_configs", None)
    shutil.copytree(PROMETHEUS / "rules", tmp_path / "rules")
    (tmp_path / name).write_text(yaml.safe_dump(config), "utf-8")
    checked = promtool("check", "config", tmp_path / name)
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
