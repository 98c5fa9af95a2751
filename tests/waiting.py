"""Waiting for what comes a little after an answer: a line of a log, a count, another process."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from typing import Final

TIMEOUT_S: Final = 60.0
_POLL_S: Final = 0.05


def wait_until(is_so: Callable[[], bool], said: Callable[[], object] = lambda: "it does not come") -> None:
    """Wait for something, and say how things stand where it does not come."""
    deadline = time.monotonic() + TIMEOUT_S
    while not is_so():
        assert time.monotonic() < deadline, said()
        time.sleep(_POLL_S)


def metrics_of(address: str) -> str:
    """A program's page of metrics."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=TIMEOUT_S) as response:
        text: str = response.read().decode()
    return text


def wait_for_metrics(address: str, *parts: str) -> None:
    """Wait until a page of metrics has all these parts; what a call counts may come after its answer."""
    wait_until(
        lambda: all(part in metrics_of(address) for part in parts),
        lambda: [part for part in parts if part not in metrics_of(address)],
    )
