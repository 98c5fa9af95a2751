"""Whatever the problem, what the kernel answers keeps every limit, costs what it says and repeats.

The judge walks each route second by second as a driver would; it shares nothing with the kernel's concatenated windows.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from services.route.kernel.problem import (
    NO_LIMIT,
    KernelProblem,
    KernelRoute,
    KernelSolution,
    Options,
    Tasks,
    VehicleTypes,
)
from services.route.kernel.search import Limits, search

Ints = npt.NDArray[np.int64]
STEPS = 200
NOTHING: Final[Mapping[int, int]] = MappingProxyType({})


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def cheapest_times(
    problem: KernelProblem, k: int, stops: Sequence[tuple[int, int, int, int]], on_site: Sequence[int]
) -> int | None:
    """What a vehicle's time and its late tasks cost at least, trying each second at which it may start.

    ``on_site`` are the tasks of the stops, -1 for depots; tasks of one site in a row begin with the first of them.
    """
    tasks, cheapest = problem.tasks, None
    for start in range(int(stops[0][1]), min(int(stops[0][2]), 400) + 1):
        now, on_time, late, call = start, True, 0, start
        for (before, after), (task_before, task) in zip(
            itertools.pairwise(stops), itertools.pairwise(on_site), strict=True
        ):
            now = max(now + int(before[3]) + int(problem.duration[before[0], after[0]]), int(after[1]))
            on_time = on_time and now <= after[2]
            is_same_call = (
                min(task_before, task) >= 0 and len(tasks.site) and 0 <= tasks.site[task_before] == tasks.site[task]
            )
            call = call if is_same_call else now
            if task >= 0 and len(tasks.late):
                late += int(tasks.late[task]) * max(0, call - int(tasks.due[task]))
        lasts = now + int(stops[-1][3]) - start
        if on_time and lasts <= problem.types.longest_duration[k]:
            cost = int(problem.types.per_duration[k]) * lasts + late
            cheapest = cost if cheapest is None else min(cheapest, cost)
    return cheapest


def route_cost(problem: KernelProblem, route: KernelRoute, booked: Mapping[int, int] = NOTHING) -> int | None:
    """What a route costs, ``None`` where it breaks a limit: the vehicle starts at each second that it may.

    ``booked`` gives the options by which tasks come to the route's station.
    """
    tasks, types, options, k = problem.tasks, problem.types, problem.options, route.vehicle_type
    station = int(types.station[k]) if len(types.station) else -1
    handling = int(types.handling[k]) if len(types.handling) else 0
    reload_handling = int(types.reload_handling[k]) if len(types.reload_handling) else handling
    longest_trip = int(types.longest_trip[k]) if len(types.longest_trip) and types.reload[k] >= 0 else NO_LIMIT
    distance, load_limit = 0, types.capacity[k]
    stops: list[tuple[int, int, int, int]] = []  # location, earliest, latest, service
    due = NO_LIMIT
    for number, trip in enumerate(route.trips):
        due_before = due
        if any(t in booked and options.station[booked[t]] != station for t in trip):
            return None
        if any((t in booked) != (station >= 0) for t in trip):
            return None
        release = max(int(tasks.release[t]) for t in trip)
        release = max([release, *(int(options.ready[booked[t]]) for t in trip if t in booked)])
        due = min([NO_LIMIT, *(int(options.due[booked[t]]) for t in trip if t in booked)])
        around = [int(types.reload[k]), *(int(tasks.location[t]) for t in trip), int(types.reload[k])]
        is_too_long = longest_trip < NO_LIMIT and problem.distance[around[:-1], around[1:]].sum() > longest_trip
        load = sum((tasks.deliver[t] for t in trip), np.zeros_like(load_limit))
        if is_too_long or (load > load_limit).any():
            return None
        for t in trip:
            load = load - tasks.deliver[t] + tasks.pick_up[t]
            if (load > load_limit).any() or not tasks.admitted[k, t]:
                return None
        if number == 0:
            stops.append((types.start[k], max(types.start_earliest[k], release), types.start_latest[k], handling))
        else:
            latest = min(types.reload_latest[k], due_before)
            stops.append((types.reload[k], max(types.reload_earliest[k], release), latest, reload_handling))
        stops += [(tasks.location[t], tasks.earliest[t], tasks.latest[t], tasks.service[t]) for t in trip]
    stops.append((types.end[k], types.start_earliest[k], min(types.end_latest[k], due), handling))
    distance = sum(int(problem.distance[a[0], b[0]]) for a, b in itertools.pairwise(stops))
    on_site = [-1, *(t for trip in ((*trip, -1) for trip in route.trips) for t in trip)]
    time_cost = cheapest_times(problem, k, stops, on_site)
    if (
        time_cost is None
        or distance > types.longest_distance[k]
        or len(route.trips) > (types.trips[k] if types.reload[k] >= 0 else 1)
    ):
        return None
    return int(types.fixed[k] + types.per_distance[k] * distance) + time_cost


def booking_cost(options: Options, booked: tuple[tuple[int, int], ...]) -> int | None:
    """What bookings cost together, ``None`` where they do not fit."""
    used, pieces = np.zeros_like(options.room), np.zeros_like(options.quota_pieces)
    charges: set[int] = set()
    accounts: dict[int, int] = {}
    cost = 0
    for task, option in booked:
        assert options.task[option] == task
        used[options.first[option] : options.last[option]] += options.load[option]
        charges |= {int(c) for c in options.charges[option] if c >= 0}
        if options.quota[option] >= 0:
            pieces[options.quota[option]] += options.pieces[option]
        account = int(options.account[option])
        if account >= 0:
            accounts[account] = accounts.get(account, 0) + int(options.price[option])
        else:
            cost += int(options.price[option])
        cost += int(options.late[option]) if len(options.late) else 0
    if (used > options.room).any() or (pieces > options.quota_pieces).any():
        return None
    cost += sum(int(options.charge_price[c]) for c in charges)
    return cost + sum(max(int(options.minimum[a]), paid) for a, paid in accounts.items())


def judged_cost(problem: KernelProblem, solution: KernelSolution) -> int:
    """What a solution costs; it must keep every limit and do nothing twice."""
    driven = [t for route in solution.routes for trip in route.trips for t in trip]
    options = problem.options
    to_stations = {t: o for t, o in solution.booked if len(options.station) and options.station[o] >= 0}
    done = [*driven, *(task for task, _ in solution.booked if task not in to_stations)]
    assert len(set(done)) == len(done)
    assert set(to_stations) <= set(driven)
    for k, count in enumerate(problem.types.count):
        assert sum(route.vehicle_type == k for route in solution.routes) <= count
    costs = [
        route_cost(problem, route, {t: to_stations[t] for trip in route.trips for t in trip if t in to_stations})
        for route in solution.routes
    ]
    costs.append(booking_cost(problem.options, solution.booked))
    assert None not in costs
    left = set(range(len(problem.tasks.location))) - set(done)
    return sum(c or 0 for c in costs) + sum(int(problem.tasks.leaving[t]) for t in left)


@st.composite
def problems(draw: st.DrawFn, most_tasks: int = 9, lines: bool = True) -> KernelProblem:
    count, places, kinds = draw(st.integers(1, most_tasks)), draw(st.integers(2, 6)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    x = rng.integers(0, 30, (places, 2))
    distance = np.abs(x[:, None] - x[None, :]).sum(axis=2)
    duration = distance + rng.integers(0, 3, distance.shape) * draw(st.booleans())
    np.fill_diagonal(duration, 0)
    for via in range(places):
        # A search takes it that who calls nowhere is not there later.
        duration = np.minimum(duration, duration[:, via, None] + duration[None, via, :])
    narrow, releases, reloads = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    earliest = rng.integers(0, 120, count) if narrow else np.zeros(count, dtype=np.int64)
    latest = earliest + rng.integers(20, 150, count) if narrow else np.full(count, NO_LIMIT)
    # Tasks for whose time every vehicle is home, and vehicles that must be back before they may leave.
    hopeless = draw(st.booleans())
    earliest[rng.random(count) < 0.2 * hopeless] += 500
    tasks = Tasks(
        location=rng.integers(1, places, count),
        service=rng.integers(0, 4, count),
        earliest=earliest,
        latest=latest,
        release=rng.integers(0, 60, count) if releases else np.zeros(count, dtype=np.int64),
        deliver=rng.integers(0, 6, (count, 2)),
        pick_up=rng.integers(0, 4, (count, 2)),
        leaving=rng.integers(20, 400, count),
        admitted=rng.random((kinds, count)) < draw(st.sampled_from([0.6, 1.0])),
    )
    station = rng.integers(-1, 2, kinds) if lines else np.full(kinds, -1)
    start, end = rng.integers(0, places, (2, kinds))
    types = VehicleTypes(
        count=rng.integers(1, 4, kinds),
        start=start,
        # At a station, the last mile starts, reloads and ends.
        end=np.where(station >= 0, start, end),
        reload=np.where(station >= 0, start, 0) if reloads else np.full(kinds, -1),
        capacity=rng.integers(5, 20, (kinds, 2)),
        fixed=rng.integers(0, 60, kinds),
        per_distance=rng.integers(1, 4, kinds),
        per_duration=rng.integers(0, 3, kinds),
        longest_distance=rng.integers(60, 300, kinds),
        longest_duration=rng.integers(60, 300, kinds),
        start_earliest=rng.integers(0, 20, kinds),
        # Where the last mile may reload, it may as well start.
        start_latest=np.where(
            rng.random(kinds) < 0.2 * hopeless, -1, np.where(station >= 0, 250, rng.integers(60, 200, kinds))
        ),
        end_latest=rng.integers(150, 400, kinds),
        reload_earliest=np.full(kinds, 10),
        reload_latest=np.full(kinds, 250),
        trips=rng.integers(1, 4, kinds),
        handling=rng.integers(0, 4, kinds),
        station=station,
        reload_handling=rng.integers(0, 12, kinds),
        longest_trip=rng.integers(10, 150, kinds) if draw(st.booleans()) else np.full(kinds, NO_LIMIT),
    )
    options = drawn_options(rng, count) if lines and draw(st.booleans()) else Options()
    if not len(options.task):
        options = replace(options, load=np.zeros((0, 2), dtype=np.int64), room=np.zeros((0, 2), dtype=np.int64))
    return KernelProblem(distance, duration, tasks, types, options)


def drawn_options(rng: np.random.Generator, tasks: int) -> Options:
    count, rows = int(rng.integers(1, 12)), int(rng.integers(1, 4))
    first = rng.integers(0, rows, count)
    return Options(
        task=np.sort(rng.integers(0, tasks, count)),
        price=rng.integers(0, 60, count),
        first=first,
        last=np.minimum(rows, first + rng.integers(1, 3, count)),
        charges=rng.integers(-1, 3, (count, 2)) * np.array([1, 0]) - np.array([0, 1]),
        account=rng.integers(-1, 2, count),
        quota=rng.integers(-1, 2, count),
        room=rng.integers(2, 12, (rows, 2)),
        charge_price=rng.integers(0, 50, 3),
        minimum=rng.integers(0, 90, 2),
        quota_pieces=rng.integers(0, 6, 2),
        load=rng.integers(0, 5, (count, 2)),
        pieces=rng.integers(1, 4, count),
        station=rng.integers(-1, 2, count),
        ready=rng.integers(0, 120, count),
        due=rng.choice([80, 150, 200, NO_LIMIT], count),
        late=rng.integers(0, 9, count) * rng.integers(0, 2),
    )


def with_lateness(problem: KernelProblem, seed: int) -> KernelProblem:
    """The problem with tasks that are due, some of them at one site."""
    rng, count = np.random.default_rng(seed), len(problem.tasks.location)
    due = rng.choice([0, 20, 50, 90, NO_LIMIT], count)
    late = rng.integers(0, 6, count) * rng.integers(0, 2, count)
    return replace(problem, tasks=replace(problem.tasks, due=due, late=late, site=problem.tasks.location))


@given(problems(), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_an_answer_keeps_every_limit_and_costs_what_it_says(problem: KernelProblem, seed: int) -> None:
    told: list[KernelSolution] = []
    found = search(problem, Limits(0, STEPS, seed), on_best=told.append)
    assert judged_cost(problem, found) == found.cost
    assert found.cost <= int(problem.tasks.leaving.sum())
    for solution in told:
        assert judged_cost(problem, solution) == solution.cost
    assert [s.cost for s in told] == sorted({s.cost for s in told}, reverse=True)


@given(problems(), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_what_is_late_costs_what_it_does_at_the_best_start(problem: KernelProblem, seed: int) -> None:
    late = with_lateness(problem, seed)
    found = search(late, Limits(0, STEPS, seed))
    assert judged_cost(late, found) == found.cost
    again = search(late, Limits(0, 1, seed + 1), start=found)
    assert judged_cost(late, again) == again.cost <= found.cost


@given(problems(), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_due_times_without_a_price_change_nothing(problem: KernelProblem, seed: int) -> None:
    late = with_lateness(problem, seed)
    free = replace(late, tasks=replace(late.tasks, late=np.zeros_like(late.tasks.late)))
    assert search(free, Limits(0, STEPS, seed)) == search(problem, Limits(0, STEPS, seed))


@given(problems(), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_the_same_seed_and_steps_give_the_same_answer(problem: KernelProblem, seed: int) -> None:
    limits = Limits(0, STEPS, seed)
    assert search(problem, limits) == search(problem, limits)


@given(problems(), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_an_answer_is_never_worse_than_the_start(problem: KernelProblem, seed: int) -> None:
    start = search(problem, Limits(0, STEPS, seed))
    again = search(problem, Limits(0, 1, seed + 1), start=start)
    assert judged_cost(problem, again) == again.cost <= start.cost


@given(problems(), problems())
@settings(max_examples=40, deadline=None)
def test_of_a_start_that_does_not_fit_what_fits_is_kept(problem: KernelProblem, other: KernelProblem) -> None:
    tasks, kinds = len(problem.tasks.location), len(problem.types.count)
    foreign = search(other, Limits(0, STEPS))
    routes = [
        KernelRoute(r.vehicle_type % kinds, tuple(trip for t in r.trips if (trip := tuple(c for c in t if c < tasks))))
        for r in foreign.routes
    ]
    start = KernelSolution(tuple(r for r in routes if r.trips), (), 0)
    again = search(problem, Limits(0, 1), start=start)
    assert judged_cost(problem, again) == again.cost


def cheapest_by_trying_all(problem: KernelProblem) -> int:
    """The optimum where no vehicle reloads, by trying every choice of bookings, split into routes and order.

    The first kind of vehicle has no station, the second has the first one.
    """
    count, options = len(problem.tasks.location), problem.options

    @cache
    def cheapest_route(kind: int, goods: frozenset[tuple[int, int]]) -> int:
        booked = {t: way for t, way in goods if way >= 0}
        orders = itertools.permutations(sorted(t for t, _ in goods))
        costs = [route_cost(problem, KernelRoute(kind, (order,)), booked) for order in orders]
        return min((cost for cost in costs if cost is not None), default=NO_LIMIT)

    @cache
    def cheapest_split(kind: int, goods: frozenset[tuple[int, int]], vehicles: int) -> int:
        if not goods:
            return 0
        if vehicles == 0:
            return NO_LIMIT
        first, rest = min(goods), sorted(goods - {min(goods)})
        parts = [frozenset((first, *more)) for n in range(len(rest) + 1) for more in itertools.combinations(rest, n)]
        return min(cheapest_route(kind, part) + cheapest_split(kind, goods - part, vehicles - 1) for part in parts)

    best = NO_LIMIT
    ways: list[list[Any]] = [[-2, -1, *np.flatnonzero(options.task == t).tolist()] for t in range(count)]
    for choice in itertools.product(*ways):
        price = booking_cost(options, tuple((t, way) for t, way in enumerate(choice) if way >= 0))
        if price is not None:
            price += sum(int(problem.tasks.leaving[t]) for t, way in enumerate(choice) if way == -2)
            driven = frozenset((t, way) for t, way in enumerate(choice) if way == -1)
            last_mile = frozenset((t, way) for t, way in enumerate(choice) if way >= 0 and options.station[way] >= 0)
            for kind, goods in enumerate((driven, last_mile)):
                price += cheapest_split(kind, goods, int(problem.types.count[kind]))
            best = min(best, price)
    return best


@given(problems(most_tasks=4))
@settings(max_examples=60, deadline=None)
def test_the_optimum_of_a_tiny_problem_is_found(problem: KernelProblem) -> None:
    tiny = tiny_problem(problem)
    # Chance decides how soon: of eight seeds, four missed one optimum with a tenth of these steps.
    assert search(tiny, Limits(0, 40_000)).cost == cheapest_by_trying_all(tiny)


def tiny_problem(problem: KernelProblem) -> KernelProblem:
    """The problem with two kinds of vehicle, without reloads: one at the hub, the other at a station."""
    two = ints(0, len(problem.types.count) - 1)
    types = VehicleTypes(**{n: getattr(problem.types, n)[two] for n in VehicleTypes.__dataclass_fields__})
    return replace(
        problem,
        tasks=replace(problem.tasks, admitted=np.ones((2, len(problem.tasks.location)), dtype=np.bool_)),
        # Trips are measured from the place of reloads, even where nobody reloads.
        types=replace(types, trips=ints(1, 1), station=ints(-1, 0)),
    )


@given(problems(most_tasks=4), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_the_optimum_of_a_tiny_problem_with_lateness_is_found(problem: KernelProblem, seed: int) -> None:
    tiny = tiny_problem(with_lateness(problem, seed))
    # Chance decides how soon: of eight seeds, four missed one optimum with a tenth of these steps.
    assert search(tiny, Limits(0, 40_000)).cost == cheapest_by_trying_all(tiny)


@given(problems(most_tasks=3, lines=False))
@settings(max_examples=40, deadline=None)
def test_the_optimum_of_two_trips_that_one_charge_limits_is_found(problem: KernelProblem) -> None:
    """One vehicle of one kind, by trying every choice of tasks, order and place of the reload."""
    count, one = len(problem.tasks.location), ints(0)
    types = VehicleTypes(**{n: getattr(problem.types, n)[one] for n in VehicleTypes.__dataclass_fields__})
    types = replace(types, count=ints(1), reload=ints(0), trips=ints(2), longest_trip=types.longest_trip % 90 + 10)
    admitted = np.ones((1, count), dtype=np.bool_)
    tiny = replace(problem, tasks=replace(problem.tasks, admitted=admitted), types=types)
    best = int(tiny.tasks.leaving.sum())
    for size in range(1, count + 1):
        for order in itertools.permutations(range(count), size):
            left = sum(int(tiny.tasks.leaving[t]) for t in range(count) if t not in order)
            for cut in range(1, size + 1):
                trips = tuple(trip for trip in (order[:cut], order[cut:]) if trip)
                cost = route_cost(tiny, KernelRoute(0, trips))
                best = min(best, best if cost is None else cost + left)
    assert search(tiny, Limits(0, 2_000)).cost == best


def day_of_bookings() -> KernelProblem:
    """Two tasks far out, a full line that takes one of them, and a vehicle that is dear."""
    far = np.array([[0, 50], [50, 0]], dtype=np.int64)
    none = ints(0, 0)
    tasks = Tasks(
        *(ints(1, 1), none, none, ints(NO_LIMIT, NO_LIMIT), none),
        *(np.array([[1], [1]]), np.zeros((2, 1), dtype=np.int64), ints(1_000, 1_000), np.ones((1, 2), dtype=np.bool_)),
    )
    types = VehicleTypes(
        *(ints(1), ints(0), ints(0), ints(-1), np.array([[5]]), ints(100), ints(1), ints(0)),
        *(ints(NO_LIMIT), ints(NO_LIMIT), ints(0), ints(NO_LIMIT), ints(NO_LIMIT), ints(0), ints(NO_LIMIT), ints(1)),
    )
    options = Options(
        task=ints(0, 1),
        price=ints(30, 30),
        first=ints(0, 0),
        last=ints(1, 1),
        charges=np.array([[0], [0]]),
        account=ints(-1, -1),
        quota=ints(-1, -1),
        room=np.array([[2]]),
        charge_price=ints(20),
        load=np.array([[1], [1]]),
        pieces=ints(1, 1),
    )
    return KernelProblem(far, far, tasks, types, options)


def test_a_charge_is_paid_once_however_many_ride() -> None:
    found = search(day_of_bookings(), Limits(0, 100))
    assert (found.cost, found.routes, found.booked) == (80, (), ((0, 0), (1, 1)))


def test_a_full_trip_takes_nothing_more() -> None:
    problem = day_of_bookings()
    problem = replace(problem, options=replace(problem.options, room=np.array([[1]])))
    found = search(problem, Limits(0, 100))
    # Once a vehicle drives there, it brings both.
    assert (found.cost, found.booked) == (200, ())


def test_an_account_with_a_minimum_is_filled_up_once() -> None:
    problem = day_of_bookings()
    options = replace(problem.options, account=ints(0, 0), minimum=ints(70))
    assert search(replace(problem, options=options), Limits(0, 100)).cost == 90


def test_a_search_can_be_stopped_before_it_begins() -> None:
    found = search(day_of_bookings(), Limits(60), should_stop=lambda: True)
    assert judged_cost(day_of_bookings(), found) == found.cost


def test_a_day_without_tasks_costs_nothing() -> None:
    problem = day_of_bookings()
    nothing = replace(
        problem,
        tasks=Tasks(
            *(ints(), ints(), ints(), ints(), ints()),
            *(np.zeros((0, 1), dtype=np.int64), np.zeros((0, 1), dtype=np.int64), ints(), np.ones((1, 0), dtype=bool)),
        ),
        options=Options(),
    )
    assert search(nothing, Limits(0, 100)) == KernelSolution((), (), 0)


def day_of_last_mile(due: int = NO_LIMIT, ready: int = 100) -> KernelProblem:
    """Two tasks that no vehicle of the depot may do, a line to a station near them, and a tricycle there."""
    problem = day_of_bookings()
    ways = np.array([[0, 50, 45], [50, 0, 5], [45, 5, 0]], dtype=np.int64)
    van, tricycle = problem.types, {"start": 2, "end": 2, "reload": 2, "fixed": 10, "trips": 2, "per_duration": 1}
    columns = {
        n: np.concatenate([getattr(van, n), ints(tricycle.get(n, int(getattr(van, n)[0])))])
        for n in VehicleTypes.__dataclass_fields__
        if n not in ("capacity", "handling", "station", "reload_handling", "longest_trip")
    }
    types = VehicleTypes(**columns, capacity=np.array([[5], [5]]), handling=ints(0, 3), station=ints(-1, 0))
    admitted = np.array([[False, False], [True, True]])
    options = replace(problem.options, station=ints(0, 0), ready=ints(0, ready), due=ints(NO_LIMIT, due))
    return KernelProblem(ways, ways, replace(problem.tasks, admitted=admitted), types, options)


def test_what_only_a_station_reaches_comes_by_line_and_last_mile() -> None:
    found = search(day_of_last_mile(), Limits(0, 200))
    # One trip with both once the second is there: the charge 20, 30 a booking, the tricycle 10, 10 far, 16 long.
    assert (found.cost, found.booked) == (116, ((0, 0), (1, 1)))
    assert found.routes == (KernelRoute(1, found.routes[0].trips),)
    assert [sorted(trip) for trip in found.routes[0].trips] == [[0, 1]]


def test_a_vehicle_of_a_station_is_back_before_what_it_brings_is_due() -> None:
    # Both in one trip, which begins at 100 at the earliest, are back at 113: too late for what is due at 112.
    assert search(day_of_last_mile(due=113), Limits(0, 200)).cost == 116
    late = search(day_of_last_mile(due=112), Limits(0, 200))
    assert (late.booked, late.cost) == (((0, 0),), 20 + 30 + 36 + 1_000)


@given(problems(), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_kinds_that_reload_elsewhere_at_other_hours_are_kept_apart(problem: KernelProblem, seed: int) -> None:
    kinds = np.arange(len(problem.types.count))
    types = replace(
        problem.types,
        reload=np.where(problem.types.station >= 0, problem.types.start, kinds % len(problem.distance)),
        reload_earliest=10 + 5 * kinds,
        reload_latest=250 - 50 * kinds,
        trips=np.full(len(kinds), 3),
    )
    elsewhere = replace(problem, types=types)
    found = search(elsewhere, Limits(0, STEPS, seed))
    assert judged_cost(elsewhere, found) == found.cost


def test_a_vehicle_recharges_between_two_trips_that_its_range_has_no_room_for_in_one() -> None:
    """Two tasks 50 away in opposite directions; going to both in one trip is 200 long."""
    ways = np.array([[0, 50, 50], [50, 0, 100], [50, 100, 0]], dtype=np.int64)
    problem = day_of_bookings()
    types = replace(problem.types, reload=ints(0), trips=ints(2), per_duration=ints(1), reload_handling=ints(30))
    tasks = replace(problem.tasks, location=ints(1, 2))
    day = KernelProblem(ways, ways, tasks, types)
    # One trip, or two without recharging, would be as long; 100 for the vehicle, 200 to drive, 200 and 30 to wait.
    for longest, cost in ((200, 500), (199, 530), (100, 530), (99, 2_000)):
        limited = replace(day, types=replace(types, longest_trip=ints(longest)))
        found = search(limited, Limits(0, 200))
        assert (found.cost, judged_cost(limited, found)) == (cost, cost)


def test_with_no_time_at_all_there_is_an_answer() -> None:
    found = search(day_of_bookings(), Limits(0.0))
    assert judged_cost(day_of_bookings(), found) == found.cost
