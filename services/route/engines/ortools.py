"""Runs by OR-Tools' routing library: cheapest insertion, then guided local search (Voudouris, Tsang 1999, EJOR 113).

The kernel's problem is its input, so that run problems and standard instances share one translation:

- Nodes are a start and an end for each vehicle type, the tasks, and for each vehicle as many reloads as it may make,
  every one of which may be passed over.
- What is delivered in a trip is on board from its start, what is picked up stays until its end. Of each dimension of
  load, one OR-Tools dimension is what is still to be delivered, which must be nothing at the trip's end, and another
  all that is on board, which equals the first where a trip begins.
- A task left out costs its price, whether it may wait or not, so that there always is a plan.

The library takes no seed: tasks are numbered in an order drawn from it.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from ortools.constraint_solver import pywrapcp
from ortools.constraint_solver.routing_enums_pb2 import FirstSolutionStrategy, LocalSearchMetaheuristic

from services.model.errors import PlanningFailedError
from services.route.engines.engine import Effort, RunProblem, RunSolution
from services.route.engines.kernel import kernel_problem, kernel_solution, run_solution
from services.route.kernel.problem import (
    NO_LIMIT,
    Ints,
    KernelProblem,
    KernelRoute,
    KernelSolution,
    without_the_impossible,
)
from services.route.lateness import best_start_s

_SEND_EVERY_S: Final = 0.25
# An iteration is so many branches of OR-Tools' search tree, of which a move that is kept takes about five.
_BRANCHES_AN_ITERATION: Final = 10
# Where iterations are counted, the clock must not decide.
_LONGEST_S: Final = 3_600
# Reloads are nodes. With more of them than this OR-Tools does not get to searching.
_MOST_RELOADS: Final = 2_000
# OR-Tools' sums stop at the largest 64-bit number without a word.
_LARGEST: Final = 1 << 62


def solve_with_ortools(
    problem: RunProblem, effort: Effort, on_best: Callable[[RunSolution], None], start: RunSolution | None
) -> RunSolution | None:
    """Search in this process; see ``Engine.solve``. It holds the interpreter for seconds: run it in a child.

    Raises
    ------
    PlanningFailedError
        When the problem has what OR-Tools does not know; see ``unknown_to_ortools``.
    """
    found = search_with_ortools(
        kernel_problem(problem),
        effort,
        lambda solution: on_best(run_solution(problem, solution)),
        None if start is None else kernel_solution(start),
    )
    return None if found is None else run_solution(problem, found)


def search_with_ortools(
    problem: KernelProblem,
    effort: Effort,
    on_best: Callable[[KernelSolution], None],
    start: KernelSolution | None = None,
) -> KernelSolution | None:
    """Search a problem of the kernel's; ``None`` when the time was too short for any solution.

    Raises
    ------
    PlanningFailedError
        When the problem has what OR-Tools does not know; see ``unknown_to_ortools``.
    """
    if (unknown := unknown_to_ortools(problem)) is not None:
        raise PlanningFailedError(unknown)
    began = time.monotonic()
    problem = without_the_impossible(problem)
    if not len(problem.tasks.location) or not problem.types.count.any():
        return KernelSolution((), (), int(problem.tasks.leaving.sum()))
    return _Translation(problem, effort.seed).search(effort, began, on_best, start)


def unknown_to_ortools(problem: KernelProblem) -> str | None:
    """What a problem has that OR-Tools' routing does not hold, or ``None``."""
    types = problem.types
    for is_there, unknown in (
        (problem.tasks.release.any(), "OR-Tools knows no release times"),
        (
            (types.longest_trip < NO_LIMIT).any(),
            "OR-Tools is told no range of a trip 续航 after which a vehicle recharges",
        ),
        (types.handling.any() or types.reload_handling.any(), "OR-Tools is told no handling at depots"),
        (len(problem.options.task), "OR-Tools knows no bookings on lines beside runs"),
    ):
        if is_there:
            return unknown
    reloads = sum(_reloads(problem, k) for k in range(len(types.count)))
    if reloads > _MOST_RELOADS:
        return f"OR-Tools would need a node for each of {reloads} reloads; {_MOST_RELOADS} are the most"
    # As Python's own numbers, which do not overflow.
    nodes = len(problem.tasks.location) + reloads + 2 * int(types.count.sum())
    per_distance, per_duration = (int(rates.max(initial=0)) for rates in (types.per_distance, types.per_duration))
    ways = per_distance * int(problem.distance.max(initial=0)) + per_duration * int(problem.duration.max(initial=0))
    if ways * nodes + sum(map(int, problem.tasks.leaving)) + sum(map(int, types.fixed * types.count)) > _LARGEST:
        return "costs are larger than OR-Tools can add up"
    return None


