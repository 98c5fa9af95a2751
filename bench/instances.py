"""Measure the search on standard instances beside PyVRP: same instances, same seconds, one core each.

``python -m bench.instances FOLDER --seconds 10`` takes every ``.vrp`` with a ``.sol`` beside it under FOLDER and prints
for each the gaps of both to the best known, and for each folder their means. What cannot be read is named and skipped.
Instances are no part of this project: get them from https://github.com/PyVRP/Instances.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean

from services.cli.bench import EngineName, measure
from services.model.errors import InvalidInputError
from services.route.instances.instance import read_instance
from services.route.kernel.warm import main as compile_kernel


def main() -> None:
    """Print a line an instance and one a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engines", nargs="+", type=EngineName, default=list(EngineName))
    arguments = parser.parse_args()
    compile_kernel()
    means: dict[str, list[list[float]]] = {}
    engines: list[EngineName] = arguments.engines
    print(f"{'set':12} {'instance':24}" + "".join(f"{engine.value + ' %':>12}" for engine in engines))
    for path in sorted(p for p in arguments.folder.rglob("*.vrp") if p.with_suffix(".sol").exists()):
        try:
            instance = read_instance(path)
        except InvalidInputError as error:
            print(f"{path.parent.name:12} {path.stem:24} {error}")
            continue
        lines = [measure(instance, engine, arguments.seconds, arguments.seed) for engine in engines]
        gaps = [line.gap_percent if line.gap_percent is not None else float("nan") for line in lines]
        faults = "".join(f"  {line.engine}: {line.verdict[:60]}" for line in lines if line.verdict != "OK")
        print(f"{path.parent.name:12} {path.stem:24}" + "".join(f"{gap:12.3f}" for gap in gaps) + faults, flush=True)
        means.setdefault(path.parent.name, []).append(gaps)
    for name, rows in means.items():
        shown = "".join(f"{fmean(gaps):12.3f}" for gaps in zip(*rows, strict=True))
        print(f"{name:12} {f'mean of {len(rows)}':24}{shown}")


if __name__ == "__main__":
    main()
