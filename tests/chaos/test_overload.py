"""A few seconds of ten times the load that a server can take; ``bench.overload`` makes it a minute."""

from __future__ import annotations

from pathlib import Path

from bench.county_generator import draw_day
from bench.overload import measure, missed_bars

SECONDS = 8.0
GAZETTEER = Path("data/jilin")
VILLAGES = 50


def test_an_overloaded_server_says_when_to_come_back_and_serves_the_small() -> None:
    counted = measure(draw_day(GAZETTEER, VILLAGES, 1), SECONDS)
    assert not missed_bars(counted), counted
