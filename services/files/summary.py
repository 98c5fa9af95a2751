"""The figures of a planned day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Literal

import orjson
import polars as pl

from services.files.explanation_words import change_lines
from services.files.punctuality import Punctuality, punctuality_of
from services.model.changes import TripRisk
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.held import HeldReason
from services.model.plan import Bound, Cost, Plan, PlanResult, Waiting, last_mile_runs
from services.model.ways import ModeShare

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class UnservedLine:
    """A consignment left behind, as a dispatcher needs it; ``change`` where it was asked for what would serve it."""

    consignment_id: str
    village_code: str
    pieces: int
    reason: str
    detail: str
    change: str = ""
    change_en: str = ""


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """What waits for tomorrow at one village; ``due_date`` is the first that is promised."""

    village_code: str
    node: str
    consignments: int
    pieces: int
    wait_fen: int
    saved_fen: int
    due_date: date


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a day.

    ``parcels``, ``parcels_served`` and ``parcels_waiting`` count pieces 件. Of the villages with parcels some are
    reached, some wait, that is all that is not carried there may, and the rest are not reached. ``cost_per_parcel_fen``
    leaves the prices of the unserved and of waiting out, as they are not spent. Savings are in permille of what the
    plan is compared with. ``None``: nothing to compare. ``modes`` share the pieces carried out among the modes, in
    permille; ``villages_with_other_way`` have a next best. ``bound`` is what any plan of the day costs at least,
    ``trip_risks`` what it would cost more if a booked trip failed, the dearest first.
    """

    county_id: str
    service_date: date
    rows: int
    held_by_reason: dict[str, int]
    consignments: int
    parcels: int
    parcels_served: int
    parcels_waiting: int
    weight_g: int
    runs: int
    last_mile_runs: int
    bookings: int
    shuttles: int
    distance_m: int
    villages_with_parcels: int
    villages_reached: int
    villages_waiting: int
    villages_not_reached: tuple[str, ...]
    unserved_detail: tuple[UnservedLine, ...]
    waiting: int
    waiting_saved_fen: int
    waiting_by_village: tuple[WaitingLine, ...]
    cost: Cost
    cost_per_parcel_fen: int | None
    bound: Bound | None
    trip_risks: tuple[TripRisk, ...]
    cost_fen_shared_runs: int | None
    cost_fen_alone: int | None
    cost_fen_all_today: int | None
    modes: tuple[ModeShare, ...]
    villages_with_other_way: int
    saving_on_shared_runs_permille: int | None
    saving_on_alone_permille: int | None
    saving_on_all_today_permille: int | None
    punctuality: Punctuality | None
    seconds: dict[str, float]
    checker: str

    @property
    def held(self) -> int:
        """How many parcels are held."""
        return sum(self.held_by_reason.values())

    @property
    def unserved(self) -> int:
        """How many consignments are left behind."""
        return len(self.unserved_detail)


