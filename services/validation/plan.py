"""A plan given beside its day: it names what the day knows, and every consignment has one fate.

Whether the plan obeys the laws of carriage is the checker's matter, where it was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from itertools import pairwise

from services.model.day import Day
from services.model.errors import Violation
from services.model.plan import Booking, Plan, Run, Shuttle, UnservedReason
from services.validation.fields import id_violations, quoted
from services.validation.plan_form import form_violations


def plan_violations(day: Day, plan: Plan) -> list[Violation]:
    """List what makes a plan no plan of a sound day, by path (``plan.runs[2].vehicle_id``)."""
    stranded = {one.consignment_id for one in plan.unserved if one.reason is UnservedReason.STRANDED}
    lines = {trip.trip_id: line.line_id for line in day.county.lines for trip in line.trips}
    return [
        *form_violations(day, plan),
        *_repeated([run.run_id for run in plan.runs], "plan.runs", "run_id"),
        *(v for i, run in enumerate(plan.runs) for v in _run_violations(run, stranded, f"plan.runs[{i}]")),
        *_repeated([booking.booking_id for booking in plan.bookings], "plan.bookings", "booking_id"),
        *(v for i, b in enumerate(plan.bookings) for v in _booking_violations(b, lines, f"plan.bookings[{i}]")),
        *_shuttles_violations(plan),
        *_fate_violations(day, plan),
    ]


def _repeated(names: list[str], path: str, field: str) -> Iterator[Violation]:
    # That a name is empty is a matter of form.
    yield from (v for v in id_violations(names, path, field) if v.message != "is empty")


def _run_violations(run: Run, stranded: Set[str], path: str) -> Iterator[Violation]:
    if not run.stops:
        yield Violation(f"{path}.stops", "are none")
    for index, stop in enumerate(run.stops):
        if not stop.arrival_s <= stop.start_s <= stop.departure_s:
            yield Violation(f"{path}.stops[{index}]", "does not go from arrival by start to departure in time")
    for index, (before, stop) in enumerate(pairwise(run.stops), start=1):
        if stop.arrival_s < before.departure_s:
            yield Violation(f"{path}.stops[{index}].arrival_time", "is before the departure from the stop before")
    yield from _handling_violations(run, stranded, path)


def _handling_violations(run: Run, stranded: Set[str], path: str) -> Iterator[Violation]:
    """Report what is not taken once and dropped once later, as the carriages say; what is stranded is not dropped."""
    taken = [(consignment_id, i) for i, stop in enumerate(run.stops) for consignment_id in stop.take]
    dropped = [(consignment_id, i) for i, stop in enumerate(run.stops) for consignment_id in stop.drop]
    takes, drops = dict(taken), dict(dropped)
    for index, carriage in enumerate(run.carriages):
        name = carriage.consignment_id
        is_dropped = name in drops and name in takes and takes[name] < drops[name]
        if name not in takes or not (is_dropped or (name in stranded and name not in drops)):
            yield Violation(f"{path}.carriages[{index}]", f"{quoted(name)} is not taken first and dropped later")
    carried = Counter(carriage.consignment_id for carriage in run.carriages)
    for what, handled in (("taken", taken), ("dropped", dropped)):
        for name, times in Counter(name for name, _ in handled).items():
            if times != carried[name]:
                yield Violation(
                    f"{path}.stops", f"{quoted(name)} is {what} {times} times, carried {carried[name]} times"
                )


def _booking_violations(booking: Booking, lines: dict[str, str], path: str) -> Iterator[Violation]:
    if lines.get(booking.trip_id, booking.line_id) != booking.line_id:
        yield Violation(f"{path}.line_id", f"{quoted(booking.line_id)} is not the line of {quoted(booking.trip_id)}")
    if not booking.ready_by_s <= booking.departure_s <= booking.arrival_s <= booking.available_s:
        yield Violation(path, "does not go from ready by departure and arrival to available in time")


def _shuttles_violations(plan: Plan) -> Iterator[Violation]:
    booked = {(booking.trip_id, booking.consignment_id): booking for booking in plan.bookings}
    for index, shuttle in enumerate(plan.shuttles):
        path = f"plan.shuttles[{index}]"
        if shuttle.arrival_s < shuttle.departure_s:
            yield Violation(path, "arrives before it departs")
        yield from _served_violations(shuttle, booked, path)


def _served_violations(shuttle: Shuttle, booked: dict[tuple[str, str], Booking], path: str) -> Iterator[Violation]:
    """Report what a shuttle carries without meeting its booking in place and time."""
    for index, consignment_id in enumerate(shuttle.consignment_ids):
        here = f"{path}.consignment_ids[{index}]"
        booking = booked.get((shuttle.trip_id, consignment_id))
        if booking is None:
            yield Violation(here, f"{quoted(consignment_id)} is not booked on {quoted(shuttle.trip_id)}")
            continue
        is_before = shuttle.to_node == booking.board_node and shuttle.arrival_s <= booking.ready_by_s
        is_after = shuttle.from_node == booking.alight_node and shuttle.departure_s >= booking.available_s
        if not is_before and not is_after:
            yield Violation(here, f"{quoted(consignment_id)} does not meet its booking {quoted(booking.booking_id)}")


def _fate_violations(day: Day, plan: Plan) -> Iterator[Violation]:
    """Report consignments that are forgotten, that two runs or two trips carry, or that go and stay at once."""
    runs = Counter(carriage.consignment_id for run in plan.runs for carriage in run.carriages)
    bookings = Counter(booking.consignment_id for booking in plan.bookings)
    # What is stranded stands in what it is in as well.
    left = Counter(one.consignment_id for one in plan.unserved if one.reason is not UnservedReason.STRANDED)
    left.update(one.consignment_id for one in plan.waiting)
    for consignment in day.consignments:
        name = consignment.consignment_id
        goes, stays = max(runs[name], bookings[name]), left[name]
        if goes + stays != 1:
            said = f"goes {goes} times and stays {stays} times" if goes + stays else "has no place in the plan"
            yield Violation("plan", f"consignment {quoted(name)} {said}")
