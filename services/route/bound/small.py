"""All plans of a small day at once, for CP-SAT: the best of them, or at least what none of them can cost less than.

Each vehicle's day is a circuit over its depot, its calls where it loads and one place for each consignment that it may
hand over; consignments handed over in one visit are joined by ways that take no time. Goods may board at any call
before they leave. Ways are the shortest, apart in metres and seconds: where that or something else that is not all in
the model matters (see ``is_all_known``), what is found is a bound but maybe no plan's cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.route.bound.bookings import paid_once
from services.route.bound.kinds import bases_that_serve, kind_of
from services.route.bound.vehicle_day import Bool, Expression, Place, SmallDay, VehicleDay
from services.route.bound.ways import Ways
from services.route.day_index import DayIndex
from services.route.options import BookingOption
from services.route.room import room_on
from services.route.run_task import is_for_runs

MOST_STOPS: Final = 12
_MOST_ARCS: Final = 6_000
_MOST_FEN: Final = 10**12


@dataclass(frozen=True, slots=True)
class Found:
    """What no plan costs less than, and whether some plan of the model costs just that."""

    lower_fen: int
    is_best: bool


def best_of_all(
    index: DayIndex, ways: Ways, options: Sequence[BookingOption], effort: float, enough_fen: int | None
) -> Found | None:
    """The least cost of any plan, or a bound on it within ``effort`` of deterministic time; ``None`` for large days.

    ``enough_fen`` is what a plan costs that is known; a cheaper one is looked for.
    """
    goods = index.day.consignments
    if len(goods) > MOST_STOPS:
        return None
    number = {c.consignment_id: i for i, c in enumerate(goods)}
    by_goods: defaultdict[int, list[BookingOption]] = defaultdict(list)
    for option in options:
        by_goods[number[option.consignment.consignment_id]].append(option)
    day = SmallDay(index, ways, cp_model.CpModel(), goods, by_goods)
    for i in range(len(goods)):
        for j in range(len(by_goods[i])):
            day.booked[i, j] = day.model.new_bool_var("")
    for vehicle in index.day.county.vehicles:
        _add_vehicle(day, vehicle)
        if day.arcs > _MOST_ARCS:
            return None
    _add_fates(day)
    _add_lines(day)
    _add_storage(day)
    total = sum(day.cost)
    if enough_fen is not None:
        day.model.add(total < enough_fen)
    day.model.minimize(total)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(day.model)
    if status == cp_model.INFEASIBLE and enough_fen is not None:
        return Found(enough_fen, True)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.UNKNOWN):
        return None
    # Costs are whole, so a bound that is a little above a number is the next one; errors of floating point are smaller.
    return Found(max(0, -int(-(solver.best_objective_bound - 1e-6) // 1)), status == cp_model.OPTIMAL)


def is_all_known(index: DayIndex, ways: Ways) -> bool:
    """Whether all that matters on a day is in the model, so that the best of it is some plan's cost."""
    vehicles = index.day.county.vehicles
    is_estimated = not index.day.county.network.road_pairs
    if is_estimated and any(vehicle.max_drive_s is not None for vehicle in vehicles):
        return False
    for ways_in in index.admitted.values():
        for opened_by in ways_in[ResourceKind.VEHICLE].values():
            limited = [a for a in opened_by if a and index.agreements[a].max_pieces_per_day is not None]
            if len(limited) == len(opened_by) > 1:
                return False
    nodes = {index.hub.node_id, *(vehicle.depot for vehicle in vehicles)}
    nodes |= {node_id for node_ids in index.node_ids.values() for node_id in node_ids}
    rows = [ways.position[node_id] for node_id in nodes]
    return bool(ways.is_straight[np.ix_(rows, rows)].all())


def _add_vehicle(day: SmallDay, vehicle: Vehicle) -> None:
    """Add one vehicle's day."""
    index, kind = day.index, kind_of(day.index, day.ways, vehicle)
    if kind is None:
        return
    stops: list[Place] = []
    for i, c in enumerate(day.goods):
        if not is_for_runs(index, vehicle) and not any(o.station == vehicle.depot for o in day.options[i]):
            continue
        nodes = (index.nodes[node_id] for node_id in index.node_ids[c.consignment_id])
        stops += [(i, node.node_id) for node in nodes if bases_that_serve(index, day.ways, kind, c, node)]
    if stops:
        VehicleDay(day, vehicle, stops).add()


