"""Which kind of vehicle drives a route can change while the route stays what it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from services.route.kernel.problem import NO_LIMIT, KernelProblem, KernelRoute, KernelSolution, Tasks, VehicleTypes
from services.route.kernel.search import Limits, search

Ints = npt.NDArray[np.int64]
COUNT = 40
# The first thousand steps of a search only take what is better.
STEPS = 4_000


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def round_trip() -> KernelProblem:
    """Forty tasks far from the depot and near each other, on a vehicle cheap to use or on one that is cheap to drive.

    For the first task of an empty vehicle that which is cheap to use is the cheaper one, for all together the other.
    """
    distance = np.full((COUNT + 1, COUNT + 1), 1, dtype=np.int64)
    distance[0, :] = distance[:, 0] = 10
    np.fill_diagonal(distance, 0)
    none, never = np.zeros(COUNT, dtype=np.int64), np.full(COUNT, NO_LIMIT)
    load = np.ones((COUNT, 1), dtype=np.int64)
    tasks = Tasks(
        *(np.arange(1, COUNT + 1), none, none, never, none, load, 0 * load, never),
        np.ones((2, COUNT), dtype=np.bool_),
    )
    zero, limit = ints(0, 0), ints(NO_LIMIT, NO_LIMIT)
    types = VehicleTypes(
        *(ints(1, 1), zero, zero, ints(-1, -1), ints(COUNT, COUNT)[:, None], ints(100, 150), ints(3, 1), zero),
        *(limit, limit, zero, limit, limit, zero, limit, ints(1, 1)),
    )
    return KernelProblem(distance, distance, tasks, types)


def driven_by(kinds: tuple[int, ...], *trips: tuple[int, ...]) -> KernelSolution:
    return KernelSolution(tuple(KernelRoute(k, (trip,)) for k, trip in zip(kinds, trips, strict=True)), (), 0)


def test_a_route_moves_to_a_free_vehicle_that_drives_for_less() -> None:
    start = driven_by((0,), tuple(range(COUNT)))
    for seed in range(5):
        found = search(round_trip(), Limits(0, STEPS, seed), start=start)
        assert ([r.vehicle_type for r in found.routes], found.cost) == ([1], 150 + 2 * 10 + COUNT - 1)


def test_a_route_stays_where_the_other_kind_may_not_do_all_of_it() -> None:
    problem = round_trip()
    admitted = problem.tasks.admitted.copy()
    admitted[1, 0] = False
    start = driven_by((0,), tuple(range(COUNT)))
    found = search(replace(problem, tasks=replace(problem.tasks, admitted=admitted)), Limits(0, STEPS), start=start)
    assert [r.vehicle_type for r in found.routes if 0 in r.trips[0]] == [0]


def test_two_full_routes_exchange_their_vehicles() -> None:
    problem, half = round_trip(), COUNT // 2
    distance = problem.distance.copy()
    # The second half is farther away, and goes better with the vehicle that is cheap to drive.
    distance[0, half + 1 :] = distance[half + 1 :, 0] = 60
    distance[1 : half + 1, half + 1 :] = distance[half + 1 :, 1 : half + 1] = 55
    types = replace(problem.types, capacity=ints(half, half)[:, None], fixed=ints(0, 0))
    problem = replace(problem, distance=distance, duration=distance, types=types)
    start = driven_by((1, 0), tuple(range(half)), tuple(range(half, COUNT)))
    for seed in range(5):
        found = search(problem, Limits(0, STEPS, seed), start=start)
        assert found.cost == 3 * (2 * 10 + half - 1) + 2 * 60 + half - 1


def test_what_only_one_kind_may_do_gets_its_room_though_it_is_far_from_the_rest() -> None:
    # One vehicle may do all; its day is full of what the other could do, at a greater price.
    problem, far = round_trip(), COUNT - 1
    distance = problem.distance.copy()
    distance[far + 1, :] = distance[:, far + 1] = 60
    distance[far + 1, far + 1] = 0
    admitted = problem.tasks.admitted.copy()
    admitted[0, far] = False
    types = replace(problem.types, longest_distance=ints(NO_LIMIT, 130), per_distance=ints(9, 1))
    tasks = replace(problem.tasks, admitted=admitted, leaving=np.full(COUNT, 100_000))
    problem = replace(problem, distance=distance, duration=distance, tasks=tasks, types=types)
    start = driven_by((1,), tuple(range(far)))
    for seed in range(5):
        found = search(problem, Limits(0, STEPS, seed), start=start)
        assert {t for route in found.routes for t in route.trips[0]} == set(range(COUNT))
