"""Indicators 指标 of a month: brands pooled, villages served and how often, lines, pieces both ways, hours, cost.

Only what a plan carries counts: what waits, is unserved or held does not.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.errors import InvalidInputError, Violation
from services.model.plan import Booking, Plan, Run, last_mile_runs


@dataclass(frozen=True, slots=True)
class Carried:
    """A consignment that a plan carries, and how long inbound goods take from leaving the hub to hand-over.

    ``way_s`` is 0 for outbound goods. ``line_id`` and ``trip_id`` are empty for goods on a run.
    """

    consignment: Consignment
    way_s: int
    line_id: str = ""
    trip_id: str = ""


@dataclass(slots=True)
class Tally:
    """Counts that grow: pieces both ways and the time that inbound pieces took, each piece counted once."""

    pieces_in: int = 0
    pieces_out: int = 0
    piece_seconds: int = 0
    days: set[date] = field(default_factory=set)

    def add(self, carried: Carried, day: date) -> None:
        """Count a consignment carried on a day."""
        goods = carried.consignment
        if goods.direction is Direction.INBOUND:
            self.pieces_in += goods.pieces
            self.piece_seconds += goods.pieces * carried.way_s
        else:
            self.pieces_out += goods.pieces
        self.days.add(day)

    @property
    def pieces(self) -> int:
        """Both ways together."""
        return self.pieces_in + self.pieces_out

    @property
    def mean_way_s(self) -> float | None:
        """Mean time of an inbound piece from leaving the hub to hand-over; ``None`` without any."""
        return self.piece_seconds / self.pieces_in if self.pieces_in else None


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One planned day. ``cost_fen`` leaves out the prices of what is unserved or waits, which nobody pays."""

    service_date: date
    tally: Tally
    brands: int
    villages_with_goods: int
    villages_served: int
    lines: int
    trips: int
    runs: int
    held: int
    waiting_pieces: int
    unserved_pieces: int
    cost_fen: int


@dataclass(frozen=True, slots=True)
class LineFigures:
    """What one line carried in the month."""

    name: str
    owner: str
    pieces: int
    trips: int
    days: int
    tariff_fen: int


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """A county's month: by day, village (code), line (id) and brand (partner id), with the days that have no plan."""

    county_id: str
    year: int
    month: int
    days: tuple[DayFigures, ...]
    missing: tuple[date, ...]
    villages: dict[str, Tally]
    lines: dict[str, LineFigures]
    brands: dict[str, Tally]
    total: Tally

    @property
    def cost_fen(self) -> int:
        """What all days cost together."""
        return sum(day.cost_fen for day in self.days)

    @property
    def visits_a_village(self) -> float | None:
        """On how many of the planned days a village that was served at all was served, in the mean."""
        visits = sum(len(tally.days) for tally in self.villages.values())
        return visits / len(self.villages) if self.villages else None


def month_figures(year: int, month: int, planned: Sequence[tuple[Day, Plan]]) -> MonthFigures:
    """Count a month of planned days.

    Raises
    ------
    InvalidInputError
        When days are of several counties, of another month, or one is there twice.
    """
    _refuse_strangers(year, month, planned)
    days: list[DayFigures] = []
    villages: defaultdict[str, Tally] = defaultdict(Tally)
    brands: defaultdict[str, Tally] = defaultdict(Tally)
    lines: defaultdict[str, list[tuple[date, Carried, int]]] = defaultdict(list)
    total = Tally()
    for day, plan in sorted(planned, key=lambda pair: pair[0].service_date):
        carried = list(carried_by(day, plan))
        tariffs = {booking.consignment_id: booking.tariff_fen for booking in plan.bookings}
        for one in carried:
            villages[one.consignment.village_code].add(one, day.service_date)
            brands[one.consignment.carrier_id].add(one, day.service_date)
            total.add(one, day.service_date)
            if one.line_id:
                lines[one.line_id].append((day.service_date, one, tariffs[one.consignment.consignment_id]))
        days.append(_day_figures(day, plan, carried))
    names = {line.line_id: line for day, _ in planned for line in day.county.lines}
    return MonthFigures(
        county_id=planned[0][0].county.county_id if planned else "",
        year=year,
        month=month,
        days=tuple(days),
        missing=_missing(year, month, {day.service_date for day in days}),
        villages=dict(sorted(villages.items())),
        lines={
            line_id: LineFigures(
                name=names[line_id].name,
                owner=names[line_id].owner,
                pieces=sum(one.consignment.pieces for _, one, _ in rides),
                trips=len({(on, one.trip_id) for on, one, _ in rides}),
                days=len({on for on, _, _ in rides}),
                tariff_fen=sum(fen for _, _, fen in rides),
            )
            for line_id, rides in sorted(lines.items())
        },
        brands=dict(sorted(brands.items())),
        total=total,
    )


