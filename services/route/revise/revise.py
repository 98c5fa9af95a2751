"""The story of one revision: what is settled, what is free, a search from the plan as it was, the checker's word."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from services.happenings.after import cancelled_trips, day_after
from services.model.changes import Changes
from services.model.day import Day, PlanSettings
from services.model.errors import PlanRefusedError
from services.model.events import Events, Revision
from services.model.plan import Plan, PlanResult, Run
from services.route.checker import BrokenLaw, check, check_past
from services.route.day_index import DayIndex
from services.route.decision import Decision, LastMileTour
from services.route.engines.engine import Effort, JointEngine, Route, RunSolution, ShouldStop, Way
from services.route.forecast import forecast_plan
from services.route.joint import JointTask, make_joint_task
from services.route.last_mile import enumerate_last_mile
from services.route.options import BookingOption, enumerate_options, meets_hours
from services.route.revise.composing import Composer, tour_of
from services.route.revise.lawful import refuse_unlawful
from services.route.revise.past import Past, read_past
from services.route.revise.promises import changes_of, promises_of
from services.route.revise.remainder import Finisher
from services.route.revise.residual import AGAIN, index_after, is_still_possible, option_of, residual_of
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.route.roads.source import RoadMatrix
from services.route.search import Report, whole_effort
from services.route.visits import Grain

# The first plan is for the dispatcher who waits at the telephone.
_FIRST_PART: Final = 0.05
_FIRST_S: Final = 0.5


def revise_plan(
    day: Day,
    revision: Revision,
    settings: PlanSettings,
    engine: JointEngine,
    should_stop: ShouldStop,
    report: Report,
    clock: Callable[[], float] = time.monotonic,
    keep: Callable[[PlanResult], None] | None = None,
) -> PlanResult:
    """Revise a plan of a valid day.

    What has begun by ``revision.now_s`` is in the new plan as it was. The rest is searched from the plan as it was;
    moving what was promised has its price beside the plan's cost. A pure function of its arguments when the settings
    limit iterations.

    Raises
    ------
    InvalidInputError
        When the plan breaks a law on the day, or the events contradict it; see ``day_after``.
    PlanRefusedError
        When the checker refuses what was found.
    """
    report("roads", 0, 0)
    began = clock()
    reviser = prepare_revision(day, revision)
    report("options", 0, 5)
    joint = reviser.joint_task(settings.use_lines)
    best = reviser.judged(reviser.unchanged(joint if settings.use_lines else reviser.joint_task()))
    first = _first_effort(settings)
    best = reviser.better(best, reviser.search(joint, engine, first, should_stop, reviser.start(joint)))
    report("runs", best.plan.cost.total_fen, 20)
    if keep is not None and not best.broken:
        keep(best.result())

    def effort_left(number: int) -> Effort:
        whole = whole_effort(settings)
        left_s = max(0.0, settings.time_budget_s - (clock() - began))
        return replace(whole, seconds=left_s, seed=settings.seed + number)

    if not should_stop() and (settings.iterations is not None or effort_left(0).seconds >= _FIRST_S):
        start = reviser.start(joint, best.plan)
        with ThreadPoolExecutor(settings.cores) as pool:
            found = pool.map(
                lambda number: reviser.search(joint, engine, effort_left(number), should_stop, start),
                range(settings.cores),
            )
            for decision in found:
                best = reviser.better(best, decision)
                report("lines", best.plan.cost.total_fen, 90)
    forecast = None
    if settings.forecast_days and not should_stop() and not best.broken:
        report("forecast", best.plan.cost.total_fen, 93)
        forecast = forecast_plan(reviser.day, best.plan, settings)
    report("check", best.plan.cost.total_fen, 95)
    return replace(best.result(), forecast=forecast)


def _first_effort(settings: PlanSettings) -> Effort:
    first = whole_effort(settings).share(_FIRST_PART)
    return replace(first, seconds=min(first.seconds, _FIRST_S))


def prepare_revision(day: Day, revision: Revision) -> Reviser:
    """Find out what is settled and what is free.

    Raises
    ------
    InvalidInputError
        When the plan breaks a law on the day, or the events contradict it.
    """
    after = day_after(day, revision)
    refuse_unlawful(day, revision.plan)
    return reviser_of(day, after, revision)


def reviser_of(day: Day, after: Day, revision: Revision) -> Reviser:
    """Find out what is settled and what is free of a lawful plan on the day ``after`` what happened."""
    matrix = choose_roads(after).matrix(nodes_on_roads(after))
    index = DayIndex.of(after)
    cancelled = cancelled_trips(day, revision.events, revision.now_s)
    past = read_past(index, revision.plan, revision.now_s, cancelled)
    index = index_after(after, _nodes_used(index, revision.plan, past))
    booked = _options_of(index, past)
    options = {option.consignment.consignment_id: option for option in booked}
    before = DayIndex.of(day)
    finisher = Finisher(index, matrix, options, promises_of(before, index, revision))
    tours, stranded = _last_mile(index, matrix, past, finisher)
    residual = residual_of(index, matrix, past, booked, finisher)
    composer = Composer(index, residual, matrix, past, booked, tours, stranded, finisher, revision.plan)
    return Reviser(before, composer, revision, _free_options(residual.index, matrix, revision))


def _last_mile(
    index: DayIndex, matrix: RoadMatrix, past: Past, finisher: Finisher
) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """Tours for what stays booked, and what is in a vehicle or at a station and comes to its village no more."""
    runs: list[Run] = []
    stranded: list[str] = []
    for begun in past.begun.values():
        if begun.is_last_mile:
            run, left = finisher.last_mile(begun)
            runs.append(run)
            stranded += left
            # Fetched for a trip that does not run.
            dropped = (c for stop in run.stops for c in stop.drop if stop.node_id == run.stops[0].node_id)
            stranded += [c for c in dropped if c not in finisher.options]
        elif begun.is_down:
            stranded += begun.aboard
    for old in past.tours.values():
        tour, left = tour_of(index, matrix, old, finisher.options, finisher)
        runs += [tour] if tour else []
        stranded += left
    # Their trip brings them, but whose vehicle broke down nobody.
    driven = {c.consignment_id for run in runs for c in run.carriages}
    stranded += [name for name, option in finisher.options.items() if option.station and name not in driven]
    # Their trip is so late that nobody is there any more to take them over.
    stranded += [name for name, option in finisher.options.items() if not meets_hours(index, option)]
    return tuple(runs), tuple(dict.fromkeys(stranded))


def _options_of(index: DayIndex, past: Past) -> tuple[BookingOption, ...]:
    options = []
    for booking in past.booked:
        place = booking.trip_id, booking.board_index, booking.alight_index, booking.agreement_id
        option = option_of(index, index.consignments[booking.consignment_id], place)
        if option is not None:
            options.append(option)
    return tuple(options)


def _nodes_used(index: DayIndex, plan: Plan, past: Past) -> dict[str, str]:
    """Where what is settled, or aboard, is handed over in its village."""
    used: dict[str, str] = {}
    goods = past.settled | past.aboard.keys()
    for run in plan.runs:
        for stop in run.stops:
            for name in (*stop.drop, *stop.take):
                if name in goods and stop.node_id in index.consignments[name].node_ids:
                    used[name] = stop.node_id
    for booking in plan.bookings:
        name = booking.consignment_id
        if name in goods:
            for node_id in (booking.board_node, booking.alight_node):
                if node_id in index.consignments[name].node_ids:
                    used[name] = node_id
    return used


def _free_options(residual: DayIndex, matrix: RoadMatrix, revision: Revision) -> list[BookingOption]:
    """The bookings that can still be made: in time, and with no shuttle that has left already."""
    gone = {(s.trip_id, s.from_node, s.to_node) for s in revision.plan.shuttles if s.departure_s <= revision.now_s}
    return [
        option
        for option in enumerate_options(residual) + enumerate_last_mile(residual, matrix)
        if is_still_possible(option, revision.now_s)
        and (
            option.shuttle is None
            or (option.trip.trip_id, option.shuttle.from_node, option.shuttle.to_node) not in gone
        )
    ]


@dataclass(frozen=True, slots=True)
class Reviser:
    """One revision, ready to be searched; ``before`` is the day as it was."""

    before: DayIndex
    composer: Composer
    revision: Revision
    options: Sequence[BookingOption]

    @property
    def day(self) -> Day:
        """The day after the events."""
        return self.composer.index.day

    def joint_task(self, use_lines: bool = True) -> JointTask:
        """What is free as one problem of runs and bookings, in which promises have their price."""
        composer = self.composer
        joint = make_joint_task(composer.residual.index, composer.matrix, self.options if use_lines else (), Grain.FINE)
        promises = composer.finisher.promises
        demands = map(promises.demand, joint.problem.demands, joint.task.demands)
        bookings = map(promises.booking, joint.bookable.bookings, joint.options)
        return replace(
            joint,
            problem=replace(joint.problem, demands=tuple(demands)),
            bookable=replace(joint.bookable, bookings=tuple(bookings)),
        )

    def start(self, joint: JointTask, plan: Plan | None = None) -> Way:
        """What a plan, by default the one to revise, does with what is free, as far as it can be done still."""
        return joint.way(decision_of(self.composer, joint, self.options, plan or self.revision.plan))

    def search(
        self, joint: JointTask, engine: JointEngine, effort: Effort, should_stop: ShouldStop, start: Way | None
    ) -> Decision:
        """Search what is free, from a start or afresh."""
        found = engine.solve_jointly(joint.problem, joint.bookable, effort, should_stop, lambda _: None, start)
        return joint.decision(found)

    def unchanged(self, joint: JointTask) -> Plan:
        """The plan as it was with the events in it: what is free and can be done still, nothing searched."""
        old = self.revision.plan
        if self.revision.events == Events() and not check(self.day, old):
            return replace(old, as_of_s=self.revision.now_s)
        return self.composer.plan(decision_of(self.composer, joint, self.options, old))

    def better(self, best: Judged, decision: Decision) -> Judged:
        """The cheaper of a plan and a decision, with the price of what moves; one that is lawful before all others."""
        found = self.judged(self.composer.plan(_matched(decision, self.composer.old)))
        return min(found, best, key=lambda one: one.rank)

    def judged(self, plan: Plan) -> Judged:
        """A plan with what it changes and the laws that it breaks."""
        changes = changes_of(self.before, self.composer.index, self.revision, plan)
        return Judged(plan, changes, tuple(self.broken(plan)))

    def broken(self, plan: Plan) -> list[BrokenLaw]:
        """The laws that a revised plan breaks."""
        return [*check(self.day, plan), *check_past(self.day, self.revision.plan, plan, self.revision.now_s)]


@dataclass(frozen=True, slots=True)
class Judged:
    """A plan, what it changes, and which laws it breaks: found once, for it is asked for more often."""

    plan: Plan
    changes: Changes
    broken: tuple[BrokenLaw, ...]

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The law first; then what is left behind, as in a plan made beforehand; then the cost with all changes."""
        cost = self.plan.cost
        return bool(self.broken), cost.unserved_fen, cost.total_fen + self.changes.price_fen

    def result(self) -> PlanResult:
        """The plan with what it changes.

        Raises
        ------
        PlanRefusedError
            Naming the laws that it breaks.
        """
        if self.broken:
            raise PlanRefusedError([(law.law.value, f"{law.subject}: {law.detail}") for law in self.broken])
        return PlanResult(self.plan, changes=self.changes)


