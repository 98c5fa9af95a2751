"""``cuntong worker``: plans queued days, in as many processes and on as many machines as you like."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Final

import typer

_PROGRAM: Final = "services.route.worker"


def worker(
    workers: Annotated[int | None, typer.Option(min=1, help="Jobs worked on at once.")] = None,
    metrics: Annotated[str, typer.Option(help="Where its Prometheus metrics are.")] = "127.0.0.1:9103",
) -> None:
    """Plan queued days 计划工作进程 from the store that REDIS_URL names, until SIGTERM or Ctrl-C."""
    given = {"CUNTONG_METRICS_LISTEN": metrics} | ({} if workers is None else {"CUNTONG_WORKERS": str(workers)})
    # In place of this process, so that signals and the exit code are the worker's own.
    os.execve(sys.executable, [sys.executable, "-P", "-m", _PROGRAM], {**os.environ, **given})
