"""Units shared by the whole model: grams, millilitres, metres, seconds from the service day's midnight, fen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")
DAY_S: Final = 86_400


def clock(time_s: int) -> str:
    """Write seconds from midnight as ``HH:MM``; hours may pass 24 for trips that end the next day.

    >>> clock(29_700)
    '08:15'
    >>> clock(90_000)
    '25:00'
    """
    return f"{time_s // 3600:02d}:{time_s % 3600 // 60:02d}"


def instant(service_date: date, time_s: int) -> datetime:
    """Turn seconds from the service day's midnight in Asia/Shanghai into an instant with a zone."""
    return datetime(service_date.year, service_date.month, service_date.day, tzinfo=ZONE) + timedelta(seconds=time_s)


def seconds_of_day(service_date: date, moment: datetime) -> int:
    """Turn an instant into seconds from the service day's midnight in Asia/Shanghai."""
    return round((moment.astimezone(UTC) - instant(service_date, 0).astimezone(UTC)).total_seconds())


def rate_fen(amount: int, rate_fen: int, per: int) -> int:
    """Charge ``amount`` units at ``rate_fen`` for every ``per`` units, rounded half up to whole fen.

    >>> rate_fen(1_500, 95, 1_000)
    143
    """
    return (2 * amount * rate_fen + per) // (2 * per)


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Divide a whole amount in proportion to weights, exactly: the largest remainders get what rounding down leaves.

    >>> shares(10, [1, 1, 1]), shares(7, [3, 0, 4])
    ([4, 3, 3], [3, 0, 4])
    """
    weight = sum(weights)
    parts = [total * w // weight for w in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % weight), i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts
