"""Settings of a forecast and its target: what is refused, by name."""

from __future__ import annotations

from typing import Any

import pytest

from services.model.day import Noise
from services.model.errors import InvalidInputError
from services.route.requests import read_request
from tests.running import plan_request


def refusals(**settings: Any) -> dict[str, str]:
    try:
        read_request(plan_request("a", **settings))
    except InvalidInputError as error:
        return {violation.path: violation.message for violation in error.violations}
    return {}


@pytest.mark.parametrize(
    ("settings", "place", "said"),
    [
        ({"on_time_target_permille": 1_000}, "on_time_target_permille", "must be from 0 to 999, not 1000"),
        ({"on_time_target_permille": -1}, "on_time_target_permille", "must be from 0 to 999, not -1"),
        ({"forecast_days": 99}, "forecast_days", "must be 0 or from 100 to 10000, not 99"),
        ({"forecast_days": -1}, "forecast_days", "must be 0 or from 100 to 10000, not -1"),
        ({"forecast_days": 10_001}, "forecast_days", "must be 0 or from 100 to 10000, not 10001"),
        (
            {"forecast_days": 0, "on_time_target_permille": 950},
            "forecast_days",
            "must not be 0 where on_time_target_permille is set",
        ),
        ({"promise_tolerance_s": -1}, "promise_tolerance_s", "must be from 0 to 14400, not -1"),
        ({"noise": Noise(day_permille=2_001)}, "noise.day_permille", "must be from 0 to 2000, not 2001"),
        ({"noise": Noise(rail_delay_s=7_201)}, "noise.rail_delay_s", "must be from 0 to 7200, not 7201"),
        ({"noise": Noise(dwell_permille=-5)}, "noise.dwell_permille", "must be from 0 to 2000, not -5"),
    ],
)
def test_a_bad_setting_is_refused_by_name(settings: dict[str, Any], place: str, said: str) -> None:
    assert refusals(**settings) == {f"settings.{place}": said}


def test_good_settings_arrive_as_they_were_sent() -> None:
    noise = Noise(day_permille=0, leg_permille=2_000, bus_delay_s=7_200)
    wanted: dict[str, Any] = {
        "on_time_target_permille": 999,
        "forecast_days": 100,
        "noise": noise,
        "promise_tolerance_s": 0,
    }
    settings = read_request(plan_request("a", **wanted)).settings
    assert {name: getattr(settings, name) for name in wanted} == wanted


def test_what_is_not_said_takes_its_default() -> None:
    request = plan_request("a")
    for name in ("on_time_target_permille", "forecast_days", "noise", "promise_tolerance_s"):
        request.settings.ClearField(name)
    settings = read_request(request).settings
    assert (settings.on_time_target_permille, settings.forecast_days, settings.noise) == (0, 2_000, Noise())
    request.settings.noise.day_permille = 300
    assert read_request(request).settings.noise == Noise(day_permille=300)
