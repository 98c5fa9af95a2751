"""What is handed over later than its village expects 晚到, and when a vehicle starts so that this costs least.

Being late breaks no limit but has a price. A vehicle that has to wait on its way can start earlier, wait longer and be
less late before the wait: that pays as long as it costs less than the driver's time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.fleet import Vehicle
from services.model.network import Node
from services.model.plan import Run
from services.model.units import rate_fen
from services.route.day_index import DayIndex

_MINUTES: Final = 60


def late_count(index: DayIndex, node: Node, goods: Iterable[Consignment]) -> int:
    """How many consignments a call at a node hands over that can be late there at a price."""
    if node.due_by_s is None or not index.day.objective.late_fen_per_min:
        return 0
    return sum(c.direction is Direction.INBOUND for c in goods)


def late_fen_per_hour(index: DayIndex, node: Node, goods: Iterable[Consignment]) -> int:
    """What each hour costs by which a call at a node is late with what it hands over."""
    return late_count(index, node, goods) * index.day.objective.late_fen_per_min * _MINUTES


def late_fen_per_min(index: DayIndex, goods: Iterable[Consignment]) -> int:
    """What each minute costs by which goods are late at the nodes where they are handed over."""
    rate = index.day.objective.late_fen_per_min
    nodes = ((c, index.nodes[node_id]) for c in goods for node_id in index.node_ids[c.consignment_id][:1])
    return rate * sum(late_count(index, node, [c]) for c, node in nodes)


def late_fen(index: DayIndex, consignment: Consignment, node: Node, handed_over_s: int) -> int:
    """What it costs that a consignment is handed over at a node at a time."""
    if node.due_by_s is None or not late_count(index, node, [consignment]):
        return 0
    return rate_fen(max(0, handed_over_s - node.due_by_s), index.day.objective.late_fen_per_min, _MINUTES)


def run_late_fen(index: DayIndex, run: Run) -> int:
    """What a run's late calls cost."""
    return sum(
        late_fen(index, index.consignments[c], index.nodes[stop.node_id], stop.start_s)
        for stop in run.stops
        for c in stop.drop
    )


def first_start_s(vehicle: Vehicle, opens_s: int, straight_s: int, end_s: int) -> int:
    """The earliest start of a vehicle's day that still ends at ``end_s`` after no more work than allowed."""
    first_s = max(vehicle.shift_start_s, opens_s)
    return first_s if vehicle.max_work_s is None else min(straight_s, max(first_s, end_s - vehicle.max_work_s))


def best_start_s(
    first_s: int,
    straight_s: int,
    steps_s: Sequence[int],
    earliest_s: Sequence[int],
    dues: Sequence[tuple[int, int, int]],
    time_rate: int,
) -> int:
    """When a vehicle's day starts best, between ``first_s`` and ``straight_s``, the latest with no needless wait.

    ``steps_s`` are service and way from each call to the next, ``earliest_s`` each call's earliest start, ``dues`` the
    position, due time and price of time of calls that can be late, in the same unit as the driver's ``time_rate``.
    """
    first_s = min(first_s, straight_s)
    gone_s, early_s = [0], [first_s]
    for step_s, opens_s in zip(steps_s, earliest_s[1:], strict=True):
        gone_s.append(gone_s[-1] + step_s)
        early_s.append(max(early_s[-1] + step_s, opens_s))
    # Starting earlier than this makes a call less late no more.
    turns = [(max(early_s[i], due_s) - gone_s[i], rate) for i, due_s, rate in dues]
    start_s = straight_s
    while start_s > first_s:
        late = [(turn_s, rate) for turn_s, rate in turns if turn_s < start_s]
        if sum(rate for _, rate in late) <= time_rate:
            break
        start_s = max(first_s, *(turn_s for turn_s, _ in late))
    return start_s