def _reloads(problem: KernelProblem, k: int) -> int:
    """How many reloads vehicles of a type can make in all; none has more trips than there are tasks."""
    if problem.types.reload[k] < 0:
        return 0
    return int(problem.types.count[k]) * (min(int(problem.types.trips[k]), len(problem.tasks.location)) - 1)


@dataclass(frozen=True, slots=True)
class _Vehicle:
    kind: int
    reloads: tuple[int, ...]  # nodes


class _Translation:
    """A problem as OR-Tools' routing model, and its assignments as solutions."""

    def __init__(self, problem: KernelProblem, seed: int) -> None:
        self._problem = problem
        tasks, types = problem.tasks, problem.types
        kinds = np.flatnonzero(types.count).tolist()
        self._first = 2 * len(kinds)
        self._order: list[int] = np.random.default_rng(seed).permutation(len(tasks.location)).tolist()
        self._place = {task: position for position, task in enumerate(self._order)}
        self._vehicles: list[_Vehicle] = []
        location = [int(row) for k in kinds for row in (types.start[k], types.end[k])]
        location += tasks.location[self._order].tolist()
        for k in kinds:
            for _ in range(int(types.count[k])):
                reloads = range(len(location), len(location) + _reloads(problem, k) // int(types.count[k]))
                location += [int(types.reload[k])] * len(reloads)
                self._vehicles.append(_Vehicle(k, tuple(reloads)))
        self._location = np.array(location, dtype=np.int64)
        self._manager: Any = pywrapcp.RoutingIndexManager(
            len(location),
            len(self._vehicles),
            [2 * kinds.index(vehicle.kind) for vehicle in self._vehicles],
            [2 * kinds.index(vehicle.kind) + 1 for vehicle in self._vehicles],
        )
        self._model: Any = pywrapcp.RoutingModel(self._manager)
        self._index: list[int] = [self._manager.NodeToIndex(node) for node in range(len(location))]
        self._node = {index: node for node, index in enumerate(self._index) if node >= self._first}
        self._add_visits()
        self._add_costs()
        self._add_times()
        for dimension in range(tasks.deliver.shape[1]):
            self._add_load(dimension)

    def search(
        self,
        effort: Effort,
        began: float,
        on_best: Callable[[KernelSolution], None],
        start: KernelSolution | None,
    ) -> KernelSolution | None:
        """Search from ``start`` where there is one that OR-Tools can follow."""
        parameters: Any = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        parameters.local_search_metaheuristic = LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        parameters.time_limit.FromMilliseconds(round(effort.seconds * 1_000))
        if effort.iterations is not None:
            parameters.time_limit.seconds = parameters.lns_time_limit.seconds = _LONGEST_S
            limit = self._model.solver().BranchesLimit(effort.iterations * _BRANCHES_AN_ITERATION)
            self._model.AddSearchMonitor(limit)
        self._model.CloseModelWithParameters(parameters)
        if effort.iterations is None:
            # Laying the problem out counts.
            left_s = max(0.05, effort.seconds - (time.monotonic() - began))
            parameters.time_limit.FromMilliseconds(round(left_s * 1_000))
        self._model.AddAtSolutionCallback(_Stream(self, on_best))
        begin = None if start is None else self._model.ReadAssignmentFromRoutes(self._routes_of(start), True)
        found = None
        if begin is not None:
            found = self._model.SolveFromAssignmentWithParameters(begin, parameters)
        if found is None:
            found = self._model.SolveWithParameters(parameters)
        return None if found is None else self.solution(found.Value)

    def solution(self, value: Callable[[Any], int]) -> KernelSolution:
        """The solution in which ``value`` tells what a variable is."""
        routes = []
        for number, vehicle in enumerate(self._vehicles):
            trips: list[list[int]] = [[]]
            index = value(self._model.NextVar(self._model.Start(number)))
            while not self._model.IsEnd(index):
                position = self._node[index] - self._first
                if position < len(self._order):
                    trips[-1].append(self._order[position])
                else:
                    trips.append([])
                index = value(self._model.NextVar(index))
            if any(trips):
                routes.append(KernelRoute(vehicle.kind, tuple(tuple(trip) for trip in trips if trip)))
        return KernelSolution(tuple(routes), (), _cost(self._problem, routes))

    def _routes_of(self, solution: KernelSolution) -> list[list[int]]:
        """For each vehicle the indices that it visits."""
        waiting: dict[int, list[KernelRoute]] = {}
        for route in reversed(solution.routes):
            waiting.setdefault(route.vehicle_type, []).append(route)
        routes = []
        for vehicle in self._vehicles:
            visits: list[int] = []
            if waiting.get(vehicle.kind):
                trips = waiting[vehicle.kind].pop().trips
                for trip, reload in zip(trips, (-1, *vehicle.reloads), strict=False):
                    visits += [self._index[reload]] if reload >= 0 else []
                    visits += [self._index[self._first + self._place[task]] for task in trip]
            routes.append(visits)
        return routes

    def _add_visits(self) -> None:
        tasks, model = self._problem.tasks, self._model
        of_kind = [
            [n for n, v in enumerate(self._vehicles) if v.kind == k] for k in range(len(self._problem.types.count))
        ]
        for position, task in enumerate(self._order):
            index = self._index[self._first + position]
            model.AddDisjunction([index], int(tasks.leaving[task]))
            admitted = np.flatnonzero(tasks.admitted[:, task]).tolist()
            able = [number for k in admitted for number in of_kind[k]]
            if not able:
                model.ActiveVar(index).SetMax(0)
            elif len(able) < len(self._vehicles):
                model.VehicleVar(index).SetValues([-1, *able])
        for number, vehicle in enumerate(self._vehicles):
            for node in vehicle.reloads:
                model.AddDisjunction([self._index[node]], 0)
                model.VehicleVar(self._index[node]).SetValues([-1, number])

    def _add_costs(self) -> None:
        types, model = self._problem.types, self._model
        distance = self._problem.distance[np.ix_(self._location, self._location)]
        costs: dict[int, int] = {}
        for number, vehicle in enumerate(self._vehicles):
            rate = int(types.per_distance[vehicle.kind])
            if rate not in costs:
                costs[rate] = model.RegisterTransitMatrix((distance * rate).tolist())
            model.SetArcCostEvaluatorOfVehicle(costs[rate], number)
            model.SetFixedCostOfVehicle(int(types.fixed[vehicle.kind]), number)
        if (types.longest_distance < NO_LIMIT).any():
            ways = model.RegisterTransitMatrix(distance.tolist())
            model.AddDimensionWithVehicleCapacity(ways, 0, self._of_each(types.longest_distance), True, "distance")

    def _add_times(self) -> None:
        tasks, types = self._problem.tasks, self._problem.types
        if not _has_times(self._problem):
            return
        service = np.zeros(len(self._location), dtype=np.int64)
        service[self._first : self._first + len(self._order)] = tasks.service[self._order]
        duration = self._problem.duration[np.ix_(self._location, self._location)] + service[:, None]
        ends = self._of_each(types.end_latest)
        passing = self._model.RegisterTransitMatrix(duration.tolist())
        self._model.AddDimension(passing, max(ends), max(ends), False, "time")
        times = self._model.GetDimensionOrDie("time")
        for position, task in enumerate(self._order):
            if tasks.admitted[:, task].any():
                when = times.CumulVar(self._index[self._first + position])
                when.SetRange(int(tasks.earliest[task]), int(min(tasks.latest[task], max(ends))))
                if len(tasks.late) and tasks.late[task]:
                    index = self._index[self._first + position]
                    times.SetCumulVarSoftUpperBound(index, int(tasks.due[task]), int(tasks.late[task]))
        for number, vehicle in enumerate(self._vehicles):
            kind = vehicle.kind
            leaves = times.CumulVar(self._model.Start(number))
            leaves.SetRange(int(types.start_earliest[kind]), int(min(types.start_latest[kind], max(ends))))
            times.CumulVar(self._model.End(number)).SetMax(int(types.end_latest[kind]))
            if types.longest_duration[kind] < NO_LIMIT:
                times.SetSpanUpperBoundForVehicle(int(types.longest_duration[kind]), number)
            if types.per_duration[kind]:
                times.SetSpanCostCoefficientForVehicle(int(types.per_duration[kind]), number)
            for node in vehicle.reloads:
                opens, closes = int(types.reload_earliest[kind]), int(min(types.reload_latest[kind], max(ends)))
                times.CumulVar(self._index[node]).SetRange(opens, closes)

    def _add_load(self, dimension: int) -> None:
        tasks, types = self._problem.tasks, self._problem.types
        deliver, pick_up = tasks.deliver[:, dimension], tasks.pick_up[:, dimension]
        room = self._of_each(types.capacity[:, dimension])
        if deliver.any() and pick_up.any():
            self._add_both_ways(dimension, deliver, pick_up, room)
        elif deliver.any() or pick_up.any():
            # Whichever way it goes, it adds up from one load to the next.
            most = max(room)
            self._add_amounts(f"load {dimension}", deliver + pick_up, -most, most, room, is_empty_first=True)

    def _add_both_ways(self, dimension: int, deliver: Ints, pick_up: Ints, room: list[int]) -> None:
        most, solver = max(room), self._model.solver()
        to_do = self._add_amounts(f"to deliver {dimension}", -deliver, 0, most, room, is_empty_first=False)
        aboard = self._add_amounts(f"aboard {dimension}", pick_up - deliver, -most, 2 * most, room, False)
        for number, vehicle in enumerate(self._vehicles):
            start = self._model.Start(number)
            solver.Add(aboard.CumulVar(start) == to_do.CumulVar(start))
            to_do.CumulVar(self._model.End(number)).SetMax(0)
            for index in (self._index[node] for node in vehicle.reloads):
                to_do.CumulVar(index).SetMax(0)
                # The slack of what is to be delivered is what the next trip loads.
                solver.Add(aboard.CumulVar(index) + aboard.SlackVar(index) - most == to_do.SlackVar(index))

    def _add_amounts(
        self, name: str, amounts: Ints, at_reload: int, slack: int, room: list[int], is_empty_first: bool
    ) -> Any:
        """A dimension that changes by ``amounts`` at tasks; by ``at_reload`` and up to ``slack`` more at reloads."""
        changes = np.zeros(len(self._location), dtype=np.int64)
        changes[self._first : self._first + len(self._order)] = amounts[self._order]
        changes[self._first + len(self._order) :] = at_reload
        has_reloads = any(vehicle.reloads for vehicle in self._vehicles)
        change = self._model.RegisterUnaryTransitVector(changes.tolist())
        self._model.AddDimensionWithVehicleCapacity(change, slack if has_reloads else 0, room, is_empty_first, name)
        made = self._model.GetDimensionOrDie(name)
        if has_reloads:
            at_tasks = self._index[self._first : self._first + len(self._order)]
            for index in [*at_tasks, *(self._model.Start(number) for number in range(len(self._vehicles)))]:
                made.SlackVar(index).SetValue(0)
        return made

    def _of_each(self, of_kind: Ints) -> list[int]:
        """What holds for a vehicle's type, vehicle by vehicle."""
        return [int(of_kind[vehicle.kind]) for vehicle in self._vehicles]


class _Stream:
    """Hands on each better solution, a few times a second at most.

    OR-Tools' model keeps it, where Python's collector sees no circle: so it must not keep the model.
    """

    def __init__(self, translation: _Translation, on_best: Callable[[KernelSolution], None]) -> None:
        self._translation = weakref.proxy(translation)
        self._on_best = on_best
        self._cost: int | None = None
        self._sent_at = float("-inf")

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._sent_at < _SEND_EVERY_S:
            return
        # Guided local search goes through worse solutions on its way, and its own figure for one is often too high:
        # times are not the best for the routes yet.
        solution = self._translation.solution(lambda variable: int(variable.Value()))
        if self._cost is None or solution.cost < self._cost:
            self._cost, self._sent_at = solution.cost, now
            self._on_best(solution)


def _cost(problem: KernelProblem, routes: Sequence[KernelRoute]) -> int:
    """What routes cost at the times that suit them best, with what they leave out."""
    left = np.ones(len(problem.tasks.location), dtype=np.bool_)
    left[[task for route in routes for trip in route.trips for task in trip]] = False
    return int(problem.tasks.leaving[left].sum()) + sum(_route_cost(problem, route) for route in routes)


def _route_cost(problem: KernelProblem, route: KernelRoute) -> int:
    tasks, types, k = problem.tasks, problem.types, route.vehicle_type
    places: list[int] = []
    windows: list[tuple[int, int, int]] = []  # earliest, latest, service
    for number, trip in enumerate(route.trips):
        places.append(int(types.reload[k] if number else types.start[k]))
        opens, closes = (
            (types.reload_earliest, types.reload_latest) if number else (types.start_earliest, types.start_latest)
        )
        windows.append((int(opens[k]), int(closes[k]), 0))
        places += tasks.location[list(trip)].tolist()
        windows += [(int(tasks.earliest[t]), int(tasks.latest[t]), int(tasks.service[t])) for t in trip]
    places.append(int(types.end[k]))
    cost = int(types.fixed[k]) + int(types.per_distance[k]) * int(problem.distance[places[:-1], places[1:]].sum())
    if not types.per_duration[k] and not _has_lateness(problem):
        return cost
    ways = problem.duration[places[:-1], places[1:]].tolist()
    now = windows[0][0]
    for (earliest, _, _), (_, _, service), way in zip([*windows[1:], (0, 0, 0)], windows, ways, strict=True):
        now = max(now + service + way, earliest)
    # As late as the end so found allows; the last window is the end itself.
    start = now
    for (_, latest, service), way in zip(reversed(windows), reversed(ways), strict=True):
        start = min(start - way - service, latest)
    if _has_lateness(problem):
        first = max(windows[0][0], now - int(types.longest_duration[k]))
        start, late = _best_start(problem, route, windows, ways, first, start)
        cost += late
    return cost + int(types.per_duration[k]) * (now - start)


def _best_start(
    problem: KernelProblem,
    route: KernelRoute,
    windows: Sequence[tuple[int, int, int]],
    ways: Sequence[int],
    first: int,
    straight: int,
) -> tuple[int, int]:
    """When a route starts best, and what it costs then that tasks are late; the windows' last is the route's end."""
    tasks, dues, site, call, at = problem.tasks, [], -1, 0, 0
    for trip in route.trips:
        at, site = at + 1, -1
        for task in trip:
            if tasks.site[task] != site:
                call, site = at, int(tasks.site[task])
            dues.append((call, int(tasks.due[task]), int(tasks.late[task])))
            at += 1
    steps = [service + way for (_, _, service), way in zip(windows, ways, strict=False)][:-1]
    earliest = [window[0] for window in windows]
    rate = int(problem.types.per_duration[route.vehicle_type])
    start = best_start_s(first, straight, steps, earliest, [due for due in dues if due[2]], rate)
    begins = [start]
    for step, opens in zip(steps, earliest[1:], strict=True):
        begins.append(max(begins[-1] + step, opens))
    return start, sum(rate * max(0, begins[call] - due) for call, due, rate in dues)


def _has_lateness(problem: KernelProblem) -> bool:
    return bool(problem.tasks.late.any())


def _has_times(problem: KernelProblem) -> bool:
    tasks, types = problem.tasks, problem.types
    limited: Sequence[Ints] = (tasks.latest, types.longest_duration, types.start_latest, types.end_latest)
    return bool(
        (tasks.earliest > 0).any()
        or _has_lateness(problem)
        or (types.per_duration > 0).any()
        or any((limit < NO_LIMIT).any() for limit in limited)
    )
