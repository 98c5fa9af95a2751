"""Runs by our own search kernel, in the calling thread: it holds no interpreter lock and stops between two slices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from services.model.agreements import Temperature
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
from services.route.engines.engine import (
    Bookable,
    Effort,
    OnBest,
    OnBestWay,
    Room,
    Route,
    RunProblem,
    RunSolution,
    ShouldStop,
    VehicleClass,
    Way,
)
from services.route.kernel.problem import (
    NO_LIMIT,
    Ints,
    KernelProblem,
    KernelRoute,
    KernelSolution,
    Options,
    Tasks,
    VehicleTypes,
)
from services.route.kernel.search import Limits, search

# An iteration is so many steps of the kernel: other engines do as much between two of theirs.
STEPS_AN_ITERATION: Final = 100


@dataclass(frozen=True, slots=True)
class KernelEngine:
    """Slack induction by string removals; see ``kernel.search``."""

    def solve(
        self,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        """Search until the effort is spent; see ``Engine.solve``.

        There always is a plan: to leave everything is one.
        """
        none = Bookable((), (), (), (), ())
        begin = None if start is None else Way(start)
        return self.solve_jointly(problem, none, effort, should_stop, lambda way: on_best(way.runs), begin).runs

    def solve_jointly(
        self,
        problem: RunProblem,
        bookable: Bookable,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBestWay,
        start: Way | None = None,
    ) -> Way:
        """Search runs and bookings; see ``JointEngine.solve_jointly``."""
        if not problem.demands or not problem.classes:
            return Way(RunSolution((), sum(demand.leaving_fen for demand in problem.demands)))
        steps = None if effort.iterations is None else effort.iterations * STEPS_AN_ITERATION
        order = sorted(range(len(bookable.bookings)), key=lambda number: bookable.bookings[number].demand)
        found = search(
            replace(kernel_problem(problem), options=_options(problem, bookable, order)),
            Limits(effort.seconds, steps, effort.seed),
            should_stop,
            lambda solution: on_best(_way(problem, solution, order)),
            None if start is None else _begin_with(start, order),
        )
        return _way(problem, found, order)


def kernel_problem(problem: RunProblem) -> KernelProblem:
    """A run problem as arrays; costs in units of which ``SCALE`` are a fen."""
    arcs, first = common_arcs(problem), first_demand(problem)
    return KernelProblem(arcs.distance_m, arcs.duration_s, _tasks(problem, first), _types(problem))


def _tasks(problem: RunProblem, first: int) -> Tasks:
    demands, last_resort_fen = problem.demands, _last_resort_fen(problem)
    windows, apart = [visit_window(problem, demand) for demand in demands], problem.compartments
    admitted = np.zeros((len(problem.classes), len(demands)), dtype=np.bool_)
    for position, demand in enumerate(demands):
        admitted[sorted(demand.classes), position] = True
    return Tasks(
        location=first + np.arange(len(demands), dtype=np.int64),
        service=_ints(demand.handling_s for demand in demands),
        earliest=_ints(earliest for earliest, _ in windows),
        latest=_ints(latest for _, latest in windows),
        release=np.zeros(len(demands), dtype=np.int64),
        deliver=_rows([dimensions(demand.deliver, apart) for demand in demands], apart),
        pick_up=_rows([dimensions(demand.pick_up, apart) for demand in demands], apart),
        leaving=_ints((demand.leaving_fen + (0 if demand.may_wait else last_resort_fen)) * SCALE for demand in demands),
        admitted=admitted,
        # A call begins with the node's own service, a task after it.
        due=_ints(NO_LIMIT if d.due_s is None else d.due_s + int(problem.service_s[d.node]) for d in demands),
        late=_ints(0 if d.due_s is None else d.late_fen_per_min * SCALE // 60 for d in demands),
        site=_ints(demand.node for demand in demands),
    )


def _last_resort_fen(problem: RunProblem) -> int:
    """More than any vehicle's day costs: what is added to the price of leaving what may not wait."""
    return max(
        (
            vehicle.fixed_fen
            + (rates(problem, vehicle)[0] * vehicle.max_distance_m + rates(problem, vehicle)[1] * vehicle.max_work_s)
            // SCALE
            for vehicle in problem.classes
        ),
        default=0,
    )


