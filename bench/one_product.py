"""Measure a week in which one township sends out five times as much 一地一品.

``python -m bench.one_product --county data/huadian --date 2026-11-23 --budget 10`` makes seven days from the example's
one by shifting its dates, multiplies the outbound parcels of one township (the one that sends most, unless named), and
plans day by day without the services. What waits, and what is unserved, comes back the next morning with a day less to
its promise. It prints a line a day: pieces out and in with how many of them are carried, what is unserved and what
waits, in pieces, what is carried past its promise, the cost without the prices of waiting, and the seconds beside the
budget. ``--no-wait`` sends everything at once; ``--times 1`` is the same week without the produce.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from bench.waiting import price_waiting
from services.consolidation.consolidate import Consolidation, consolidate
from services.files.county_folder import read_county
from services.files.gazetteer import read_villages
from services.files.waybills import read_waybills
from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.day import Day, PlanSettings
from services.model.network import Village
from services.model.plan import Plan
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day

_HEADER = ("date", "out", "carried", "in", "carried", "unserved", "waiting", "late", "cost fen", "s", "budget")


class Planned(NamedTuple):
    """A day's parcels, what they were pooled into, and the plan."""

    parcels: pl.DataFrame
    pooled: Consolidation
    day: Day
    plan: Plan


def busiest_township(parcels: pl.DataFrame, townships: dict[str, str]) -> str:
    """Name the township whose villages send out most pieces."""
    out = parcels.filter((pl.col("direction") == "OUTBOUND") & pl.col("village_code").is_in(list(townships)))
    by_township = out.with_columns(pl.col("village_code").replace_strict(townships).alias("township"))
    return str(by_township.group_by("township").agg(pl.col("pieces").sum()).sort("pieces", "township")["township"][-1])


def morning(parcels: pl.DataFrame, number: int, villages: Iterable[str], times: int) -> pl.DataFrame:
    """A day's new parcels: the example's with waybills of their own, some villages' outbound several times."""
    more = (pl.col("direction") == "OUTBOUND") & pl.col("village_code").is_in(list(villages))
    copies = [parcels, *[parcels.filter(more)] * (times - 1)]
    named = [
        copy.with_columns((pl.col("waybill") + f"-{number}-{i}").alias("waybill")) for i, copy in enumerate(copies)
    ]
    return pl.concat(named)


def evening(planned: Planned) -> pl.DataFrame:
    """What comes back tomorrow: all that waits or is unserved, with a day less to its promise."""
    left = {one.consignment_id for one in planned.plan.waiting} | {one.consignment_id for one in planned.plan.unserved}
    ordinals = [i for i, c in enumerate(planned.pooled.consignments) if c.consignment_id in left]
    rows = planned.pooled.fates.filter(pl.col("ordinal").is_in(ordinals))["row"]
    return planned.parcels.filter(pl.col("row").is_in(rows.implode())).with_columns(pl.col("due_in_days") - 1)


def plan_parcels(
    given: argparse.Namespace, service_date: date, parcels: pl.DataFrame, villages: tuple[Village, ...]
) -> Planned:
    """Consolidate and plan a day."""
    county = read_county(given.county, service_date).county
    numbered = parcels.with_columns(pl.int_range(2, pl.len() + 2).cast(pl.UInt32).alias("row"))
    pooled = consolidate(county, service_date, villages, numbered)
    day = price_waiting(
        Day(county, service_date, pooled.consignments, pooled.admission_sets), given.tomorrow, given.later
    )
    settings = PlanSettings(
        given.budget, given.iterations, cores=given.cores, compare=False, use_waiting=not given.no_wait
    )
    return Planned(numbered, pooled, day, plan_day(day, settings, KernelEngine(), lambda: False, lambda *_: None).plan)


def figures(planned: Planned) -> list[int]:
    """Count pieces: out, carried out, in, carried in, unserved, waiting, carried past their promise."""
    goods = {c.consignment_id: c for c in planned.day.consignments}
    plan = planned.plan
    carried = [goods[c.consignment_id] for run in plan.runs for c in run.carriages]
    carried += [goods[booking.consignment_id] for booking in plan.bookings]

    def pieces(consignments: Iterable[Consignment], *directions: Direction) -> int:
        return sum(c.pieces for c in consignments if c.direction in (directions or tuple(Direction)))

    return [
        pieces(goods.values(), Direction.OUTBOUND),
        pieces(carried, Direction.OUTBOUND),
        pieces(goods.values(), Direction.INBOUND),
        pieces(carried, Direction.INBOUND),
        pieces(goods[one.consignment_id] for one in plan.unserved),
        pieces(goods[one.consignment_id] for one in plan.waiting),
        pieces(c for c in carried if c.due_date < planned.day.service_date),
    ]


def main() -> None:
    """Print a line a day."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--county", type=Path, default=Path("data/huadian"))
    parser.add_argument("--villages", type=Path, default=Path("data/jilin"))
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 11, 23))
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--township", default="")
    parser.add_argument("--budget", type=int, default=20)
    parser.add_argument("--iterations", type=int)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--tomorrow", type=int, default=60)
    parser.add_argument("--later", type=int, default=30)
    parser.add_argument("--no-wait", action="store_true")
    given = parser.parse_args()
    example = read_waybills(given.county / "parcels.csv", given.date).parcels
    villages = read_villages(given.villages)
    nodes = read_county(given.county, given.date).county.network.nodes
    townships = {node.village_code: node.township_code for node in nodes if node.village_code}
    township = given.township or busiest_township(example, townships)
    mine = [village for village, code in townships.items() if code == township]
    print(f"township {township}: outbound of {len(mine)} villages x {given.times}")
    print(f"{_HEADER[0]:10} " + " ".join(f"{name:>9}" for name in _HEADER[1:]))
    back, spent_fen = example.clear(), 0
    for number in range(given.days):
        today, started = given.date + timedelta(days=number), time.monotonic()
        parcels = pl.concat([back, morning(example, number, mine, given.times)]).rechunk()
        planned = plan_parcels(given, today, parcels, villages)
        seconds = time.monotonic() - started
        cost = planned.plan.cost
        spent_fen += cost.total_fen - cost.waiting_fen
        row = [*figures(planned), cost.total_fen - cost.waiting_fen, round(seconds), given.budget]
        print(f"{today} " + " ".join(f"{figure:9,d}" for figure in row), flush=True)
        back = evening(planned)
    print(f"together {spent_fen:,d} fen; {back['pieces'].sum():,d} pieces are left for the day after")


if __name__ == "__main__":
    main()
