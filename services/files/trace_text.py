"""A parcel's account in Chinese, as lines for a person who answers a customer or looks for who is to blame."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from services.files.sheet import thousandths
from services.files.words import DIRECTIONS, HELD, MODELS, TEMPERATURES, UNSERVED
from services.model.trace import Custody, CustodyKind, HandOver, Trace, TraceState
from services.model.units import clock

STATES: Final[dict[TraceState, str]] = {
    TraceState.HELD: "扣留",
    TraceState.NOT_PLANNED: "待规划",
    TraceState.PLANNED: "已安排",
    TraceState.UNSERVED: "未安排",
    TraceState.WAITING: "等待",
}
_LABEL: Final = "\u3000\u3000"
_COLUMN: Final = 13


def trace_lines(trace: Trace) -> Iterator[str]:
    """Write an account line by line."""
    writer = _Writer(trace)
    yield from writer.head()
    yield from writer.held()
    if trace.state is TraceState.HELD:
        return
    yield from writer.goods()
    yield from writer.bags()
    if trace.state is TraceState.NOT_PLANNED:
        yield from writer.ways()
    yield from writer.chain()


class _Writer:
    """Lines of one account."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._partners = {named.id: named.name for named in trace.partners}
        self._nodes = {named.id: named.name for named in trace.nodes}
        self._lines = {named.id: named.name for named in trace.lines}
        self._models = {way.agreement_id: way.model for way in trace.ways}

    def head(self) -> Iterator[str]:
        trace = self._trace
        number = trace.parcel_id.removeprefix(f"{trace.carrier_id}/")
        yield f"快件    {self._partner(trace.carrier_id)} {number}"
        if trace.second_id:
            carrier, _, second = trace.second_id.partition("/")
            yield f"换单号  {self._partner(carrier)} {second}" if second else f"换单号  {trace.second_id}"
        yield f"状态    {STATES[trace.state]}  {trace.service_date}"
        if trace.unserved_reason is not None:
            yield f"原因    {UNSERVED[trace.unserved_reason]}：{trace.detail}"
        elif trace.detail and trace.state is not TraceState.HELD:
            yield f"原因    {trace.detail}"

    def held(self) -> Iterator[str]:
        for row in self._trace.held:
            candidates = f"，候选村 {'、'.join(row.candidates)}" if row.candidates else ""
            yield f"扣留    第 {row.row} 行：{HELD[row.reason]}（{row.detail}）{candidates}"

    def goods(self) -> Iterator[str]:
        trace = self._trace
        words = [DIRECTIONS[trace.direction] if trace.direction else "", f"村 {trace.village_code}"]
        words.append(TEMPERATURES[trace.temperature] if trace.temperature else "")
        if trace.pieces:
            sizes = f"{thousandths(trace.weight_g)} kg  {thousandths(trace.volume_ml)} L"
            words.append(f"{trace.pieces} 件  {sizes}")
        if trace.due_date:
            words.append(f"最晚 {trace.due_date}")
        yield "货物    " + "  ".join(word for word in words if word)
        yield f"合配    {trace.consignment_id}"

    def bags(self) -> Iterator[str]:
        provisional = "（暂编，排线后可能变）" if self._trace.state is TraceState.NOT_PLANNED else ""
        for bag in self._trace.bags:
            which = f"第 {_numbers(bag.piece_numbers)} 件" if bag.piece_numbers else "袋内件未分到票"
            yield f"袋号    {bag.code}{provisional}  {f'封签 {bag.seal}' if bag.seal else '未封签'}  {which}"
        if self._trace.loose_pieces:
            yield f"散件    第 {_numbers(self._trace.loose_pieces)} 件不装袋"

    def ways(self) -> Iterator[str]:
        if not self._trace.ways:
            yield "可用    没有可用的运力"
        for way in self._trace.ways:
            amounts = (("车", way.vehicles), ("班次", way.trips), ("站点", way.nodes))
            opened = "、".join(f"{word} {count}" for word, count in amounts if count)
            model = f"{MODELS[way.model]} {way.agreement_id}" if way.model else "自有"
            yield f"可用    {model}（{self._partner(way.operator_id)}）：{opened}"

    def chain(self) -> Iterator[str]:
        yield ""
        yield "责任链"
        custodies, hand_overs = self._trace.custodies, self._trace.hand_overs
        for place, custody in enumerate(custodies):
            yield f"  {_padded(_period(custody))} {self._partner(custody.partner_id)}：{self._where(custody)}"
            yield from self._calls(custody)
            if place < len(hand_overs):
                yield self._hand_over(hand_overs[place])

    def _where(self, custody: Custody) -> str:
        here, there = self._node(custody.from_node), self._node(custody.to_node)
        match custody.kind:
            case CustodyKind.CARRIER:
                is_first = custody is self._trace.custodies[0]
                return f"送到{here}" if is_first else f"从{here}运走"
            case CustodyKind.NODE:
                return f"在{here}"
            case CustodyKind.SHUTTLE:
                return f"接驳 {here} → {there}（班次 {custody.trip_id}）"
            case CustodyKind.RUN:
                by = f"共配车次 {custody.run_id}（{custody.vehicle_id}）"
            case _:
                by = f"{self._lines.get(custody.line_id, custody.line_id)} 班次 {custody.trip_id}"
        return f"{by} {here} → {there}，{self._under(custody.agreement_id)}"

    def _under(self, agreement_id: str) -> str:
        if not agreement_id:
            return "自有运力"
        model = self._models.get(agreement_id)
        return f"{MODELS[model]} {agreement_id}" if model else agreement_id

    def _calls(self, custody: Custody) -> Iterator[str]:
        for call in custody.calls:
            at = f"{clock(call.arrival_s)}–{clock(call.departure_s)}"
            yield f"  {_padded('')} {_LABEL}{at}  {self._node(call.node_id)}"

    def _hand_over(self, change: HandOver) -> str:
        giver, taker = self._partner(change.giver_id), self._partner(change.taker_id)
        between = f"{giver} → {taker}" if giver != taker else f"{giver}内部"
        return f"  {_padded(_moment(change))} ↓ 交接 {self._node(change.node_id)}：{between}"

    def _partner(self, partner_id: str) -> str:
        return self._partners.get(partner_id, partner_id)

    def _node(self, node_id: str) -> str:
        return self._nodes.get(node_id, node_id)


def _period(custody: Custody) -> str:
    if custody.from_s is None and custody.until_s is None:
        return ""
    start = clock(custody.from_s) if custody.from_s is not None else "     "
    return f"{start}–{clock(custody.until_s) if custody.until_s is not None else ''}"


def _moment(change: HandOver) -> str:
    if change.earliest_s is None:
        return "" if change.latest_s is None else f"{clock(change.latest_s)} 前"
    return clock(change.earliest_s) if change.latest_s is not None else f"{clock(change.earliest_s)} 起"


def _padded(text: str) -> str:
    """Fill up to the column's width on a terminal, where Chinese takes two places."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return text + " " * (_COLUMN - len(text) - wide)


def _numbers(numbers: tuple[int, ...]) -> str:
    return "、".join(map(str, numbers))
