"""一地一品: a township sends out five times as much, a week long; nothing is lost, late or in the way of what comes in.

Each day is consolidated and planned as a dispatcher would; what waits comes back the next morning with a day less.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import polars as pl

from services.consolidation.consolidate import Consolidation, consolidate
from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.day import County, Day, PlanSettings
from services.model.parcels import PARCEL_SCHEMA
from services.model.plan import Plan
from services.route.engines.engine import Effort, OnBest, RunProblem, RunSolution, ShouldStop
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day
from services.route.visits import Grain
from tests.builders import SERVICE_DATE, VILLAGES, small_county
from tests.parcels import GAZETTEER, small_parcels

ITERATIONS = 60
# Pieces that a village sends out on each day of the week, before they are multiplied.
PICKED = (7, 9, 12, 6, 11, 8, 7)


@dataclass(frozen=True, slots=True)
class CountingEngine:
    """The default engine that counts the iterations that it is asked for."""

    iterations: list[int] = field(default_factory=list)

    def solve(
        self,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        """Search to the end of the effort."""
        self.iterations.append(effort.iterations or 0)
        return KernelEngine().solve(problem, effort, should_stop, on_best, start)


@dataclass(frozen=True, slots=True)
class Evening:
    """A day as it was planned."""

    service_date: date
    parcels: pl.DataFrame
    pooled: Consolidation
    goods: dict[str, Consignment]
    plan: Plan
    iterations: int

    def carried(self) -> set[str]:
        """The consignments on runs and trips."""
        on_runs = {c.consignment_id for run in self.plan.runs for c in run.carriages}
        return on_runs | {b.consignment_id for b in self.plan.bookings}

    def waybills(self, consignment_ids: set[str]) -> pl.DataFrame:
        """The parcels of some consignments."""
        ordinals = [i for i, c in enumerate(self.pooled.consignments) if c.consignment_id in consignment_ids]
        rows = self.pooled.fates.filter(pl.col("ordinal").is_in(ordinals))["row"]
        return self.parcels.filter(pl.col("row").is_in(rows.implode()))


def county() -> County:
    """One van with just enough room for the week as a whole, not for each of its days; nobody else drives."""
    small = small_county()
    van = replace(small.vehicles[0], capacity_pieces=52, max_trips=2)
    return replace(small, vehicles=(van,), lines=())


def morning(day: int, numbers: count[int]) -> pl.DataFrame:
    """New parcels: four in and two out a village, the first two villages' produce five times the usual; due in time."""
    if day >= len(PICKED):
        return pl.DataFrame(schema=PARCEL_SCHEMA)
    inbound: list[dict[str, Any]] = [
        {"village_code": village, "due_in_days": i % 3, "carrier": ("EXP-A", "EXP-B")[i % 2]}
        for village in VILLAGES
        for i in range(4)
    ]
    outbound: list[dict[str, Any]] = [
        {
            "village_code": village,
            "direction": "OUTBOUND",
            "category": "木耳",
            "due_in_days": 1 + i % 2,
            "weight_g": 4_000,
        }
        for village, times in zip(VILLAGES, (5, 5, 1), strict=True)
        for i in range(times * PICKED[day])
    ]
    made = [{**parcel, "waybill": f"W{next(numbers)}"} for parcel in (*inbound, *outbound)]
    return small_parcels(*made)


def evening(service_date: date, parcels: pl.DataFrame) -> Evening:
    parcels = parcels.with_columns(pl.int_range(2, pl.len() + 2).cast(pl.UInt32).alias("row"))
    pooled = consolidate(county(), service_date, GAZETTEER, parcels)
    goods = tuple(priced(c, service_date) for c in pooled.consignments)
    engine = CountingEngine()
    settings = PlanSettings(iterations=ITERATIONS, cores=1, compare=False)
    day = Day(county(), service_date, goods, pooled.admission_sets)
    plan = plan_day(day, settings, engine, lambda: False, lambda *_: None).plan
    by_id = {c.consignment_id: c for c in goods}
    return Evening(service_date, parcels, pooled, by_id, plan, sum(engine.iterations))


def priced(consignment: Consignment, service_date: date) -> Consignment:
    """What is not due today may wait for 30 fen a piece, for 60 if that is its last day."""
    days = (consignment.due_date - service_date).days
    fen = {1: 60, 2: 30}.get(days)
    return replace(consignment, wait_fen=None if fen is None else fen * consignment.pieces)


def week() -> list[Evening]:
    """Seven days of produce, then days without any until nothing is left."""
    evenings: list[Evening] = []
    numbers, left = count(1), pl.DataFrame(schema=PARCEL_SCHEMA)
    for number in range(len(PICKED) + 3):
        parcels = pl.concat([left, morning(number, numbers)]).rechunk()
        if not parcels.height:
            break
        evenings.append(evening(SERVICE_DATE + timedelta(days=number), parcels))
        waiting = evenings[-1].waybills({one.consignment_id for one in evenings[-1].plan.waiting})
        left = waiting.with_columns(pl.col("due_in_days") - 1)
    return evenings


def test_five_times_the_produce_of_a_township_a_week_long() -> None:
    evenings = week()
    sent, arrived = set[str](), set[str]()
    for one in evenings:
        sent |= set(one.parcels["waybill"])
        check_conservation(one)
        check_promises(one)
        assert all(one.goods[u.consignment_id].direction is Direction.OUTBOUND for u in one.plan.unserved)
        assert one.iterations <= len(Grain) * ITERATIONS
        arrived |= set(one.waybills(one.carried())["waybill"])
    assert any(one.plan.waiting for one in evenings)
    assert evenings[-1].plan.waiting == ()
    assert arrived == sent


def check_conservation(one: Evening) -> None:
    """Each consignment is carried, waits or is unserved for a reason, and only one of these."""
    waiting = {w.consignment_id for w in one.plan.waiting}
    unserved = {u.consignment_id for u in one.plan.unserved}
    assert all(u.detail for u in one.plan.unserved)
    fates = [*one.carried(), *waiting, *unserved]
    assert sorted(fates) == sorted(one.goods)
    assert one.pooled.held.height == 0


def check_promises(one: Evening) -> None:
    """What came back had a day left, and what waits has one more."""
    assert (one.parcels["due_in_days"] >= 0).all()
    assert all(one.goods[w.consignment_id].due_date > one.service_date for w in one.plan.waiting)
