"""Why consignments are left behind: which limits bind, and the smallest change that a search shows to be enough.

For each vehicle and trip, every limit that could stand in the way is let go alone, and the plan, left as it is, is
asked for a place. A limit with which there is one binds; how little of it is enough is found by halving, in handy
units. The least disturbing is then tried in earnest: the day with that change is searched from the plan. If the search
serves the consignment and leaves nothing else behind, it is tried with less, since a search may also change the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from services.model.consignments import Consignment
from services.model.day import Day, PlanSettings
from services.model.explanations import MAX_EXPLAINED, BindingLimit, Explanation, LimitKind, SmallestChange, SubjectKind
from services.model.plan import Plan
from services.route.day_index import DayIndex
from services.route.engines.engine import Engine, ShouldStop
from services.route.explain.candidates import Candidate, Candidates, RoadsOf, urgency
from services.route.explain.changes import apply_change
from services.route.explain.limits import UNITS
from services.route.explain.solve import Solver
from services.route.explain.words import worded
from services.route.search import Report

ITERATIONS: Final = 20
# Searches for one consignment, and limits that are told of it.
_MAX_SOLVES: Final = 12
_MAX_TOLD: Final = 8
_PERCENT: Final = 97


@dataclass(slots=True)
class Explainer:
    """Explains one plan; roads, and what a search without any change serves, are found once."""

    candidates: Candidates
    solver: Solver
    _served_anyway: frozenset[str] | None = None

    @property
    def day(self) -> Day:
        """The day."""
        return self.candidates.day

    @property
    def plan(self) -> Plan:
        """Its plan."""
        return self.candidates.plan

    @property
    def index(self) -> DayIndex:
        """The day by name."""
        return self.candidates.index

    def explain(self, consignment_id: str) -> Explanation:
        """Explain one consignment."""
        consignment = self.index.consignments[consignment_id]
        place_fen = self.candidates.place_fen(consignment)
        if consignment_id in self._served_without_change() or (
            place_fen is not None and place_fen < self.index.unserved_fen(consignment)
        ):
            return self._unsearched(consignment)
        candidates = self.candidates.found(consignment, place_fen)
        change = self._verified(consignment, candidates)
        if change is None or not (change.verified or any(self._is_worth(consignment, one) for one in candidates)):
            return self._together(consignment, candidates)
        limits = tuple(worded(self.index, one.limit) for one in candidates)
        # What was verified comes first: it is what binds for certain.
        first = tuple(one for one in limits if _is_of(one, change.relaxes))
        others = tuple(one for one in limits if one not in first)
        return Explanation(consignment_id, (*first, *others)[:_MAX_TOLD], change)

    def _unsearched(self, consignment: Consignment) -> Explanation:
        limit = worded(
            self.index, BindingLimit(LimitKind.UNSEARCHED, SubjectKind.CONSIGNMENT, consignment.consignment_id)
        )
        served = consignment.consignment_id in self._served_without_change()
        return Explanation(consignment.consignment_id, (limit,), SmallestChange(limit, 0, served))

    def _served_without_change(self) -> frozenset[str]:
        if self._served_anyway is None:
            found = self.solver.solve(self.day, self.plan, self.candidates.matrix)
            left = _left(self.plan)
            now = left if found is None else _left(found)
            self._served_anyway = left - now if now <= left else frozenset()
        return self._served_anyway

    def _is_worth(self, consignment: Consignment, one: Candidate) -> bool:
        """Whether the place costs less than leaving it, at the price that a change of prices makes of that."""
        by_fen = one.limit.by_fen * urgency(consignment)
        return one.fen < self.index.unserved_fen(consignment) + by_fen

    def _together(self, consignment: Consignment, candidates: Sequence[Candidate]) -> Explanation:
        """Name limits of which none binds alone, or that bind beside the price of leaving it."""
        limits: tuple[BindingLimit, ...]
        if candidates:
            cheapest = min(candidates, key=lambda one: one.fen)
            limits = (cheapest.limit, self.candidates.price(consignment, cheapest.fen))
        else:
            limits = self.candidates.together(consignment)
        told = tuple(worded(self.index, one) for one in limits)
        return Explanation(consignment.consignment_id, told, None, stand_together=True)

    def _verified(self, consignment: Consignment, candidates: Sequence[Candidate]) -> SmallestChange | None:
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
        found = self.solver.solve(day, self.plan, self.candidates.roads(day))
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
    explainer = Explainer(
        Candidates(day, plan, roads_of, use_lines), Solver(engine, iterations, should_stop, use_lines)
    )
    explained = []
    for number, name in enumerate(names):
        is_over = number >= most or should_stop()
        explained.append(Explanation(name, is_explained=False) if is_over else explainer.explain(name))
    return tuple(explained)


def explain_day(
    day: Day,
    plan: Plan,
    settings: PlanSettings,
    engine: Engine,
    should_stop: ShouldStop,
    roads_of: RoadsOf,
    report: Report,
) -> tuple[Explanation, ...]:
    """Explain a plan that was just made, where its settings ask for that."""
    if not settings.explain:
        return ()
    report("explain", plan.cost.total_fen, _PERCENT)
    return explain(day, plan, roads_of, engine, should_stop, use_lines=settings.use_lines)


def _left(plan: Plan) -> frozenset[str]:
    return frozenset(one.consignment_id for one in plan.unserved)


def _spent_fen(plan: Plan) -> int:
    return plan.cost.total_fen - plan.cost.unserved_fen


def _is_of(limit: BindingLimit, other: BindingLimit) -> bool:
    return (limit.kind, limit.subject, limit.by_s < 0) == (other.kind, other.subject, other.by_s < 0)


def _amounts(limit: BindingLimit) -> list[str]:
    return [name for name in UNITS if getattr(limit, name)]


def _only_amount(limit: BindingLimit) -> str | None:
    names = _amounts(limit)
    return names[0] if len(names) == 1 else None


def _more(limit: BindingLimit, first: BindingLimit) -> BindingLimit | None:
    """Half as much again, in whole units, up to four times the first.

    Engines plan with some time in hand, and what else is left behind may take a first change up for itself.
    """
    names = _amounts(limit)
    if not names:
        return None
    changed: Any = {}
    for name in names:
        amount, unit = getattr(limit, name), UNITS[name]
        steps = -(-abs(amount) * 3 // (2 * unit))
        changed[name] = max(steps, abs(amount) // unit + 1) * unit * (-1 if amount < 0 else 1)
    more = replace(limit, **changed)
    is_enough = abs(getattr(more, names[0])) <= max(4 * abs(getattr(first, names[0])), 8 * UNITS[names[0]])
    return more if is_enough else None