def summarise(
    day: Day, result: PlanResult, rows: int, held: pl.DataFrame, seconds: Mapping[str, float], verdict: str
) -> Summary:
    """Count a day.

    ``rows`` are the waybills read, ``held`` has a column ``reason``, ``seconds`` are the phases' durations by name
    and ``verdict`` is the checker's word on the plan.
    """
    plan, comparison = result.plan, result.comparison
    carried = carried_ids(plan)
    served = [goods for goods in day.consignments if goods.consignment_id in carried]
    by_id = {goods.consignment_id: goods for goods in day.consignments}
    villages = {goods.village_code for goods in day.consignments}
    reached = {goods.village_code for goods in served}
    stranded = {by_id[left.consignment_id].village_code for left in plan.unserved}
    waiting = {by_id[one.consignment_id].village_code for one in plan.waiting} - reached - stranded
    all_today_fen = (comparison.all_today_fen or None) if comparison else None
    reasons = dict(held.group_by("reason").len().iter_rows())
    pieces = sum(goods.pieces for goods in served)
    total = plan.cost.total_fen
    changes, changes_en = change_lines(result, "zh"), change_lines(result, "en")
    return Summary(
        county_id=plan.county_id,
        service_date=plan.service_date,
        rows=rows,
        held_by_reason={reason.name: reasons[reason.name] for reason in HeldReason if reason.name in reasons},
        consignments=len(day.consignments),
        parcels=sum(goods.pieces for goods in day.consignments),
        parcels_served=pieces,
        parcels_waiting=sum(by_id[one.consignment_id].pieces for one in plan.waiting),
        weight_g=sum(goods.weight_g for goods in day.consignments),
        runs=len(plan.runs),
        last_mile_runs=len({run.run_id for run in last_mile_runs(plan).values()}),
        bookings=len(plan.bookings),
        shuttles=len(plan.shuttles),
        distance_m=sum(run.distance_m for run in plan.runs),
        villages_with_parcels=len(villages),
        villages_reached=len(reached),
        villages_waiting=len(waiting),
        villages_not_reached=tuple(sorted(villages - reached - waiting)),
        unserved_detail=tuple(
            UnservedLine(
                consignment_id=left.consignment_id,
                village_code=by_id[left.consignment_id].village_code,
                pieces=by_id[left.consignment_id].pieces,
                reason=left.reason.name,
                detail=left.detail,
                change=changes.get(left.consignment_id, ""),
                change_en=changes_en.get(left.consignment_id, ""),
            )
            for left in plan.unserved
        ),
        waiting=len(plan.waiting),
        waiting_saved_fen=sum(one.saved_fen for one in plan.waiting),
        waiting_by_village=waiting_by_village(day, plan),
        cost=plan.cost,
        cost_per_parcel_fen=round(
            (total - plan.cost.unserved_fen - plan.cost.waiting_fen - plan.cost.lateness_fen) / pieces
        )
        if pieces
        else None,
        bound=result.bound,
        trip_risks=result.trip_risks,
        cost_fen_shared_runs=comparison.shared_runs_fen if comparison else None,
        cost_fen_alone=comparison.alone_fen if comparison else None,
        cost_fen_all_today=all_today_fen,
        modes=result.mode_shares,
        villages_with_other_way=sum(way.next_best is not None for way in result.ways),
        saving_on_shared_runs_permille=saving_permille(total, comparison.shared_runs_fen) if comparison else None,
        saving_on_alone_permille=saving_permille(total, comparison.alone_fen) if comparison else None,
        saving_on_all_today_permille=saving_permille(total, all_today_fen) if all_today_fen else None,
        punctuality=punctuality_of(day, plan, result.forecast),
        seconds=dict(seconds),
        checker=verdict,
    )


def waiting_by_village(day: Day, plan: Plan) -> tuple[WaitingLine, ...]:
    """Add up what waits, village by village, those that save most first."""
    goods = {consignment.consignment_id: consignment for consignment in day.consignments}
    names = {node.node_id: node.name for node in day.county.network.nodes}
    villages: dict[str, list[tuple[Waiting, Consignment]]] = {}
    for one in plan.waiting:
        consignment = goods[one.consignment_id]
        villages.setdefault(consignment.village_code, []).append((one, consignment))
    lines = [
        WaitingLine(
            village_code=village,
            node=names.get(here[0][1].node_ids[0], here[0][1].node_ids[0]),
            consignments=len(here),
            pieces=sum(consignment.pieces for _, consignment in here),
            wait_fen=sum(one.wait_fen for one, _ in here),
            saved_fen=sum(one.saved_fen for one, _ in here),
            due_date=min(consignment.due_date for _, consignment in here),
        )
        for village, here in villages.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.saved_fen, line.village_code)))


def carried_ids(plan: Plan) -> set[str]:
    """Name the consignments that a plan carries, by run or booking."""
    left = {unserved.consignment_id for unserved in plan.unserved}
    on_runs = {carriage.consignment_id for run in plan.runs for carriage in run.carriages}
    return (on_runs | {booking.consignment_id for booking in plan.bookings}) - left


def saving_permille(cost_fen: int, compared_fen: int) -> int | None:
    """How much less than the other a cost is, in permille of the other; ``None`` where that is nothing.

    >>> saving_permille(60, 100), saving_permille(110, 100)
    (400, -100)
    """
    return round(1_000 * (compared_fen - cost_fen) / compared_fen) if compared_fen else None


def summary_json(summary: Summary) -> bytes:
    """Write the figures as indented JSON; ``held`` is by reason, ``cost_fen`` by part with its total."""
    figures = asdict(summary)
    shown: dict[str, dict[str, Any]] = {
        "held_by_reason": {"held": summary.held_by_reason, "held_total": summary.held},
        "cost": {"cost_fen": cost_parts(summary.cost) | {"total": summary.cost.total_fen}},
        "unserved_detail": {"unserved": summary.unserved, "unserved_detail": figures["unserved_detail"]},
        "seconds": {"seconds": round(sum(summary.seconds.values()), 3), "seconds_by_phase": summary.seconds},
    }
    document: dict[str, Any] = {}
    for name, value in figures.items():
        document |= shown.get(name, {name: value})
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def cost_parts(cost: Cost) -> dict[str, int]:
    """The parts of a cost by name, without their unit."""
    return {part.name.removesuffix("_fen"): getattr(cost, part.name) for part in fields(cost)}
