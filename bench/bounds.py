"""Measure how far plans are from what any plan of the same day costs at least.

``python -m bench.bounds --villages 150 --seeds 5 --seconds 30`` draws a county for each seed, plans its day in so many
seconds and bounds it as the service does; it prints cost, bound, gap in percent of the cost and how much CPU time the
bound took, and last the median gap. ``--bound-seconds`` gives the bound more time than the service would: what is left
after a few minutes is what a better relaxation or a better plan could close. ``--county data/huadian`` takes that
county.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.county_generator import SERVICE_DATE, draw_day
from bench.day import read_day
from services.model.day import Day, PlanSettings
from services.model.plan import Plan
from services.route.bound import bound_plan, effort_for
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day

_WARM_UP: Final = PlanSettings(1, 1, compare=False, cores=1)
_WARM_UP_VILLAGES: Final = 12


def main() -> None:
    """Print a line a county, and the median."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--villages", type=int, default=150)
    parser.add_argument("--county", type=Path)
    parser.add_argument("--gazetteer", type=Path, default=Path("data/jilin"))
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--bound-seconds", type=float)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    _plan(draw_day(given.gazetteer, _WARM_UP_VILLAGES, 1), _WARM_UP)
    print(f"{'county':>12} {'seed':>4} {'cost fen':>11} {'bound fen':>11} {'gap %':>6} {'s':>6}")
    gaps = []
    for seed in range(1, given.seeds + 1):
        if given.county:
            day = read_day(given.county, SERVICE_DATE, given.gazetteer)
        else:
            day = draw_day(given.gazetteer, given.villages, seed)
        settings = PlanSettings(given.seconds, seed=seed, compare=False, cores=given.cores)
        gaps.append(_print_day(day, settings, given.bound_seconds))
    print(f"median gap {statistics.median(gaps) / 10:.1f} %")


def _print_day(day: Day, settings: PlanSettings, bound_seconds: float | None) -> int:
    plan = _plan(day, settings)
    effort = effort_for(settings)
    if bound_seconds is not None:
        effort = replace(effort, seconds=bound_seconds)
    # Of CPU time, so that other work on the machine does not count.
    began = time.thread_time()
    bound = bound_plan(day, plan, effort, lambda: False, time.thread_time)
    taken_s = time.thread_time() - began
    print(
        f"{day.county.county_id:>12} {settings.seed:4d} {plan.cost.total_fen:11,d} {bound.lower_fen:11,d} "
        f"{bound.gap_permille / 10:6.1f} {taken_s:6.1f}",
        flush=True,
    )
    return bound.gap_permille


def _plan(day: Day, settings: PlanSettings) -> Plan:
    return plan_day(day, settings, KernelEngine(), lambda: False, lambda *_: None, with_ways=False).plan


if __name__ == "__main__":
    main()
