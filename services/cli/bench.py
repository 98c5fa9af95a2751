"""``cuntong bench``: standard instances solved by an engine, judged and held against the best known."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import orjson
import pyvrp
import typer
from pyvrp.stop import MaxRuntime
from rich.console import Console

from services.model.errors import InvalidInputError, Violation
from services.route.instances.instance import Instance, Rounding, as_route, read_instance
from services.route.instances.judge import judge
from services.route.instances.transit_measure import measure_transit
from services.route.kernel.problem import KernelSolution
from services.route.kernel.search import Limits, search

_MOST_FAULTS: Final = 3


class EngineName(StrEnum):
    """The engines that know standard instances."""

    SEARCH = "search"
    PYVRP = "pyvrp"


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one instance; ``gap_percent`` is to the best known, absent where none lies beside it."""

    name: str
    engine: str
    cost: float
    routes: int
    seconds: float
    best_known: float | None
    gap_percent: float | None
    verdict: str


def bench(
    files: Annotated[list[Path], typer.Argument(help="Instances in VRPLIB form (.vrp; best in .sol) or .city.")],
    engine: Annotated[EngineName, typer.Option(help="Who solves them.")] = EngineName.SEARCH,
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="Time for each.")] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the search.")] = 1,
    best: Annotated[int | None, typer.Option(help="The best cost known, in place of a .sol.")] = None,
    rounding: Annotated[
        Rounding | None, typer.Option("--round", help="How distances are rounded; by default as the set does.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A JSON object a line.")] = False,
) -> None:
    """Solve standard instances 标准算例 on one core and compare with the best known."""
    console = Console(highlight=False)
    for path in files:
        if path.suffix == ".city":
            line = _transit_line(path, engine, seconds, seed, best)
        else:
            line = measure(read_instance(path, rounding), engine, seconds, seed, best)
        if json:
            print(orjson.dumps(asdict(line)).decode(), flush=True)
        else:
            console.print(_told(line), soft_wrap=True)


def measure(instance: Instance, engine: EngineName, seconds: float, seed: int, best: int | None = None) -> Line:
    """Have an instance solved on one core, and judge what comes of it; ``best`` in place of a solution beside it."""
    started = time.monotonic()
    if engine is EngineName.SEARCH:
        solution = search(instance.problem, Limits(seconds, seed=seed))
    else:
        found = pyvrp.solve(instance.data, MaxRuntime(seconds), seed=seed, collect_stats=False, display=False).best
        solution = KernelSolution(tuple(as_route(route) for route in found.routes()), (), 0)
    took_s = time.monotonic() - started
    verdict = judge(instance.data, solution)
    known = judge(instance.data, instance.best).cost if best is None and instance.best else best
    line = Line(
        name=instance.name,
        engine=engine.value,
        cost=verdict.cost,
        routes=len(solution.routes),
        seconds=round(took_s, 1),
        best_known=known,
        gap_percent=None,
        verdict="; ".join(verdict.broken) or "OK",
    )
    return line if not known else replace(line, gap_percent=round(100 * (verdict.cost / known - 1), 3))


def _transit_line(path: Path, engine: EngineName, seconds: float, seed: int, best: float | None) -> Line:
    if engine is not EngineName.SEARCH:
        raise InvalidInputError([Violation(str(path), f"has a last mile, which {engine.value} does not know")])
    found = measure_transit(path, Limits(seconds, seed=seed))
    found = found if best is None else replace(found, best_known=best)
    return Line(
        name=found.name,
        engine=engine.value,
        cost=found.cost,
        routes=found.trucks + found.couriers,
        seconds=found.seconds,
        best_known=found.best_known,
        gap_percent=found.gap_percent,
        # A solution without a timetable breaks a rule for every customer.
        verdict="; ".join(found.broken[:_MOST_FAULTS]) or "OK",
    )


def _told(line: Line) -> str:
    gap = "" if line.gap_percent is None else f"  best {line.best_known:,}  gap {line.gap_percent:.2f} %"
    return (
        f"{line.name:24} {line.engine:7} {line.cost:14,} {line.routes:4} routes {line.seconds:7.1f} s{gap}"
        f"  {line.verdict}"
    )
