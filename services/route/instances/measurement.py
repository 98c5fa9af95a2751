"""An instance solved by an engine, judged, and held against the best known."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from services.model.errors import InvalidInputError, PlanningFailedError, Violation
from services.route.instances.choices import EngineName, Rounding
from services.route.instances.instance import Instance
from services.route.instances.judge import Verdict, judge_instance
from services.route.instances.reading import read_instance
from services.route.instances.solvers import solve
from services.route.instances.transit_measure import measure_transit
from services.route.kernel.problem import KernelSolution
from services.route.kernel.search import Limits

# A solution without a timetable breaks a rule for every customer.
_MOST_FAULTS: Final = 3


@dataclass(frozen=True, slots=True)
class Known:
    """The best known: its cost and its routes, of which a cost given by hand may say nothing."""

    cost: float
    routes: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one instance, in the units of its set: whole numbers, or distance in double precision.

    ``cost`` is absent where there is no solution; ``verdict`` says why, or what rules it breaks. ``gap_percent`` is the
    cost above the best known's. Where a set counts vehicles first, it is there only with as many routes as the best
    known has: with more of them a shorter distance is no better, and with fewer a longer one no worse.
    ``routes_above`` tells of these, and the two together are all that is compared.
    """

    name: str
    engine: str
    cost: float | None
    routes: int
    seconds: float
    best_known: float | None
    best_routes: int | None
    routes_above: int | None
    gap_percent: float | None
    verdict: str


def measure_file(
    path: Path,
    engine: EngineName,
    seconds: float,
    seed: int,
    cores: int = 1,
    best: float | None = None,
    best_routes: int | None = None,
    rounding: Rounding | None = None,
) -> Line:
    """Have the instance of a file solved and judged; ``best`` and ``best_routes`` in place of what lies by it.

    Raises
    ------
    InvalidInputError
        When the file cannot be read, the engine does not know its kind, or ``best`` lacks the routes it is counted by.
    """
    if path.suffix == ".city":
        return _measure_transit_line(path, engine, Limits(seconds, seed=seed), cores, best)
    instance = read_instance(path, rounding)
    if best is not None and best_routes is None and instance.customers is not None:
        raise InvalidInputError([Violation(str(path), "counts vehicles first: --best needs --best-routes")])
    known = None if best is None else Known(best, best_routes)
    return measure(instance, engine, seconds, seed, cores, known)


def measure(
    instance: Instance, engine: EngineName, seconds: float, seed: int, cores: int = 1, known: Known | None = None
) -> Line:
    """Have an instance solved and judge what comes of it; ``known`` in place of a solution that lies by it.

    Raises
    ------
    InvalidInputError
        When that solution breaks the instance's rules.
    """
    known = known or best_known(instance)
    started = time.monotonic()
    try:
        solution = solve(instance, engine, seconds, seed, cores)
    except PlanningFailedError as error:
        return line_of(instance, engine.value, time.monotonic() - started, str(error), known)
    return line_of(instance, engine.value, time.monotonic() - started, solution, known)


def best_known(instance: Instance) -> Known | None:
    """The best known of an instance, judged.

    Raises
    ------
    InvalidInputError
        When it breaks the instance's rules.
    """
    if instance.best is None:
        return None
    verdict = judge_instance(instance, instance.best)
    if verdict.broken:
        raise InvalidInputError([Violation(instance.name, f"the best known breaks a rule: {verdict.broken[0]}")])
    return Known(verdict.cost, len(instance.best.routes))


def line_of(
    instance: Instance, engine: str, seconds: float, solution: KernelSolution | str, known: Known | None
) -> Line:
    """Judge a solution, or a word on why there is none, against the best known."""
    verdict = Verdict(0, (solution,)) if isinstance(solution, str) else judge_instance(instance, solution)
    routes = 0 if isinstance(solution, str) else len(solution.routes)
    above = gap_percent = None
    if known is not None and not isinstance(solution, str):
        above = None if known.routes is None else routes - known.routes
        # A solution that breaks rules may be cheaper than any; one that compares must not.
        if known.cost and not verdict.broken and (instance.customers is None or above == 0):
            gap_percent = round(100 * (verdict.cost / known.cost - 1), 3)
    return Line(
        name=instance.name,
        engine=engine,
        cost=None if isinstance(solution, str) else _in_units(verdict.cost),
        routes=routes,
        seconds=round(seconds, 1),
        best_known=None if known is None else _in_units(known.cost),
        best_routes=None if known is None else known.routes,
        routes_above=above,
        gap_percent=gap_percent,
        verdict="; ".join(verdict.broken) or "OK",
    )


def _measure_transit_line(path: Path, engine: EngineName, limits: Limits, cores: int, best: float | None) -> Line:
    if engine is not EngineName.SEARCH:
        raise InvalidInputError([Violation(str(path), f"has a last mile, which {engine.value} does not know")])
    if cores != 1:
        raise InvalidInputError([Violation(str(path), "is searched on one core only")])
    found = measure_transit(path, limits)
    found = found if best is None else replace(found, best_known=best)
    return Line(
        name=found.name,
        engine=engine.value,
        cost=found.cost,
        routes=found.trucks + found.couriers,
        seconds=found.seconds,
        best_known=found.best_known,
        best_routes=None,
        routes_above=None,
        gap_percent=found.gap_percent,
        verdict="; ".join(found.broken[:_MOST_FAULTS]) or "OK",
    )


def _in_units(cost: float) -> float:
    """Whole numbers as they are, double precision to the four decimals that lists of best solutions give."""
    return cost if isinstance(cost, int) else round(cost, 4)
