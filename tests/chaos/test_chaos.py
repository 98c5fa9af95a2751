"""Three minutes of chaos; ``make chaos MINUTES=12`` makes as many faults as the promise names."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.run import chaos, is_well
from tests.stores import named_store

MINUTES = 3.0


def test_whoever_dies_no_accepted_plan_is_lost_or_made_twice(tmp_path: Path) -> None:
    counted = chaos(MINUTES, seed=1, folder=tmp_path, program=named_store())
    assert is_well(counted), counted
    assert counted["worker_kills"] >= 20
    assert counted["server_kills"] and counted["freezes"] and counted["restarts"]
