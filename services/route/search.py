"""Looking for decisions: runs by an engine, rounds with lines, a last search around the best, all under one budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from services.model.consignments import Consignment
from services.model.day import PlanSettings
from services.route.assemble import make_plan, price_plan
from services.route.assignment import assign_bookings
from services.route.day_index import DayIndex
from services.route.decision import Decision
from services.route.engines.engine import Effort, Engine, JointEngine, RunSolution, ShouldStop, Way
from services.route.joint import JointTask, make_joint_task
from services.route.options import BookingOption
from services.route.roads.source import RoadMatrix
from services.route.run_task import RunTask, make_run_task
from services.route.values import Estimate, run_values
from services.route.visits import Grain
from services.route.warm_start import carry_over

Report = Callable[[str, int, int], None]

# Parts of a stage's effort: runs alone, then rounds with lines, then a last search around the best.
_RUNS_PART: Final = 0.4
_ROUND_PART: Final = 0.1
# With an engine that decides lines itself, the rest is for both together.
_JOINT_PART: Final = 0.6
# Of that: two tries with bundles, on from the best of them, then finely.
_TRIES: Final = 2
_BUNDLE_PARTS: Final = (0.3, 0.3, 0.25)
_FINE_PARTS: Final = (0.15,)
POLISH_PART: Final = 0.2
# From a decision made for other prices, what runs carry is nearly all there is to find.
_ANEW_PART: Final = 0.6
_ROUNDS_ANEW: Final = 2
# Less than this is too short for any search to begin.
_LEAST_S: Final = 0.5
# What each round tries side by side: how villages are valued, and by how much that is raised or lowered.
_ROUNDS: Final[tuple[tuple[tuple[Estimate, int], ...], ...]] = (
    ((Estimate.MARGIN, 100), (Estimate.SHARE, 100)),
    ((Estimate.MARGIN, 150), (Estimate.SHARE, 60)),
    ((Estimate.MARGIN, 80), (Estimate.MARGIN, 120)),
    ((Estimate.MARGIN, 100), (Estimate.SHARE, 80)),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of the planning: its part of the whole effort, its place on the progress bar and its name there.

    Without a name, what is told of is the kind of search.
    """

    part: float
    from_percent: int
    to_percent: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The best runs without lines, and the best decision."""

    runs_only: Decision
    best: Decision


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for decisions with one engine under one budget; ``deadline`` is by ``clock``, for a budget of time.

    ``keep`` is told the best so far after each step.
    """

    index: DayIndex
    matrix: RoadMatrix
    settings: PlanSettings
    engine: Engine
    should_stop: ShouldStop
    report: Report
    clock: Callable[[], float]
    deadline: float
    stage: Stage
    keep: Callable[[Decision], None] | None = None

    def from_scratch(self, options: Sequence[BookingOption]) -> Found | None:
        """Search runs first, then what lines could take off them; ``None`` when no plan was found in time.

        Where there are no lines to choose from, the first search gets the part of the last one as well: an engine goes
        on from its best by itself.
        """
        part = _RUNS_PART if options else _RUNS_PART + POLISH_PART
        runs_only = self._best_runs(None, part, self._on_all_cores(None), "runs", 22)
        if runs_only is None or not options:
            return None if runs_only is None else Found(runs_only, runs_only)
        self._keep(runs_only)
        if isinstance(self.engine, JointEngine):
            return Found(runs_only, self.jointly(self.engine, [runs_only, None], options, _JOINT_PART))
        return Found(runs_only, self.polished(self._with_lines(runs_only, options, len(_ROUNDS))))

    def from_start(
        self, start: Decision, options: Sequence[BookingOption], runs_only: Decision | None = None
    ) -> Decision:
        """Search from a decision made for other prices, and anew beside it; never worse than that decision.

        With few long routes the start decides which vehicles are used, and other prices may call for others. However
        late it is, one short search is made. An engine that decides lines itself begins from ``runs_only`` as well, or
        on one core in place of the decision: which vehicles it and the lines need is decided anew.
        """
        if self.should_stop():
            return start
        if options and isinstance(self.engine, JointEngine):
            return min([start, self.jointly(self.engine, [runs_only or start, start], options, 1.0)], key=self.cost)
        starts = [start, *[None] * (max(self.settings.cores, 2) - 1)]
        again = self._best_runs(start, _ANEW_PART, starts, "runs", 22)
        best = min([start, *([again] if again else [])], key=self.cost)
        return self.polished(self._with_lines(best, options, _ROUNDS_ANEW) if options else best)

    def polished(self, decision: Decision) -> Decision:
        """Search once more around a decision, with each that waits on its own; never worse."""
        return self._around(decision, self._on_all_cores(decision), POLISH_PART)

    def searched_on(self, decision: Decision, part: float, other: Decision | None = None) -> Decision:
        """Search around a decision, and another, for a part of the whole effort beyond the budget, telling nobody.

        The answer has the decision's bookings and is never worse than it.
        """
        stage, deadline = replace(self.stage, part=1.0), self.clock() + self.settings.time_budget_s * part
        silent = replace(self, stage=stage, deadline=deadline, report=lambda *_: None)
        starts = silent._on_all_cores(decision) if other is None else [decision, other]
        return silent._around(decision, starts, part)

    def _around(self, decision: Decision, starts: Sequence[Decision | None], part: float) -> Decision:
        if self.is_over():
            return decision
        grain, loose = decision.task.grain, _waiting(decision)
        again = self._best_runs(decision, part, starts, "runs", 93, grain, loose)
        return min([decision, *([again] if again else [])], key=self.cost)

    def _on_all_cores(self, start: Decision | None) -> list[Decision | None]:
        return [start] * self.settings.cores

    def _keep(self, decision: Decision) -> None:
        if self.keep is not None:
            self.keep(decision)

    def cost(self, decision: Decision) -> int:
        """What a decision costs when it is written out."""
        return price_plan(self.index, self.matrix, decision).total_fen

    def is_over(self) -> bool:
        """Whether to stop: it was asked for, or a time budget is spent."""
        return self.should_stop() or (self.settings.iterations is None and self.clock() >= self.deadline)

    def _effort(self, part: float) -> Effort:
        """Return a part of the stage's effort, or less where a time budget has less left."""
        share = whole_effort(self.settings).share(self.stage.part * part)
        left_s = self.deadline - self.clock()
        return replace(share, seconds=max(_LEAST_S, min(share.seconds, left_s)))

    def _tell(self, phase: str, cost_fen: int, percent: int) -> None:
        """Tell of progress; ``percent`` is of the stage."""
        span = self.stage.to_percent - self.stage.from_percent
        self.report(self.stage.name or phase, cost_fen, self.stage.from_percent + span * percent // 100)

    def _best_runs(
        self,
        booked: Decision | None,
        part: float,
        starts: Sequence[Decision | None],
        phase: str,
        percent: int,
        grain: Grain = Grain.COARSE,
        loose: Set[str] = frozenset(),
    ) -> Decision | None:
        """Search runs for what a decision does not book, for all where there is none, and keep the cheapest.

        Each start is searched from with a seed of its own. Visits that hand over much together are few and quick to
        search, but leave fewer vehicles, and less that may wait, to choose from. Where that leaves something unserved,
        goods are parted further, grain by grain.
        """
        # Parting what may wait from what has to go takes something that may.
        may_wait = any(c.wait_fen is not None for c in self.index.day.consignments)
        grains = [g for g in Grain if g >= grain and (g is not Grain.PARTED or may_wait)]
        best: Decision | None = None
        for finer in grains:
            task = self._task(booked.bookings if booked else (), finer, loose)
            nothing = Decision((), task, RunSolution((), 0))
            begin = replace(booked, task=task, solution=nothing.solution) if booked else nothing
            found = self._search_runs(begin, part, starts, phase, percent)
            best = min([d for d in (best, found) if d is not None], key=self.cost, default=None)
            if best is None or _serves_all(best) or self.is_over():
                break
        return best

    def _search_runs(
        self,
        begin: Decision,
        part: float,
        starts: Sequence[Decision | None],
        phase: str,
        percent: int,
    ) -> Decision | None:
        """Add runs to a decision that has none."""
        task = begin.task
        fixed_fen = self.cost(begin) - _leaving_fen(task)
        told = [self.cost(starts[0])] if starts[0] else []
        cores = self.settings.cores

        def search(number: int) -> RunSolution | None:
            def on_best(solution: RunSolution) -> None:
                # The whole day's best on any core, so that what a watcher sees never goes up.
                told.append(min([solution.cost_fen + fixed_fen, *told[-1:]]))
                self._tell(phase, told[-1], percent)

            start = starts[number]
            warm = carry_over(start.task, start.solution, task) if start else None
            # All take their part of the time together, however many cores they share.
            effort = self._effort(part * min(1.0, cores / len(starts))).reseeded(number)
            return self.engine.solve(task.problem, effort, self.should_stop, on_best, warm)

        with ThreadPoolExecutor(cores) as pool:
            solutions = list(pool.map(search, range(len(starts))))
        found = [replace(begin, solution=s) for s in solutions if s is not None]
        return min(found, key=self.cost, default=None)

    def _with_lines(self, start: Decision, options: Sequence[BookingOption], rounds: int) -> Decision:
        """Let lines take what saves more than it costs, round by round from the best so far."""
        best, best_fen = start, self.cost(start)
        tried: set[tuple[BookingOption, ...]] = {start.bookings}
        for number, variants in enumerate(_ROUNDS[:rounds]):
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
            self._keep(best)
            self._tell("lines", best_fen, 43 + 12 * (number + 1))
        return best

    def jointly(
        self, engine: JointEngine, starts: Sequence[Decision | None], options: Sequence[BookingOption], part: float
    ) -> Decision:
        """Decide runs and lines in one search; never worse than the first start, which may not be ``None``.

        Goods that could go the same ways first move as one, then what has exactly the same rights. Cores begin from one
        start each, anew where that is ``None``: only bundles are few enough for that. They do so twice, since how many
        vehicles are left is decided early and hard to change. Where no vehicle may carry anything, choosing among the
        bookings is all there is to do.
        """
        best = next(start for start in starts if start is not None)
        for grain in (Grain.COARSE, Grain.FINE):
            joint = make_joint_task(self.index, self.matrix, options, grain)
            if not joint.bookable.bookings or not joint.problem.classes:
                collected = [option for option in options if not option.station]
                return self.polished(self._with_lines(best, collected, len(_ROUNDS)))
            for number, share in enumerate(_BUNDLE_PARTS if grain is Grain.COARSE else _FINE_PARTS):
                if self.is_over():
                    return best
                begins = starts if grain is Grain.COARSE and number < _TRIES else [best]
                best = self._search_jointly(engine, joint, best, begins, part * share, number)
                self._keep(best)
        return best

    def _search_jointly(
        self,
        engine: JointEngine,
        joint: JointTask,
        best: Decision,
        starts: Sequence[Decision | None],
        part: float,
        attempt: int,
    ) -> Decision:
        """Search a joint task from a start on each core and keep the cheapest; never worse than ``best``."""
        told = [self.cost(best)]

        def begin(start: Decision) -> Way:
            carried = carry_over(start.task, start.solution, joint.task)
            return joint.way(replace(start, task=joint.task, solution=carried))

        def search(number: int) -> Decision:
            def on_best(way: Way) -> None:
                told.append(min(told[-1], self.cost(joint.decision(way))))
                self._tell("lines", told[-1], 60)

            effort = self._effort(part).reseeded(number + self.settings.cores * attempt)
            start = starts[number % len(starts)]
            first = None if start is None else begin(start)
            found = engine.solve_jointly(joint.problem, joint.bookable, effort, self.should_stop, on_best, first)
            return joint.decision(found)

        with ThreadPoolExecutor(self.settings.cores) as pool:
            found = list(pool.map(search, range(self.settings.cores)))
        return min([best, *found], key=self.cost)

    def _try(self, choices: Sequence[tuple[BookingOption, ...]], best: Decision) -> list[Decision]:
        def search(choice: tuple[BookingOption, ...]) -> Decision | None:
            task = self._task(choice, best.task.grain)
            # A round takes its part of the time however many cores its choices share.
            effort = self._effort(_ROUND_PART * min(1.0, self.settings.cores / len(choices)))
            warm = carry_over(best.task, best.solution, task)
            solution = self.engine.solve(task.problem, effort, self.should_stop, lambda _: None, warm)
            return None if solution is None else Decision(choice, task, solution)

        with ThreadPoolExecutor(self.settings.cores) as pool:
            return [decision for decision in pool.map(search, choices) if decision is not None]

    def _task(self, bookings: Sequence[BookingOption], grain: Grain, loose: Set[str] = frozenset()) -> RunTask:
        booked = {option.consignment.consignment_id for option in bookings}
        rest: list[Consignment] = [c for c in self.index.day.consignments if c.consignment_id not in booked]
        pieces: dict[str, int] = {}
        for option in bookings:
            if self.index.counts_towards_limit(option.consignment, option.agreement_id):
                pieces[option.agreement_id] = pieces.get(option.agreement_id, 0) + option.consignment.pieces
        return make_run_task(self.index, self.matrix, rest, pieces, grain, loose)


def whole_effort(settings: PlanSettings) -> Effort:
    """The effort that settings allow."""
    return Effort(settings.time_budget_s, settings.iterations, settings.seed)


def _serves_all(decision: Decision) -> bool:
    """Whether nothing is left out that may not wait; what no vehicle can carry is in no task."""
    carried = _served(decision)
    return all(i in carried or demand.may_wait for i, demand in enumerate(decision.task.problem.demands))


def _waiting(decision: Decision) -> set[str]:
    """The consignments that runs leave until tomorrow."""
    served, task = _served(decision), decision.task
    left = [i for i, demand in enumerate(task.problem.demands) if demand.may_wait and i not in served]
    return {consignment_id for i in left for consignment_id in task.demands[i]}


def _served(decision: Decision) -> set[int]:
    return {i for route in decision.solution.routes for trip in route.trips for i in trip}


def _leaving_fen(task: RunTask) -> int:
    """Return the price of leaving everything in a task, as it is when no run is driven."""
    return sum(demand.leaving_fen for demand in task.problem.demands)
