"""Plan all villages of the city: six hubs, their days one after the other, in so many seconds altogether."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Final

from bench.county_generator import draw_city
from services.model.day import PlanSettings
from services.route.checker import check
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day

# Of a day's time, what goes into offers, papers and checks rather than into its search.
_BESIDE: Final = 0.3
_KIB: Final = 1 << 10


def plan_city(gazetteer: Path, seconds: int, cores: int) -> None:
    """Print a line a hub and the sums; a day gets the time left by its part of the consignments still to plan."""
    days = draw_city(gazetteer, 1)
    began, total_fen, unserved, broken, villages = time.monotonic(), 0, 0, 0, 0
    print(f"{'county':>8} {'villages':>8} {'consignments':>12} {'budget s':>8} {'s':>6} {'fen':>11} {'unserved':>8}")
    for number, day in enumerate(days):
        started = time.monotonic()
        part = len(day.consignments) / sum(len(other.consignments) for other in days[number:])
        budget_s = max(1, int((seconds - (started - began)) * part * (1 - _BESIDE)))
        settings = PlanSettings(budget_s, compare=False, cores=cores)
        plan = plan_day(day, settings, KernelEngine(), lambda: False, lambda *_: None).plan
        called = len({c.village_code for c in day.consignments})
        print(
            f"{day.county.county_id:>8} {called:8d} {len(day.consignments):12,d} {budget_s:8d} "
            f"{time.monotonic() - started:6.1f} {plan.cost.total_fen:11,d} {len(plan.unserved):8d}",
            flush=True,
        )
        total_fen, unserved, villages = (
            total_fen + plan.cost.total_fen,
            unserved + len(plan.unserved),
            villages + called,
        )
        broken += len(check(day, plan))
    print(
        f"{villages:,} villages in {time.monotonic() - began:.1f} s: {total_fen:,} fen, {unserved} unserved, "
        f"{broken} laws broken, peak memory {_peak_bytes() / 1e9:.2f} GB"
    )


def _peak_bytes() -> int:
    """The most that this process held, and the largest of its children."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) * _KIB
