"""Runs by PyVRP (Wouda, Lan, Kool 2024, PyVRP: a high-performance VRP solver package, INFORMS J. on Computing).

How a county's rules become PyVRP's is told in ``arcs``. A demand that a class may not serve is out of that class's
reach: its profile puts the demand farther away than the class may drive in a day.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
import pyvrp
from pyvrp import PenaltyManager, PenaltyParams
from pyvrp.IteratedLocalSearch import IteratedLocalSearch, IteratedLocalSearchCallbacks, IteratedLocalSearchParams
from pyvrp.search import OPERATORS, LocalSearch, NeighbourhoodParams, PerturbationManager, compute_neighbours
from pyvrp.stop import MaxIterations, MaxRuntime

from services.model.errors import PlanningFailedError
from services.route.engines.arcs import (
    SCALE,
    common_arcs,
    depot_windows,
    dimensions,
    first_demand,
    hub_window,
    limits,
    rates,
    visit_window,
)
from services.route.engines.engine import Demand, Effort, IntMatrix, Route, RunProblem, RunSolution, VehicleClass

_OUT_OF_REACH: Final = 500_000
_SEND_EVERY_S: Final = 0.25
_STARTS: Final = 3
_ITERATIONS_A_START: Final = 40
_SEED_STEP: Final = 7_919  # searches of one effort have seeds apart by this, cores have seeds apart by one
_MAX_PENALTY: Final = 1e12
_ITERATIONS_A_PENALTY_UPDATE: Final = 50
# A violation first costs this many times what keeping within the limit does on average.
_PENALTY_FACTOR: Final = 4
# Where visits may be left out, violations must cost more than the prices of what they would serve.
_FIRM_PENALTY_FACTOR: Final = 100
_TYPICAL_M: Final = 150_000
_TYPICAL_S: Final = 28_800


def solve_with_pyvrp(
    problem: RunProblem, effort: Effort, on_best: Callable[[RunSolution], None], start: RunSolution | None
) -> RunSolution | None:
    """Search in this process; see ``Engine.solve``. It cannot be interrupted: run it in a child.

    Half of the effort goes to a few short searches from different starts, since with few long routes the start decides
    which vehicles are used; the other half goes on from the best. All look for routes that serve everything that may
    not wait, which PyVRP does twice as fast as weighing what to leave out. Only if there are none does the second half
    weigh it.

    Raises
    ------
    PlanningFailedError
        When vehicles recharge between trips: PyVRP limits the distance of a whole day only.
    """
    if any(vehicle.range_m is not None for vehicle in problem.classes):
        raise PlanningFailedError("PyVRP knows no range of a trip 续航 after which a vehicle recharges")
    model = _Translation(problem, serve_all=True)
    keep = _KeepBest(on_best)
    starts = _starts(effort) if start is None else 1
    for number in range(starts):
        share = effort.share(0.5 / starts)
        keep.offer(_search(model, share.reseeded(number * _SEED_STEP), keep.offer, start))
    rest = effort.share(0.5).reseeded(_STARTS * _SEED_STEP)
    if keep.best is None:
        # Nobody visited is a plan as well: from there, every visit that fits makes it better.
        model = _Translation(problem, serve_all=False)
        keep.offer(RunSolution((), sum(demand.leaving_fen for demand in problem.demands)))
        keep.offer(_search(model, rest, keep.offer, start or RunSolution((), 0)))
        return keep.best
    keep.offer(_search(model, rest, keep.offer, keep.best))
    return keep.best


def _starts(effort: Effort) -> int:
    """How many starts to try: a new one takes as long as many iterations, so with few of these one has to do."""
    return _STARTS if effort.iterations is None else min(_STARTS, max(1, effort.iterations // _ITERATIONS_A_START))


class _KeepBest:
    """Keeps the cheapest of the solutions offered and hands each better one on."""

    def __init__(self, on_best: Callable[[RunSolution], None]) -> None:
        self.best: RunSolution | None = None
        self._on_best = on_best

    def offer(self, solution: RunSolution | None) -> None:
        """Take note of a solution."""
        if solution is not None and (self.best is None or solution.cost_fen < self.best.cost_fen):
            self.best = solution
            self._on_best(solution)


def _search(
    model: _Translation, effort: Effort, on_best: Callable[[RunSolution], None], start: RunSolution | None
) -> RunSolution | None:
    """What ``pyvrp.solve`` does, but with first penalties that suit the rates and sizes at hand.

    PyVRP starts all penalties from one figure. Here a gram, a piece, a second and a metre differ by orders of
    magnitude, and so would the time it takes to find the right figure for each.
    """
    data = model.data()
    rng = pyvrp.RandomNumberGenerator(seed=effort.seed)
    local_search = LocalSearch(data, rng, compute_neighbours(data, NeighbourhoodParams()), PerturbationManager())
    for operator in OPERATORS:
        if operator.supports(data):
            local_search.add_operator(operator(data))
    penalties = PenaltyManager(
        model.first_penalties(),
        PenaltyParams(max_penalty=_MAX_PENALTY, solutions_between_updates=_ITERATIONS_A_PENALTY_UPDATE),
    )
    if start is None:
        random = pyvrp.Solution.make_random(data, rng)
        initial = local_search(random, penalties.cost_evaluator(), exhaustive=True)
    elif model.serves_all:
        initial = model.solution(data, start)
    else:
        initial = local_search(model.solution(data, start), penalties.cost_evaluator(), exhaustive=True)
    params = IteratedLocalSearchParams(callbacks=_Stream(model, on_best))
    search = IteratedLocalSearch(data, penalties, local_search, initial, params)
    stop = MaxRuntime(effort.seconds) if effort.iterations is None else MaxIterations(effort.iterations)
    best = search.run(stop, collect_stats=False, display=False).best
    return model.routes(best) if best.is_feasible() else None


class _Stream(IteratedLocalSearchCallbacks):
    """Hands on the best feasible plan, a few times a second at most."""

    def __init__(self, model: _Translation, on_best: Callable[[RunSolution], None]) -> None:
        self._model = model
        self._on_best = on_best
        self._sent_at = float("-inf")

    def on_start(self, ils: IteratedLocalSearch) -> None:
        # Told of improvements only, the caller would never hear of a start that is hard to improve.
        self.on_best(ils.initial_solution)

    def on_best(self, best: pyvrp.Solution) -> None:
        now = time.monotonic()
        if best.is_feasible() and now - self._sent_at >= _SEND_EVERY_S:
            self._sent_at = now
            self._on_best(self._model.routes(best))


class _Translation:
    """A run problem in PyVRP's terms and PyVRP's solutions in ours.

    Locations: the hub for reloading, then a start and an end for each class, then one for each demand.
    """

    def __init__(self, problem: RunProblem, serve_all: bool) -> None:
        self._problem = problem
        self.serves_all = serve_all
        self._first_demand = first_demand(problem)
        self._apart = problem.compartments
        arcs = common_arcs(problem)
        distance_m, duration_s = arcs.distance_m, arcs.duration_s
        reaches = sorted({self._reach(k) for k in range(len(problem.classes))}, key=sorted)
        self._profile = {reach: i for i, reach in enumerate(reaches)}
        self._distances = [self._with_reach(distance_m, reach) for reach in reaches]
        self._durations = [duration_s] * len(reaches)

    def data(self) -> pyvrp.ProblemData:
        """The problem for PyVRP."""
        problem = self._problem
        locations = [pyvrp.Location(0, 0) for _ in range(self._first_demand + len(problem.demands))]
        return pyvrp.ProblemData(
            locations,
            [self._client(i, demand) for i, demand in enumerate(problem.demands)],
            self._depots(),
            [self._vehicle_type(k, vehicle) for k, vehicle in enumerate(problem.classes)],
            cast("list[Any]", self._distances),  # the stub's array type is narrower than what is taken
            cast("list[Any]", self._durations),
        )

    def first_penalties(self) -> tuple[list[float], float, float]:
        """Penalties for a unit of each load dimension, a second and a metre, from the fleet's mean rates."""
        types = [self._vehicle_type(k, vehicle) for k, vehicle in enumerate(self._problem.classes)]
        # Where a rate is zero, breaking the limit must still cost something.
        per_m = max(1.0, float(np.mean([t.unit_distance_cost for t in types])))
        per_s = max(1.0, float(np.mean([t.unit_duration_cost for t in types])))
        route = float(np.mean([t.fixed_cost for t in types])) + per_m * _TYPICAL_M + per_s * _TYPICAL_S
        capacity = np.mean([t.capacity for t in types], axis=0)
        factor = _PENALTY_FACTOR if self.serves_all else _FIRM_PENALTY_FACTOR
        seconds_per_m = self._problem.duration_s.sum() / max(1, self._problem.distance_m.sum())
        return (
            [factor * route / max(1.0, float(amount)) for amount in capacity],
            factor * per_s,
            factor * (per_m + per_s * float(seconds_per_m)),
        )

    def routes(self, solution: pyvrp.Solution) -> RunSolution:
        """A PyVRP solution as ours."""
        routes = []
        for route in solution.routes():
            trips: list[list[int]] = [[]]
            for activity in list(route)[1:-1]:
                if activity.is_depot():
                    trips.append([])
                else:
                    trips[-1].append(activity.idx)
            routes.append(Route(route.vehicle_type(), tuple(tuple(trip) for trip in trips if trip)))
        lost = set(range(len(self._problem.demands))) - {i for r in routes for trip in r.trips for i in trip}
        cost = sum(
            r.fixed_vehicle_cost() + r.distance_cost() + r.duration_cost() for r in solution.routes()
        ) // SCALE + sum(self._problem.demands[i].leaving_fen for i in lost)
        return RunSolution(tuple(sorted(routes, key=lambda r: (r.vehicle_class, r.trips))), cost)

    def solution(self, data: pyvrp.ProblemData, start: RunSolution) -> pyvrp.Solution:
        """Our routes as a PyVRP solution to start from."""
        routes = []
        for route in start.routes:
            activities: list[pyvrp.Activity] = []
            for number, trip in enumerate(route.trips):
                if number:
                    activities.append(pyvrp.Activity(pyvrp.ActivityType.DEPOT, 0))
                activities += [pyvrp.Activity(pyvrp.ActivityType.CLIENT, i) for i in trip]
            routes.append(pyvrp.Route(data, activities, route.vehicle_class))
        return pyvrp.Solution(data, routes)

    def _client(self, position: int, demand: Demand) -> pyvrp.Client:
        problem = self._problem
        earliest, latest = visit_window(problem, demand)
        required = self.serves_all and not demand.may_wait
        return pyvrp.Client(
            self._first_demand + position,
            delivery=dimensions(demand.deliver, self._apart),
            pickup=dimensions(demand.pick_up, self._apart),
            service_duration=demand.handling_s,
            tw_early=earliest,
            tw_late=latest,
            prize=0 if required else demand.leaving_fen * SCALE,
            required=required,
        )

    def _depots(self) -> list[pyvrp.Depot]:
        opens, loads_by = hub_window(self._problem)
        depots = [pyvrp.Depot(0, tw_early=opens, tw_late=loads_by)]
        for k, vehicle in enumerate(self._problem.classes):
            earliest, leaves_by, back_by = depot_windows(self._problem, vehicle)
            depots.append(pyvrp.Depot(1 + 2 * k, tw_early=earliest, tw_late=leaves_by))
            depots.append(pyvrp.Depot(2 + 2 * k, tw_early=earliest, tw_late=back_by))
        return depots

    def _vehicle_type(self, k: int, vehicle: VehicleClass) -> pyvrp.VehicleType:
        per_distance, per_duration = rates(self._problem, vehicle)
        return pyvrp.VehicleType(
            num_available=vehicle.count,
            capacity=limits(vehicle.capacity, self._apart),
            start_depot=1 + 2 * k,
            end_depot=2 + 2 * k,
            fixed_cost=vehicle.fixed_fen * SCALE,
            tw_early=vehicle.shift_start_s,
            tw_late=max(vehicle.shift_start_s, vehicle.shift_end_s),
            shift_duration=vehicle.max_work_s,
            max_distance=vehicle.max_distance_m,
            unit_distance_cost=per_distance,
            unit_duration_cost=per_duration,
            profile=self._profile[self._reach(k)],
            reload_depots=[0] if vehicle.max_trips > 1 else [],
            max_reloads=vehicle.max_trips - 1,
        )

    def _reach(self, k: int) -> frozenset[int]:
        return frozenset(i for i, demand in enumerate(self._problem.demands) if k in demand.classes)

    def _with_reach(self, distance_m: IntMatrix, reach: frozenset[int]) -> IntMatrix:
        barred = [self._first_demand + i for i in range(len(self._problem.demands)) if i not in reach]
        if not barred:
            return distance_m
        allowed = distance_m.copy()
        farthest = max((vehicle.max_distance_m for vehicle in self._problem.classes), default=0)
        allowed[:, barred] += farthest + _OUT_OF_REACH
        np.fill_diagonal(allowed, 0)
        return allowed
