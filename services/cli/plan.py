"""``cuntong plan``: a county's day from its folder to the papers, through both services."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import grpc
import typer
from rich.console import Console

from services.cli.access import Access, channel_to
from services.cli.client import pack_remotely
from services.cli.county_day import CountyDay, consolidate_day, read_county_day, tell_notes, tell_unknown_categories
from services.cli.follow import follow_plan
from services.cli.local import local_services
from services.cli.options import (
    DEFAULT_VILLAGES,
    CaFile,
    CertFile,
    Folder,
    KeyFile,
    Lang,
    ServiceDate,
    TokenFile,
    Villages,
)
from services.cli.stored import DAY_FILE, PLAN_FILE
from services.files.bag_papers import BAG_LIST_FILE, bag_list
from services.files.held_csv import held_csv
from services.files.manifests import manifests
from services.files.mapview import map_html
from services.files.noise_toml import read_noise
from services.files.outputs import write_outputs
from services.files.plan_json import plan_document
from services.files.summary import Language, summarise, summary_json
from services.files.summary_terminal import print_summary
from services.files.waiting_csv import WAITING_FILE, waiting_csv
from services.files.ways_csv import WAYS_FILE, ways_csv
from services.model.bags import Bagging
from services.model.day import Day, Noise, PlanSettings
from services.model.errors import PlanRefusedError
from services.model.plan import PlanResult
from services.route.checker import check as check_plan
from services.runtime.config import StoreSettings, read_settings
from services.wire.documents import day_document

_Opening = Callable[[], AbstractContextManager[grpc.Channel]]

_POOLED: dict[Language, str] = {
    "zh": "{rows} 票 → {consignments} 个合配件组, 扣留 {held}",
    "en": "{rows} waybills → {consignments} consignments, {held} held",
}

_BAGGED: dict[Language, str] = {
    "zh": "装 {bags} 袋（至少要 {bound} 袋），散件 {loose} 件",
    "en": "{bags} bags (no fewer than {bound} would do), {loose} pieces loose",
}


def plan(
    folder: Folder,
    service_date: ServiceDate,
    budget: Annotated[
        int, typer.Option(min=1, max=3600, help="Search time 求解时间, s; comparing adds about as much.")
    ] = 20,
    out: Annotated[Path, typer.Option(help="Papers go to OUT/<date> 输出文件夹.")] = Path("out"),
    villages: Villages = DEFAULT_VILLAGES,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of the search.")] = 1,
    iterations: Annotated[
        int | None, typer.Option(min=1, help="Search iterations in place of time; the plan then repeats exactly.")
    ] = None,
    lines: Annotated[bool, typer.Option(help="Use scheduled lines 使用班线.")] = True,
    wait: Annotated[
        bool, typer.Option(help="Let what is not due yet wait for tomorrow where that saves 未到期快件可缓送.")
    ] = True,
    late: Annotated[
        int,
        typer.Option(min=0, max=10**6, help="Price of a minute after a node's due_by 晚到每分钟, fen a consignment."),
    ] = 0,
    on_time: Annotated[
        float,
        typer.Option(min=0, max=99.9, help="What is to be on time of what is due 准点率目标, %; 0 for no target."),
    ] = 0,
    forecast_days: Annotated[
        int, typer.Option(min=0, max=10_000, help="Days to simulate the plan on 准点预测模拟天数; 0 for no forecast.")
    ] = 2_000,
    noise: Annotated[
        Path | None,
        typer.Option(help="TOML file with how far days stray from their plan 扰动参数 (see docs/decisions/0042)."),
    ] = None,
    promise: Annotated[
        int,
        typer.Option(min=0, max=240, help="Minutes after the planned time that a village is promised 约定宽限, min."),
    ] = 15,
    compare: Annotated[bool, typer.Option(help="Compare with shared runs only and with every carrier alone.")] = True,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Say what binds and the smallest change that would serve 未安排的原因和最小调整."
        ),
    ] = False,
    cores: Annotated[int, typer.Option(min=1, max=64, help="Cores that the search may use.")] = 2,
    consolidation: Annotated[str, typer.Option(help="Address of a running consolidation service.")] = "",
    route: Annotated[str, typer.Option(help="Address of a running route service.")] = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    cert: CertFile = None,
    key: KeyFile = None,
    language: Lang = "zh",
) -> None:
    """Plan a county's day 编制日计划 and write its papers into OUT/<date>.

    These are plan.json, map.html, manifests 路单, held.csv, summary.json, and 缓送.csv where something waits.
    Without addresses an embedded store and both services are started on loopback and stopped at the end.
    """
    console = Console(highlight=False)
    settings = PlanSettings(
        time_budget_s=budget,
        iterations=iterations,
        seed=seed,
        use_lines=lines,
        compare=compare,
        cores=cores,
        use_waiting=wait,
        explain=explain,
        on_time_target_permille=round(on_time * 10),
        forecast_days=forecast_days,
        noise=Noise() if noise is None else read_noise(noise),
        promise_tolerance_s=promise * 60,
    )
    seconds = _Stopwatch()
    with seconds.of("read"):
        county_day = read_county_day(folder, service_date, villages)
    tell_notes(county_day, console)
    access = Access(token_file, ca, cert, key)
    with _services(consolidation, route, access, seconds) as (open_consolidation, open_route):
        with seconds.of("consolidate"), open_consolidation() as channel:
            pooled = consolidate_day(channel, county_day)
        day, held = replace(pooled.day, objective=replace(pooled.day.objective, late_fen_per_min=late)), pooled.held
        tell_unknown_categories(pooled.unknown_categories, console)
        words = _POOLED[language].format(rows=county_day.rows, consignments=len(day.consignments), held=len(held))
        console.print(f"  {words}")
        with seconds.of("plan"):
            plan_id, result = _plan_remotely(open_route, day, settings, console, language)
        with seconds.of("bags"), open_consolidation() as channel:
            bagging = pack_remotely(channel, day, result, plan_id)
        words = _BAGGED[language].format(bags=bagging.bags, bound=bagging.bound, loose=bagging.loose_pieces)
        console.print(f"  {words}")
    with seconds.of("check"):
        broken = check_plan(day, result.plan)
    verdict = "passed" if not broken else "refused: " + ", ".join(sorted({law.law.value for law in broken}))
    with seconds.of("write"):
        papers = _papers(county_day, day, result, bagging) | {"held.csv": held_csv(held)}
    summary = summarise(day, result, county_day.rows, held, seconds.phases, verdict)
    target = out / service_date.isoformat()
    if broken:
        raise PlanRefusedError([(law.law.value, f"{law.subject}: {law.detail}") for law in broken])
    write_outputs(target, papers | {"summary.json": summary_json(summary)})
    print_summary(summary, console, language)
    _tell_papers(target, sorted(papers), console)


class _Stopwatch:
    """Durations of phases, in seconds."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}

    @contextmanager
    def of(self, phase: str) -> Iterator[None]:
        """Time a phase."""
        started = time.monotonic()
        yield
        self.phases[phase] = round(time.monotonic() - started, 3)


