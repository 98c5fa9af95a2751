"""Explain what days of a known flaw leave behind, and see whether the flaw is named and mending it serves the goods.

``python -m bench.explanations --days 100`` draws so many days of each kind that ``tests/infeasible`` knows, plans each,
explains what it leaves behind, lets the suggested limit go by code of its own and plans anew. A line for each kind:
consignments left behind, how often another limit was named first, how often no change of it was verified, how often the
change did not serve the consignment, and seconds a consignment. Exit code 1 where anything was wrong.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter

from services.model.explanations import Explanation
from services.route.engines.kernel import KernelEngine
from services.route.explain.explain import explain
from services.route.roads.of_day import roads_of
from tests.infeasible import BUILDERS, Infeasible, let_go, planned


def judge(case: Infeasible, one: Explanation) -> str:
    """What is wrong with an explanation; empty where nothing is."""
    if not one.limits or (one.limits[0].kind, one.limits[0].subject) != (case.kind, case.subject):
        return "misnamed"
    change = one.change
    if change is None or not change.verified or change.relaxes.kind is not case.kind:
        return "unverified"
    after = planned(let_go(case.day, one.consignment_id, change.relaxes))
    return "unserved" if one.consignment_id in {left.consignment_id for left in after.unserved} else ""


def main() -> None:
    """Print a line a kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    total: Counter[str] = Counter()
    print(f"{'kind':26} {'left':>6} {'misnamed':>9} {'unverified':>11} {'unserved':>9} {'s each':>7}")
    for kind, build in BUILDERS.items():
        counts: Counter[str] = Counter()
        spent_s = 0.0
        for number in range(given.days):
            case = build(random.Random(f"{given.seed}/{number}"))
            plan = planned(case.day)
            if not plan.unserved:
                counts["feasible"] += 1
            began = time.thread_time()
            explanations = explain(case.day, plan, roads_of, KernelEngine(), lambda: False)
            spent_s += time.thread_time() - began
            counts["left"] += len(explanations)
            counts.update(fault for one in explanations if (fault := judge(case, one)))
        total += counts
        _line(kind, counts, f"{spent_s / max(1, counts['left']):7.3f}")
    _line("all", total, "")
    print(f"days that left nothing behind: {total['feasible']}")
    sys.exit(1 if total["misnamed"] + total["unverified"] + total["unserved"] + total["feasible"] else 0)


def _line(name: str, counts: Counter[str], each: str) -> None:
    faults = f"{counts['misnamed']:9d} {counts['unverified']:11d} {counts['unserved']:9d}"
    print(f"{name:26} {counts['left']:6d} {faults} {each}", flush=True)


if __name__ == "__main__":
    main()
