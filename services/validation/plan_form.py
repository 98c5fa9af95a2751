"""What makes a plan no plan of its day at all: names that the day does not know, numbers and instants that cannot be.

What is well formed may still break every law; that is for the checker to say.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.model.day import Day
from services.model.errors import Violation
from services.model.plan import Booking, Plan, Run, Stop
from services.model.units import DAY_S
from services.validation.fields import (
    amount_violations,
    quoted,
    reference_violation,
    text_violations,
    time_text,
)
from services.validation.sizes import plan_sizes

# Trips may end the next day.
_LAST_S: Final = 2 * DAY_S
_INSTANTS: Final = ("arrival_s", "start_s", "departure_s", "ready_by_s", "available_s")


@dataclass(frozen=True, slots=True)
class _Known:
    """The names that a plan of the day may use, trips with how often they call, and the latest that may be."""

    nodes: Container[str]
    vehicles: Container[str]
    agreements: Container[str]
    lines: Container[str]
    calls_of_trips: Mapping[str, int]
    consignments: Container[str]
    latest_s: int


def form_violations(day: Day, plan: Plan) -> list[Violation]:
    """List what cannot be in a plan of a sound day, by path (``plan.runs[2].vehicle_id``)."""
    if too_long := list(plan_sizes(plan)):
        return too_long
    county = day.county
    known = _Known(
        nodes={node.node_id for node in county.network.nodes},
        vehicles={vehicle.vehicle_id for vehicle in county.vehicles},
        agreements={"", *(agreement.agreement_id for agreement in county.agreements)},
        lines={line.line_id for line in county.lines},
        calls_of_trips={trip.trip_id: len(trip.stop_times) for line in county.lines for trip in line.trips},
        consignments={consignment.consignment_id for consignment in day.consignments},
        latest_s=_latest_s(day),
    )
    return [
        *_whose(day, plan),
        *(v for i, run in enumerate(plan.runs) for v in _run_violations(run, known, f"plan.runs[{i}]")),
        *(v for i, b in enumerate(plan.bookings) for v in _booking_violations(b, known, f"plan.bookings[{i}]")),
        *_shuttles_violations(plan, known),
        *_left_violations(plan, known),
        *amount_violations(plan.cost, "plan.cost"),
    ]


def _latest_s(day: Day) -> int:
    """The last instant that anything of the day knows, at least the end of the day after."""
    county = day.county
    after_s = max((transfer.duration_s for transfer in county.network.transfers), default=0)
    return max(
        _LAST_S,
        *(vehicle.shift_end_s for vehicle in county.vehicles),
        *(
            stop.departure_s + trip.handling_s + after_s
            for line in county.lines
            for trip in line.trips
            for stop in trip.stop_times[-1:]
        ),
    )


def _whose(day: Day, plan: Plan) -> Iterator[Violation]:
    if plan.county_id != day.county.county_id:
        said = f"{quoted(plan.county_id)} is not the day's county, {quoted(day.county.county_id)}"
        yield Violation("plan.county_id", said)
    if plan.service_date != day.service_date:
        yield Violation("plan.service_date", f"{plan.service_date} is not the day's date, {day.service_date}")


def _number_violations(item: Any, known: _Known, path: str) -> Iterator[Violation]:
    """Report amounts that cannot be, and instants before the day or after all that it knows."""
    instants = [name for name in _INSTANTS if hasattr(item, name)]
    paths = {f"{path}.{name}" for name in instants}
    yield from (v for v in amount_violations(item, path) if v.path not in paths)
    for name in instants:
        time_s = getattr(item, name)
        here = f"{path}.{name.removesuffix('_s')}_time"
        if time_s < 0:
            yield Violation(here, "is before the day")
        elif time_s > known.latest_s:
            yield Violation(
                here, f"is {time_text(time_s)}, after all of the day, which ends {time_text(known.latest_s)}"
            )


def _run_violations(run: Run, known: _Known, path: str) -> Iterator[Violation]:
    yield from _name_violation(run.run_id, f"{path}.run_id")
    yield from text_violations(run, path)
    yield from amount_violations(run, path)
    yield from reference_violation(run.vehicle_id, known.vehicles, f"{path}.vehicle_id", "vehicle")
    for index, stop in enumerate(run.stops):
        yield from _stop_violations(stop, known, f"{path}.stops[{index}]")
    for index, carriage in enumerate(run.carriages):
        here = f"{path}.carriages[{index}]"
        yield from reference_violation(
            carriage.consignment_id, known.consignments, f"{here}.consignment_id", "consignment"
        )
        yield from reference_violation(carriage.agreement_id, known.agreements, f"{here}.agreement_id", "agreement")


def _stop_violations(stop: Stop, known: _Known, path: str) -> Iterator[Violation]:
    yield from _number_violations(stop, known, path)
    yield from reference_violation(stop.node_id, known.nodes, f"{path}.node_id", "node")
    for index, node_id in enumerate(stop.via):
        yield from reference_violation(node_id, known.nodes, f"{path}.via[{index}]", "node")
    for name, ids in (("drop", stop.drop), ("take", stop.take)):
        for index, consignment_id in enumerate(ids):
            yield from reference_violation(consignment_id, known.consignments, f"{path}.{name}[{index}]", "consignment")


def _booking_violations(booking: Booking, known: _Known, path: str) -> Iterator[Violation]:
    yield from _name_violation(booking.booking_id, f"{path}.booking_id")
    yield from text_violations(booking, path)
    yield from _number_violations(booking, known, path)
    yield from reference_violation(booking.consignment_id, known.consignments, f"{path}.consignment_id", "consignment")
    yield from reference_violation(booking.trip_id, known.calls_of_trips, f"{path}.trip_id", "trip")
    yield from reference_violation(booking.line_id, known.lines, f"{path}.line_id", "line")
    yield from reference_violation(booking.agreement_id, known.agreements, f"{path}.agreement_id", "agreement")
    for name in ("board_node", "alight_node"):
        yield from reference_violation(getattr(booking, name), known.nodes, f"{path}.{name}", "node")
    calls = known.calls_of_trips.get(booking.trip_id)
    for name in ("board_index", "alight_index"):
        index = getattr(booking, name)
        if calls is not None and index >= calls:
            yield Violation(f"{path}.{name}", f"{index} is beyond the trip's {calls} stop times, counted from 0")


def _shuttles_violations(plan: Plan, known: _Known) -> Iterator[Violation]:
    for index, shuttle in enumerate(plan.shuttles):
        path = f"plan.shuttles[{index}]"
        yield from _number_violations(shuttle, known, path)
        yield from reference_violation(shuttle.trip_id, known.calls_of_trips, f"{path}.trip_id", "trip")
        for name in ("from_node", "to_node"):
            yield from reference_violation(getattr(shuttle, name), known.nodes, f"{path}.{name}", "node")
        for at, consignment_id in enumerate(shuttle.consignment_ids):
            here = f"{path}.consignment_ids[{at}]"
            yield from reference_violation(consignment_id, known.consignments, here, "consignment")


def _left_violations(plan: Plan, known: _Known) -> Iterator[Violation]:
    left: tuple[tuple[str, Sequence[str]], ...] = (
        ("unserved", [one.consignment_id for one in plan.unserved]),
        ("waiting", [one.consignment_id for one in plan.waiting]),
    )
    for name, ids in left:
        for index, consignment_id in enumerate(ids):
            path = f"plan.{name}[{index}].consignment_id"
            yield from reference_violation(consignment_id, known.consignments, path, "consignment")


def _name_violation(name: str, path: str) -> Iterator[Violation]:
    if not name.strip():
        yield Violation(path, "is empty")
