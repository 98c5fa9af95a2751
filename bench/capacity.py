"""What an installation needs: constants measured here, then 5, 50 and 2,800 counties calculated and simulated.

``python -m bench.capacity --plans 4 --budget 20`` consolidates the example county and has it planned so many times
through real services, a worker and a store of its own, one plan at a time. Then it prints for each size the workers,
memory, store and price of a morning in which all counties' days come in at four and are to be planned by a quarter to
five, and when the last plan was there in simulated mornings. Prices are yours to give. The last line is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import redis

from bench.county_generator import SERVICE_DATE
from bench.mornings import Constants, Morning, last_plan_s, workers_for
from services.cli.access import channel_to
from services.cli.client import finished_plan, submit_plan, watch_plan
from services.cli.county_day import consolidate_day, read_county_day
from services.cli.local import local_services
from services.model.day import PlanSettings
from services.runtime.config import StoreSettings
from services.runtime.store_keys import payload_key, result_key
from tests.chaos.processes import children_of
from tests.chaos.programs import worker
from tests.chaos.stores import open_store

_SIZES: Final = (5, 50, 2_800)
_MORNINGS: Final = 200
_HEADROOM: Final = 1.5


class Peaks:
    """The most that groups of processes held of the memory."""

    def __init__(self, groups: Mapping[str, int]) -> None:
        self._groups = groups
        self.mib = dict.fromkeys(groups, 0.0)

    def look(self) -> None:
        """Look once."""
        for name, pid in self._groups.items():
            held = sum(map(_held_mib, [pid, *children_of(pid)]))
            self.mib[name] = max(self.mib[name], held)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look again and again."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.1):
                self.look()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _held_mib(pid: int) -> float:
    """What a process holds by itself: what it shares with others counts in parts."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def cpu_s(pid: int) -> float:
    """Seconds that a process worked."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / 100


def measure(folder: Path, villages: Path, plans: int, settings: PlanSettings) -> tuple[Constants, dict[str, int]]:
    """Have a county planned, and measure what that takes; how large its day is comes beside."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cuntong-capacity-")))
        store = stack.enter_context(open_store(place / "store"))
        log = stack.enter_context((place / "services.log").open("wb"))
        running = stack.enter_context(local_services(StoreSettings(redis_url=store.url), None, log, workers=0))
        planning = worker("worker", place, store.url)
        stack.callback(planning.kill)
        planning.start()
        planning.wait_until_ready()
        pids = {name: one.process.pid for name, one in running.items()}
        peaks = Peaks({**pids, "worker": planning.pid})
        opened = {name: stack.enter_context(channel_to(one.grpc)) for name, one in running.items()}
        client = stack.enter_context(redis.Redis.from_url(store.url))
        county_day = read_county_day(folder, SERVICE_DATE, villages)
        jobs_s, submits_s, plan_ids = [], [], []
        with peaks.watching():
            before_s = cpu_s(pids["consolidation"])
            day = consolidate_day(opened["consolidation"], county_day).day
            consolidate_s = cpu_s(pids["consolidation"]) - before_s
            asked = client.info("stats")["total_commands_processed"]
            for _ in range(plans):
                before_s = cpu_s(pids["route"])
                plan_ids.append(submit_plan(opened["route"], day, settings, uuid.uuid4().hex))
                submits_s.append(cpu_s(pids["route"]) - before_s)
                began_s = time.monotonic()
                watch_plan(opened["route"], plan_ids[-1], lambda _: None)
                jobs_s.append(round(time.monotonic() - began_s, 2))
                finished_plan(opened["route"], plan_ids[-1])
            asked = client.info("stats")["total_commands_processed"] - asked
        kept = [
            max(int(client.memory_usage(key(plan_id), samples=0) or 0) for plan_id in plan_ids)
            for key in (payload_key, result_key)
        ]
    constants = Constants(
        job_s=jobs_s,
        consolidate_cpu_s=round(consolidate_s, 2),
        submit_cpu_s=round(statistics.mean(submits_s), 3),
        worker_mib=round(peaks.mib["worker"]),
        service_mib=round(max(peaks.mib[name] for name in pids)),
        request_bytes=kept[0],
        result_bytes=kept[1],
        store_commands=asked // plans,
    )
    return constants, {"waybills": county_day.rows, "consignments": len(day.consignments)}


@dataclass(frozen=True, slots=True)
class Need:
    """What a morning of so many counties needs."""

    counties: int
    workers: int
    worker_gib: float
    consolidation_cpu_s: float
    store_gib: float
    """Results for as long as they are kept, and what was submitted."""
    store_commands_per_s: float
    last_plan_median_s: float
    last_plan_worst_s: float
    price_a_month: float


def need(constants: Constants, morning: Morning, arguments: argparse.Namespace) -> Need:
    """Calculate one size, and simulate its mornings."""
    workers = workers_for(morning, constants.job_s)
    draw = random.Random(1)
    lasts_s = sorted(last_plan_s(morning, workers, constants.job_s, draw) for _ in range(_MORNINGS))
    worker_gib = constants.worker_mib * _HEADROOM / 1024
    kept = constants.result_bytes * arguments.keep_days + constants.request_bytes * min(7, arguments.keep_days)
    store_gib = morning.counties * kept * _HEADROOM / 1024**3
    # Workers are there for an hour and a half around the morning, the services and the store all day.
    hours = 1.5 * 30
    always = 4 * constants.service_mib * _HEADROOM / 1024 + store_gib
    price = workers * hours * (arguments.core_hour + worker_gib * arguments.gib_hour)
    price += 720 * (6 * arguments.core_hour + always * arguments.gib_hour)
    return Need(
        counties=morning.counties,
        workers=workers,
        worker_gib=round(workers * worker_gib, 1),
        consolidation_cpu_s=round(morning.counties * constants.consolidate_cpu_s),
        store_gib=round(store_gib, 2),
        store_commands_per_s=round(morning.counties * constants.store_commands / morning.within_s, 1),
        last_plan_median_s=round(statistics.median(lasts_s)),
        last_plan_worst_s=round(lasts_s[-1]),
        price_a_month=round(price),
    )


def main() -> None:
    """Measure, calculate, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("data/huadian"))
    parser.add_argument("--villages", type=Path, default=Path("data/jilin"))
    parser.add_argument("--plans", type=int, default=4)
    parser.add_argument("--budget", type=int, default=20, help="seconds of search a plan; all of it takes longer")
    parser.add_argument("--keep-days", type=int, default=90, help="how long results are kept (CUNTONG_PLANS_S)")
    parser.add_argument("--core-hour", type=float, default=0.2, help="price of a core for an hour")
    parser.add_argument("--gib-hour", type=float, default=0.03, help="price of a GiB for an hour")
    arguments = parser.parse_args()
    settings = PlanSettings(time_budget_s=arguments.budget, cores=1)
    constants, size = measure(arguments.folder, arguments.villages, arguments.plans, settings)
    print(
        f"{size['waybills']:,} waybills, {size['consignments']:,} consignments, {arguments.budget} s of search a plan"
    )
    for name, value in asdict(constants).items():
        print(f"  {name:18} {value}")
    needs = [need(constants, Morning(counties), arguments) for counties in _SIZES]
    print(f"{'':24}" + "".join(f"{one.counties:>12,}" for one in needs))
    for field in fields(Need)[1:]:
        print(f"{field.name:24}" + "".join(f"{getattr(one, field.name):>12,}" for one in needs))
    print(json.dumps({"constants": asdict(constants), "needs": [asdict(one) for one in needs]}))


if __name__ == "__main__":
    main()
