"""Logs as one JSON object a line, with the ids of the call and the job that a line belongs to.

Nothing but ids is bound to lines: no names, addresses or telephone numbers.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, TextIO

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_bound: Final[ContextVar[Mapping[str, str]]] = ContextVar("cuntong_log_ids", default=_NOTHING)


@contextmanager
def bound(*, request_id: str = "", plan_id: str = "", trace_id: str = "") -> Iterator[None]:
    """Put these ids on every line logged inside, also by tasks and threads that inherit the context."""
    given = {"request_id": request_id, "plan_id": plan_id, "trace_id": trace_id}
    token = _bound.set({**_bound.get(), **{name: value for name, value in given.items() if value}})
    try:
        yield
    finally:
        _bound.reset(token)


def bound_ids() -> Mapping[str, str]:
    """Return the ids bound here."""
    return _bound.get()


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON: time, level, logger, message, bound ids and, after an error, where it came from."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_bound.get(),
        }
        if record.exc_info:
            line["traceback"] = _traceback(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _traceback(error: BaseException | None) -> str:
    """Where an error came from and of what types it and its causes are; what they say may quote what was sent."""
    parts: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nafter:\n".join(parts)


def configure_logs(stream: TextIO, level: int = logging.INFO) -> None:
    """Send all logs of the process to ``stream``, in place of whatever handled them before."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=level, force=True)