@contextmanager
def _services(
    consolidation: str, route: str, access: Access, seconds: _Stopwatch
) -> Iterator[tuple[_Opening, _Opening]]:
    """The given services, or our own for what is not given; what opens the one is not shown to the other."""
    with ExitStack() as stack:
        if not (consolidation and route):
            with seconds.of("start"):
                running = stack.enter_context(local_services(read_settings(StoreSettings)))
        yield (
            partial(channel_to, consolidation, access)
            if consolidation
            else partial(channel_to, running["consolidation"].grpc),
            partial(channel_to, route, access) if route else partial(channel_to, running["route"].grpc),
        )


def _plan_remotely(
    opening: _Opening, day: Day, settings: PlanSettings, console: Console, language: Language
) -> tuple[str, PlanResult]:
    with opening() as channel:
        return follow_plan(channel, day, settings, console, language)


def _papers(county_day: CountyDay, day: Day, result: PlanResult, bagging: Bagging) -> dict[str, bytes]:
    return {
        DAY_FILE: day_document(day),
        PLAN_FILE: plan_document(result),
        "map.html": map_html(day, result, county_day.folder.outline),
        WAYS_FILE: ways_csv(day, result),
        BAG_LIST_FILE: bag_list(day, bagging),
        **manifests(day, result.plan, bagging),
        **({WAITING_FILE: waiting_csv(day, result.plan)} if result.plan.waiting else {}),
    }


def _tell_papers(target: Path, papers: list[str], console: Console) -> None:
    single = [name for name in papers if not name.endswith(".csv") or "-" not in name]
    kinds = Counter(name.split("-")[0] for name in papers if name not in single)
    console.print(f"→ {target}/", soft_wrap=True)
    console.print("  " + "  ".join(["summary.json", *single, *(f"{kind}-*.csv ({n})" for kind, n in kinds.items())]))
