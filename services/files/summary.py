"""The figures of a planned day, for a file and for a dispatcher's terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Final, Literal

import orjson
import polars as pl
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from services.files.sheet import percent, yuan
from services.files.words import HELD, TRANSPORT_MODES, UNSERVED
from services.model.day import Day
from services.model.parcels import HeldReason
from services.model.plan import Cost, Plan, PlanResult, UnservedReason
from services.model.ways import ModeShare

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class UnservedLine:
    """A consignment left behind, as a dispatcher needs it."""

    consignment_id: str
    village_code: str
    pieces: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a day.

    ``parcels`` and ``parcels_served`` count pieces 件. ``cost_per_parcel_fen`` leaves the price of the unserved out,
    as that is not spent. Savings are in permille of what the plan is compared with. ``None``: nothing to compare.
    ``modes`` share the pieces carried out among the modes, in permille; ``villages_with_other_way`` have a next best.
    """

    county_id: str
    service_date: date
    rows: int
    held_by_reason: dict[str, int]
    consignments: int
    parcels: int
    parcels_served: int
    weight_g: int
    runs: int
    bookings: int
    shuttles: int
    distance_m: int
    villages_with_parcels: int
    villages_reached: int
    villages_not_reached: tuple[str, ...]
    unserved_detail: tuple[UnservedLine, ...]
    cost: Cost
    cost_per_parcel_fen: int | None
    cost_fen_shared_runs: int | None
    cost_fen_alone: int | None
    modes: tuple[ModeShare, ...]
    villages_with_other_way: int
    saving_on_shared_runs_permille: int | None
    saving_on_alone_permille: int | None
    seconds: dict[str, float]
    checker: str

    @property
    def held(self) -> int:
        """How many parcels are held."""
        return sum(self.held_by_reason.values())

    @property
    def unserved(self) -> int:
        """How many consignments are left behind."""
        return len(self.unserved_detail)


def summarise(
    day: Day, result: PlanResult, rows: int, held: pl.DataFrame, seconds: Mapping[str, float], verdict: str
) -> Summary:
    """Count a day.

    ``rows`` are the waybills read, ``held`` has a column ``reason``, ``seconds`` are the phases' durations by name
    and ``verdict`` is the checker's word on the plan.
    """
    plan, comparison = result.plan, result.comparison
    carried = carried_ids(plan)
    served = [goods for goods in day.consignments if goods.consignment_id in carried]
    by_id = {goods.consignment_id: goods for goods in day.consignments}
    villages = {goods.village_code for goods in day.consignments}
    reached = {goods.village_code for goods in served}
    reasons = dict(held.group_by("reason").len().iter_rows())
    pieces = sum(goods.pieces for goods in served)
    total = plan.cost.total_fen
    return Summary(
        county_id=plan.county_id,
        service_date=plan.service_date,
        rows=rows,
        held_by_reason={reason.name: reasons[reason.name] for reason in HeldReason if reason.name in reasons},
        consignments=len(day.consignments),
        parcels=sum(goods.pieces for goods in day.consignments),
        parcels_served=pieces,
        weight_g=sum(goods.weight_g for goods in day.consignments),
        runs=len(plan.runs),
        bookings=len(plan.bookings),
        shuttles=len(plan.shuttles),
        distance_m=sum(run.distance_m for run in plan.runs),
        villages_with_parcels=len(villages),
        villages_reached=len(reached),
        villages_not_reached=tuple(sorted(villages - reached)),
        unserved_detail=tuple(
            UnservedLine(
                consignment_id=left.consignment_id,
                village_code=by_id[left.consignment_id].village_code,
                pieces=by_id[left.consignment_id].pieces,
                reason=left.reason.name,
                detail=left.detail,
            )
            for left in plan.unserved
        ),
        cost=plan.cost,
        cost_per_parcel_fen=round((total - plan.cost.unserved_fen) / pieces) if pieces else None,
        cost_fen_shared_runs=comparison.shared_runs_fen if comparison else None,
        cost_fen_alone=comparison.alone_fen if comparison else None,
        modes=result.mode_shares,
        villages_with_other_way=sum(way.next_best is not None for way in result.ways),
        saving_on_shared_runs_permille=saving_permille(total, comparison.shared_runs_fen) if comparison else None,
        saving_on_alone_permille=saving_permille(total, comparison.alone_fen) if comparison else None,
        seconds=dict(seconds),
        checker=verdict,
    )


