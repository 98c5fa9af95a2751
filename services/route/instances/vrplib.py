"""Reads an instance in VRPLIB form.

PyVRP's reader is used, since it knows the dialects of all its sets.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pyvrp

from services.model.errors import InvalidInputError, Violation
from services.route.instances.best_known import find_best, read_routes
from services.route.instances.choices import Rounding
from services.route.instances.instance import Instance, as_route, lay_out
from services.route.kernel.problem import KernelSolution

# By the sets' own habit; the rest round to the nearest whole number.
_ROUNDING_OF_TYPE: Final = {
    "VRPTW": Rounding.DIMACS,
    "PCVRPTW": Rounding.DIMACS,
    "MTVRPTWR": Rounding.DIMACS,
    "MDVRPTW": Rounding.EXACT,
    "SDVRPTW": Rounding.EXACT,
    "HFVRP": Rounding.EXACT,
}


def read_vrplib(path: Path, rounding: Rounding | None = None) -> Instance:
    """Read a file and the best solution known that lies by it.

    ``rounding`` is by default that which the instance's set is measured with.

    Raises
    ------
    InvalidInputError
        When the file is none, or has what the engines do not know: groups of clients, shipments.
    """
    try:
        kind = _type_of(path)
        data = pyvrp.read(path, round_func=(rounding or _ROUNDING_OF_TYPE.get(kind, Rounding.ROUND)).value)
        # PyVRP and the library under it raise nearly every kind of error for what they cannot read.
    except Exception as error:
        raise InvalidInputError([Violation(str(path), f"is no VRPLIB instance: {error}")]) from error
    if data.num_groups or data.num_shipments:
        raise InvalidInputError(
            [Violation(str(path), "has groups of clients or shipments, which no engine here knows")]
        )
    return Instance(path.stem, data, lay_out(data), _best_known(path, data))


def _type_of(path: Path) -> str:
    head = path.read_text(encoding="utf-8", errors="replace")[:4_000]
    found = re.search(r"^TYPE\s*:\s*(\S+)", head, re.MULTILINE)
    return found[1].upper() if found else ""


def _best_known(path: Path, data: pyvrp.ProblemData) -> KernelSolution | None:
    found = find_best(path)
    if found is None:
        return None
    if found.suffix != ".sol":
        return read_routes(found, data.num_clients)
    try:
        routes = pyvrp.read_solution(found, data).routes()
    except Exception as error:
        raise InvalidInputError([Violation(str(found), f"is no solution of the instance: {error}")]) from error
    return KernelSolution(tuple(as_route(route) for route in routes), (), 0)
