"""How near the search comes to the published bounds of delivery on public transport.

Trucks, lines and couriers are planned together; see ``services.route.instances.transit_delivery`` for the problem and
where the instances come from. On one core: ``python -m bench.transit_delivery FOLDER --seconds 60``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from services.route.instances.transit_measure import measure_transit
from services.route.kernel.search import Limits
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
    print(f"{'instance':12}{'cost':>10}{'published':>11}{'gap %':>8}{'trucks':>8}{'couriers':>10}{'seconds':>9}")
    reached = count = 0
    for path in sorted(arguments.folder.rglob("*.city"), key=_number):
        found = measure_transit(path, Limits(arguments.seconds, seed=arguments.seed))
        gap = "" if found.gap_percent is None else f"{found.gap_percent:.2f}"
        known = "" if found.best_known is None else f"{found.best_known:.2f}"
        fault = "".join(f"  {fault}" for fault in found.broken[:1])
        print(
            f"{found.name:12}{found.cost:10.2f}{known:>11}{gap:>8}{found.trucks:8}{found.couriers:10}"
            f"{found.seconds:9.1f}{fault}",
            flush=True,
        )
        count += 1
        reached += not found.broken and found.best_known is not None and found.cost <= found.best_known
    print(f"at or below the published bound: {reached} of {count}")


if __name__ == "__main__":
    main()
