"""What a forecast says to a dispatcher: the rate, what most often goes wrong, and what more punctuality would cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.files.sheet import percent, yuan
from services.model.day import Day
from services.model.forecast import Forecast, PunctualityLevel
from services.model.plan import Plan

_WHOLE: Final = 1_000
_SHOWN: Final = 3
_WORDS: Final = {
    "zh": {
        "label": "准点预测",
        "rate": "{rate}%（模拟 {days} 天）",
        "bad": "20 天有 1 天不到 {bad}%",
        "late": "预计晚 {late} 件",
        "calls": "最常晚到",
        "call": "{run} 第 {stop} 站 {node} {rate}%",
        "trips": "最常误班",
        "trip": "{trip} {rate}%",
        "overtime": "最常超时",
        "run": "{run} {rate}%",
        "target": "准点目标",
        "reached": "{target}% 已达到",
        "levels": "准点与费用",
        "level": "{rate}% {cost} 元",
    },
    "en": {
        "label": "On time",
        "rate": "{rate}% of {days} days",
        "bad": "1 day of 20 below {bad}%",
        "late": "{late} pieces late",
        "calls": "Often late",
        "call": "{run} stop {stop} {node} {rate}%",
        "trips": "Trips missed",
        "trip": "{trip} {rate}%",
        "overtime": "Overtime",
        "run": "{run} {rate}%",
        "target": "Target",
        "reached": "{target}% reached",
        "levels": "What it costs",
        "level": "{rate}% {cost} yuan",
    },
}


@dataclass(frozen=True, slots=True)
class LateCall:
    """A call of a run, counted from 1, that is on time of so many days."""

    run_id: str
    stop: int
    node: str
    on_time_permille: int


@dataclass(frozen=True, slots=True)
class Often:
    """A trip that is missed, or a run that passes its hours, of so many days in permille."""

    name: str
    permille: int


@dataclass(frozen=True, slots=True)
class Punctuality:
    """The figures of a forecast, with the calls, trips and runs that fail most often, worst first."""

    days: int
    on_time_permille: int
    bad_day_permille: int
    late_pieces: int
    target_permille: int
    is_target_reached: bool
    detail: str
    levels: tuple[PunctualityLevel, ...]
    late_calls: tuple[LateCall, ...]
    missed_trips: tuple[Often, ...]
    overtime_runs: tuple[Often, ...]


def punctuality_of(day: Day, plan: Plan, forecast: Forecast | None) -> Punctuality | None:
    """Pick out of a forecast what a dispatcher should look at; ``None`` without one."""
    if forecast is None:
        return None
    names = {node.node_id: node.name for node in day.county.network.nodes}
    runs = {run.run_id: run for run in plan.runs}
    trips = {booking.booking_id: booking.trip_id for booking in plan.bookings}
    calls = [
        LateCall(
            one.run_id,
            one.stop_index + 1,
            names.get(node_id := runs[one.run_id].stops[one.stop_index].node_id, node_id),
            one.on_time_permille,
        )
        for one in forecast.stops
        if one.on_time_permille < _WHOLE
    ]
    caught: dict[str, int] = {}
    for booking in forecast.bookings:
        trip_id = trips[booking.booking_id]
        caught[trip_id] = min(caught.get(trip_id, _WHOLE), booking.caught_permille)
    return Punctuality(
        days=forecast.days,
        on_time_permille=forecast.on_time_permille,
        bad_day_permille=forecast.bad_day_permille,
        late_pieces=forecast.late_pieces,
        target_permille=forecast.target_permille,
        is_target_reached=forecast.is_target_reached,
        detail=forecast.detail,
        levels=forecast.levels,
        late_calls=tuple(sorted(calls, key=lambda call: call.on_time_permille)),
        missed_trips=_worst(caught),
        overtime_runs=_worst({one.run_id: one.within_hours_permille for one in forecast.runs}),
    )


def _worst(kept: dict[str, int]) -> tuple[Often, ...]:
    often = (Often(name, _WHOLE - permille) for name, permille in kept.items() if permille < _WHOLE)
    return tuple(sorted(often, key=lambda one: -one.permille))


def punctuality_rows(found: Punctuality, language: str) -> Iterator[tuple[str, list[str], str]]:
    """Rows of a summary: their label, what they list and their style."""
    words = _WORDS[language]
    rate = words["rate"].format(rate=percent(found.on_time_permille), days=f"{found.days:,}")
    bad = words["bad"].format(bad=percent(found.bad_day_permille))
    yield words["label"], [rate, bad, words["late"].format(late=found.late_pieces)], "bold"
    if found.target_permille:
        reached = words["reached"].format(target=percent(found.target_permille))
        said = reached if found.is_target_reached else found.detail
        yield words["target"], [said], "green" if found.is_target_reached else "bold red"
    calls = [
        words["call"].format(run=one.run_id, stop=one.stop, node=one.node, rate=percent(one.on_time_permille))
        for one in found.late_calls[:_SHOWN]
    ]
    yield words["calls"], calls, "dim"
    trips = [words["trip"].format(trip=one.name, rate=percent(one.permille)) for one in found.missed_trips[:_SHOWN]]
    yield words["trips"], trips, "dim"
    runs = [words["run"].format(run=one.name, rate=percent(one.permille)) for one in found.overtime_runs[:_SHOWN]]
    yield words["overtime"], runs, "dim"
    if len(found.levels) > 1:
        levels = [
            words["level"].format(rate=percent(one.on_time_permille), cost=yuan(one.cost_fen))
            for one in sorted(found.levels, key=lambda one: (one.on_time_permille, one.cost_fen))
        ]
        yield words["levels"], levels, ""
