"""A progress bar for a planning job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cuntong.route.v1 import route_service_pb2 as route_pb
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from services.files.summary import Language

_PHASES: Final = {
    "": ("等待", "waiting"),
    "roads": ("路网", "roads"),
    "options": ("选项", "options"),
    "runs": ("共配车次", "shared runs"),
    "lines": ("班线搭载", "lines"),
    "waiting": ("缓送", "waiting"),
    "alone": ("各家单干对比", "carriers alone"),
    "explain": ("未安排原因", "what is left behind"),
    "bound": ("成本下界", "bound"),
    "forecast": ("准点预测", "forecast"),
    "check": ("校验", "check"),
}


@contextmanager
def job_progress(console: Console, language: Language) -> Iterator[Callable[[route_pb.PlanJob], None]]:
    """Show a bar; hands out what to call with each news of the job. Without a terminal, a line a phase."""
    column = 0 if language == "zh" else 1
    last = ""

    def words(job: route_pb.PlanJob) -> tuple[str, str]:
        phase = _PHASES.get(job.progress.phase, (job.progress.phase,) * 2)[column]
        unit = ("元", "yuan")[column]
        cost = f"{job.progress.best_cost_fen / 100:,.2f} {unit}" if job.progress.best_cost_fen else ""
        return phase, cost

    if not console.is_terminal:

        def tell(job: route_pb.PlanJob) -> None:
            nonlocal last
            phase, cost = words(job)
            if phase != last:
                last = phase
                console.print(f"  {job.progress.percent:3d}% {phase} {cost}".rstrip())

        yield tell
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[cost]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=100, cost="")

        def update(job: route_pb.PlanJob) -> None:
            phase, cost = words(job)
            bar.update(task, completed=job.progress.percent, description=phase, cost=cost)

        yield update
