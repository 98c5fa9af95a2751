"""The story of one plan: roads, options, runs, lines, what it is compared with, the checker's word."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from services.model.consignments import Consignment
from services.model.day import Day, PlanSettings
from services.model.errors import BudgetTooShortError, PlanRefusedError
from services.model.network import Node, NodeKind
from services.model.plan import Comparison, Plan, PlanResult
from services.model.ways import mode_shares
from services.route.assemble import Decision, make_plan
from services.route.assignment import assign_bookings
from services.route.baseline import plan_alone
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.engines.engine import Effort, Engine, RunSolution, ShouldStop
from services.route.options import BookingOption, enumerate_options
from services.route.roads.geodesic import GeodesicRoads
from services.route.roads.source import RoadMatrix, RoadSource
from services.route.roads.table import TableRoads
from services.route.run_task import RunTask, make_run_task
from services.route.values import Estimate, run_values
from services.route.village_ways import village_ways
from services.route.warm_start import carry_over

Report = Callable[[str, int, int], None]

# Parts of the effort: runs alone, then rounds with lines, then a last search around the best.
_RUNS_PART: Final = 0.4
_ROUND_PART: Final = 0.1
_POLISH_PART: Final = 0.2
_ALONE_PART: Final = 0.15
# Less than this is too short for any search to begin.
_LEAST_S: Final = 0.5
# What each round tries side by side: how villages are valued, and by how much that is raised or lowered.
_ROUNDS: Final[tuple[tuple[tuple[Estimate, int], ...], ...]] = (
    ((Estimate.MARGIN, 100), (Estimate.SHARE, 100)),
    ((Estimate.MARGIN, 150), (Estimate.SHARE, 60)),
    ((Estimate.MARGIN, 80), (Estimate.MARGIN, 120)),
    ((Estimate.MARGIN, 100), (Estimate.SHARE, 80)),
)


def plan_day(
    day: Day,
    settings: PlanSettings,
    engine: Engine,
    should_stop: ShouldStop,
    report: Report,
    clock: Callable[[], float] = time.monotonic,
) -> PlanResult:
    """Plan a valid day.

    A pure function of the day, the settings and their seed when these limit iterations; with a time budget the plan
    also depends on how fast the machine is. Shared runs come first; a choice of bookings replaces them only where the
    whole plan becomes cheaper, so lines never make it dearer.

    Raises
    ------
    BudgetTooShortError
        When no plan was found in the time given.
    PlanRefusedError
        When the checker refuses what was found: nothing unchecked is ever returned.
    """
    report("roads", 0, 0)
    index = DayIndex.of(day)
    matrix = choose_roads(day).matrix(nodes_on_roads(day))
    report("options", 0, 2)
    options = enumerate_options(index) if settings.use_lines else []
    search = _Search(index, matrix, settings, engine, should_stop, report, clock, clock() + settings.time_budget_s)
    runs_only = search.best_runs((), _RUNS_PART, phase="runs", done_percent=2, part_percent=30)
    if runs_only is None:
        raise BudgetTooShortError(f"no plan was found in {settings.time_budget_s} s; give more time")
    best = search.with_lines(runs_only, options) if options else runs_only
    best = search.polished(best)
    comparison = None
    if settings.compare and not should_stop():
        # Polished like the plan, though without the rounds that its choice of lines took.
        extra_s = settings.time_budget_s * _POLISH_PART
        runs_only = replace(search, deadline=clock() + extra_s).polished(runs_only) if best.bookings else best
        best = min(best, runs_only, key=search.cost)
        report("alone", search.cost(best), 72)
        effort = _effort(settings).share(_ALONE_PART)
        alone = plan_alone(index, matrix, engine, effort, settings.cores, should_stop)
        # A comparison that was cut short would compare nothing.
        if not should_stop():
            comparison = Comparison(search.cost(runs_only), sum(carrier.cost_fen for carrier in alone), alone)
    report("check", search.cost(best), 95)
    plan = checked(day, make_plan(index, matrix, best))
    report("check", plan.cost.total_fen, 100)
    ways = village_ways(index, matrix, plan)
    return PlanResult(plan, comparison, ways, mode_shares(ways))


def choose_roads(day: Day) -> RoadSource:
    """A measured table where the day has one, else the geodesic estimate."""
    network = day.county.network
    return TableRoads(network.road_pairs) if network.road_pairs else GeodesicRoads(network.roads)


def nodes_on_roads(day: Day) -> list[Node]:
    """The nodes that vehicles may visit: the hub, their depots and the villages' nodes."""
    depots = {vehicle.depot for vehicle in day.county.vehicles}
    return [
        node
        for node in day.county.network.nodes
        if node.kind is NodeKind.HUB or node.node_id in depots or node.village_code
    ]


def checked(day: Day, plan: Plan) -> Plan:
    """Give the plan back if the checker finds no law broken.

    Raises
    ------
    PlanRefusedError
        Naming the broken laws.
    """
    broken = check(day, plan)
    if broken:
        raise PlanRefusedError([(law.law.value, f"{law.subject}: {law.detail}") for law in broken])
    return plan


