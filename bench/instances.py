"""Measure the search on standard instances beside others: same instances, same seconds, one core each.

``python -m bench.instances FOLDER... --seconds 10`` takes every instance under the folders, in VRPLIB's form
(``.vrp``) or Solomon's (``.txt``), whose best known solution lies by it (``instances/best_known.py`` says
where). It prints for each the gaps to the best known, and for each set, a folder, their means. What cannot be read is
named and skipped. All gaps are by our own judge, whatever a solver says.

Where a set counts vehicles first, a gap stands only with as many routes as the best known has; else how many more. A
set's mean is over the instances with a gap, whose number stands under it, and ``routes above`` adds up all routes above
the best known: two solvers compare by both, as the field does by cumulated vehicles and distance.

Peers (vroom, vrp-cli, commiv) run in an environment of their own that ``make bench-env`` makes. Instances are no part
of this project: get them from https://github.com/PyVRP/Instances and https://www.sintef.no/projectweb/top/vrptw.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

import orjson

from bench.peers.peer import PEERS, Peer
from services.model.errors import InvalidInputError
from services.route.instances.best_known import find_best, is_solution
from services.route.instances.choices import EngineName
from services.route.instances.instance import Instance
from services.route.instances.measurement import Line, best_known, line_of, measure
from services.route.instances.reading import SUFFIXES, read_instance
from services.route.kernel.warm import main as compile_kernel

_PEERS: Final = {peer.name: peer for peer in PEERS}
_WIDTH: Final = 12
# Who takes more than this times its seconds, starting aside, is named.
_OVERRUN: Final = 1.2
_START_S: Final = 2.0

Solver = EngineName | Peer


@dataclass(frozen=True, slots=True)
class SetMean:
    """What a solver did on a set: instances with a gap among all, their mean, and all routes above the best known's."""

    set: str
    engine: str
    instances: int
    compared: int
    mean_gap_percent: float | None
    routes_above: int | None


def main() -> None:
    """Print a line an instance and a few a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    names = [*(engine.value for engine in EngineName), *_PEERS]
    parser.add_argument("--engines", nargs="+", choices=names, default=names)
    parser.add_argument("--json", action="store_true", help="a JSON object a line, of instances and of sets")
    arguments = parser.parse_args()
    solvers = [_PEERS.get(name) or EngineName(name) for name in arguments.engines]
    missing = [solver for solver in solvers if isinstance(solver, Peer) and not solver.is_installed()]
    table = _Table([_name(solver) for solver in solvers if solver not in missing], arguments.seconds, arguments.json)
    for peer in missing:
        table.remark(f"{peer.name} is not installed; make bench-env installs it")
    solvers = [solver for solver in solvers if solver not in missing]
    compile_kernel()
    table.head()
    found: dict[str, list[list[Line]]] = {}
    for path in sorted(_instances(arguments.folders)):
        set_name = _set_name(path)
        try:
            instance = read_instance(path)
            lines = [_measure(instance, solver, arguments.seconds, arguments.seed) for solver in solvers]
        except InvalidInputError as error:
            table.remark(f"{set_name:{_WIDTH}} {path.stem:24} {error}")
            continue
        table.row(set_name, instance.customers is not None, lines)
        found.setdefault(set_name, []).append(lines)
    for set_name, rows in found.items():
        table.means([_mean(set_name, column) for column in zip(*rows, strict=True)])


def _instances(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in SUFFIXES and not is_solution(path) and find_best(path) is not None:
                yield path


def _set_name(path: Path) -> str:
    """The folder's name; a folder that only says that it has instances is of the set above it."""
    return path.parent.parent.name if path.parent.name == "instances" else path.parent.name


def _measure(instance: Instance, solver: Solver, seconds: float, seed: int) -> Line:
    if isinstance(solver, EngineName):
        return measure(instance, solver, seconds, seed)
    known, started = best_known(instance), time.monotonic()
    solution = solver.solve(instance, seconds, seed)
    return line_of(instance, solver.name, time.monotonic() - started, solution, known)


def _name(solver: Solver) -> str:
    return solver.value if isinstance(solver, EngineName) else solver.name


def _mean(set_name: str, lines: Sequence[Line]) -> SetMean:
    gaps = [line.gap_percent for line in lines if line.gap_percent is not None]
    above = [line.routes_above for line in lines if line.verdict == "OK" and line.routes_above is not None]
    return SetMean(
        set=set_name,
        engine=lines[0].engine,
        instances=len(lines),
        compared=len(gaps),
        mean_gap_percent=round(fmean(gaps), 3) if gaps else None,
        routes_above=sum(above) if len(above) == len(lines) else None,
    )


class _Table:
    """Prints what is found, for eyes or for programs."""

    def __init__(self, engines: Sequence[str], seconds: float, is_json: bool) -> None:
        self._engines = engines
        self._is_json = is_json
        self._too_long_s = _OVERRUN * seconds + _START_S
        self._vehicles_first: set[str] = set()

    def remark(self, text: str) -> None:
        print(orjson.dumps({"remark": text}).decode() if self._is_json else text, flush=True)

    def head(self) -> None:
        if not self._is_json:
            columns = "".join(f"{engine + ' %':>{_WIDTH}}" for engine in self._engines)
            print(f"{'set':{_WIDTH}} {'instance':24}{columns}", flush=True)

    def row(self, set_name: str, vehicles_first: bool, lines: Sequence[Line]) -> None:
        if self._is_json:
            for line in lines:
                print(orjson.dumps({"set": set_name, **asdict(line)}).decode(), flush=True)
            return
        if vehicles_first:
            self._vehicles_first.add(set_name)
        remarks = "".join(f"  {line.engine}: {line.verdict[:60]}" for line in lines if line.verdict != "OK")
        remarks += "".join(
            f"  {line.engine} took {line.seconds} s" for line in lines if line.seconds > self._too_long_s
        )
        self._print(set_name, lines[0].name, [_cell(line) for line in lines], remarks)

    def means(self, means: Sequence[SetMean]) -> None:
        if self._is_json:
            for mean in means:
                print(orjson.dumps(asdict(mean)).decode(), flush=True)
            return
        name, count = means[0].set, means[0].instances
        gaps = ["-" if m.mean_gap_percent is None else f"{m.mean_gap_percent:.3f}" for m in means]
        self._print(name, f"mean of {count}", gaps)
        if any(mean.compared < count for mean in means):
            self._print(name, "compared", [str(mean.compared) for mean in means])
        if name in self._vehicles_first:
            above = ["-" if m.routes_above is None else f"{m.routes_above:+d}" for m in means]
            self._print(name, "routes above", above)

    def _print(self, set_name: str, name: str, cells: Sequence[str], remark: str = "") -> None:
        print(f"{set_name:{_WIDTH}} {name:24}{''.join(f'{cell:>{_WIDTH}}' for cell in cells)}{remark}", flush=True)


def _cell(line: Line) -> str:
    if line.verdict != "OK":
        return "-"
    return f"{line.gap_percent:.3f}" if line.gap_percent is not None else f"{line.routes_above or 0:+d} routes"


if __name__ == "__main__":
    main()
