"""Measure what sharing saves on a county's day, and how much that depends on the seed.

``python -m bench.day --county data/huadian --date 2026-11-23 --budget 20 --seeds 3`` plans the day once a seed, without
the services, and prints the three costs side by side: every carrier alone, shared runs only, runs and lines.
"""

from __future__ import annotations

import argparse
import time
from datetime import date
from pathlib import Path

from services.consolidation.consolidate import consolidate
from services.files.county_folder import read_county
from services.files.gazetteer import read_villages
from services.files.waybills import read_waybills
from services.model.day import Day, PlanSettings
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day


def read_day(folder: Path, service_date: date, villages: Path) -> Day:
    """Read and consolidate a county's day in this process."""
    county = read_county(folder, service_date).county
    parcels = read_waybills(folder / "parcels.csv", service_date).parcels
    pooled = consolidate(county, service_date, read_villages(villages), parcels)
    return Day(county, service_date, pooled.consignments, pooled.admission_sets)


def main() -> None:
    """Print a line a seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--county", type=Path, default=Path("data/huadian"))
    parser.add_argument("--villages", type=Path, default=Path("data/jilin"))
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 11, 23))
    parser.add_argument("--budget", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    day = read_day(arguments.county, arguments.date, arguments.villages)
    print(f"{'seed':>4} {'alone fen':>12} {'runs fen':>12} {'plan fen':>12} {'saved %':>8} {'by lines %':>10} {'s':>6}")
    for seed in range(1, arguments.seeds + 1):
        started = time.monotonic()
        settings = PlanSettings(time_budget_s=arguments.budget, seed=seed, cores=arguments.cores)
        result = plan_day(day, settings, KernelEngine(), lambda: False, lambda *_: None)
        plan_fen, comparison = result.plan.cost.total_fen, result.comparison
        if comparison is None:
            raise SystemExit("the plan came without a comparison")
        runs_fen, alone_fen = comparison.shared_runs_fen, comparison.alone_fen
        print(
            f"{seed:4d} {alone_fen:12,d} {runs_fen:12,d} {plan_fen:12,d} {100 - 100 * plan_fen / alone_fen:8.1f} "
            f"{100 - 100 * plan_fen / runs_fen:10.1f} {time.monotonic() - started:6.1f}"
        )


if __name__ == "__main__":
    main()
