from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.route.instances.fewest_vehicles import search_fewest
from services.route.kernel.problem import KernelRoute, KernelSolution

TASKS = 6


def spread(vehicles: int) -> KernelSolution:
    """All tasks on so many vehicles."""
    routes = (KernelRoute(0, (tuple(range(vehicle, TASKS, vehicles)),)) for vehicle in range(vehicles))
    return KernelSolution(tuple(routes), (), 0)


@dataclass
class Recorded:
    """Serves all with ``enough`` vehicles or more, and first finds a solution with one each."""

    enough: int
    asked: list[tuple[int | None, float, bool]] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)

    def __call__(
        self, vehicles: int | None, seconds: float, seed: int, start: KernelSolution | None, is_for_first: bool
    ) -> KernelSolution | None:
        self.asked.append((vehicles, seconds, is_for_first))
        self.seeds.append(seed)
        allowed = TASKS if vehicles is None else vehicles
        return spread(allowed) if allowed >= self.enough else start


def ticks(step: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += step


def searched(seek: Recorded, least: int = 1, step: float = 0.1) -> KernelSolution | None:
    clock = ticks(step)
    return search_fewest(seek, TASKS, least, 100.0, 1, lambda: next(clock))


def test_a_vehicle_is_spared_as_long_as_all_can_be_served() -> None:
    seek = Recorded(enough=3)
    found = searched(seek)
    assert found is not None
    assert len(found.routes) == 3
    assert [(vehicles, first) for vehicles, _, first in seek.asked] == [
        (None, False),
        *((vehicles, True) for vehicles in (5, 4, 3, 2)),
        (3, False),
    ]
    assert len(set(seek.seeds)) == len(seek.seeds)


def test_no_fewer_are_tried_than_loads_need() -> None:
    seek = Recorded(enough=1)
    searched(seek, least=4)
    assert [vehicles for vehicles, _, _ in seek.asked] == [None, 5, 4, 4]


def test_a_part_of_the_time_is_left_for_the_ways() -> None:
    seek = Recorded(enough=1)
    searched(seek, step=20.0)
    assert seek.asked[-1][2] is False
    assert all(seconds <= 60 for _, seconds, is_for_first in seek.asked if is_for_first)


def test_where_not_all_can_be_served_the_whole_fleet_is_kept() -> None:
    seek = Recorded(enough=9)
    assert searched(seek) is None
    assert [vehicles for vehicles, _, _ in seek.asked] == [None, None, None]
