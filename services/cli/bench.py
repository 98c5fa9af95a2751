"""``cuntong bench``: standard instances solved by an engine, judged and held against the best known."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.console import Console

from services.route.instances.choices import EngineName, Rounding

if TYPE_CHECKING:
    from services.route.instances.measurement import Line


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
    # The engines take as long to load as all the rest, and no other command needs them.
    from services.route.instances.measurement import measure_file  # noqa: PLC0415

    console = Console(highlight=False)
    for path in files:
        line = measure_file(path, engine, seconds, seed, cores, best, best_routes, rounding)
        if json:
            print(orjson.dumps(asdict(line)).decode(), flush=True)
        else:
            console.print(_told(line), soft_wrap=True)


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