def carried_by(day: Day, plan: Plan) -> Iterator[Carried]:
    """Everything that a plan carries, by run and by line; what comes by both counts for the line."""
    goods = {consignment.consignment_id: consignment for consignment in day.consignments}
    last_mile = last_mile_runs(plan)
    for run in plan.runs:
        for carriage in run.carriages:
            if carriage.consignment_id in last_mile:
                continue
            consignment = goods[carriage.consignment_id]
            yield Carried(consignment, _run_way_s(run, consignment))
    leaves = {
        consignment_id: shuttle.departure_s for shuttle in plan.shuttles for consignment_id in shuttle.consignment_ids
    }
    for booking in plan.bookings:
        consignment = goods[booking.consignment_id]
        leaves_hub_s = leaves.get(booking.consignment_id, booking.ready_by_s)
        way_s = _booking_way_s(booking, consignment, leaves_hub_s, last_mile.get(booking.consignment_id))
        yield Carried(consignment, way_s, booking.line_id, booking.trip_id)


def _run_way_s(run: Run, consignment: Consignment) -> int:
    """Time from the end of loading at the hub to the start of the call that hands over."""
    if consignment.direction is Direction.OUTBOUND:
        return 0
    name = consignment.consignment_id
    left_s = next(stop.departure_s for stop in run.stops if name in stop.take)
    return next(stop.start_s for stop in run.stops if name in stop.drop) - left_s


def _booking_way_s(booking: Booking, consignment: Consignment, leaves_hub_s: int, last_mile: Run | None) -> int:
    """Time from leaving the hub, by shuttle or with the trip itself, until goods are at the village."""
    if consignment.direction is Direction.OUTBOUND:
        return 0
    if last_mile is None:
        return booking.available_s - leaves_hub_s
    name = consignment.consignment_id
    return next(stop.start_s for stop in last_mile.stops if name in stop.drop) - leaves_hub_s


def _day_figures(day: Day, plan: Plan, carried: Sequence[Carried]) -> DayFigures:
    tally = Tally()
    for one in carried:
        tally.add(one, day.service_date)
    pieces = {consignment.consignment_id: consignment.pieces for consignment in day.consignments}
    return DayFigures(
        service_date=day.service_date,
        tally=tally,
        brands=len({one.consignment.carrier_id for one in carried}),
        villages_with_goods=len({consignment.village_code for consignment in day.consignments}),
        villages_served=len({one.consignment.village_code for one in carried}),
        lines=len({one.line_id for one in carried if one.line_id}),
        trips=len({one.trip_id for one in carried if one.trip_id}),
        runs=len(plan.runs),
        held=len(day.held),
        waiting_pieces=sum(pieces[one.consignment_id] for one in plan.waiting),
        unserved_pieces=sum(pieces[one.consignment_id] for one in plan.unserved),
        cost_fen=plan.cost.total_fen - plan.cost.unserved_fen - plan.cost.waiting_fen - plan.cost.lateness_fen,
    )


def _missing(year: int, month: int, planned: set[date]) -> tuple[date, ...]:
    first = date(year, month, 1)
    every = (first + timedelta(days=offset) for offset in range(monthrange(year, month)[1]))
    return tuple(day for day in every if day not in planned)


def _refuse_strangers(year: int, month: int, planned: Sequence[tuple[Day, Plan]]) -> None:
    violations: list[Violation] = []
    seen: set[date] = set()
    for day, _ in planned:
        on = day.service_date
        if (on.year, on.month) != (year, month):
            violations.append(Violation(on.isoformat(), f"is not in {year}-{month:02d}"))
        if on in seen:
            violations.append(Violation(on.isoformat(), "is there twice"))
        seen.add(on)
    counties = sorted({day.county.county_id for day, _ in planned})
    if len(counties) > 1:
        violations.append(Violation("county_id", f"several counties in one report: {', '.join(counties)}"))
    if violations:
        raise InvalidInputError(violations)
