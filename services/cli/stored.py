"""A planned day as ``cuntong plan`` left it in a folder of papers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.files.outputs import OutputError
from services.files.plan_json import read_plan
from services.model.day import Day
from services.model.errors import InvalidInputError, Violation
from services.model.plan import PlanResult
from services.wire.documents import read_day

DAY_FILE = "day.json"
PLAN_FILE = "plan.json"


@dataclass(frozen=True, slots=True)
class StoredDay:
    """What was planned and the plan."""

    day: Day
    result: PlanResult


def read_stored(folder: Path) -> StoredDay:
    """Read ``day.json`` and ``plan.json`` of a folder of papers.

    Raises
    ------
    OutputError
        When one of them is not there.
    InvalidInputError
        When one cannot be read, or they are not of one county and date.
    """
    day, result = read_day(_content(folder / DAY_FILE)), read_plan(_content(folder / PLAN_FILE))
    plan = result.plan
    if (plan.county_id, plan.service_date) != (day.county.county_id, day.service_date):
        said = f"is for {plan.county_id} {plan.service_date}, the day for {day.county.county_id} {day.service_date}"
        raise InvalidInputError([Violation("plan", said)])
    return StoredDay(day, result)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror}; is this a folder that cuntong plan wrote?") from error
