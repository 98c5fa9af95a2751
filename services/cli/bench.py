"""``cuntong bench``: standard instances solved by an engine, judged and held against the best known."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer
from rich.console import Console

from services.model.errors import InvalidInputError, PlanningFailedError, Violation
from services.route.instances.instance import Instance
from services.route.instances.judge import Verdict, judge_instance
from services.route.instances.reading import read_instance
from services.route.instances.solvers import EngineName, solve
from services.route.instances.transit_measure import measure_transit
from services.route.instances.vrplib import Rounding
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


def bench(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Instances in VRPLIB's form (.vrp), Solomon's (.txt) or of delivery on public transport (.city). The "
            "best known is found by them: NAME.sol, NAME.ROUTES_DISTANCE.txt in solutions, or a table in results."
        ),
    ],
    engine: Annotated[EngineName, typer.Option(help="Who solves them.")] = EngineName.SEARCH,
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="Time for each.")] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the search.")] = 1,
    cores: Annotated[int, typer.Option(min=1, max=64, help="Seeds at once, each on a core; the best counts.")] = 1,
    best: Annotated[float | None, typer.Option(help="The best cost known, in place of a solution.")] = None,
    best_routes: Annotated[
        int | None, typer.Option(help="Its routes; asked for where a set counts them first.")
    ] = None,
    rounding: Annotated[
        Rounding | None, typer.Option("--round", help="How distances are rounded; by default as the set does.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A JSON object a line.")] = False,
) -> None:
    """Solve standard instances 标准算例 and compare with the best known."""
    console = Console(highlight=False)
    given = None if best is None else Known(best, best_routes)
    for path in files:
        if path.suffix == ".city":
            line = _transit_line(path, engine, Limits(seconds, seed=seed), cores, best)
        else:
            instance = read_instance(path, rounding)
            if given is not None and given.routes is None and instance.customers is not None:
                raise InvalidInputError([Violation(str(path), "counts vehicles first: --best needs --best-routes")])
            line = measure(instance, engine, seconds, seed, cores, given)
        if json:
            print(orjson.dumps(asdict(line)).decode(), flush=True)
        else:
            console.print(_told(line), soft_wrap=True)


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


def _in_units(cost: float) -> float:
    """Whole numbers as they are, double precision to the four decimals that lists of best solutions give."""
    return cost if isinstance(cost, int) else round(cost, 4)


def _transit_line(path: Path, engine: EngineName, limits: Limits, cores: int, best: float | None) -> Line:
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


def _told(line: Line) -> str:
    cost = "none" if line.cost is None else _number(line.cost)
    told = f"{line.name:24} {line.engine:7} {cost:>14} {line.routes:4} routes {line.seconds:7.1f} s"
    if line.best_known is not None:
        told += f"  best {_number(line.best_known)}"
        told += "" if line.best_routes is None else f" in {line.best_routes} routes"
    if line.gap_percent is not None:
        told += f"  gap {line.gap_percent:.2f} %"
    elif line.routes_above and line.cost is not None:
        told += f"  {abs(line.routes_above)} {'more' if line.routes_above > 0 else 'fewer'}, distances do not compare"
    return f"{told}  {line.verdict}"


def _number(cost: float) -> str:
    return f"{cost:,}" if isinstance(cost, int) else f"{cost:,.4f}"