def _types(problem: RunProblem) -> VehicleTypes:
    classes = problem.classes
    windows = [_windows(problem, vehicle) for vehicle in classes]
    stations, apart = _stations(problem), problem.compartments
    starts = 1 + 2 * np.arange(len(classes), dtype=np.int64)
    is_last_mile = np.array([vehicle.is_last_mile for vehicle in classes])
    is_under_way = np.array([vehicle.from_node is not None for vehicle in classes])
    costs = [rates(problem, vehicle) for vehicle in classes]
    return VehicleTypes(
        count=_ints(vehicle.count for vehicle in classes),
        start=starts,
        end=starts + 1,
        reload=np.where(is_last_mile, starts, np.where(is_under_way, -1, 0)),
        capacity=_rows([limits(vehicle.capacity, apart) for vehicle in classes], apart),
        fixed=_ints(vehicle.fixed_fen * SCALE for vehicle in classes),
        per_distance=_ints(per_m for per_m, _ in costs),
        per_duration=_ints(per_s for _, per_s in costs),
        longest_distance=_ints(vehicle.max_distance_m for vehicle in classes),
        longest_duration=_ints(vehicle.max_work_s for vehicle in classes),
        start_earliest=_ints(window.earliest for window in windows),
        start_latest=_ints(window.leaves_by for window in windows),
        end_latest=_ints(window.back_by for window in windows),
        reload_earliest=_ints(window.opens for window in windows),
        reload_latest=_ints(window.loads_by for window in windows),
        trips=_ints(vehicle.max_trips for vehicle in classes),
        handling=_ints(vehicle.handling_s if vehicle.is_last_mile else 0 for vehicle in classes),
        station=_ints(stations[vehicle.depot] if vehicle.is_last_mile else -1 for vehicle in classes),
        reload_handling=_ints(_reload_handling_s(problem, vehicle) for vehicle in classes),
        longest_trip=_ints(_longest_trip_m(problem, vehicle) for vehicle in classes),
    )


def _reload_handling_s(problem: RunProblem, vehicle: VehicleClass) -> int:
    """What a call between two trips takes beyond the hub's service, which is part of the ways; at a station, all."""
    if vehicle.is_last_mile:
        return max(vehicle.handling_s, vehicle.recharge_s)
    return max(0, vehicle.recharge_s - int(problem.service_s[problem.hub]))


def _longest_trip_m(problem: RunProblem, vehicle: VehicleClass) -> int:
    """How far a trip may go from the hub and back.

    Any trip may come to be the first or the last, so each leaves the charge for the ways from and to the depot.
    """
    if vehicle.range_m is None:
        return NO_LIMIT
    if vehicle.is_last_mile:
        return vehicle.range_m
    hub, depot = problem.hub, vehicle.depot
    return vehicle.range_m - int(problem.distance_m[depot, hub]) - int(problem.distance_m[hub, depot])


class _Windows(NamedTuple):
    """When a vehicle may leave its depot and must be back, and when it may load again."""

    earliest: int
    leaves_by: int
    back_by: int
    opens: int
    loads_by: int


def _windows(problem: RunProblem, vehicle: VehicleClass) -> _Windows:
    if not vehicle.is_last_mile:
        opens, loads_by = hub_window(problem)
        return _Windows(*depot_windows(problem, vehicle), opens, loads_by - _reload_handling_s(problem, vehicle))
    opens = max(vehicle.shift_start_s, int(problem.opens_s[vehicle.depot]))
    loads_by = min(vehicle.shift_end_s, int(problem.closes_s[vehicle.depot])) - vehicle.handling_s
    loads_by = max(opens, loads_by)
    reloads_by = loads_by + vehicle.handling_s - _reload_handling_s(problem, vehicle)
    return _Windows(opens, loads_by, loads_by, opens, reloads_by)


