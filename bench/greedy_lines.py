"""What a planner without a joint search does: trips first, one consignment after the other, then runs for the rest.

Consignments come in descending order of what a call at their node costs alone: there and back with the cheapest van
that may carry them. Each takes the trip that is cheapest as things stand, charges paid once included, if it has room on
every segment and costs less than the call. Only bookings collected at the stop are looked at.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable

from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.route.day_index import DayIndex
from services.route.decision import Decision
from services.route.engines.engine import Effort, Engine
from services.route.line_ledger import LineLedger, use_of
from services.route.options import BookingOption, enumerate_options
from services.route.roads.source import RoadMatrix
from services.route.run_task import is_for_runs, make_run_task


def plan_greedily(index: DayIndex, matrix: RoadMatrix, engine: Engine, effort: Effort) -> Decision | None:
    """Book greedily, then search runs for the rest; ``None`` when the engine finds none."""
    bookings = book_greedily(index, matrix)
    booked = {option.consignment.consignment_id for option in bookings}
    pieces: defaultdict[str, int] = defaultdict(int)
    for option in bookings:
        if index.counts_towards_limit(option.consignment, option.agreement_id):
            pieces[option.agreement_id] += option.consignment.pieces
    rest = [c for c in index.day.consignments if c.consignment_id not in booked]
    task = make_run_task(index, matrix, rest, pieces)
    solution = engine.solve(task.problem, effort, lambda: False, lambda _: None)
    return None if solution is None else Decision(tuple(bookings), task, solution)


def book_greedily(index: DayIndex, matrix: RoadMatrix) -> list[BookingOption]:
    """Choose trips, dearest calls first."""
    options: defaultdict[str, list[BookingOption]] = defaultdict(list)
    for option in enumerate_options(index):
        options[option.consignment.consignment_id].append(option)
    call_fen = _call_fen(index, matrix)
    alone_fen = {consignment_id: call_fen(index.consignments[consignment_id]) for consignment_id in options}
    ledger, pieces = LineLedger(index), defaultdict[str, int](int)
    chosen = []
    for consignment_id in sorted(options, key=lambda c: (-alone_fen[c], c)):
        best, best_fen = None, alone_fen[consignment_id]
        for option in options[consignment_id]:
            fen = _added_fen(ledger, option)
            if fen < best_fen and ledger.has_room(use_of(option)) and _is_within_limit(index, option, pieces):
                best, best_fen = option, fen
        if best is not None:
            chosen.append(best)
            ledger.add(use_of(best))
            if index.counts_towards_limit(best.consignment, best.agreement_id):
                pieces[best.agreement_id] += best.consignment.pieces
    return chosen


def _added_fen(ledger: LineLedger, option: BookingOption) -> int:
    before_fen, use = ledger.total_fen, use_of(option)
    ledger.add(use)
    added_fen = ledger.total_fen - before_fen
    ledger.remove(use)
    return added_fen


def _is_within_limit(index: DayIndex, option: BookingOption, pieces: defaultdict[str, int]) -> bool:
    if not index.counts_towards_limit(option.consignment, option.agreement_id):
        return True
    limit = index.agreements[option.agreement_id].max_pieces_per_day
    return limit is None or pieces[option.agreement_id] + option.consignment.pieces <= limit


def _call_fen(index: DayIndex, matrix: RoadMatrix) -> Callable[[Consignment], float]:
    """What going to a consignment's node and back costs with the cheapest van; infinitely much where none may."""
    vans = [v for v in index.day.county.vehicles if is_for_runs(index, v)]
    hub, co2_fen_per_kg = matrix.position[index.hub.node_id], index.day.objective.co2_fen_per_kg

    def may_carry(van: Vehicle, consignment: Consignment) -> bool:
        ways = index.ways(consignment, ResourceKind.VEHICLE, van.vehicle_id)
        return bool(ways) and consignment.temperature in van.temperatures

    def call_fen(consignment: Consignment) -> float:
        node_ids = index.node_ids[consignment.consignment_id]
        if not node_ids:
            return math.inf
        node = matrix.position[node_ids[0]]
        km = int(matrix.distance_m[hub, node] + matrix.distance_m[node, hub]) / 1_000
        hours = int(matrix.duration_s[hub, node] + matrix.duration_s[node, hub]) / 3_600
        hours += index.nodes[node_ids[0]].service_s / 3_600
        prices = (
            km * (van.per_km_fen + van.co2_g_per_km * co2_fen_per_kg / 1_000) + hours * van.per_hour_fen
            for van in vans
            if may_carry(van, consignment)
        )
        return min(prices, default=math.inf)

    return call_fen
