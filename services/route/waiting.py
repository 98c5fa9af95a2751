"""What waits for tomorrow 缓送: what that saves today, village by village, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.model.consignments import Consignment
from services.model.day import Day
from services.model.plan import Plan, Waiting
from services.route.day_index import DayIndex
from services.route.roads.source import RoadMatrix
from services.route.unserved import explain_unserved
from services.route.values import margins_fen


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
    carried = {c.consignment_id for run in plan.runs for c in run.carriages}
    called = {index.consignments[consignment_id].village_code for consignment_id in carried}
    told = tuple(
        Waiting(
            c.consignment_id,
            one.wait_fen,
            saved[c.consignment_id],
            _detail(index, matrix, c, villages[c.village_code], spent, c.village_code in called),
        )
        for c, one in zip(waiting, plan.waiting, strict=True)
    )
    return replace(plan, waiting=told)


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


def _detail(
    index: DayIndex,
    matrix: RoadMatrix,
    consignment: Consignment,
    goods: Sequence[Consignment],
    spent: _Spent,
    called: bool,
) -> str:
    """Why it waits: what cannot go, what a line or a call of its own would cost, or what has to go needs the room."""
    until = f"承诺期至 {consignment.due_date}"
    pieces = sum(c.pieces for c in goods)
    name = index.nodes[consignment.node_ids[0]].name
    if consignment.consignment_id in spent.unserved:
        return f"{name}今日无法送达（{explain_unserved(index, matrix, consignment).detail}）；{until}"
    if called:
        return f"{name}今日有车到，这 {pieces} 件若同行须另派车辆或绕行，可缓；{until}"
    if consignment.consignment_id in spent.booked:
        return f"{name}今日仅 {pieces} 件可缓，班线运费不如缓送；{until}"
    detour_fen = spent.on_runs_fen.get(consignment.village_code, 0)
    return f"{name}今日仅 {pieces} 件可缓，单独绕行约 {detour_fen // 100}.{detour_fen % 100:02d} 元；{until}"
