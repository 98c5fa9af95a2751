"""The gazetteer holds every village of the city, and no urban community."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.files.faults import CountyFolderError
from services.files.gazetteer import read_villages

JILIN = Path(__file__).parents[3] / "data" / "jilin"


def test_the_city_has_1384_villages() -> None:
    villages = read_villages(JILIN)
    assert len({village.code for village in villages}) == len(villages) == 1_384
    huadian = {(village.township, village.name) for village in villages if village.county == "桦甸市"}
    assert ("桦郊乡", "永兴村") in huadian


def test_a_missing_gazetteer_is_said(tmp_path: Path) -> None:
    with pytest.raises(CountyFolderError, match=r"villages\.csv: the file is missing"):
        read_villages(tmp_path)