def carried_ids(plan: Plan) -> set[str]:
    """Name the consignments that a plan carries, by run or booking."""
    left = {unserved.consignment_id for unserved in plan.unserved}
    on_runs = {carriage.consignment_id for run in plan.runs for carriage in run.carriages}
    return (on_runs | {booking.consignment_id for booking in plan.bookings}) - left


def saving_permille(cost_fen: int, compared_fen: int) -> int | None:
    """How much less than the other a cost is, in permille of the other; ``None`` where that is nothing.

    >>> saving_permille(60, 100), saving_permille(110, 100)
    (400, -100)
    """
    return round(1_000 * (compared_fen - cost_fen) / compared_fen) if compared_fen else None


def summary_json(summary: Summary) -> bytes:
    """Write the figures as indented JSON; ``held`` is by reason, ``cost_fen`` by part with its total."""
    figures = asdict(summary)
    shown: dict[str, dict[str, Any]] = {
        "held_by_reason": {"held": summary.held_by_reason, "held_total": summary.held},
        "cost": {"cost_fen": _cost_parts(summary.cost) | {"total": summary.cost.total_fen}},
        "unserved_detail": {"unserved": summary.unserved, "unserved_detail": figures["unserved_detail"]},
        "seconds": {"seconds": round(sum(summary.seconds.values()), 3), "seconds_by_phase": summary.seconds},
    }
    document: dict[str, Any] = {}
    for name, value in figures.items():
        document |= shown.get(name, {name: value})
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def print_summary(summary: Summary, console: Console, language: Language = "zh") -> None:
    """Show the figures in a terminal of 80 columns."""
    for line in _lines(summary, _WORDS[language], language):
        console.print(line, soft_wrap=False, highlight=False)


_WORDS: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "title": "{county} 共配日报",
        "passed": "校核通过",
        "verdict": "校核 {verdict}",
        "parcels": "快件",
        "rows": "收到 {rows} 票，合配 {good} 票，扣留 {held} 票",
        "held": "扣留原因",
        "groups": "合配件组",
        "nothing": "没有可配送的快件，计划为空；扣留原因见 held.csv",
        "goods": "{groups} 组，{pieces} 件，{weight} kg",
        "carried": "运输",
        "plan": "{runs} 车次，{bookings} 搭载，{shuttles} 接驳，{km} km",
        "villages": "到村",
        "reached": "{reached} / {villages} 村",
        "modes": "进村方式",
        "mode": "{mode} {pieces} 件 {percent}%",
        "unserved": "未安排",
        "left": "{unserved} 组",
        "more": "… 另有 {more} 组，见 {file}",
        "cost": "费用（元）",
        "total": "合计",
        "each": "每件",
        "each_of": "{cost} 元（{pieces} 件）",
        "compared": "同日对比（元）",
        "alone": "各家单干",
        "shared": "只共配",
        "joint": "共配＋班线",
        "saving": "省 {percent}",
        "extra": "多 {percent}",
        "on_shared": "（比只共配{saving}）",
        "seconds": "用时",
        "vehicles": "车辆",
        "distance": "里程",
        "time": "工时",
        "tariffs": "运费",
        "transfers": "接驳",
        "lateness": "晚到",
        "unserved_part": "未安排",
        "co2": "碳排放",
        "pieces": "{pieces} 件",
        "phase": "{seconds} 秒",
    },
    "en": {
        "title": "{county} day plan",
        "passed": "check passed",
        "verdict": "check: {verdict}",
        "parcels": "Parcels",
        "rows": "{rows} in, {good} consigned, {held} held",
        "held": "Held",
        "groups": "Consignments",
        "nothing": "nothing to deliver: the plan is empty; held.csv says why",
        "goods": "{groups} of {pieces} pieces, {weight} kg",
        "carried": "Carried by",
        "plan": "{runs} runs, {bookings} bookings, {shuttles} shuttles, {km} km",
        "villages": "Villages",
        "reached": "{reached} of {villages} reached",
        "modes": "By mode",
        "mode": "{mode} {pieces} ({percent}%)",
        "unserved": "Unserved",
        "left": "{unserved} consignments",
        "more": "… and {more} more in {file}",
        "cost": "Cost (yuan)",
        "total": "total",
        "each": "A piece",
        "each_of": "{cost} yuan, {pieces} pieces",
        "compared": "The same day (yuan)",
        "alone": "each alone",
        "shared": "shared runs",
        "joint": "runs + lines",
        "saving": "{percent} less",
        "extra": "{percent} more",
        "on_shared": " ({saving} than runs)",
        "seconds": "Time",
        "vehicles": "vehicles",
        "distance": "distance",
        "time": "hours",
        "tariffs": "tariffs",
        "transfers": "transfers",
        "lateness": "lateness",
        "unserved_part": "unserved",
        "co2": "CO2",
        "pieces": "{pieces} pieces",
        "phase": "{seconds} s",
    },
}
_WEEKDAYS: Final = "一二三四五六日"
_WIDTH: Final = 76
_LABEL: Final = 14
_BAR: Final = 18
_UNSERVED_SHOWN: Final = 5
_PHASES: Final = {
    "read": "读入",
    "start": "启动",
    "consolidate": "合配",
    "roads": "路网",
    "plan": "规划",
    "compare": "对比",
    "check": "校核",
    "write": "出单",
}