def decision_of(composer: Composer, joint: JointTask, options: Sequence[BookingOption], plan: Plan) -> Decision:
    """What a plan does with what is free, as a decision about it, as far as ``options`` allow."""
    places = {(b.consignment_id, b.trip_id, b.board_index, b.alight_index, b.agreement_id) for b in plan.bookings}
    task = joint.task
    booked = tuple(
        option
        for option in options
        if (
            option.consignment.consignment_id,
            option.trip.trip_id,
            option.board_index,
            option.alight_index,
            option.agreement_id,
        )
        in places
    )
    demand_of = {c: demand for demand, goods in enumerate(task.demands) for c in goods}
    class_of = {vehicle_id: k for k, group in enumerate(task.classes) for vehicle_id in group}
    on_trips = {option.consignment.consignment_id for option in booked}
    routes, tours = [], []
    stations = {vehicle_id for group in joint.last_mile for vehicle_id in group}
    for run in plan.runs:
        for vehicle_id, trips in _free_trips(composer, run, demand_of):
            if vehicle_id in class_of:
                k = class_of[vehicle_id]
                may = [[c for c in trip if c not in on_trips and k in _classes(joint, demand_of[c])] for trip in trips]
                kept = [tuple(dict.fromkeys(demand_of[c] for c in trip)) for trip in may if trip]
                if kept:
                    routes.append(Route(k, tuple(kept[: joint.problem.classes[k].max_trips])))
            elif vehicle_id in stations:
                visits = [tuple((c,) for c in trip if c in on_trips) for trip in trips]
                if any(visits):
                    tours.append(LastMileTour(vehicle_id, tuple(visit for visit in visits if visit)))
    return Decision(booked, task, RunSolution(tuple(routes), 0), tuple(tours))


