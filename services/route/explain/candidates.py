"""The limits that bind alone, and how little of each is enough for a place in a plan that is left as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from services.model.consignments import Consignment, Goods
from services.model.day import Day
from services.model.explanations import BindingLimit, LimitKind, SubjectKind
from services.model.fleet import Vehicle
from services.model.plan import Plan
from services.route.day_index import DayIndex
from services.route.explain.amounts import least_of
from services.route.explain.changes import apply_change
from services.route.explain.limits import disturbance, trip_limits, vehicle_limits
from services.route.explain.standing import Standing
from services.route.roads.source import RoadMatrix
from services.route.run_task import is_for_runs

# Ways that are looked at where no limit binds alone.
MAX_WAYS: Final = 6
_FEN_UNIT: Final = 100

RoadsOf = Callable[[Day], RoadMatrix]
"""Gives the roads between the nodes of a day."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A vehicle or a trip."""

    kind: SubjectKind
    name: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A limit that binds alone, by how little it has to give, and what the place costs that there is then."""

    limit: BindingLimit
    fen: int


@dataclass(slots=True)
class Candidates:
    """Finds the limits of one plan's consignments."""

    day: Day
    plan: Plan
    roads_of: RoadsOf
    use_lines: bool
    index: DayIndex = field(init=False)
    matrix: RoadMatrix = field(init=False)
    _now: Standing = field(init=False)

    def __post_init__(self) -> None:
        self.matrix = self.roads_of(self.day)
        self._now = Standing.of(self.day, self.plan, self.matrix)
        self.index = self._now.index

    def _ways(self, consignment: Consignment) -> Iterator[_Way]:
        alike: set[tuple[Vehicle, frozenset[str]]] = set()
        driven = {run.vehicle_id for run in self.plan.runs}
        for vehicle in self.day.county.vehicles:
            if not is_for_runs(self.index, vehicle):
                continue
            opened_by = frozenset(s for s, ways in self.index.admitted.items() if self._opens(ways, vehicle))
            kind = replace(vehicle, vehicle_id=""), opened_by
            if vehicle.vehicle_id in driven or vehicle.vehicle_id in self.index.regulars or kind not in alike:
                yield _Way(SubjectKind.VEHICLE, vehicle.vehicle_id)
            if vehicle.vehicle_id not in driven:
                alike.add(kind)
        if self.use_lines:
            for trip_id, (_, trip) in self.index.trips.items():
                if any(stop.node_id in consignment.node_ids for stop in trip.stop_times):
                    yield _Way(SubjectKind.TRIP, trip_id)

    @staticmethod
    def _opens(ways: Any, vehicle: Vehicle) -> bool:
        return any(vehicle.vehicle_id in by_name for by_name in ways.values())

    def place_fen(self, consignment: Consignment) -> int | None:
        """What the cheapest place costs in the plan as it is; ``None`` where there is none."""
        places = [self._fen(self._now, consignment, way) for way in self._ways(consignment)]
        return min((fen for fen in places if fen is not None), default=None)

    def roads(self, day: Day) -> RoadMatrix:
        """The roads of the day with some change."""
        if day.county.network.closed_roads == self.day.county.network.closed_roads:
            return self.matrix
        return self.roads_of(day)

    @staticmethod
    def _fen(standing: Standing, consignment: Consignment, way: _Way) -> int | None:
        now = standing.index.consignments[consignment.consignment_id]
        if way.kind is SubjectKind.VEHICLE:
            return standing.by_vehicle(now, way.name)
        return standing.by_trip(now, way.name)

    def _fen_with(self, consignment: Consignment, way: _Way, limits: Sequence[BindingLimit]) -> int | None:
        """What a place on one way costs where limits give."""
        day = self.day
        for limit in limits:
            day = apply_change(day, consignment.consignment_id, limit)
        return self._fen(self._now.on(day, self.roads(day)), consignment, way)

    def _limits(self, consignment: Consignment, way: _Way) -> list[BindingLimit]:
        if way.kind is SubjectKind.VEHICLE:
            return list(vehicle_limits(self.index, consignment, self.index.vehicles[way.name]))
        return list(trip_limits(self.index, consignment, self.index.trips[way.name][1]))

    def found(self, consignment: Consignment, place_fen: int | None) -> list[Candidate]:
        """Every limit that binds alone, the least disturbing first."""
        found: dict[tuple[LimitKind, str, bool], Candidate] = {}
        if place_fen is not None:
            return [Candidate(self.price(consignment, place_fen), place_fen)]
        for way in self._ways(consignment):
            for limit in self._limits(consignment, way):
                if self._fen_with(consignment, way, [limit]) is None:
                    continue
                least = self._least(consignment, way, limit, ())
                fen = self._fen_with(consignment, way, [least])
                key = least.kind, least.subject, least.by_s < 0
                if fen is not None and (key not in found or _order(found[key]) > (disturbance(least), fen)):
                    found[key] = Candidate(least, fen)
        if (promise := self._promise(consignment)) is not None:
            found[LimitKind.PROMISE_PAST, promise.limit.subject, False] = promise
        return sorted(found.values(), key=_order)

    def price(self, consignment: Consignment, fen: int) -> BindingLimit:
        """The price of leaving it, which is below what a place costs."""
        over = fen - self.index.unserved_fen(consignment)
        by_fen = -(-(over // urgency(consignment) + 1) // _FEN_UNIT) * _FEN_UNIT
        return BindingLimit(LimitKind.PRICE, SubjectKind.COUNTY, self.day.county.county_id, by_fen=by_fen)

    def _promise(self, consignment: Consignment) -> Candidate | None:
        """Whether it could wait, had it been promised for later, and what is in its way is only today's."""
        if consignment.emergency or consignment.goods is Goods.MAIL or consignment.due_date > self.day.service_date:
            return None
        if not self._has_place_alone(consignment):
            return None
        limit = BindingLimit(LimitKind.PROMISE_PAST, SubjectKind.CONSIGNMENT, consignment.consignment_id, by_days=1)
        later = apply_change(self.day, consignment.consignment_id, limit)
        changed = next(c for c in later.consignments if c.consignment_id == consignment.consignment_id)
        return Candidate(limit, changed.wait_fen or 0)

    def _has_place_alone(self, consignment: Consignment) -> bool:
        """Whether there is a place where nothing else is to be carried, and where all places open on the day."""
        day = replace(self.day, consignments=(consignment,))
        for node_id in (*consignment.node_ids, consignment.hub_id):
            opened = BindingLimit(LimitKind.TIME_WINDOW, SubjectKind.NODE, node_id, by_days=1)
            day = apply_change(day, consignment.consignment_id, opened)
        empty = replace(self.plan, runs=(), bookings=(), shuttles=())
        standing = Standing.of(day, empty, self.matrix)
        return any(self._fen(standing, consignment, way) is not None for way in self._ways(consignment))

    def _least(
        self, consignment: Consignment, way: _Way, limit: BindingLimit, others: Sequence[BindingLimit]
    ) -> BindingLimit:
        return least_of(limit, lambda less: self._fen_with(consignment, way, [*others, less]) is not None)

    def together(self, consignment: Consignment) -> tuple[BindingLimit, ...]:
        """Limits that all have to give, as none is enough alone: the fewest there are on any way; none if none help."""
        tried = (self._irreducible(consignment, way) for way in self._ways(consignment))
        sets = list(islice((kept for kept in tried if kept), MAX_WAYS))
        return min(sets, key=lambda kept: (len(kept), [disturbance(one) for one in kept]), default=())

    def _irreducible(self, consignment: Consignment, way: _Way) -> tuple[BindingLimit, ...]:
        """Give limits that all have to give for a way to be open; the most disturbing are tried without first."""
        kept = sorted(self._limits(consignment, way), key=disturbance, reverse=True)
        if self._fen_with(consignment, way, kept) is None:
            return ()
        for limit in list(kept):
            rest = [one for one in kept if one is not limit]
            if self._fen_with(consignment, way, rest) is not None:
                kept = rest
        for limit in tuple(kept):
            others = [one for one in kept if one is not limit]
            kept = [*others, self._least(consignment, way, limit, others)]
        return tuple(sorted(kept, key=disturbance))


def urgency(consignment: Consignment) -> int:
    """How many times the price of other goods it is to leave these."""
    return 10 if consignment.emergency else 5 if consignment.goods is Goods.MAIL else 1


def _order(one: Candidate) -> tuple[tuple[int, int, int, int, str], int]:
    return disturbance(one.limit), one.fen
