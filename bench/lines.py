"""Measure what scheduled lines are worth to a county, and that deciding them with the runs is what finds it.

``python -m bench.lines --villages 150 250 400 --seconds 30 --cores 1 --seeds 1`` draws a county of each size
(``--county data/huadian`` takes that one) and prints what its day costs with lines; by the same search in the same time
with lines switched off; and with trips chosen greedily beforehand (``greedy_lines``) and PyVRP for the runs in the same
time. Below stands who is booked how, and every plan's verdict by the checker. ``first s`` is how long the first plan
took, with the kernel compiled; ``fill`` how full the fullest segment of the booked trips is on average, in percent.

``--city`` plans all villages of the gazetteer instead, six hubs in ``--seconds`` altogether.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.city_lines import plan_city
from bench.county_generator import SERVICE_DATE, draw_day
from bench.day import read_day
from bench.greedy_lines import plan_greedily
from services.model.day import Day, PlanSettings
from services.model.plan import Plan
from services.route.assemble import make_plan
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.engines.child import ChildEngine
from services.route.engines.engine import Effort, Load
from services.route.engines.kernel import KernelEngine
from services.route.engines.pyvrp import solve_with_pyvrp
from services.route.line_ledger import LineUse, uses_on
from services.route.options import enumerate_options
from services.route.planner import plan_day
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.route.room import load_of, room_on

_WARM_UP: Final = PlanSettings(1, 1, compare=False, cores=1)
_WARM_UP_VILLAGES: Final = 12


@dataclass(frozen=True, slots=True)
class Measured:
    """A plan, how long it and the first one told of took, and the laws that it breaks."""

    plan: Plan
    seconds: float
    first_s: float
    broken: int

    @property
    def verdict(self) -> str:
        """The checker's word."""
        return "valid" if self.broken == 0 else f"{self.broken} laws broken"


def measure(day: Day, settings: PlanSettings) -> Measured:
    """Plan a day as the service does, and take note of when the first plan was told."""
    began, told = time.monotonic(), []

    def report(_phase: str, cost_fen: int, _percent: int) -> None:
        if cost_fen > 0:
            told.append(time.monotonic() - began)

    plan = plan_day(day, settings, KernelEngine(), lambda: False, report).plan
    taken_s = time.monotonic() - began
    return Measured(plan, taken_s, told[0] if told else math.inf, len(check(day, plan)))


def measure_greedy(day: Day, effort: Effort) -> Measured:
    """Choose trips greedily, then have PyVRP search the runs."""
    began, index = time.monotonic(), DayIndex.of(day)
    matrix = choose_roads(day).matrix(nodes_on_roads(day))
    decision = plan_greedily(index, matrix, ChildEngine(solve_with_pyvrp), effort)
    if decision is None:
        raise SystemExit("PyVRP found no runs in this time")
    plan = make_plan(index, matrix, decision)
    taken_s = time.monotonic() - began
    return Measured(plan, taken_s, taken_s, len(check(day, plan)))


def ways(day: Day, plan: Plan) -> str:
    """Tell how many pieces go by which way, and how much could be collected at a stop."""
    index = DayIndex.of(day)
    uses = uses_on(index, plan)
    last_mile = sum(u.consignment.pieces for u in uses if u.is_to_station)
    collected = sum(u.consignment.pieces for u in uses) - last_mile
    offered = {o.consignment.consignment_id: o.consignment.pieces for o in enumerate_options(index)}
    waiting = sum(index.consignments[w.consignment_id].pieces for w in plan.waiting)
    unserved = sum(index.consignments[u.consignment_id].pieces for u in plan.unserved)
    runs = sum(c.pieces for c in day.consignments) - collected - last_mile - waiting - unserved
    tricycles = sum(bool(index.nodes[index.vehicles[run.vehicle_id].depot].township_code) for run in plan.runs)
    return (
        f"collected {collected} of {sum(offered.values())}, last mile {last_mile}, runs {runs}, waiting {waiting}, "
        f"unserved {unserved} pieces; {len({u.trip.trip_id for u in uses})} trips {_fill(uses):.0f} % full, "
        f"{len(plan.runs) - tricycles} vans, {tricycles} small vehicles"
    )


def _fill(uses: Sequence[LineUse]) -> float:
    loads: dict[tuple[str, int], Load] = {}
    rooms = {use.trip.trip_id: room_on(use.trip) for use in uses}
    for use in uses:
        for segment in range(use.board_index, use.alight_index):
            key = use.trip.trip_id, segment
            loads[key] = loads.get(key, Load()) + load_of(use.consignment)
    fullest: dict[str, float] = {}
    for (trip_id, _), load in loads.items():
        room = rooms[trip_id]
        part = max(
            load.weight_g / max(1, room.weight_g),
            load.volume_ml / max(1, room.volume_ml),
            load.pieces / max(1, room.pieces),
        )
        fullest[trip_id] = max(part, fullest.get(trip_id, 0.0))
    return 100 * sum(fullest.values()) / max(1, len(fullest))


def main() -> None:
    """Print a block a county."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--villages", type=int, nargs="*", default=[150, 250, 400])
    parser.add_argument("--county", type=Path)
    parser.add_argument("--gazetteer", type=Path, default=Path("data/jilin"))
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--cores", type=int)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--city", action="store_true")
    given = parser.parse_args()
    plan_day(draw_day(given.gazetteer, _WARM_UP_VILLAGES, 1), _WARM_UP, KernelEngine(), lambda: False, lambda *_: None)
    if given.city:
        plan_city(given.gazetteer, given.seconds or 120, given.cores or 2)
        return
    print(
        f"{'county':>12} {'seed':>4} {'with lines':>11} {'lines off':>11} {'greedy+PyVRP':>12} {'% off':>6} "
        f"{'% greedy':>8} {'first s':>7} {'s':>17}"
    )
    for seed in range(1, given.seeds + 1):
        if given.county:
            _print_county(read_day(given.county, SERVICE_DATE, given.gazetteer), seed, given)
            continue
        for villages in given.villages:
            _print_county(draw_day(given.gazetteer, villages, seed), seed, given)


def _print_county(day: Day, seed: int, given: argparse.Namespace) -> None:
    seconds, cores = given.seconds or 30, given.cores or 1
    settings = PlanSettings(seconds, seed=seed, compare=False, cores=cores)
    joint = measure(day, settings)
    off = measure(day, replace(settings, use_lines=False))
    greedy = measure_greedy(day, Effort(seconds, seed=seed))
    fen, off_fen, greedy_fen = (one.plan.cost.total_fen for one in (joint, off, greedy))
    print(
        f"{day.county.county_id:>12} {seed:4d} {fen:11,d} {off_fen:11,d} {greedy_fen:12,d} "
        f"{100 * fen / off_fen - 100:6.1f} {100 * fen / greedy_fen - 100:8.1f} {joint.first_s:7.2f} "
        f"{joint.seconds:5.0f} {off.seconds:5.0f} {greedy.seconds:5.0f}"
    )
    for name, one in (("with lines", joint), ("lines off", off), ("greedy", greedy)):
        print(f"{'':>12} {name}: {ways(day, one.plan)}; {one.verdict}", flush=True)


if __name__ == "__main__":
    main()
