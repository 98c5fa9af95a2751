"""Mornings as they are simulated for the capacity page, against what can be said without simulating."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bench.mornings import Morning, last_plan_s, workers_for

CALM = Morning(counties=60, arrive_s=0.0, ready_share=1.0, death=0.0)


@pytest.mark.parametrize(("workers", "expected_s"), [(1, 1_800), (7, 270), (60, 30), (100, 30)])
def test_a_calm_morning_takes_as_many_rounds_as_there_are(workers: int, expected_s: float) -> None:
    assert last_plan_s(CALM, workers, [30.0], random.Random(1)) == expected_s


def test_workers_that_come_late_and_die_make_a_morning_longer() -> None:
    calm_s = last_plan_s(CALM, 6, [30.0], random.Random(1))
    assert last_plan_s(replace(CALM, ready_share=0.0), 6, [30.0], random.Random(1)) == calm_s + CALM.start_s
    assert last_plan_s(replace(CALM, death=0.3), 6, [30.0], random.Random(1)) > calm_s
    assert last_plan_s(replace(CALM, arrive_s=1_000.0), 6, [30.0], random.Random(1)) > calm_s


@pytest.mark.parametrize("counties", [1, 5, 50, 2_800])
def test_so_many_workers_are_enough_and_far_fewer_are_not(counties: int) -> None:
    morning, jobs_s = Morning(counties), [40.0, 45.0, 60.0]
    workers = workers_for(morning, jobs_s)
    mornings_s = [last_plan_s(morning, workers, jobs_s, random.Random(seed)) for seed in range(20)]
    assert max(mornings_s) < morning.within_s
    if workers > 3:
        assert last_plan_s(morning, workers // 2, jobs_s, random.Random(1)) > morning.within_s
