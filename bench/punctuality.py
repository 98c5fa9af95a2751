"""Measure what each point of punctuality costs: the same day planned with more and more slack.

``python -m bench.punctuality --county data/huadian`` plans the day without slack and with each of a few amounts of it,
forecasts every plan, and prints first what each came to, then, for targets of 90 to 99 %, the cheapest plan that
reaches it, its cost, and what that is more than the cheapest of all and than the target before. ``--simulate`` drives
each plan on so many other days as well, drawn and driven as ``bench.forecast`` does. ``--iterations`` in place of the
budget makes the figures repeat; ``--drawn 60`` takes a drawn county of so many villages.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from bench.county_generator import draw_day
from bench.day import read_day
from services.model.day import Day, PlanSettings
from services.model.plan import Plan
from services.route.day_index import DayIndex
from services.route.decision import Decision
from services.route.engines.kernel import KernelEngine
from services.route.forecast.forecast import due_pieces, measure_plan
from services.route.last_mile import enumerate_last_mile
from services.route.options import enumerate_options
from services.route.planner import plan_day
from services.route.punctuality import LEVEL_PART, Tried, reaches, try_slack, without_slack
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.route.roads.source import RoadMatrix
from services.route.search import Search, Stage
from services.route.waiting import all_today
from tests.day_simulator import DaySimulator, own_luck

_SLACKS_PERMILLE: Final = (250, 500, 750, 1_000, 1_500, 2_000)
_TARGETS_PERMILLE: Final = range(900, 1_000, 10)


def main() -> None:
    """Print what each slack comes to, and the curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--county", type=Path, default=Path("data/huadian"))
    parser.add_argument("--villages", type=Path, default=Path("data/jilin"))
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 11, 23))
    parser.add_argument("--drawn", type=int, default=0, help="villages of a drawn county in place of the folder")
    parser.add_argument("--budget", type=int, default=20, help="seconds for each plan")
    parser.add_argument("--iterations", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--simulate", type=int, default=0, help="other days to drive each plan on")
    given = parser.parse_args()
    day = (
        draw_day(given.villages, given.drawn, given.seed)
        if given.drawn
        else read_day(given.county, given.date, given.villages)
    )
    settings = PlanSettings(given.budget, given.iterations, given.seed, compare=False)
    print(f"{'slack':>6} {'on time %':>9} {'bad day %':>9} {'cost fen':>10} {'unserved':>8} {'other days %':>12}")
    tried = []
    for one in plans_with_slack(day, settings):
        tried.append(one)
        forecast, plan = one.measured.forecast, one.plan
        other = f"{100 * simulated_rate(day, plan, settings, given.simulate):12.1f}" if given.simulate else ""
        print(
            f"{one.slack_permille / 1_000:6.2f} {forecast.on_time_permille / 10:9.1f} "
            f"{forecast.bad_day_permille / 10:9.1f} {plan.cost.total_fen:10,d} {len(plan.unserved):8d} {other}",
            flush=True,
        )
    _print_curve(tried)


def plans_with_slack(day: Day, settings: PlanSettings) -> Iterator[Tried]:
    """The plan without slack, with what costs nothing, then one for each amount of it, each begun from the first."""
    index, matrix = DayIndex.of(day), choose_roads(day).matrix(nodes_on_roads(day))
    begin = _decided(day, matrix, settings)
    # What a level gets is a part of the whole budget.
    whole = replace(settings, time_budget_s=round(settings.time_budget_s / LEVEL_PART))
    plain = replace(settings, forecast_days=0)

    def again(other: Day, within: PlanSettings) -> Plan:
        return plan_day(
            other, within, KernelEngine(), lambda: False, lambda *_: None, with_ways=False, start=begin
        ).plan

    plan = again(day, plain)
    yield Tried(0, plan, measure_plan(day, plan, settings))
    yield without_slack(index, settings, plan)
    for slack in _SLACKS_PERMILLE:
        if found := try_slack(index, matrix, whole, slack, again):
            yield found


def _decided(day: Day, matrix: RoadMatrix, settings: PlanSettings) -> Decision:
    """What a search decides with nothing waiting."""
    index = DayIndex.of(all_today(day))
    options = enumerate_options(index) + enumerate_last_mile(index, matrix)
    deadline = time.monotonic() + settings.time_budget_s
    stage = Stage(1.0, 0, 100)
    search = Search(
        index, matrix, settings, KernelEngine(), lambda: False, lambda *_: None, time.monotonic, deadline, stage
    )
    found = search.from_scratch(options)
    if found is None:
        raise SystemExit("no plan was found; give more time")
    return found.best


def simulated_rate(day: Day, plan: Plan, settings: PlanSettings, count: int) -> float:
    """What is on time on other days, driven event by event."""
    generator, simulator = random.Random(f"other days {settings.seed}"), DaySimulator(day, plan)
    pieces = {c.consignment_id: c.pieces for c in day.consignments}
    logs = (simulator.run(own_luck(settings.noise, generator)) for _ in range(count))
    on_time = sum(pieces[name] for log in logs for name, is_kept in log.on_time.items() if is_kept)
    return on_time / max(1, due_pieces(day, plan) * count)


def _print_curve(tried: list[Tried]) -> None:
    """The cheapest plan for each target; a point's price is what it costs more than the target before."""
    cheapest_fen = min(one.plan.cost.total_fen for one in tried)
    before_fen = cheapest_fen
    print(f"\n{'target %':>8} {'on time %':>9} {'cost fen':>10} {'more fen':>9} {'more %':>7} {'this point fen':>14}")
    for target in _TARGETS_PERMILLE:
        good = [one for one in tried if reaches(one, target)]
        if not good:
            print(f"{target / 10:8.0f} cannot be reached by any of these plans")
            continue
        best = min(good, key=lambda one: one.plan.cost.total_fen)
        fen = best.plan.cost.total_fen
        print(
            f"{target / 10:8.0f} {best.measured.forecast.on_time_permille / 10:9.1f} {fen:10,d} "
            f"{fen - cheapest_fen:9,d} {100 * fen / cheapest_fen - 100:7.1f} {fen - before_fen:14,d}"
        )
        before_fen = fen


if __name__ == "__main__":
    main()
