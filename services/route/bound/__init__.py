"""A lower bound on what any plan of a day costs, and how far a plan is from it: see docs/decisions/0041-bound.md."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import floor
from typing import Final

from services.model.day import Day, PlanSettings
from services.model.plan import Bound, BoundMethod, Plan
from services.route.bound.flow import build_flow
from services.route.bound.groups import group_goods
from services.route.bound.kinds import kinds_of
from services.route.bound.options import index_with_all_nodes, possible_options
from services.route.bound.relax import Purse, relaxed_bound
from services.route.bound.small import best_of_all, is_all_known
from services.route.bound.ways import shortest_ways

__all__ = ["BoundEffort", "bound_plan", "effort_for", "gap_permille", "lower_bound"]

# A part of the time for the plan, so much at most; a plan that is limited by iterations has rounds instead.
_PART: Final = 2 / 3
_MOST_S: Final = 20.0
_ITERATIONS_A_ROUND: Final = 4
_LEAST_ROUNDS: Final = 6
_MOST_ROUNDS: Final = 30
# Deterministic time for all plans of a small day; most take a hundredth of what a bound with few rounds may take.
_TIME_A_ROUND: Final = 0.03
_MOST_TIME: Final = 5.0


@dataclass(frozen=True, slots=True)
class BoundEffort:
    """What a bound may take: rounds of solving a program, or seconds where ``seconds`` says so."""

    rounds: int = _MOST_ROUNDS
    seconds: float | None = None


def effort_for(settings: PlanSettings) -> BoundEffort:
    """The effort that goes with a plan's."""
    if settings.iterations is None:
        return BoundEffort(1_000, min(_MOST_S, _PART * settings.time_budget_s))
    return BoundEffort(min(_MOST_ROUNDS, max(_LEAST_ROUNDS, settings.iterations // _ITERATIONS_A_ROUND)))


def bound_plan(
    day: Day,
    plan: Plan,
    effort: BoundEffort,
    should_stop: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
) -> Bound:
    """Bound a valid day, and say how far a lawful plan of it is from that.

    It looks no further than to prove that the plan is the best. With rounds alone the same day and plan give the same
    bound.
    """
    cost_fen = plan.cost.total_fen
    bound = lower_bound(day, effort, should_stop, clock, cost_fen)
    is_exact = bound.is_exact or bound.lower_fen >= cost_fen
    return Bound(bound.lower_fen, gap_permille(cost_fen, bound.lower_fen), bound.method, is_exact)


def gap_permille(cost_fen: int, lower_fen: int) -> int:
    """The part of a cost that is above a bound, in permille, rounded up.

    >>> gap_permille(1_000, 901), gap_permille(3, 2), gap_permille(0, 0)
    (99, 334, 0)
    """
    return -(-1_000 * (cost_fen - lower_fen) // cost_fen) if cost_fen else 0


def lower_bound(
    day: Day,
    effort: BoundEffort,
    should_stop: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
    enough_fen: int | None = None,
) -> Bound:
    """Bound a valid day with no plan in hand; its gap is to itself. ``enough_fen`` is more than anybody asks for."""
    deadline = None if effort.seconds is None else clock() + effort.seconds

    def is_over() -> bool:
        return should_stop() or (deadline is not None and clock() >= deadline)

    index, ways = index_with_all_nodes(day), shortest_ways(day)
    nodes = {node_id for node_ids in index.node_ids.values() for node_id in node_ids}
    kinds = kinds_of(index, ways, len(nodes))
    stations = {vehicle.depot for kind in kinds if kind.is_last_mile for vehicle in kind.vehicles}
    options = list(possible_options(index, stations))
    groups = group_goods(index, ways, kinds, options)
    flow = build_flow(index, ways, kinds, groups, options)
    enough = float("inf") if enough_fen is None else float(enough_fen)
    # Nothing has a price below nothing.
    lower_fen = max(0, floor(relaxed_bound(flow, Purse(effort.rounds, is_over), enough)))
    if (enough_fen is not None and lower_fen >= enough_fen) or is_over():
        return Bound(lower_fen, 0, BoundMethod.FLOW)
    found = best_of_all(index, ways, options, min(_MOST_TIME, effort.rounds * _TIME_A_ROUND), enough_fen)
    if found is None or found.lower_fen < lower_fen:
        return Bound(lower_fen, 0, BoundMethod.FLOW)
    is_exact = found.is_best and is_all_known(index, ways)
    return Bound(found.lower_fen, 0, BoundMethod.ENUMERATION, is_exact)
