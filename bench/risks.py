"""Whether a plan's word on what a trip's failure would cost agrees with the plan that is made when it fails.

``python -m bench.risks --villages 150 --seconds 5`` plans a drawn county, states the risk of every booked trip,
cancels each at the start of the day, revises for so many seconds, and prints both beside one another with the largest
gap, in permille of the cost of the plan.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from bench.county_generator import draw_day
from services.model.day import PlanSettings
from services.model.events import Events, Revision
from services.route.engines.kernel import KernelEngine
from services.route.kernel.warm import main as compile_kernel
from services.route.planner import plan_day
from services.route.revise.revise import revise_plan
from services.route.revise.risks import trip_risks


def main() -> None:
    """Measure one county."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gazetteer", type=Path, default=Path("data/jilin"))
    parser.add_argument("--villages", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plan-seconds", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=5)
    given = parser.parse_args()
    compile_kernel()
    day = draw_day(given.gazetteer, given.villages, given.seed)
    engine = KernelEngine()
    settings = PlanSettings(given.plan_seconds, seed=given.seed, compare=False)
    plan = plan_day(day, settings, engine, lambda: False, lambda *_: None, with_ways=False).plan
    began = time.monotonic()
    risks = trip_risks(day, plan, engine, lambda: False)
    print(f"{len(risks)} risks in {time.monotonic() - began:.1f} s; the plan costs {plan.cost.total_fen:,} fen")
    print(f"{'trip':16}{'goods':>6}{'stated':>10}{'revised':>10}{'gap permille':>14}")
    gaps = []
    for risk in risks:
        revision = Revision(plan, 0, Events(cancelled_trips=(risk.trip_id,)))
        revised = revise_plan(
            day, revision, PlanSettings(given.seconds, seed=given.seed), engine, lambda: False, lambda *_: None
        )
        more_fen = revised.plan.cost.total_fen - plan.cost.total_fen
        gaps.append(1000 * (risk.cost_fen - more_fen) / plan.cost.total_fen)
        print(f"{risk.trip_id:16}{risk.consignments:6}{risk.cost_fen:10,}{more_fen:10,}{gaps[-1]:14.1f}", flush=True)
    if gaps:
        print(f"largest gap {max(gaps, key=abs):.1f} permille, mean {sum(map(abs, gaps)) / len(gaps):.1f}")


if __name__ == "__main__":
    main()
