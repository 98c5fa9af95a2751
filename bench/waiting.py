"""Measure what it saves that parcels which are not due yet may wait for tomorrow.

``python -m bench.waiting --county data/huadian --date 2026-11-23 --budget 20 --seeds 3`` plans the day once a seed,
without the services, and prints its cost with nothing waiting and with what waits at the prices of ``--tomorrow`` and
``--later``: fen a piece, for what is due tomorrow and for what is due after that. Where consolidation has set a price,
that one counts unless ``--override`` is given. ``--iterations`` in place of the budget makes the figures repeat.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from bench.day import read_day
from services.model.consignments import Consignment
from services.model.day import Day, PlanSettings
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day


def price_waiting(day: Day, tomorrow_fen: int, later_fen: int, override: bool = False) -> Day:
    """Give everything that is due after the day, emergencies apart, a price of waiting by the piece."""

    def priced(consignment: Consignment) -> Consignment:
        days = (consignment.due_date - day.service_date).days
        if days <= 0 or consignment.emergency or (consignment.wait_fen is not None and not override):
            return consignment
        return replace(consignment, wait_fen=consignment.pieces * (tomorrow_fen if days == 1 else later_fen))

    return replace(day, consignments=tuple(map(priced, day.consignments)))


def main() -> None:
    """Print a line a seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--county", type=Path, default=Path("data/huadian"))
    parser.add_argument("--villages", type=Path, default=Path("data/jilin"))
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 11, 23))
    parser.add_argument("--budget", type=int, default=20)
    parser.add_argument("--iterations", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--tomorrow", type=int, default=60)
    parser.add_argument("--later", type=int, default=30)
    parser.add_argument("--override", action="store_true")
    given = parser.parse_args()
    read = read_day(given.county, given.date, given.villages)
    day = price_waiting(read, given.tomorrow, given.later, given.override)
    goods = {c.consignment_id: c for c in day.consignments}
    print(
        f"{'seed':>4} {'runs fen':>10} {'today fen':>10} {'plan fen':>10} {'waiting':>8} {'saved %':>8} {'pieces':>7} "
        f"{'villages':>9} {'wholly':>7} {'unserved':>9} {'s':>6}"
    )
    for seed in range(1, given.seeds + 1):
        started = time.monotonic()
        settings = PlanSettings(given.budget, given.iterations, seed, cores=given.cores)
        result = plan_day(day, settings, KernelEngine(), lambda: False, lambda *_: None)
        plan, comparison = result.plan, result.comparison
        if comparison is None:
            raise SystemExit("the plan came without a comparison")
        waiting = [goods[one.consignment_id] for one in plan.waiting]
        carried = {c.consignment_id for run in plan.runs for c in run.carriages}
        carried |= {booking.consignment_id for booking in plan.bookings}
        villages, called = {c.village_code for c in waiting}, {goods[name].village_code for name in carried}
        today_fen, plan_fen = comparison.all_today_fen, plan.cost.total_fen
        print(
            f"{seed:4d} {comparison.shared_runs_fen:10,d} {today_fen:10,d} {plan_fen:10,d} {plan.cost.waiting_fen:8,d} "
            f"{100 - 100 * plan_fen / max(1, today_fen):8.1f} {sum(c.pieces for c in waiting):7d} {len(villages):9d} "
            f"{len(villages - called):7d} {len(plan.unserved):9d} {time.monotonic() - started:6.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
