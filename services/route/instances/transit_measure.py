"""Has an instance of delivery on public transport solved, judged and held against the best published bound."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from services.route.instances.transit_delivery import best_published, read_transit_instance
from services.route.instances.transit_judge import judge_transit
from services.route.instances.transit_search import solve_transit
from services.route.kernel.search import Limits


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of an instance: ``cost`` in units of distance with two decimals, tours of trucks and couriers."""

    name: str
    cost: float
    trucks: int
    couriers: int
    seconds: float
    best_known: float | None
    broken: tuple[str, ...]

    @property
    def gap_percent(self) -> float | None:
        """How far the cost is above the best known; absent where there is none."""
        return round(100 * (self.cost / self.best_known - 1), 3) if self.best_known else None


def measure_transit(path: Path, limits: Limits) -> Measured:
    """Solve the instance of a ``.city`` file on one core.

    Raises
    ------
    InvalidInputError
        When the file is no such instance.
    """
    instance = read_transit_instance(path)
    started = time.monotonic()
    solution = solve_transit(instance, limits)
    took_s = time.monotonic() - started
    verdict = judge_transit(instance, solution)
    return Measured(
        instance.name,
        verdict.cost,
        len(solution.trucks),
        len(solution.couriers),
        round(took_s, 1),
        best_published(path),
        verdict.broken,
    )
