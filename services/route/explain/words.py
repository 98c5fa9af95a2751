"""Limits in words, Chinese and English: what would have to give, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from services.model.explanations import BindingLimit, LimitKind, SubjectKind
from services.model.units import clock
from services.route.day_index import DayIndex

_WORDS: Final[dict[LimitKind, tuple[str, str]]] = {
    LimitKind.CAPACITY_G: ("{name} 再多装 {by}", "{by} more room in {name}"),
    LimitKind.CAPACITY_ML: ("{name} 再多装 {by}", "{by} more room in {name}"),
    LimitKind.CAPACITY_PIECES: ("{name} 再多装 {by}", "{by} more room in {name}"),
    LimitKind.PIECE_SIZE: ("{name} 的单件上限放宽 {by}", "{by} more for a piece on {name}"),
    LimitKind.TRIP_FULL: ("{name} 再多留 {by} 舱位", "{by} more on {name}"),
    LimitKind.WORK_HOURS: ("{name} 工时延长 {by}", "{by} more work for {name}"),
    LimitKind.TRIPS: ("{name} 多跑 {by}", "{by} more of {name} from the hub"),
    LimitKind.RANGE: ("{name} 里程放宽 {by}", "{by} more range for {name}"),
    LimitKind.COLD: ("{name} 增加所需温层", "{name} to keep its temperature"),
    LimitKind.ADMISSIBILITY: ("签订使用 {name} 的协议", "an agreement that opens {name}"),
    LimitKind.ACCESS: ("{name} 允许车辆驶入", "access to {name}"),
    LimitKind.REGULAR_VEHICLE: ("{name} 取消固定车辆", "{name} without its regular vehicle"),
    LimitKind.ROAD_CLOSED: ("{name} 恢复通行", "{name} open again"),
    LimitKind.STORAGE: ("{name} 再多存 {by}", "{by} more storage at {name}"),
    LimitKind.DAILY_LIMIT: ("协议 {name} 日件数增加 {by}", "{by} more a day under {name}"),
    LimitKind.PROMISE_PAST: ("承诺期延后 {by}", "a promise {by} later"),
    LimitKind.PRICE: (
        "承运所费高于未送达的价格，后者提高 {by}",
        "{by} more as the price of leaving it: to carry it costs more",
    ),
    LimitKind.UNSEARCHED: ("现有限制内即可送达，请延长求解时间", "no limit: there is a place for it, search longer"),
}
_EDGES: Final[dict[LimitKind, dict[int, tuple[str, str]]]] = {
    LimitKind.SHIFT: {
        1: ("{name} 班次延后 {by} 结束", "a shift of {name} that ends {by} later"),
        -1: ("{name} 班次提前 {by} 开始", "a shift of {name} that begins {by} earlier"),
    },
    LimitKind.TIME_WINDOW: {
        1: ("{name} 延后 {by} 关门", "{name} open {by} longer"),
        -1: ("{name} 提前 {by} 开门", "{name} open {by} earlier"),
        0: ("{name} 当日开放", "{name} open on the day"),
    },
}
_COUNTED: Final = ("by_pieces", "by_days", "by_trips")
_UNITS: Final = (
    ("by_g", 1_000, "kg", "kg"),
    ("by_ml", 1_000, "L", "l"),
    ("by_pieces", 1, "件", "piece"),
    ("by_m", 1_000, "km", "km"),
    ("by_fen", 100, "元", "yuan"),
    ("by_days", 1, "天", "day"),
    ("by_trips", 1, "趟", "departure"),
)


def worded(index: DayIndex, limit: BindingLimit) -> BindingLimit:
    """Put a limit into words."""
    sign = (limit.by_s > 0) - (limit.by_s < 0)
    told = _EDGES[limit.kind][sign] if limit.kind in _EDGES else _WORDS[limit.kind]
    chinese, english = (
        words.format(
            name=_name(index, limit, at), by="、".join(_by(limit, at)) if at == 0 else ", ".join(_by(limit, at))
        )
        for at, words in enumerate(told)
    )
    return replace(limit, detail=chinese, detail_en=english)


def _by(limit: BindingLimit, language: int) -> Iterator[str]:
    if limit.by_s:
        minutes = -(-abs(limit.by_s) // 60)
        yield f"{minutes} {('分钟', 'min')[language]}"
    for name, per, *units in _UNITS:
        if amount := getattr(limit, name):
            ending = "s" if language and name in _COUNTED and amount != 1 else ""
            yield f"{amount / per:g} {units[language]}{ending}"


def _name(index: DayIndex, limit: BindingLimit, language: int) -> str:
    if limit.subject_kind is SubjectKind.NODE:
        return index.nodes[limit.subject].name
    if limit.subject_kind is SubjectKind.TRIP:
        line, trip = index.trips[limit.subject]
        at = clock(trip.stop_times[0].departure_s)
        return f"{line.name} {at} 班次（{trip.trip_id}）" if language == 0 else f"the {at} trip {trip.trip_id}"
    return limit.subject