def _stations(problem: RunProblem) -> dict[int, int]:
    """Number the stations of the last mile by their rows of the matrices."""
    rows = sorted({vehicle.depot for vehicle in problem.classes if vehicle.is_last_mile})
    return {row: number for number, row in enumerate(rows)}


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _options(problem: RunProblem, bookable: Bookable, order: Sequence[int]) -> Options:
    stations = _stations(problem)
    handling_s: dict[int, int] = {}
    for vehicle in problem.classes:
        if vehicle.is_last_mile:
            longest_s = max(handling_s.get(vehicle.depot, 0), _reload_handling_s(problem, vehicle))
            handling_s[vehicle.depot] = longest_s
    bookings = [bookable.bookings[number] for number in order]
    most = max([1, *(len(booking.charges) for booking in bookings)])
    charges = np.full((len(bookings), most), -1, dtype=np.int64)
    for row, booking in enumerate(bookings):
        charges[row, : len(booking.charges)] = booking.charges
    return Options(
        task=_ints(booking.demand for booking in bookings),
        price=_ints(booking.price_fen * SCALE for booking in bookings),
        first=_ints(booking.first_segment for booking in bookings),
        last=_ints(booking.last_segment for booking in bookings),
        charges=charges,
        account=_ints(-1 if booking.account is None else booking.account for booking in bookings),
        quota=_ints(-1 if booking.quota is None else booking.quota for booking in bookings),
        room=_rows([limits(room) for room in bookable.rooms]),
        charge_price=_ints(fen * SCALE for fen in bookable.charge_fen),
        minimum=_ints(fen * SCALE for fen in bookable.minimum_fen),
        quota_pieces=_ints(bookable.quota_pieces),
        load=_rows([dimensions(booking.load) for booking in bookings]),
        pieces=_ints(booking.pieces for booking in bookings),
        late=_ints(booking.late_fen * SCALE for booking in bookings),
        station=_ints(-1 if booking.station is None else stations[booking.station] for booking in bookings),
        ready=_ints(booking.ready_s for booking in bookings),
        due=_ints(
            NO_LIMIT if booking.due_s is None else booking.due_s - handling_s.get(booking.station or 0, 0)
            for booking in bookings
        ),
    )


def _rows(amounts: Sequence[Sequence[int]], apart: Sequence[frozenset[Temperature]] = ()) -> Ints:
    """Amounts of so many dimensions as there are with these ``apart``, however few the rows."""
    return np.array(amounts, dtype=np.int64).reshape(-1, len(limits(Room(0, 0, 0), apart)))


def run_solution(problem: RunProblem, solution: KernelSolution) -> RunSolution:
    """The runs of what was found for a problem's ``kernel_problem``; their price is without the last resort's."""
    routes = (Route(route.vehicle_type, route.trips) for route in solution.routes)
    done = {task for route in solution.routes for trip in route.trips for task in trip}
    done |= {task for task, _ in solution.booked}
    left = sum(not demand.may_wait for task, demand in enumerate(problem.demands) if task not in done)
    cost_fen = solution.cost // SCALE - left * _last_resort_fen(problem)
    return RunSolution(tuple(sorted(routes, key=lambda r: (r.vehicle_class, r.trips))), cost_fen)


def kernel_solution(runs: RunSolution) -> KernelSolution:
    """Runs in the kernel's words, without their cost."""
    return KernelSolution(tuple(KernelRoute(r.vehicle_class, r.trips) for r in runs.routes), (), 0)


def _way(problem: RunProblem, solution: KernelSolution, order: Sequence[int]) -> Way:
    """What the kernel found, in the engines' words; ``order`` are the bookings as it had them."""
    booked = tuple((task, order[option]) for task, option in solution.booked)
    return Way(run_solution(problem, solution), booked)


def _begin_with(way: Way, order: Sequence[int]) -> KernelSolution:
    place = {number: position for position, number in enumerate(order)}
    return replace(kernel_solution(way.runs), booked=tuple((demand, place[number]) for demand, number in way.booked))