def _classes(joint: JointTask, demand: int) -> frozenset[int]:
    return joint.problem.demands[demand].classes


def _free_trips(composer: Composer, run: Run, demand_of: Mapping[str, int]) -> Iterator[tuple[str, list[list[str]]]]:
    """The free goods of a run trip by trip, in the order of its calls; of one under way, what it is out with first."""
    vehicle = composer.index.vehicles[run.vehicle_id]
    base = {composer.index.hub.node_id, vehicle.depot}
    done = len(composer.past.begun[run.vehicle_id].done) if run.vehicle_id in composer.past.begun else 0
    trips: list[list[str]] = [[]]
    for stop in run.stops[done:]:
        if stop.node_id in base:
            trips.append([])
        else:
            trips[-1] += [c for c in (*stop.drop, *stop.take) if c in demand_of]
    if not done:
        yield run.vehicle_id, [trip for trip in trips if trip]
        return
    yield run.vehicle_id, [trip for trip in trips[:1] if trip]
    yield run.vehicle_id + AGAIN, [trip for trip in trips[1:] if trip]


def _matched(decision: Decision, old: Plan) -> Decision:
    """The same routes, of alike vehicles each for the one whose run they have most in common with."""
    goods = {run.vehicle_id: {c.consignment_id for c in run.carriages} for run in old.runs}
    routes: list[Route] = []
    classes: list[tuple[str, ...]] = []
    for k, vehicles in enumerate(decision.task.classes):
        free = list(vehicles)
        for route in (route for route in decision.solution.routes if route.vehicle_class == k):
            names = {c for trip in route.trips for demand in trip for c in decision.task.demands[demand]}
            shared = {vehicle_id: len(goods.get(vehicle_id, set()) & names) for vehicle_id in free}
            best = max(free, key=lambda vehicle_id: shared[vehicle_id])
            free.remove(best)
            routes.append(replace(route, vehicle_class=len(classes)))
            classes.append((best,))
    task = replace(decision.task, classes=tuple(classes))
    return replace(decision, task=task, solution=replace(decision.solution, routes=tuple(routes)))
