"""A forecast as a command tells it: a line for each thing that a dispatcher should look at."""

from __future__ import annotations

from rich.console import Console

from services.files.punctuality import punctuality_of, punctuality_rows
from services.files.summary import Language
from services.model.day import Day
from services.model.plan import PlanResult


def tell_forecast(day: Day, result: PlanResult, console: Console, language: Language) -> None:
    """Print a result's forecast, where it has one."""
    said = punctuality_of(day, result.plan, result.forecast)
    for label, items, _ in punctuality_rows(said, language) if said else ():
        if items:
            console.print(f"{label}  {'  '.join(items)}", markup=False, soft_wrap=True)
