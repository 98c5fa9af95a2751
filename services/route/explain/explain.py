"""Why consignments are left behind: which limits bind, and the smallest change that a search shows to be enough.

For each vehicle and trip, every limit that could stand in the way is let go alone, and the plan, left as it is, is
asked for a place. A limit with which there is one binds; how little of it is enough is found by halving, in handy
units. The least disturbing is then tried in earnest: the day with that change is searched from the plan. If the search
serves the consignment and leaves nothing else behind, it is tried with less, since a search may also change the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from services.model.consignments import Consignment, Goods
from services.model.day import Day, PlanSettings
from services.model.explanations import BindingLimit, Explanation, LimitKind, SmallestChange, SubjectKind
from services.model.fleet import Vehicle
from services.model.plan import Plan
from services.route.day_index import DayIndex
from services.route.engines.engine import Engine, ShouldStop
from services.route.explain.amounts import least_of
from services.route.explain.changes import apply_change
from services.route.explain.limits import UNITS, disturbance, trip_limits, vehicle_limits
from services.route.explain.solve import Solver
from services.route.explain.standing import Standing
from services.route.explain.words import worded
from services.route.roads.source import RoadMatrix
from services.route.run_task import is_for_runs

# Of one call, unless it is told otherwise.
MAX_EXPLAINED: Final = 20
ITERATIONS: Final = 20
# Searches for one consignment, limits that are told of it, and ways that are looked at where no limit binds alone.
_MAX_SOLVES: Final = 12
_MAX_TOLD: Final = 8
_MAX_WAYS: Final = 6
_FEN_UNIT: Final = 100

RoadsOf = Callable[[Day], RoadMatrix]
"""Gives the roads between the nodes of a day."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A vehicle or a trip."""

    kind: SubjectKind
    name: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A limit that binds alone, by how little it has to give, and what the place costs that there is then."""

    limit: BindingLimit
    fen: int


@dataclass(slots=True)
class Explainer:
    """Explains one plan; roads, and what a search without any change serves, are found once."""

    day: Day
    plan: Plan
    roads_of: RoadsOf
    solver: Solver
    index: DayIndex = field(init=False)
    matrix: RoadMatrix = field(init=False)
    _served_anyway: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self.index, self.matrix = DayIndex.of(self.day), self.roads_of(self.day)

    def explain(self, consignment_id: str) -> Explanation:
        """Explain one consignment."""
        consignment = self.index.consignments[consignment_id]
        place_fen = self._place(consignment)
        if consignment_id in self._served_without_change() or (
            place_fen is not None and place_fen < self.index.unserved_fen(consignment)
        ):
            return self._unsearched(consignment)
        candidates = self._candidates(consignment, place_fen)
        affordable = [c for c in candidates if c.fen < self._leaving_fen(consignment, c.limit)]
        if not affordable:
            return self._together(consignment, candidates)
        limits = tuple(worded(self.index, c.limit) for c in affordable[:_MAX_TOLD])
        change = self._verified(consignment, affordable)
        if change is not None and change.relaxes.kind is not affordable[0].limit.kind:
            # What was verified comes first: it is what binds for certain.
            same = [x for x in limits if _is_of(x, change.relaxes)]
            limits = (*same, *(x for x in limits if x not in same))
        return Explanation(consignment_id, limits, change)

    def _unsearched(self, consignment: Consignment) -> Explanation:
        limit = worded(
            self.index, BindingLimit(LimitKind.UNSEARCHED, SubjectKind.CONSIGNMENT, consignment.consignment_id)
        )
        served = consignment.consignment_id in self._served_without_change()
        return Explanation(consignment.consignment_id, (limit,), SmallestChange(limit, 0, served))

    def _served_without_change(self) -> frozenset[str]:
        if self._served_anyway is None:
            found = self.solver.solve(self.day, self.plan, self.matrix)
            left = _left(self.plan)
            now = left if found is None else _left(found)
            self._served_anyway = left - now if now <= left else frozenset()
        return self._served_anyway

    def _leaving_fen(self, consignment: Consignment, limit: BindingLimit) -> int:
        prices = 0 if limit.kind is not LimitKind.PRICE else limit.by_fen * _urgency(consignment)
        return self.index.unserved_fen(consignment) + prices

    # --- places ---

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
        if self.solver.use_lines:
            for trip_id, (_, trip) in self.index.trips.items():
                if any(stop.node_id in consignment.node_ids for stop in trip.stop_times):
                    yield _Way(SubjectKind.TRIP, trip_id)

    @staticmethod
    def _opens(ways: Any, vehicle: Vehicle) -> bool:
        return any(vehicle.vehicle_id in by_name for by_name in ways.values())

    def _place(self, consignment: Consignment, day: Day | None = None) -> int | None:
        """What the cheapest place costs in the plan as it is; ``None`` where there is none."""
        standing = self._standing(day or self.day)
        places = [self._fen(standing, consignment, way) for way in self._ways(consignment)]
        return min((fen for fen in places if fen is not None), default=None)

    def _standing(self, day: Day) -> Standing:
        return Standing.of(day, self.plan, self._roads(day))

    def _roads(self, day: Day) -> RoadMatrix:
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
        return self._fen(self._standing(day), consignment, way)

    # --- limits ---

    def _limits(self, consignment: Consignment, way: _Way) -> list[BindingLimit]:
        if way.kind is SubjectKind.VEHICLE:
            return list(vehicle_limits(self.index, consignment, self.index.vehicles[way.name]))
        return list(trip_limits(self.index, consignment, self.index.trips[way.name][1]))

    def _candidates(self, consignment: Consignment, place_fen: int | None) -> list[_Candidate]:
        """Every limit that binds alone, the least disturbing first."""
        found: dict[tuple[LimitKind, str, bool], _Candidate] = {}
        if place_fen is not None:
            over = place_fen - self.index.unserved_fen(consignment)
            by_fen = -(-(over // _urgency(consignment) + 1) // _FEN_UNIT) * _FEN_UNIT
            price = BindingLimit(LimitKind.PRICE, SubjectKind.COUNTY, self.day.county.county_id, by_fen=by_fen)
            return [_Candidate(price, place_fen)]
        for way in self._ways(consignment):
            for limit in self._limits(consignment, way):
                if self._fen_with(consignment, way, [limit]) is None:
                    continue
                least = self._least(consignment, way, limit, ())
                fen = self._fen_with(consignment, way, [least])
                key = least.kind, least.subject, least.by_s < 0
                if fen is not None and (key not in found or _candidate_order(found[key]) > (disturbance(least), fen)):
                    found[key] = _Candidate(least, fen)
        if (promise := self._promise(consignment)) is not None:
            found[LimitKind.PROMISE_PAST, promise.limit.subject, False] = promise
        return sorted(found.values(), key=_candidate_order)

    def _promise(self, consignment: Consignment) -> _Candidate | None:
        """Whether it could wait, had it been promised for later, and what is in its way is only today's."""
        if consignment.emergency or consignment.goods is Goods.MAIL or consignment.due_date > self.day.service_date:
            return None
        if not self._has_place_alone(consignment):
            return None
        limit = BindingLimit(LimitKind.PROMISE_PAST, SubjectKind.CONSIGNMENT, consignment.consignment_id, by_days=1)
        later = apply_change(self.day, consignment.consignment_id, limit)
        changed = next(c for c in later.consignments if c.consignment_id == consignment.consignment_id)
        return _Candidate(limit, changed.wait_fen or 0)

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

    def _together(self, consignment: Consignment, candidates: Sequence[_Candidate]) -> Explanation:
        """Name limits of which none binds alone, or that bind beside the price of leaving it."""
        name = consignment.consignment_id
        if candidates:
            cheapest = min(candidates, key=lambda one: one.fen)
            over = cheapest.fen - self.index.unserved_fen(consignment)
            by_fen = -(-(over // _urgency(consignment) + 1) // _FEN_UNIT) * _FEN_UNIT
            price = BindingLimit(LimitKind.PRICE, SubjectKind.COUNTY, self.day.county.county_id, by_fen=by_fen)
            limits = (cheapest.limit, price)
            return Explanation(name, tuple(worded(self.index, one) for one in limits), None, stand_together=True)
        sets = [kept for way in self._ways(consignment) if (kept := self._irreducible(consignment, way))][:_MAX_WAYS]
        fewest = min(sets, key=lambda kept: (len(kept), [disturbance(one) for one in kept]), default=())
        return Explanation(name, tuple(worded(self.index, one) for one in fewest), None, stand_together=True)

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

    # --- changes ---

    def _verified(self, consignment: Consignment, candidates: Sequence[_Candidate]) -> SmallestChange | None:
        """The first change that a search shows to be enough, made as small as searches show."""
        left, tried = _MAX_SOLVES, candidates[: _MAX_SOLVES // 2]
        for one in tried:
            limit: BindingLimit | None = one.limit
            while limit is not None and left > 0 and not self.solver.should_stop():
                left -= 1
                if (found := self._solved(consignment, limit)) is not None:
                    return self._smaller(consignment, limit, found, left)
                limit = _more(limit, one.limit)
        if not candidates:
            return None
        return SmallestChange(worded(self.index, candidates[0].limit), candidates[0].fen, False)

    def _smaller(self, consignment: Consignment, limit: BindingLimit, found: Plan, left: int) -> SmallestChange:
        """Halve a change while a search still serves the consignment with less."""
        name = _only_amount(limit)
        if name is not None:
            unit, sign = UNITS[name], -1 if getattr(limit, name) < 0 else 1
            low, high = 0, -(-abs(getattr(limit, name)) // unit)
            while high - low > 1 and left > 0 and not self.solver.should_stop():
                middle, left = (low + high) // 2, left - 1
                changed: Any = {name: sign * unit * middle}
                less = replace(limit, **changed)
                plan = self._solved(consignment, less)
                if plan is None:
                    low = middle
                else:
                    high, limit, found = middle, less, plan
        return SmallestChange(worded(self.index, limit), _spent_fen(found) - _spent_fen(self.plan), True)

    def _solved(self, consignment: Consignment, limit: BindingLimit) -> Plan | None:
        """The plan that a search finds with a change, if it serves the consignment and leaves nothing else behind."""
        day = apply_change(self.day, consignment.consignment_id, limit)
        found = self.solver.solve(day, self.plan, self._roads(day))
        if found is None or not _left(found) <= _left(self.plan) - {consignment.consignment_id}:
            return None
        return found


def explain(
    day: Day,
    plan: Plan,
    roads_of: RoadsOf,
    engine: Engine,
    should_stop: ShouldStop,
    consignment_ids: Sequence[str] | None = None,
    most: int = MAX_EXPLAINED,
    iterations: int = ITERATIONS,
    use_lines: bool = True,
) -> tuple[Explanation, ...]:
    """Explain what a plan leaves behind, in its order; a pure function apart from ``should_stop``.

    Parameters
    ----------
    roads_of
        The roads of a day: a closed one may be among the limits.
    consignment_ids
        Which of the unserved; all unless given. What is not unserved has nothing to explain.
    most
        How many are looked into; the others are named as not explained.
    iterations
        How long each search is.
    """
    asked = None if consignment_ids is None else set(consignment_ids)
    names = [one.consignment_id for one in plan.unserved if asked is None or one.consignment_id in asked]
    explainer = Explainer(day, plan, roads_of, Solver(engine, iterations, should_stop, use_lines))
    explained = []
    for number, name in enumerate(names):
        is_over = number >= most or should_stop()
        explained.append(Explanation(name, is_explained=False) if is_over else explainer.explain(name))
    return tuple(explained)


def explain_day(
    day: Day, plan: Plan, settings: PlanSettings, engine: Engine, should_stop: ShouldStop, roads_of: RoadsOf
) -> tuple[Explanation, ...]:
    """Explain a plan that was just made, where its settings ask for that."""
    if not settings.explain:
        return ()
    return explain(day, plan, roads_of, engine, should_stop, use_lines=settings.use_lines)


def _candidate_order(one: _Candidate) -> tuple[tuple[int, int, int, int, str], int]:
    return disturbance(one.limit), one.fen


def _left(plan: Plan) -> frozenset[str]:
    return frozenset(one.consignment_id for one in plan.unserved)


def _spent_fen(plan: Plan) -> int:
    return plan.cost.total_fen - plan.cost.unserved_fen


def _urgency(consignment: Consignment) -> int:
    return 10 if consignment.emergency else 5 if consignment.goods is Goods.MAIL else 1


def _is_of(limit: BindingLimit, other: BindingLimit) -> bool:
    return (limit.kind, limit.subject, limit.by_s < 0) == (other.kind, other.subject, other.by_s < 0)


def _amounts(limit: BindingLimit) -> list[str]:
    return [name for name in UNITS if getattr(limit, name)]


def _only_amount(limit: BindingLimit) -> str | None:
    names = _amounts(limit)
    return names[0] if len(names) == 1 else None


def _more(limit: BindingLimit, first: BindingLimit) -> BindingLimit | None:
    """Half as much again, in whole units, until it is three times the first; engines plan with some time in hand."""
    names = _amounts(limit)
    if not names:
        return None
    changed: Any = {}
    for name in names:
        amount, unit = getattr(limit, name), UNITS[name]
        steps = -(-abs(amount) * 3 // (2 * unit))
        changed[name] = max(steps, abs(amount) // unit + 1) * unit * (-1 if amount < 0 else 1)
    more = replace(limit, **changed)
    is_enough = abs(getattr(more, names[0])) <= max(3 * abs(getattr(first, names[0])), 4 * UNITS[names[0]])
    return more if is_enough else None
