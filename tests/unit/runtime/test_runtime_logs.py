"""A log line is one JSON object with the ids of its call and job."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

from services.runtime.logs import JsonFormatter, bound, bound_ids


def formatted(message: str, *, error: BaseException | None = None) -> dict[str, str]:
    trace = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("planner", logging.WARNING, __file__, 1, message, None, trace)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    loaded: dict[str, str] = json.loads(line)
    return loaded


def test_a_line_has_time_level_logger_and_message() -> None:
    line = formatted("村通")
    assert (line["level"], line["logger"], line["message"]) == ("WARNING", "planner", "村通")
    assert line["time"].endswith("+00:00")


def test_ids_are_on_lines_inside_only() -> None:
    with bound(request_id="r"), bound(plan_id="p"):
        inside = formatted("x")
    assert (inside["request_id"], inside["plan_id"]) == ("r", "p")
    assert "request_id" not in formatted("x")
    assert not bound_ids()


def test_an_error_brings_where_it_came_from_but_not_what_it_says() -> None:
    try:
        try:
            raise KeyError("张三丰")
        except KeyError as error:
            raise ValueError("13912345678") from error
    except ValueError:
        line = formatted("x", error=sys.exc_info()[1])
    assert "builtins.ValueError" in line["traceback"]
    assert "builtins.KeyError" in line["traceback"]
    assert Path(__file__).name in line["traceback"]
    assert "张三丰" not in str(line).replace('raise KeyError("张三丰")', "")
    assert "13912345678" not in str(line).replace('raise ValueError("13912345678")', "")