def _lines(summary: Summary, words: dict[str, str], language: Language) -> Iterator[Text]:
    yield from _head(summary, words, language)
    good = summary.rows - summary.held
    yield _row(words["parcels"], words["rows"].format(rows=f"{summary.rows:,}", good=f"{good:,}", held=summary.held))
    if summary.held:
        reasons = [
            f"{HELD[HeldReason(name)] if language == 'zh' else name.lower().replace('_', ' ')} {count}"
            for name, count in summary.held_by_reason.items()
        ]
        yield from _wrapped(words["held"], reasons, "yellow")
    weight = f"{summary.weight_g / 1000:,.0f}"
    goods = words["goods"].format(groups=f"{summary.consignments:,}", pieces=f"{summary.parcels:,}", weight=weight)
    yield _row(words["groups"], goods)
    if not summary.consignments:
        yield _row("", words["nothing"], "bold red")
        return
    plan = words["plan"].format(
        runs=summary.runs,
        bookings=summary.bookings,
        shuttles=summary.shuttles,
        km=f"{summary.distance_m / 1000:,.1f}",
    )
    yield _row(words["carried"], plan)
    all_reached = summary.villages_reached == summary.villages_with_parcels
    reached = words["reached"].format(reached=summary.villages_reached, villages=summary.villages_with_parcels)
    yield _row(words["villages"], reached, "bold green" if all_reached else "bold red")
    yield from _modes(summary, words, language)
    yield from _unserved(summary, words, language)
    yield Text()
    yield from _cost(summary, words)
    yield from _compared(summary, words)
    if summary.seconds:
        yield Text()
        names = _PHASES if language == "zh" else {}
        phases = [f"{names.get(name, name)} {seconds:.1f}" for name, seconds in summary.seconds.items()]
        total = words["phase"].format(seconds=f"{sum(summary.seconds.values()):.1f}")
        yield from _wrapped(words["seconds"], [total, *phases], "dim")


def _head(summary: Summary, words: dict[str, str], language: Language) -> Iterator[Text]:
    passed = summary.checker == "passed"
    day = summary.service_date
    weekday = f"周{_WEEKDAYS[day.weekday()]}" if language == "zh" else f"{day:%a}"
    title = Text(f" {words['title'].format(county=summary.county_id)}", style="bold")
    title.append(f"  {day.isoformat()} {weekday}")
    mark = f"✓ {words['passed']}" if passed else f"✗ {words['verdict'].format(verdict=summary.checker)}"
    gap = max(_WIDTH - cell_len(title.plain) - cell_len(mark), 2)
    title.append(" " * gap + mark, style="bold green" if passed else "bold red")
    yield title
    yield Text("─" * _WIDTH, style="dim")


def _modes(summary: Summary, words: dict[str, str], language: Language) -> Iterator[Text]:
    """Pieces and share of each mode that carries any."""
    shown = [
        words["mode"].format(
            mode=TRANSPORT_MODES[share.mode] if language == "zh" else share.mode.value.lower().replace("_", " "),
            pieces=f"{share.pieces_in + share.pieces_out:,}",
            percent=percent(share.permille),
        )
        for share in summary.modes
        if share.pieces_in + share.pieces_out
    ]
    yield from _wrapped(words["modes"], shown)


