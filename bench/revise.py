"""How soon a plan goes on after something happened, how little it moves what was promised, and what that costs.

``python -m bench.revise --seconds 30`` plans the example county and a drawn one of 300 villages, lets each kind of
event happen by itself in the middle of the morning, then ten at once. It prints for each the seconds on one core until
a first plan that the checker passes; the promised times moved by more than 15 minutes, as revised and as planned afresh
from where vehicles are, with no price on moving, and how many of these nobody can keep, for their trip is under way and
late; and the cost of both after the same seconds. ``--seconds 0`` stops at the first plan.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.county_generator import SERVICE_DATE, draw_day
from bench.day import read_day
from services.happenings.lived import run_stops_done
from services.model.day import Day, PlanSettings
from services.model.errors import PlanRefusedError
from services.model.events import Events, LateTrip, Revision
from services.model.network import ClosedRoad
from services.model.plan import Plan, PlanResult
from services.route.engines.engine import Effort
from services.route.engines.kernel import KernelEngine
from services.route.kernel.warm import main as compile_kernel
from services.route.planner import plan_day
from services.route.revise.promises import changes_of
from services.route.revise.revise import prepare_revision, revise_plan


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one revision."""

    event: str
    first_s: float
    promised: int
    moved: int
    moved_afresh: int
    forced: int
    cost_fen: int
    afresh_fen: int
    unserved: int

    def __str__(self) -> str:
        """A line of the table."""
        off = 100 * (self.cost_fen / self.afresh_fen - 1) if self.afresh_fen else 0.0
        return (
            f"{self.event:16}{self.first_s:9.2f}{self.promised:10}{self.moved:8}{self.moved_afresh:9}{self.forced:8}"
            f"{self.cost_fen:12,}{self.afresh_fen:12,}{off:8.2f}{self.unserved:10}"
        )


def events_of(day: Day, plan: Plan, now_s: int, seed: int) -> Iterator[tuple[str, Events]]:
    """Each kind of event by itself, then ten at once, drawn from a seed."""
    draw = random.Random(seed)
    booked = sorted({b.trip_id for b in plan.bookings})
    trips = {trip.trip_id: trip for line in day.county.lines for trip in line.trips}
    to_come = [t for t in booked if trips[t].stop_times[0].departure_s > now_s]
    running = [t for t in booked if trips[t].stop_times[-1].arrival_s > now_s]
    out = [run.vehicle_id for run in plan.runs if run.stops[-1].departure_s > now_s]
    open_legs = [
        (a.node_id, b.node_id)
        for run in plan.runs
        for a, b in zip(run.stops, run.stops[1:], strict=False)
        if a.departure_s > now_s and a.node_id != b.node_id
    ]
    gone = {c for run in plan.runs for stop in run_stops_done(run, now_s) for c in stop.take}
    gone |= {b.consignment_id for b in plan.bookings}
    stays = [c for c in day.consignments if c.consignment_id not in gone]
    new = tuple(
        replace(c, consignment_id=f"new-{n}", parcel_ids=(), parcel_g=(), parcel_ml=(), parcel_pieces=(), relabelled=())
        for n, c in enumerate(draw.sample(day.consignments, 10))
    )
    cancelled, late = tuple(to_come[:1]), tuple(LateTrip(t, 2_400) for t in running[-1:])
    down = tuple(draw.sample(out, 1)) if out else ()
    closed = tuple(ClosedRoad(from_node=a, to_node=b) for a, b in draw.sample(open_legs, min(1, len(open_legs))))
    withdrawn = tuple(c.consignment_id for c in draw.sample(stays, min(10, len(stays))))
    yield "nothing", Events()
    yield "trip cancelled", Events(cancelled_trips=cancelled)
    yield "trip late", Events(late_trips=late)
    yield "vehicle down", Events(down_vehicles=down)
    yield "road closed", Events(closed_roads=closed)
    yield "added", Events(added=new)
    yield "withdrawn", Events(withdrawn=withdrawn)
    yield "passenger ban", Events(passenger_ban_s=now_s)
    legs = draw.sample(open_legs, min(2, len(open_legs)))
    yield (
        "ten at once",
        Events(
            cancelled_trips=cancelled,
            late_trips=tuple(one for one in late if one.trip_id not in cancelled),
            down_vehicles=down,
            closed_roads=tuple(ClosedRoad(from_node=a, to_node=b) for a, b in dict.fromkeys(legs)),
            added=new[:3],
            withdrawn=withdrawn[:2],
        ),
    )


