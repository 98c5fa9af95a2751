"""The figures of a planned day in a dispatcher's terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from services.files.punctuality import punctuality_rows
from services.files.sheet import percent, yuan
from services.files.summary import Language, Summary, cost_parts, saving_permille
from services.files.words import HELD, TRANSPORT_MODES, UNSERVED
from services.model.held import HeldReason
from services.model.plan import UnservedReason


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
        "plan": "{runs} 车次{last_mile}，{bookings} 搭载，{shuttles} 站场接驳，{km} km",
        "last_mile": "（末端接驳 {runs}）",
        "villages": "到村",
        "reached": "{reached} / {villages} 村",
        "villages_wait": "，另 {villages} 村缓送",
        "modes": "进村方式",
        "mode": "{mode} {pieces} 件 {percent}%",
        "unserved": "未安排",
        "left": "{unserved} 组",
        "waits": "缓送",
        "waiting": "{groups} 组，{pieces} 件，{villages} 村；缓送价 {price} 元，节省 {saved} 元",
        "waiting_line": "{node} {pieces} 件，至 {until}",
        "more_villages": "… 另有 {more} 村，见 缓送.csv",
        "more": "… 另有 {more} 组，见 {file}",
        "cost": "费用（元）",
        "total": "合计",
        "each": "每件",
        "each_of": "{cost} 元（{pieces} 件）",
        "risks": "班次停开",
        "risk": "{trip} 停开多 {yuan} 元",
        "risk_left": "{trip} 停开多 {yuan} 元，{left} 组送不了",
        "bound": "下界",
        "bound_of": "任何计划至少 {lower} 元，本计划最多还能省 {gap}",
        "best": "本计划已是最优",
        "compared": "同日对比（元）",
        "alone": "各家单干",
        "shared": "只共配",
        "joint": "共配＋班线",
        "held_over": "再加缓送",
        "saving": "省 {percent}",
        "extra": "多 {percent}",
        "on_shared": "（比只共配{saving}）",
        "on_all_today": "（比当日全送{saving}）",
        "seconds": "用时",
        "vehicles": "车辆",
        "distance": "里程",
        "time": "工时",
        "tariffs": "运费",
        "transfers": "接驳",
        "lateness": "晚到",
        "unserved_part": "未安排",
        "waiting_part": "缓送",
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
        "plan": "{runs} runs{last_mile}, {bookings} bookings, {shuttles} shuttles, {km} km",
        "last_mile": " ({runs} of the last mile)",
        "villages": "Villages",
        "reached": "{reached} of {villages} reached",
        "villages_wait": ", {villages} wait",
        "modes": "By mode",
        "mode": "{mode} {pieces} ({percent}%)",
        "unserved": "Unserved",
        "left": "{unserved} consignments",
        "waits": "Waiting",
        "waiting": "{groups} of {pieces} pieces, {villages} villages; price {price}, saves {saved}",
        "waiting_line": "{node} {pieces} pieces, by {until}",
        "more_villages": "… and {more} villages more in 缓送.csv",
        "more": "… and {more} more in {file}",
        "cost": "Cost (yuan)",
        "total": "total",
        "each": "A piece",
        "each_of": "{cost} yuan, {pieces} pieces",
        "risks": "If it fails",
        "risk": "{trip}: {yuan} more",
        "risk_left": "{trip}: {yuan} more, {left} left",
        "bound": "Bound",
        "bound_of": "no plan is under {lower}: at most {gap} to save",
        "best": "no plan costs less",
        "compared": "The same day (yuan)",
        "alone": "each alone",
        "shared": "shared runs",
        "joint": "runs + lines",
        "held_over": "+ waiting",
        "saving": "{percent} less",
        "extra": "{percent} more",
        "on_shared": " ({saving} than runs)",
        "on_all_today": " ({saving} than today)",
        "seconds": "Time",
        "vehicles": "vehicles",
        "distance": "distance",
        "time": "hours",
        "tariffs": "tariffs",
        "transfers": "transfers",
        "lateness": "lateness",
        "unserved_part": "unserved",
        "waiting_part": "waiting",
        "co2": "CO2",
        "pieces": "{pieces} pieces",
        "phase": "{seconds} s",
    },
}
# Parts of the cost that have the name of a row.
_PARTS_OF_OTHER_NAMES: Final = ("unserved", "waiting")
_WEEKDAYS: Final = "一二三四五六日"
_WIDTH: Final = 76
_LABEL: Final = 14
_BAR: Final = 18
_UNSERVED_SHOWN: Final = 5
_WAITING_SHOWN: Final = 4
_RISKS_SHOWN: Final = 3
_PHASES: Final = {
    "read": "读入",
    "start": "启动",
    "consolidate": "合配",
    "roads": "路网",
    "plan": "规划",
    "compare": "对比",
    "bags": "装袋",
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
        last_mile=words["last_mile"].format(runs=summary.last_mile_runs) if summary.last_mile_runs else "",
        bookings=summary.bookings,
        shuttles=summary.shuttles,
        km=f"{summary.distance_m / 1000:,.1f}",
    )
    yield _row(words["carried"], plan)
    all_reached = summary.villages_reached + summary.villages_waiting == summary.villages_with_parcels
    reached = words["reached"].format(reached=summary.villages_reached, villages=summary.villages_with_parcels)
    if summary.villages_waiting:
        reached += words["villages_wait"].format(villages=summary.villages_waiting)
    yield _row(words["villages"], reached, "bold green" if all_reached else "bold red")
    yield from _modes(summary, words, language)
    yield from _unserved(summary, words, language)
    yield from _waiting(summary, words)
    for label, items, style in punctuality_rows(summary.punctuality, language) if summary.punctuality else ():
        yield from _wrapped(label, items, style)
    yield from _risks(summary, words)
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
        if change := left.change if language == "zh" else left.change_en:
            yield from _wrapped("", [change], "cyan")
    if summary.unserved > _UNSERVED_SHOWN:
        more = words["more"].format(more=summary.unserved - _UNSERVED_SHOWN, file="summary.json")
        yield _row("", more, "dim")


def _risks(summary: Summary, words: dict[str, str]) -> Iterator[Text]:
    """The booked trips whose failure would cost most."""
    dear = [risk for risk in summary.trip_risks if risk.cost_fen > 0 or risk.unserved][:_RISKS_SHOWN]
    shown = [
        words["risk_left" if risk.unserved else "risk"].format(
            trip=risk.trip_id, yuan=_money(risk.cost_fen), left=risk.unserved
        )
        for risk in dear
    ]
    if shown:
        yield from _wrapped(words["risks"], shown)


def _waiting(summary: Summary, words: dict[str, str]) -> Iterator[Text]:
    if not summary.waiting:
        return
    lines = summary.waiting_by_village
    figures = words["waiting"].format(
        groups=summary.waiting,
        pieces=summary.parcels_waiting,
        villages=len(lines),
        price=_money(summary.cost.waiting_fen),
        saved=_money(summary.waiting_saved_fen),
    )
    yield from _wrapped(words["waits"], [figures], "yellow")
    shown = [
        words["waiting_line"].format(node=line.node, pieces=line.pieces, until=f"{line.due_date:%m-%d}")
        for line in lines[:_WAITING_SHOWN]
    ]
    yield from _wrapped("", shown, "dim")
    if len(lines) > _WAITING_SHOWN:
        yield _row("", words["more_villages"].format(more=len(lines) - _WAITING_SHOWN), "dim")


def _cost(summary: Summary, words: dict[str, str]) -> Iterator[Text]:
    parts = {name: fen for name, fen in cost_parts(summary.cost).items() if fen}
    labels = [
        f"{words[name + '_part' if name in _PARTS_OF_OTHER_NAMES else name]} {_money(fen)}"
        for name, fen in parts.items()
    ]
    total = f"{words['total']} {_money(summary.cost.total_fen)}"
    yield from _wrapped(words["cost"], [total, *labels])
    if summary.cost_per_parcel_fen is not None:
        each = words["each_of"].format(cost=yuan(summary.cost_per_parcel_fen), pieces=f"{summary.parcels_served:,}")
        yield _row(words["each"], each, "bold")
    if (bound := summary.bound) is not None:
        gap = f"{percent(bound.gap_permille)}%"
        known = words["bound_of"].format(lower=_money(bound.lower_fen), gap=gap)
        yield _row(words["bound"], words["best"] if bound.gap_permille <= 0 else known)


def _compared(summary: Summary, words: dict[str, str]) -> Iterator[Text]:
    if summary.cost_fen_alone is None or summary.cost_fen_shared_runs is None:
        return
    costs = {"alone": summary.cost_fen_alone, "shared": summary.cost_fen_shared_runs}
    if summary.cost_fen_all_today is not None:
        costs["joint"] = summary.cost_fen_all_today
    plan = "joint" if summary.cost_fen_all_today is None else "held_over"
    costs[plan] = summary.cost.total_fen
    most = max(*costs.values(), 1)
    width = max(len(_money(cost)) for cost in costs.values())
    yield Text()
    yield Text(f" {words['compared']}", style="dim")
    for name, cost in costs.items():
        style = "bold green" if name == plan else ""
        line = Text(f" {_padded(words[name], _LABEL)}", style=style)
        line.append(f"{_money(cost):>{width}}  ")
        line.append("█" * max(round(_BAR * cost / most), 1), style="green" if style else "dim")
        if name != "alone":
            line.append(" " * (_LABEL + width + _BAR + 4 - line.cell_len))
            line.append(_saving(saving_permille(cost, summary.cost_fen_alone), words))
        if name == "joint" and summary.cost_fen_shared_runs:
            saving = saving_permille(cost, summary.cost_fen_shared_runs)
            line.append(words["on_shared"].format(saving=_saving(saving, words)))
        if name == "held_over" and summary.saving_on_all_today_permille is not None:
            line.append(words["on_all_today"].format(saving=_saving(summary.saving_on_all_today_permille, words)))
        yield line


def _saving(permille: int | None, words: dict[str, str]) -> str:
    if permille is None:
        return ""
    return words["saving" if permille >= 0 else "extra"].format(percent=f"{abs(permille) / 10:.1f}%")


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