def _unserved(summary: Summary, words: dict[str, str], language: Language) -> Iterator[Text]:
    if not summary.unserved:
        return
    yield _row(words["unserved"], words["left"].format(unserved=summary.unserved), "bold red")
    for left in summary.unserved_detail[:_UNSERVED_SHOWN]:
        reason = UNSERVED[UnservedReason(left.reason)] if language == "zh" else left.reason.lower().replace("_", " ")
        yield _row("", f"{left.consignment_id}  {words['pieces'].format(pieces=left.pieces)}  {reason}")
        yield from _wrapped("", [left.detail], "dim")
    if summary.unserved > _UNSERVED_SHOWN:
        more = words["more"].format(more=summary.unserved - _UNSERVED_SHOWN, file="summary.json")
        yield _row("", more, "dim")


def _cost(summary: Summary, words: dict[str, str]) -> Iterator[Text]:
    parts = {name: fen for name, fen in _cost_parts(summary.cost).items() if fen}
    labels = [f"{words[name + '_part' if name == 'unserved' else name]} {_money(fen)}" for name, fen in parts.items()]
    total = f"{words['total']} {_money(summary.cost.total_fen)}"
    yield from _wrapped(words["cost"], [total, *labels])
    if summary.cost_per_parcel_fen is not None:
        each = words["each_of"].format(cost=yuan(summary.cost_per_parcel_fen), pieces=f"{summary.parcels_served:,}")
        yield _row(words["each"], each, "bold")


def _compared(summary: Summary, words: dict[str, str]) -> Iterator[Text]:
    if summary.cost_fen_alone is None or summary.cost_fen_shared_runs is None:
        return
    costs = {"alone": summary.cost_fen_alone, "shared": summary.cost_fen_shared_runs, "joint": summary.cost.total_fen}
    most = max(*costs.values(), 1)
    width = max(len(_money(cost)) for cost in costs.values())
    yield Text()
    yield Text(f" {words['compared']}", style="dim")
    for name, cost in costs.items():
        style = "bold green" if name == "joint" else ""
        line = Text(f" {_padded(words[name], _LABEL)}", style=style)
        line.append(f"{_money(cost):>{width}}  ")
        line.append("█" * max(round(_BAR * cost / most), 1), style="green" if style else "dim")
        if name != "alone":
            line.append(" " * (_LABEL + width + _BAR + 4 - line.cell_len))
            line.append(_saving(saving_permille(cost, summary.cost_fen_alone), words))
        if name == "joint" and summary.saving_on_shared_runs_permille is not None:
            line.append(words["on_shared"].format(saving=_saving(summary.saving_on_shared_runs_permille, words)))
        yield line


def _saving(permille: int | None, words: dict[str, str]) -> str:
    if permille is None:
        return ""
    return words["saving" if permille >= 0 else "extra"].format(percent=f"{abs(permille) / 10:.1f}%")


def _cost_parts(cost: Cost) -> dict[str, int]:
    return {part.name.removesuffix("_fen"): getattr(cost, part.name) for part in fields(cost)}


def _money(amount_fen: int) -> str:
    return f"{amount_fen / 100:,.2f}"


def _row(label: str, value: str, style: str = "") -> Text:
    return Text(f" {_padded(label, _LABEL)}", style="dim").append(Text(value, style=style or "default not dim"))


def _wrapped(label: str, items: Iterable[str], style: str = "") -> Iterator[Text]:
    """Rows that break between items; an item longer than a row breaks where it must."""
    room, line = _WIDTH - _LABEL, ""
    for item in items:
        joined = f"{line}  {item}" if line else item
        if line and cell_len(joined) > room:
            yield _row(label, line, style)
            label, joined = "", item
        while cell_len(joined) > room:
            head = _prefix(joined, room)
            yield _row(label, head, style)
            label, joined = "", joined[len(head) :].lstrip()
        line = joined
    if line:
        yield _row(label, line, style)


def _prefix(text: str, room: int) -> str:
    """As much of a text as fits, up to a space where there is one."""
    end = len(text)
    while cell_len(text[:end]) > room:
        end -= 1
    space = text.rfind(" ", 0, end)
    return text[: space if space > end // 2 else end]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
