"""The full example county: exactly the counts that COUNTY_FOLDER.md states."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from services.consolidation.consolidate import Consolidation, consolidate
from services.files.county_folder import read_county
from services.files.gazetteer import read_villages
from services.files.waybills import read_waybills
from services.model.day import Day
from services.model.held import HeldReason
from services.validation import day_violations
from tests.builders import SERVICE_DATE

_DATA: Final = Path(__file__).parents[3] / "data"
_COUNTY: Final = _DATA / "huadian"


@pytest.fixture(scope="module")
def answer() -> Consolidation:
    parcels = read_waybills(_COUNTY / "parcels.csv", SERVICE_DATE).parcels
    county = read_county(_COUNTY, SERVICE_DATE).county
    return consolidate(county, SERVICE_DATE, read_villages(_DATA / "jilin"), parcels)


def test_of_2529_rows_2505_are_good(answer: Consolidation) -> None:
    assert len(answer.fates) == 2_505
    assert sorted([*answer.fates["row"], *answer.held["row"]]) == list(range(2, 2_531))


def test_the_rest_is_held_for_the_stated_reasons(answer: Consolidation) -> None:
    assert dict(answer.held["reason"].value_counts().iter_rows()) == {
        HeldReason.VILLAGE_UNKNOWN: 8,
        HeldReason.CHECKS_MISSING: 4,
        HeldReason.PROHIBITED: 4,
        HeldReason.MALFORMED: 2,
        HeldReason.DUPLICATE: 6,
    }


def test_the_answer_is_a_sound_day_to_plan(answer: Consolidation) -> None:
    county = read_county(_COUNTY, SERVICE_DATE).county
    assert day_violations(Day(county, SERVICE_DATE, answer.consignments, answer.admission_sets)) == []


def test_every_consignment_may_use_something(answer: Consolidation) -> None:
    assert all(admission_set.admissions for admission_set in answer.admission_sets)
