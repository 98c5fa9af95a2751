"""What a plan promises: when each consignment is handed over at its village, and what a revision changes of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.model.agreements import Direction
from services.model.changes import Change, ChangeKind, Changes
from services.model.events import MOVED_LIMIT_S, Revision
from services.model.plan import Plan, Run, UnservedReason, last_mile_runs
from services.model.units import DAY_S
from services.route.day_index import DayIndex
from services.route.engines.engine import Booking, Demand
from services.route.lateness import run_late_fen
from services.route.options import BookingOption
from services.route.schedule import Within

# How far beyond the limit a late call costs a search the whole price of moving it: a search knows no steps.
_DEAR_AFTER_S: Final = MOVED_LIMIT_S // 3


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
        times.update(_handed_over(index, run))
    return {name: time_s for name, time_s in times.items() if name not in left}


def _handed_over(index: DayIndex, run: Run) -> Iterator[tuple[str, int]]:
    """What a run hands over at villages, and when."""
    for stop in run.stops:
        for name in (*stop.drop, *stop.take):
            consignment = index.consignments.get(name)
            if consignment and (name in stop.drop) == (consignment.direction is Direction.INBOUND):
                yield name, stop.start_s


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


@dataclass(frozen=True, slots=True)
class Promises:
    """What is promised, and what moving a promise beyond the limit costs; 0 is nothing.

    ``times_s`` are the promised times by consignment. What is in ``kept`` was to come with a vehicle that still goes
    out: its promise can be kept at least from the early side, by waiting.
    """

    times_s: Mapping[str, int]
    kept: frozenset[str]
    moved_fen: int

    def waiting(
        self,
        index: DayIndex,
        write: Callable[[Mapping[str, Within]], tuple[Run, ...]],
        is_possible: Callable[[Run], bool],
    ) -> tuple[Run, ...]:
        """Runs that wait before calls that would be early, as far as that is possible and pays.

        ``write`` gives the runs when consignments are handed over within times: from the promised one on, from the
        limit before it, or as soon as may be; until the limit after it, or at any time.
        """
        simple = write({})
        kept = (
            self.times_s.get(name, time_s) <= time_s and not self.is_moved(name, time_s)
            for run in simple
            for name, time_s in _handed_over(index, run)
        )
        if all(kept):
            return simple
        waits = self.within(early_s=0), self.within(), self.within(early_s=2 * DAY_S)
        loose = ({name: (first_s, 2 * DAY_S) for name, (first_s, _) in one.items()} for one in waits[:2])
        ways = zip(*map(write, (*waits, *loose)), simple, strict=True)
        return tuple(
            min(filter(is_possible, alike), key=lambda run: self._price_fen(index, run), default=alike[-1])
            for alike in ways
        )

    def within(self, early_s: int = MOVED_LIMIT_S) -> dict[str, Within]:
        """The times between which each promise is kept, from no more than ``early_s`` before it on."""
        return {n: (max(0, time_s - early_s), time_s + MOVED_LIMIT_S) for n, time_s in self.times_s.items()}

    def _price_fen(self, index: DayIndex, run: Run) -> int:
        """What a run costs by its times: the driver's, its late calls', and the promises that it breaks."""
        broken = sum(self.is_moved(name, time_s) for name, time_s in _handed_over(index, run))
        return run.time_fen + run_late_fen(index, run) + broken * self.moved_fen

    def is_moved(self, name: str, time_s: int) -> bool:
        """Whether a hand-over at a time breaks the promise to a consignment; where there is none, none is broken."""
        return name in self.times_s and abs(time_s - self.times_s[name]) > MOVED_LIMIT_S

    def demand(self, demand: Demand, goods: Sequence[str]) -> Demand:
        """A demand that costs more the later it is beyond its promise: soon after the limit, all of the price.

        Searches know one time from which a call is late: where a node has one of its own before that, it is the
        node's at the node's price. To drop a promise costs as much as to move it.
        """
        promised = [name for name in goods if name in self.times_s]
        if not promised or not self.moved_fen:
            return demand
        times_s, price_fen = [self.times_s[name] for name in promised], self.moved_fen * len(promised)
        due_s, rate = max(times_s) + MOVED_LIMIT_S, price_fen * 60 // _DEAR_AFTER_S
        if demand.due_s is not None and demand.late_fen_per_min and demand.due_s < due_s:
            due_s, rate = demand.due_s, demand.late_fen_per_min
        return replace(
            demand,
            due_s=due_s,
            late_fen_per_min=rate,
            leaving_fen=demand.leaving_fen + price_fen,
            not_before_s=max(0, min(times_s) - MOVED_LIMIT_S) if self.kept.issuperset(promised) else 0,
        )

    def booking(self, booking: Booking, options: Sequence[BookingOption]) -> Booking:
        """A booking with the price of the promises that it breaks; with a vehicle of a station nobody knows yet."""
        broken = sum(not option.station and self.is_moved_by(option) for option in options)
        return replace(booking, late_fen=booking.late_fen + broken * self.moved_fen)

    def is_moved_by(self, option: BookingOption) -> bool:
        """Whether goods that a trip hands over at their village, or fetches there, come too early or too late."""
        inbound = option.consignment.direction is Direction.INBOUND
        time_s = option.available_s if inbound else option.ready_by_s
        return self.is_moved(option.consignment.consignment_id, time_s)


def promises_of(before: DayIndex, after: DayIndex, revision: Revision) -> Promises:
    """What the plan to revise promises; ``before`` and ``after`` are its day and the day after the events."""
    plan = revision.plan
    booked = {booking.consignment_id for booking in plan.bookings}
    goes_on = (run for run in plan.runs if after.vehicles[run.vehicle_id].down_from_s is None)
    driven = {carriage.consignment_id for run in goes_on for carriage in run.carriages}
    return Promises(promised_times(before, plan), frozenset(driven - booked), revision.moved_fen)
