"""What partners would spend on goods by their own means: the plans of coalitions, each made once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from services.model.day import Day
from services.model.lines import Trip
from services.model.own_fleet import first_count, own_kinds
from services.model.plan import Plan
from services.settlement.coalition_day import Means, coalition_day
from services.settlement.sharing import Game, Ridden
from services.settlement.solver import CoalitionSolver, SearchEffort


@dataclass(frozen=True, slots=True)
class OwnMeans:
    """Goods and the means to carry them: kinds of vehicle, as many of each as are needed, and trips."""

    goods: tuple[Ridden, ...]
    means: Means
    count: int

    def day(self, whole: Day) -> Day:
        """The day to plan."""
        return coalition_day(whole, self.goods, self.means, self.count)

    def with_more(self) -> OwnMeans:
        """With twice as many vehicles of each kind, never more than consignments."""
        return replace(self, count=min(2 * self.count, len(self.goods)))

    def is_short_of_vehicles(self, plan: Plan) -> bool:
        """Whether more vehicles might serve what a plan leaves behind."""
        if not plan.unserved or self.count >= len(self.goods):
            return False
        used = Counter(run.vehicle_id.rpartition("/")[0] for run in plan.runs)
        return max(used.values(), default=0) >= self.count


@dataclass(frozen=True, slots=True)
class OwnCost:
    """What a plan by own means costs, in fen; the price of what it leaves behind is part of it."""

    cost_fen: int = 0
    unserved_fen: int = 0


def means_of(
    whole: Day, partners: Collection[str], goods: Sequence[Ridden], trips: Sequence[Trip] = ()
) -> OwnMeans | None:
    """What partners have to carry goods with, or ``None`` where there is nothing to carry."""
    if not goods:
        return None
    consignments = [ridden.consignment for ridden in goods]
    kinds = own_kinds(whole.county, partners, {c.temperature for c in consignments})
    return OwnMeans(tuple(goods), Means(tuple(kinds), tuple(trips)), first_count(kinds, consignments))


def coalition_means(whole: Day, game: Game, members: Collection[str]) -> OwnMeans | None:
    """What a coalition of a game has: its kinds of vehicle and, with the operator, the very trips of the game.

    Without the operator, goods that came by trip go by vehicle. An operator without goods has nothing to carry.
    """
    goods = game.goods_of(members)
    if game.agreement.operator in members:
        return means_of(whole, members, goods, game.trips)
    return means_of(whole, members, [ridden.by_road() for ridden in goods])


def own_costs(
    whole: Day, wanted: Sequence[OwnMeans | None], solver: CoalitionSolver, effort: SearchEffort
) -> tuple[list[OwnCost], int]:
    """Find what each costs; who has nothing to carry spends nothing.

    Days that are equal are planned once. Where a plan leaves something behind although every vehicle of a kind is in
    use, there are too few of them: it is planned anew with twice as many.

    Returns
    -------
    list[OwnCost], int
        In the order of ``wanted``, and how many plans were asked for.
    """
    costs = [OwnCost() for _ in wanted]
    solved: dict[Day, Plan] = {}
    pending = {i: asked for i, asked in enumerate(wanted) if asked is not None}
    while pending:
        plans = _plan_each_once({i: asked.day(whole) for i, asked in pending.items()}, solved, solver, effort)
        for i, plan in plans.items():
            found = OwnCost(plan.cost.total_fen, plan.cost.unserved_fen)
            # A search among more vehicles may find dearer than the one before.
            costs[i] = min([found, *([costs[i]] if costs[i].cost_fen else [])], key=lambda own: own.cost_fen)
        pending = {i: asked.with_more() for i, asked in pending.items() if asked.is_short_of_vehicles(plans[i])}
    return costs, len(solved)


def _plan_each_once(
    days: Mapping[int, Day], solved: dict[Day, Plan], solver: CoalitionSolver, effort: SearchEffort
) -> dict[int, Plan]:
    """Plan the days that are not solved yet, add them to those that are, and give each day's plan."""
    users: dict[Day, list[int]] = {}
    for i, day in days.items():
        users.setdefault(day, []).append(i)
    missing = [day for day in users if day not in solved]
    solved.update(zip(missing, solver.solve(missing, effort) if missing else (), strict=True))
    return {i: solved[day] for day, positions in users.items() for i in positions}