def _add_fates(day: SmallDay) -> None:
    """Every consignment is on one run, booked, or left; booked to a station, it is on one run from there."""
    for i, c in enumerate(day.goods):
        left = day.model.new_bool_var("")
        booked = [day.booked[i, j] for j in range(len(day.options[i]))]
        day.model.add_exactly_one([*day.served[i], *booked, left])
        day.cost.append(min(day.index.leaving_fen(c), day.index.unserved_fen(c)) * left)
        stations = {o.station for o in day.options[i] if o.station}
        for station in sorted(stations):
            to_station = [day.booked[i, j] for j, o in enumerate(day.options[i]) if o.station == station]
            day.model.add(sum(day.from_station[i, station]) == sum(to_station))


def _add_lines(day: SmallDay) -> None:
    """What bookings cost and need."""
    model, index = day.model, day.index
    charges: dict[tuple[str, ...], tuple[Bool, int]] = {}
    under: defaultdict[str, list[tuple[Bool, Expression]]] = defaultdict(list)
    loads: defaultdict[tuple[str, int], list[tuple[Consignment, Bool]]] = defaultdict(list)
    for (i, j), booked in day.booked.items():
        option, c = day.options[i][j], day.goods[i]
        day.cost.append(option.late_fen * booked)
        under[option.agreement_id].append((booked, option.tariff_fen * booked))
        for key, fen in paid_once(index, option):
            if fen:
                paid, _ = charges.setdefault(key, (model.new_bool_var(""), fen))
                model.add_implication(booked, paid)
        for segment in range(option.board_index, option.alight_index):
            loads[option.trip.trip_id, segment].append((c, booked))
        if index.counts_towards_limit(c, option.agreement_id):
            day.under[i, option.agreement_id].append(booked)
        if c.direction is Direction.INBOUND:
            day.handed_over[option.alight.node_id].append((i, booked))
    for (trip_id, _), goods in loads.items():
        room = room_on(index.trips[trip_id][1])
        model.add(sum(c.weight_g * on for c, on in goods) <= room.weight_g)
        model.add(sum(c.volume_ml * on for c, on in goods) <= room.volume_ml)
        model.add(sum(c.pieces * on for c, on in goods) <= room.pieces)
    _add_accounts(day, charges, under)
    _add_quotas(day)


def _add_accounts(
    day: SmallDay,
    charges: Mapping[tuple[str, ...], tuple[Bool, int]],
    under: Mapping[str, Sequence[tuple[Bool, Expression]]],
) -> None:
    """What is paid under each agreement, its minimum at least where anything is booked; shuttles apart."""
    for agreement_id, bookings in under.items():
        parts = [fen for _, fen in bookings]
        parts += [fen * paid for key, (paid, fen) in charges.items() if _account(key) == agreement_id]
        minimum_fen = day.index.agreements[agreement_id].minimum_fen if agreement_id else 0
        if minimum_fen <= 0:
            day.cost += parts
            continue
        due_fen = day.model.new_int_var(0, _MOST_FEN, "")
        day.model.add(due_fen >= sum(parts))
        for booked, _ in bookings:
            day.model.add(due_fen >= minimum_fen).only_enforce_if(booked)
        day.cost.append(due_fen)
    day.cost += [fen * paid for key, (paid, fen) in charges.items() if _account(key) is None]


def _account(key: tuple[str, ...]) -> str | None:
    """The agreement that something paid once counts for, none for a carrier's own trip; ``None`` for a shuttle."""
    return None if key[0] == "shuttle" else key[2] if key[0] == "run" else ""


def _add_quotas(day: SmallDay) -> None:
    """Pieces a day under an agreement, which counts a consignment once."""
    counted: defaultdict[str, list[Expression]] = defaultdict(list)
    for (i, agreement_id), ons in day.under.items():
        counts = day.model.new_bool_var("")
        for on in ons:
            day.model.add_implication(on, counts)
        counted[agreement_id].append(day.goods[i].pieces * counts)
    for agreement_id, pieces in counted.items():
        limit = day.index.agreements[agreement_id].max_pieces_per_day
        if limit is not None:
            day.model.add(sum(pieces) <= limit)


def _add_storage(day: SmallDay) -> None:
    for node_id, goods in day.handed_over.items():
        node = day.index.nodes[node_id]
        if node.max_pieces is not None:
            day.model.add(sum(day.goods[i].pieces * on for i, on in goods) <= node.max_pieces)
        if node.max_volume_ml is not None:
            day.model.add(sum(day.goods[i].volume_ml * on for i, on in goods) <= node.max_volume_ml)
