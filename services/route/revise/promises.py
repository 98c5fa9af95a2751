"""What a plan promises: when each consignment is handed over at its village, and what a revision changes of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.model.agreements import Direction
from services.model.changes import Change, ChangeKind, Changes
from services.model.events import MOVED_LIMIT_S, Revision
from services.model.plan import Plan, UnservedReason, last_mile_runs
from services.route.day_index import DayIndex
from services.route.engines.engine import Demand


def promised_times(index: DayIndex, plan: Plan) -> dict[str, int]:
    """When each consignment that the plan carries is handed over at its village.

    Of a run that is when the call begins; of a trip, when goods can be fetched from it or must be brought to it.
    """
    left = {one.consignment_id for one in plan.unserved if one.reason is UnservedReason.STRANDED}
    times: dict[str, int] = {}
    driven = last_mile_runs(plan)
    for booking in plan.bookings:
        consignment = index.consignments.get(booking.consignment_id)
        if consignment and booking.consignment_id not in driven:
            inbound = consignment.direction is Direction.INBOUND
            times[booking.consignment_id] = booking.available_s if inbound else booking.ready_by_s
    for run in plan.runs:
        for stop in run.stops:
            for name in (*stop.drop, *stop.take):
                consignment = index.consignments.get(name)
                if consignment and (name in stop.drop) == (consignment.direction is Direction.INBOUND):
                    times[name] = stop.start_s
    return {name: time_s for name, time_s in times.items() if name not in left}


def changes_of(before: DayIndex, after: DayIndex, revision: Revision, plan: Plan) -> Changes:
    """List what a revised plan changes of the one before it; ``before`` and ``after`` are the days of each."""
    old, new = promised_times(before, revision.plan), promised_times(after, plan)
    open_promises = {name: time_s for name, time_s in old.items() if time_s > revision.now_s}
    changes = tuple(_changes(before, after, old, new, revision))
    return Changes(
        previous_fen=revision.plan.cost.total_fen,
        moved=sum(change.kind in (ChangeKind.EARLIER, ChangeKind.LATER) for change in changes),
        promised=len(open_promises),
        price_fen=sum(change.price_fen for change in changes),
        changes=changes,
    )


def _changes(
    before: DayIndex, after: DayIndex, old: Mapping[str, int], new: Mapping[str, int], revision: Revision
) -> Iterator[Change]:
    for name in before.consignments:
        promised_s, new_s = old.get(name), new.get(name)
        if name not in after.consignments:
            yield Change(name, ChangeKind.WITHDRAWN, promised_s)
        elif promised_s is not None and new_s is None:
            yield Change(name, ChangeKind.DROPPED, promised_s, None, revision.moved_fen)
        elif promised_s is None and new_s is not None:
            yield Change(name, ChangeKind.GAINED, None, new_s)
        elif promised_s is not None and new_s is not None and abs(new_s - promised_s) > MOVED_LIMIT_S:
            kind = ChangeKind.LATER if new_s > promised_s else ChangeKind.EARLIER
            yield Change(name, kind, promised_s, new_s, revision.moved_fen)
    for name in after.consignments:
        if name not in before.consignments and name in new:
            yield Change(name, ChangeKind.ADDED, None, new[name])


def with_promise(demand: Demand, goods: tuple[str, ...], promised_s: Mapping[str, int], moved_fen: int) -> Demand:
    """A demand that costs more the later it is beyond its promise: at twice the limit, all of the price of moving it.

    Searches know one time from which a call is late. Where a node has one of its own as well, the earlier counts for
    both.
    """
    promises = [promised_s[name] for name in goods if name in promised_s]
    if not promises or not moved_fen:
        return demand
    due_s = max(promises) + MOVED_LIMIT_S
    rate = moved_fen * len(promises) * 60 // MOVED_LIMIT_S
    if demand.due_s is not None and demand.late_fen_per_min:
        due_s = min(due_s, demand.due_s)
        rate = max(rate, demand.late_fen_per_min)
    return replace(demand, due_s=due_s, late_fen_per_min=rate)
