"""What the search thinks that a task costs by a vehicle from a station."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from services.route.kernel.problem import KernelProblem, KernelRoute, KernelSolution, Options, VehicleTypes
from services.route.kernel.search import Limits, search
from services.route.kernel.warm import smallest_problem


def by_hub_or_by_station(late: int) -> KernelProblem:
    """One task due at 0: by a vehicle of the hub for 100 at once, by one of a station for 10, but not before 50."""
    one, single = smallest_problem(), np.zeros(1, dtype=np.int64)
    two = {one.name: np.repeat(getattr(smallest_problem().types, one.name), 2, axis=0) for one in fields(VehicleTypes)}
    return replace(
        one,
        distance=0 * one.distance,
        duration=0 * one.duration,
        tasks=replace(
            one.tasks,
            leaving=single + 10_000,
            admitted=np.ones((2, 1), dtype=np.bool_),
            due=single,
            late=single + late,
        ),
        types=VehicleTypes(**two | {"fixed": np.array([100, 10]), "station": np.array([-1, 0])}),
        options=Options(
            task=single,
            price=single,
            first=single,
            last=single,
            charges=np.full((1, 1), -1),
            account=single - 1,
            quota=single - 1,
            room=np.zeros((0, 1), dtype=np.int64),
            load=np.zeros((1, 1), dtype=np.int64),
            pieces=single,
            station=single,
            ready=single + 50,
            due=single + 1_000,
            late=single,
        ),
    )


def test_a_vehicle_from_a_station_that_comes_late_is_not_taken_for_cheap() -> None:
    assert search(by_hub_or_by_station(1), Limits(0, 1)) == KernelSolution((KernelRoute(1, ((0,),)),), ((0, 0),), 60)
    assert search(by_hub_or_by_station(10), Limits(0, 1)) == KernelSolution((KernelRoute(0, ((0,),)),), (), 100)
