"""How near the search comes to the published bounds of delivery on public transport.

Trucks, lines and couriers are planned together; see ``services.route.instances.transit_delivery`` for the problem and
where the instances come from. On one core: ``python -m bench.transit_delivery FOLDER --seconds 60``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from services.cli.bench import EngineName, measure_transit
from services.route.kernel.warm import main as compile_kernel


def _number(path: Path) -> tuple[int, str]:
    digits = "".join(letter for letter in path.stem if letter.isdigit())
    return int(digits or 0), path.stem


def main() -> None:
    """Solve all instances under a folder, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    compile_kernel()
    print(f"{'instance':12}{'cost':>10}{'published':>11}{'gap %':>8}{'seconds':>9}")
    lines = []
    for path in sorted(arguments.folder.rglob("*.city"), key=_number):
        line = measure_transit(path, EngineName.SEARCH, arguments.seconds, arguments.seed)
        gap = "" if line.gap_percent is None else f"{line.gap_percent:.2f}"
        known = "" if line.best_known is None else f"{line.best_known:.2f}"
        fault = "" if line.verdict == "OK" else f"  {line.verdict[:80]}"
        print(f"{line.name:12}{line.cost:10.2f}{known:>11}{gap:>8}{line.seconds:9.1f}{fault}", flush=True)
        lines.append(line)
    kept = [line for line in lines if line.verdict == "OK" and line.best_known is not None]
    reached = sum(line.best_known is not None and line.cost <= line.best_known for line in kept)
    print(f"at or below the published bound: {reached} of {len(lines)}")


if __name__ == "__main__":
    main()
