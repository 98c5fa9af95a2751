"""What waits for tomorrow 缓送: what that saves today, village by village, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.model.agreements import Temperature
from services.model.consignments import Consignment, ResourceKind
from services.model.day import Day
from services.model.fleet import Vehicle
from services.model.plan import Plan, Waiting
from services.model.units import shares
from services.route.day_index import DayIndex
from services.route.roads.source import RoadMatrix
from services.route.unserved import explain_unserved
from services.route.values import margins_fen

_KEEPS: Final = {
    Temperature.AMBIENT: "常温载运",
    Temperature.CHILLED: "冷藏",
    Temperature.FROZEN: "冷冻",
}


def all_today(day: Day) -> Day:
    """The same day with nothing that may wait."""
    return replace(day, consignments=tuple(replace(c, wait_fen=None) for c in day.consignments))


def may_wait(day: Day) -> bool:
    """Whether anything may wait for tomorrow."""
    return any(c.wait_fen is not None for c in day.consignments)


def tell_waiting(index: DayIndex, matrix: RoadMatrix, plan: Plan, today: Plan) -> Plan:
    """Say of everything that waits in ``plan`` what it saves, and why, by the plan ``today`` with nothing waiting.

    What waiting saves as a whole, the difference of both plans' costs without the prices of waiting, is put down to the
    villages in proportion to what each cost today, and within a village to pieces, so that the parts add up exactly.
    """
    waiting = [index.consignments[one.consignment_id] for one in plan.waiting]
    saved_fen = max(0, today.cost.total_fen - plan.cost.total_fen + plan.cost.waiting_fen)
    spent = _Spent.of(index, matrix, today)
    villages: dict[str, list[Consignment]] = {}
    for consignment in waiting:
        villages.setdefault(consignment.village_code, []).append(consignment)
    weights = [spent.village_fen.get(village, 0) for village in villages]
    if not any(weights):
        weights = [sum(c.pieces for c in goods) for goods in villages.values()]
    saved: dict[str, int] = {}
    for goods, village_fen in zip(villages.values(), shares(saved_fen, weights), strict=True):
        parts = shares(village_fen, [c.pieces for c in goods])
        saved |= {c.consignment_id: fen for c, fen in zip(goods, parts, strict=True)}
    told = tuple(
        Waiting(
            c.consignment_id,
            one.wait_fen,
            saved[c.consignment_id],
            _detail(index, matrix, c, villages[c.village_code], spent, _callers(index, plan, c.village_code)),
        )
        for c, one in zip(waiting, plan.waiting, strict=True)
    )
    return replace(plan, waiting=told)


@dataclass(frozen=True, slots=True)
class _Spent:
    """What the day costs with nothing waiting: by village, and what runs and lines carry or leave there."""

    village_fen: Mapping[str, int]
    on_runs_fen: Mapping[str, int]
    booked: frozenset[str]
    unserved: frozenset[str]

    @classmethod
    def of(cls, index: DayIndex, matrix: RoadMatrix, today: Plan) -> _Spent:
        """Add up what each village costs: its calls at the margin, tariffs, and prices of what is left."""
        on_runs_fen: dict[str, int] = {}
        for run in today.runs:
            for village, fen in margins_fen(index, matrix, run).items():
                on_runs_fen[village] = on_runs_fen.get(village, 0) + max(0, fen)
        village_fen = dict(on_runs_fen)
        prices = [(b.consignment_id, b.tariff_fen) for b in today.bookings]
        prices += [(u.consignment_id, index.unserved_fen(index.consignments[u.consignment_id])) for u in today.unserved]
        for consignment_id, fen in prices:
            village = index.consignments[consignment_id].village_code
            village_fen[village] = village_fen.get(village, 0) + fen
        return cls(
            village_fen,
            on_runs_fen,
            frozenset(b.consignment_id for b in today.bookings),
            frozenset(u.consignment_id for u in today.unserved),
        )


def _callers(index: DayIndex, plan: Plan, village: str) -> list[Vehicle]:
    """The vehicles that call at a village for something else."""
    return [
        index.vehicles[run.vehicle_id]
        for run in plan.runs
        if any(index.nodes[stop.node_id].village_code == village for stop in run.stops)
    ]


def _detail(
    index: DayIndex,
    matrix: RoadMatrix,
    consignment: Consignment,
    goods: Sequence[Consignment],
    spent: _Spent,
    callers: Sequence[Vehicle],
) -> str:
    """Why it waits: it cannot go today, who calls there cannot take it, or a line or a call of its own costs more."""
    until = f"承诺期至 {consignment.due_date}"
    name = index.nodes[consignment.node_ids[0]].name
    if consignment.consignment_id in spent.unserved:
        return f"{name}今日无法送达（{explain_unserved(index, matrix, consignment).detail}）；{until}"
    if callers:
        return f"{name}今日到站的 {_cannot_take(index, consignment, callers)}，另派车不合算；{until}"
    pieces = sum(c.pieces for c in goods)
    if consignment.consignment_id in spent.booked:
        return f"{name}今日仅 {pieces} 件可缓，班线运费高于缓送；{until}"
    detour = _yuan(spent.on_runs_fen.get(consignment.village_code, 0))
    return f"{name}今日仅 {pieces} 件可缓，单独绕行约 {detour} 元；{until}"


def _cannot_take(index: DayIndex, consignment: Consignment, callers: Sequence[Vehicle]) -> str:
    """Which vehicles call at the village, and what keeps the goods off them."""
    names = "、".join(vehicle.vehicle_id for vehicle in callers)
    cold = [vehicle for vehicle in callers if consignment.temperature in vehicle.temperatures]
    if not cold:
        return f"{names} 不能{_KEEPS[consignment.temperature]}"
    if not any(index.ways(consignment, ResourceKind.VEHICLE, vehicle.vehicle_id) for vehicle in cold):
        return f"{names} 按协议不能载运{consignment.carrier_id}的快件"
    apart = "冷藏隔间" if all(vehicle.keeps_apart(consignment.temperature) for vehicle in cold) else ""
    return f"{names} {apart}装不下或赶不及"


def _yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"
