"""A cancel that a library swallows, heeded all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def heeding_cancels() -> Iterator[None]:
    """Raise ``CancelledError`` at the end where the task was cancelled meanwhile and nothing came of it.

    With a timeout of its own, as the store has, redis-py writes within ``asyncio.wait_for``, which before Python 3.12
    loses a cancel that comes in the moment in which the write ends. Whoever works on and on would then never end.
    """
    before = _cancels()
    try:
        yield
    except Exception as error:
        if _cancels() > before:
            raise asyncio.CancelledError from error
        raise
    if _cancels() > before:
        raise asyncio.CancelledError


def _cancels() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()