def _effort(settings: PlanSettings) -> Effort:
    return Effort(settings.time_budget_s, settings.iterations, settings.seed)


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for decisions with one engine under one budget."""

    index: DayIndex
    matrix: RoadMatrix
    settings: PlanSettings
    engine: Engine
    should_stop: ShouldStop
    report: Report
    clock: Callable[[], float]
    deadline: float

    def effort(self, part: float) -> Effort:
        """Return a part of the whole effort, or less where a time budget has less left."""
        share = _effort(self.settings).share(part)
        left_s = self.deadline - self.clock()
        return replace(share, seconds=max(_LEAST_S, min(share.seconds, left_s)))

    def is_over(self) -> bool:
        """Whether to stop: it was asked for, or a time budget is spent."""
        return self.should_stop() or (self.settings.iterations is None and self.clock() >= self.deadline)

    def cost(self, decision: Decision) -> int:
        """What a decision costs when it is written out."""
        return make_plan(self.index, self.matrix, decision).cost.total_fen

    def best_runs(
        self,
        bookings: Sequence[BookingOption],
        part: float,
        phase: str,
        done_percent: int,
        part_percent: int,
        start: Decision | None = None,
    ) -> Decision | None:
        """Search runs for what is not booked, with a seed a core, and keep the cheapest.

        Visits that hand over goods of different rights are few and quick to search, but leave fewer vehicles to choose
        from. Where that leaves something unserved, goods of different rights are searched for apart.
        """
        together = self._search_runs(bookings, part, phase, done_percent, part_percent, start)
        if together is None or together.task.apart or self._serves_all(together) or self.is_over():
            return together
        apart = self._search_runs(bookings, part, phase, done_percent, part_percent, start, apart=True)
        return min([together, *([apart] if apart else [])], key=self.cost)

    def _serves_all(self, decision: Decision) -> bool:
        carried = {i for route in decision.solution.routes for trip in route.trips for i in trip}
        return len(carried) == len(decision.task.demands)

    def _unserved_fen(self, task: RunTask) -> int:
        """Return the price of everything in a task, as it is when no run is driven."""
        return sum(demand.unserved_fen for demand in task.problem.demands)

    def _search_runs(
        self,
        bookings: Sequence[BookingOption],
        part: float,
        phase: str,
        done_percent: int,
        part_percent: int,
        start: Decision | None,
        apart: bool = False,
    ) -> Decision | None:
        task = self._task(bookings, apart or (start is not None and start.task.apart))
        warm = carry_over(start.task, start.solution, task) if start else None
        fixed_fen = self.cost(Decision(tuple(bookings), task, RunSolution((), 0))) - self._unserved_fen(task)
        told: list[int] = []

        def search(core: int) -> RunSolution | None:
            def on_best(solution: RunSolution) -> None:
                # The whole day's best on any core, so that what a watcher sees never goes up.
                told.append(min([solution.cost_fen + fixed_fen, *told[-1:]]))
                self.report(phase, told[-1], done_percent + part_percent // 2)

            effort = self.effort(part).reseeded(core)
            return self.engine.solve(task.problem, effort, self.should_stop, on_best, warm)

        with ThreadPoolExecutor(self.settings.cores) as pool:
            solutions = list(pool.map(search, range(self.settings.cores)))
        found = [Decision(tuple(bookings), task, s) for s in solutions if s is not None]
        return min(found, key=self.cost, default=None)

    def with_lines(self, runs_only: Decision, options: Sequence[BookingOption]) -> Decision:
        """Let lines take what saves more than it costs, round by round from the best so far."""
        best, best_fen = runs_only, self.cost(runs_only)
        tried: set[tuple[BookingOption, ...]] = {()}
        for number, variants in enumerate(_ROUNDS):
            if self.is_over():
                break
            plan = make_plan(self.index, self.matrix, best)
            choices: list[tuple[BookingOption, ...]] = []
            for estimate, factor_percent in variants:
                values = run_values(self.index, self.matrix, plan, estimate, factor_percent)
                choice = tuple(assign_bookings(self.index, options, values, self.settings.seed))
                if choice not in tried:
                    tried.add(choice)
                    choices.append(choice)
            for decision in self._try(choices, best):
                fen = self.cost(decision)
                if fen < best_fen:
                    best, best_fen = decision, fen
            self.report("lines", best_fen, 32 + 8 * (number + 1))
        return best

    def polished(self, decision: Decision) -> Decision:
        """Search once more around a decision; never worse."""
        if self.is_over():
            return decision
        again = self.best_runs(decision.bookings, _POLISH_PART, "runs", 64, 6, start=decision)
        return min([decision, *([again] if again else [])], key=self.cost)

    def _try(self, choices: Sequence[tuple[BookingOption, ...]], best: Decision) -> list[Decision]:
        def search(choice: tuple[BookingOption, ...]) -> Decision | None:
            task = self._task(choice, best.task.apart)
            # A round takes its part of the time however many cores its choices share.
            effort = self.effort(_ROUND_PART * min(1.0, self.settings.cores / len(choices)))
            warm = carry_over(best.task, best.solution, task)
            solution = self.engine.solve(task.problem, effort, self.should_stop, lambda _: None, warm)
            return None if solution is None else Decision(choice, task, solution)

        with ThreadPoolExecutor(self.settings.cores) as pool:
            return [decision for decision in pool.map(search, choices) if decision is not None]

    def _task(self, bookings: Sequence[BookingOption], apart: bool) -> RunTask:
        booked = {option.consignment.consignment_id for option in bookings}
        rest: list[Consignment] = [c for c in self.index.day.consignments if c.consignment_id not in booked]
        pieces: dict[str, int] = {}
        for option in bookings:
            if self.index.counts_towards_limit(option.consignment, option.agreement_id):
                pieces[option.agreement_id] = pieces.get(option.agreement_id, 0) + option.consignment.pieces
        return make_run_task(self.index, self.matrix, rest, pieces, apart)