def measure(event: str, day: Day, revision: Revision, seconds: int, seed: int) -> Row:
    """Revise a plan, and plan its rest afresh in the same time."""
    engine, settings = KernelEngine(), PlanSettings(time_budget_s=max(1, seconds), seed=seed, cores=1)
    began, first_s = time.monotonic(), 0.0

    def kept(_: PlanResult) -> None:
        nonlocal first_s
        first_s = first_s or time.monotonic() - began

    def is_enough() -> bool:
        return seconds == 0 and first_s > 0

    result = revise_plan(day, revision, settings, engine, is_enough, lambda *_: None, keep=kept)
    afresh = _afresh(day, revision, settings, engine, began=time.monotonic()) if seconds else result
    changes, again = result.changes, afresh.changes
    return Row(
        event,
        first_s,
        changes.promised if changes else 0,
        changes.moved if changes else 0,
        again.moved if again else 0,
        _forced(day, revision),
        result.plan.cost.total_fen,
        afresh.plan.cost.total_fen,
        len(result.plan.unserved),
    )


def _forced(day: Day, revision: Revision) -> int:
    """Promises that no plan can keep: of goods on their way with a trip that is late."""
    composer = prepare_revision(day, revision).composer
    return sum(composer.finisher.promises.is_moved_by(option) for option in composer.booked if not option.station)


def _afresh(day: Day, revision: Revision, settings: PlanSettings, engine: KernelEngine, began: float) -> PlanResult:
    reviser = prepare_revision(day, replace(revision, moved_fen=0))
    joint = reviser.joint_task()
    effort = Effort(settings.time_budget_s - (time.monotonic() - began), None, settings.seed)
    plan = reviser.composer.plan(reviser.search(joint, engine, effort, lambda: False, None))
    if broken := reviser.broken(plan):
        raise PlanRefusedError([(law.law.value, law.detail) for law in broken])
    return PlanResult(plan, changes=changes_of(reviser.before, reviser.composer.index, revision, plan))


def main() -> None:
    """Measure the counties."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--county", type=Path, default=Path("data/huadian"))
    parser.add_argument("--gazetteer", type=Path, default=Path("data/jilin"))
    parser.add_argument("--villages", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--plan-seconds", type=int, default=20)
    parser.add_argument("--now", type=int, default=9, help="hour of the day")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    compile_kernel()
    counties: dict[str, Callable[[], Day]] = {
        given.county.name: lambda: read_day(given.county, SERVICE_DATE, given.gazetteer),
        f"{given.villages} villages": lambda: draw_day(given.gazetteer, given.villages, given.seed),
    }
    for name, read in counties.items():
        day = read()
        settings = PlanSettings(given.plan_seconds, seed=given.seed, compare=False)
        plan = plan_day(day, settings, KernelEngine(), lambda: False, lambda *_: None, with_ways=False).plan
        stops = sum(len(run.stops) for run in plan.runs)
        trips = len({b.trip_id for b in plan.bookings})
        print(
            f"{name}: {len(day.consignments)} consignments, {len(plan.runs)} runs, {stops} stops, {trips} trips booked"
        )
        print(
            f"{'event':16}{'first s':>9}{'promised':>10}{'moved':>8}{'afresh':>9}{'forced':>8}"
            f"{'cost':>12}{'afresh':>12}{'% off':>8}{'unserved':>10}"
        )
        for event, happened in events_of(day, plan, given.now * 3600, given.seed):
            revision = Revision(plan, given.now * 3600, happened)
            print(measure(event, day, revision, given.seconds, given.seed), flush=True)


if __name__ == "__main__":
    main()
