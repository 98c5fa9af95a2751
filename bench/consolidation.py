"""Measure the consolidation of a city's day, end to end through gRPC, beside a bare Polars group-by.

``python -m bench.consolidation --parcels 1000000 --json`` starts the consolidation service as a process of its own,
streams the parcels to it, puts the answer together and prints

- ``seconds_end_to_end``: from the first byte sent to the answer put together and counted, the median of the runs;
- ``seconds_grouping`` and ``seconds_bare_polars``: grouping with totals, cutting at the limits and every parcel's fate,
  beside a group-by with the same totals over the same columns, in this process, the best of the runs;
- ``server_peak_mb``: the service's peak resident memory.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

import orjson
import polars as pl

from bench.city import city_county, city_parcels
from services.cli.access import channel_to
from services.cli.client import consolidate_remotely
from services.consolidation.consolidate import sift_parcels
from services.consolidation.grouping import KEY_NUMBERS, KEY_WORDS, ConsignmentLimits, group_parcels
from services.files.gazetteer import read_villages
from services.model.day import County
from services.model.network import Village
from services.runtime.allocators import with_allocators
from services.runtime.lifeline import start_child
from services.wire.consolidation import ConsolidationAnswer

SERVICE_DATE: Final = date(2026, 11, 23)
EXAMPLE: Final = Path("data/huadian")
GAZETTEER: Final = Path("data/jilin")


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured."""

    parcels: int
    consignments: int
    held: int
    seconds_end_to_end: float
    seconds_grouping: float
    seconds_bare_polars: float
    grouping_to_bare: float
    server_peak_mb: float


@contextmanager
def _service() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The consolidation service on a free port of loopback, and its process."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        environment = with_allocators(
            os.environ
            | {
                "PYTHONPATH": os.pathsep.join(place or os.getcwd() for place in sys.path),
                "CUNTONG_READY_FILE": str(ready),
            }
        )
        with (Path(folder) / "log").open("wb") as log:
            process = start_child(
                [sys.executable, "-P", "-m", "services.consolidation.app"], stderr=log, environment=environment
            )
            try:
                while not ready.exists():
                    if process.poll() is not None:
                        raise SystemExit((Path(folder) / "log").read_text(encoding="utf-8"))
                    time.sleep(0.05)
                yield orjson.loads(ready.read_bytes())["grpc"], process
            finally:
                process.terminate()
                process.wait()


def _peak_mb(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1_000 if found else float("nan")


def _end_to_end(
    county: County, villages: tuple[Village, ...], parcels: pl.DataFrame, runs: int
) -> tuple[float, float, ConsolidationAnswer]:
    seconds = []
    with _service() as (address, process), channel_to(address) as channel:
        for _ in range(runs):
            started = time.perf_counter()
            answer = consolidate_remotely(channel, county, SERVICE_DATE, villages, parcels)
            seconds.append(time.perf_counter() - started)
        return statistics.median(seconds), _peak_mb(process), answer


def _best(work: Callable[[], object], runs: int) -> float:
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _grouping(county: County, villages: tuple[Village, ...], parcels: pl.DataFrame, runs: int) -> tuple[float, float]:
    """Grouping and a bare group-by of the same columns, in turn."""
    good = sift_parcels(county, SERVICE_DATE, villages, parcels).good
    sums = [pl.col(name).sum() for name in ("pieces", "weight_g", "volume_ml")]
    maxima = [pl.col(name).max() for name in ("piece_g", "piece_ml")]
    ours, bare = [], []
    for _ in range(runs):
        bare.append(_best(lambda: good.group_by(*KEY_WORDS, *KEY_NUMBERS).agg(*sums, *maxima), 1))
        ours.append(_best(lambda: group_parcels(good, ConsignmentLimits()), 1))
    return min(ours), min(bare)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    villages = read_villages(GAZETTEER)
    county = city_county(villages, EXAMPLE, SERVICE_DATE)
    parcels = city_parcels(county, villages, arguments.parcels, arguments.seed)
    seconds, peak_mb, answer = _end_to_end(county, villages, parcels, arguments.runs)
    grouping, bare = _grouping(county, villages, parcels, arguments.runs)
    figures = Figures(
        parcels=len(parcels),
        consignments=len(answer.table),
        held=len(answer.held),
        seconds_end_to_end=round(seconds, 3),
        seconds_grouping=round(grouping, 3),
        seconds_bare_polars=round(bare, 3),
        grouping_to_bare=round(grouping / bare, 2),
        server_peak_mb=round(peak_mb, 1),
    )
    if arguments.json:
        print(orjson.dumps(asdict(figures)).decode())
        return
    for name, value in asdict(figures).items():
        print(f"{name:>22} {value:>14,}")


if __name__ == "__main__":
    main()
