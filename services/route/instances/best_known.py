"""Finds and reads the best solution known of an instance.

It lies beside the instance or in a folder ``solutions`` there or next to the instance's own folder, as ``NAME.sol`` or,
as the lists of SINTEF's are kept, as ``NAME.ROUTES_DISTANCE.txt``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from services.model.errors import InvalidInputError, Violation
from services.route.kernel.problem import KernelRoute, KernelSolution

_FOLDER: Final = "solutions"
_LISTED: Final = re.compile(r"(?P<name>.+)\.(?P<routes>\d+)_(?P<distance>\d+(?:\.\d+)?)\.txt")
_ROUTE: Final = re.compile(r"\s*Route\s*#?\s*\d+\s*:(?P<customers>.*)", re.IGNORECASE)


def is_solution(path: Path) -> bool:
    """Whether a file is by its name a solution, not an instance."""
    return path.suffix == ".sol" or _LISTED.fullmatch(path.name) is not None


def find_best(instance: Path) -> Path | None:
    """The best solution known that lies by an instance: a ``.sol``, else that of fewest routes and then distance."""
    folders = (instance.parent, instance.parent / _FOLDER, instance.parent.parent / _FOLDER)
    for folder in folders:
        if (beside := folder / f"{instance.stem}.sol").is_file():
            return beside
        listed = [(found, path) for path in _texts(folder) if (found := _LISTED.fullmatch(path.name))]
        of_this = [(int(m["routes"]), float(m["distance"]), path) for m, path in listed if m["name"] == instance.stem]
        if of_this:
            return min(of_this)[2]
    return None


def _texts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.txt")) if folder.is_dir() else []


def read_routes(path: Path, customers: int) -> KernelSolution:
    """Read lines like ``Route 1 : 5 2 9``; customers count from 1. Other lines say nothing about routes.

    Raises
    ------
    InvalidInputError
        When there is no route, or one visits what is no customer; it names the file and the line.
    """
    routes: list[KernelRoute] = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        found = _ROUTE.fullmatch(line)
        if found is None:
            continue
        trip = []
        for word in found["customers"].split():
            if not word.isascii() or not word.isdigit() or not 1 <= int(word) <= customers:
                raise InvalidInputError(
                    [Violation(f"{path}:{number}", f"'{word}' is none of the customers 1 to {customers}")]
                )
            trip.append(int(word) - 1)
        if trip:
            routes.append(KernelRoute(0, (tuple(trip),)))
    if not routes:
        raise InvalidInputError([Violation(str(path), "has no line like 'Route 1 : 5 2 9'")])
    return KernelSolution(tuple(routes), (), 0)
