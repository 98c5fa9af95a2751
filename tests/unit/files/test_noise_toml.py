"""The noise of a day as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.files.noise_toml import read_noise
from services.model.day import Noise
from services.model.errors import InvalidInputError


def noise_in(folder: Path, text: str) -> Path:
    path = folder / "noise.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_the_file_names_is_taken_and_the_rest_stays(tmp_path: Path) -> None:
    path = noise_in(tmp_path, "# 雪天\nday_permille = 250\nbus_delay_s = 600\n")
    assert read_noise(path) == Noise(day_permille=250, bus_delay_s=600)
    assert read_noise(noise_in(tmp_path, "\ufeff")) == Noise()


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("snow = 3", "noise.toml: snow", "is none of day_permille, leg_permille"),
        ('day_permille = "much"', "noise.toml: day_permille", "is no whole number"),
        ("day_permille = 1.5", "noise.toml: day_permille", "is no whole number"),
        ("day_permille = true", "noise.toml: day_permille", "is no whole number"),
        ("day_permille", "noise.toml", "is no TOML in UTF-8"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, text: str, place: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_noise(noise_in(tmp_path, text))
    (violation,) = caught.value.violations
    assert violation.path.endswith(place)
    assert violation.message.startswith(said)


def test_all_that_is_wrong_is_listed_and_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_noise(noise_in(tmp_path, "snow = 3\nleg_permille = []\nbus_delay_s = 1\n"))
    assert len(caught.value.violations) == 2
    with pytest.raises(InvalidInputError, match="nowhere"):
        read_noise(tmp_path / "nowhere.toml")
