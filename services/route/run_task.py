"""From consignments and vehicles to a run problem: who may visit whom, and what one visit hands over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.model.units import DAY_S
from services.route.charging import longest_day_m, recharge_between_trips_s, recharges
from services.route.day_index import DayIndex
from services.route.engines.engine import Demand, Load, RunProblem, VehicleClass
from services.route.lateness import late_fen_per_min
from services.route.reach import longest_stay_s
from services.route.rests import pace_of
from services.route.roads.source import RoadMatrix
from services.route.room import on_offer, room_on
from services.route.visits import Able, Grain, Visit, make_visits

# Farther than any vehicle drives in a day; stands for "no limit" where an engine needs a number.
_NO_DISTANCE_LIMIT_M: Final = 3_000_000


@dataclass(frozen=True, slots=True)
class RunTask:
    """A run problem and what its numbers stand for: consignments of each demand, vehicles of each class.

    ``grain`` says how finely the goods at a node are parted into demands.
    """

    problem: RunProblem
    demands: tuple[tuple[str, ...], ...]
    classes: tuple[tuple[str, ...], ...]
    grain: Grain = Grain.COARSE


def is_for_runs(index: DayIndex, vehicle: Vehicle) -> bool:
    """Whether a vehicle loads at the hub; one whose depot lies in a township is for the last mile."""
    return not index.nodes[vehicle.depot].township_code


def make_run_task(
    index: DayIndex,
    matrix: RoadMatrix,
    consignments: Sequence[Consignment],
    booked_pieces: Mapping[str, int],
    grain: Grain = Grain.COARSE,
    loose: Set[str] = frozenset(),
) -> RunTask:
    """Make the problem of carrying ``consignments`` by shared runs.

    ``booked_pieces`` counts, for each agreement, the pieces that lines already carry under it. What no vehicle may
    carry, none is large enough for or none has the range and time for, is left out of the problem. ``grain`` and
    ``loose`` say how goods at a node are parted into visits (see ``make_visits``).
    """
    ways = len({consignment.direction for consignment in consignments})
    pieces_left = _pieces_left(index, booked_pieces)
    # A regular vehicle, or one under way, keeps its name, and so is alike to no other.
    classes: dict[tuple[Vehicle, frozenset[str]], list[str]] = {}
    for vehicle in index.day.county.vehicles:
        if not is_for_runs(index, vehicle) or vehicle.down_from_s is not None:
            continue
        limited = _limit_pieces(on_offer(vehicle), pieces_left.get(vehicle.vehicle_id), ways)
        if limited is not None:
            opened_by = frozenset(s for s, ways in index.admitted.items() if vehicle.vehicle_id in _vehicles(ways))
            is_named = vehicle.vehicle_id in index.regulars or vehicle.vehicle_id in index.under_way
            name = vehicle.vehicle_id if is_named else ""
            classes.setdefault((replace(limited, vehicle_id=name), opened_by), []).append(vehicle.vehicle_id)
    fleet = [
        replace(
            vehicle_class(vehicle, len(vehicle_ids), matrix),
            regular=vehicle.vehicle_id,
            from_node=_from_node(index, matrix, vehicle_ids[0]),
        )
        for (vehicle, _), vehicle_ids in classes.items()
    ]
    admitted_classes = {
        set_id: frozenset(k for k, (_, opened_by) in enumerate(classes) if set_id in opened_by)
        for set_id in index.admitted
    }
    keeps = [frozenset(vehicle.temperatures) for vehicle, _ in classes]

    def may_serve(consignment: Consignment) -> frozenset[int]:
        admitted = admitted_classes[consignment.admission_set_id]
        return frozenset(k for k in admitted if consignment.temperature in keeps[k])

    return assemble(
        index,
        matrix,
        [(c, may_serve(c)) for c in consignments],
        fleet,
        tuple(map(tuple, classes.values())),
        grain,
        loose,
    )


def assemble(
    index: DayIndex,
    matrix: RoadMatrix,
    wanted: Iterable[tuple[Consignment, frozenset[int]]],
    fleet: list[VehicleClass],
    vehicle_ids: tuple[tuple[str, ...], ...],
    grain: Grain = Grain.COARSE,
    loose: Set[str] = frozenset(),
) -> RunTask:
    """Put consignments, each with the classes that may carry it, together with a fleet."""
    at_nodes = [(c, index.node_ids[c.consignment_id], classes) for c, classes in wanted]
    visits = make_visits(
        ((c, node_ids[0], classes) for c, node_ids, classes in at_nodes if node_ids),
        _ability(index, matrix, fleet),
        grain,
        loose,
    )
    # Classes that may visit nothing would only slow the engine down.
    useful = sorted(frozenset().union(*(visit.classes for visit in visits)))
    renumbered = {k: position for position, k in enumerate(useful)}
    demands = tuple(_demand(index, matrix, visit, renumbered) for visit in visits)
    nodes = sorted(matrix.position, key=lambda node_id: matrix.position[node_id])
    hub = matrix.position[index.hub.node_id]
    service_s = np.array([index.nodes[n].service_s for n in nodes], dtype=np.int64)
    service_s[hub] = _longest_hub_service_s(index, visits, fleet)
    problem = RunProblem(
        hub=hub,
        distance_m=matrix.distance_m,
        duration_s=matrix.duration_s,
        service_s=service_s,
        opens_s=np.array([index.nodes[n].opens_s for n in nodes], dtype=np.int64),
        closes_s=np.array([index.nodes[n].closes_s for n in nodes], dtype=np.int64),
        demands=demands,
        classes=tuple(fleet[k] for k in useful),
        co2_fen_per_kg=index.day.objective.co2_fen_per_kg,
    )
    return RunTask(
        problem,
        tuple(tuple(c.consignment_id for c in visit.consignments) for visit in visits),
        tuple(vehicle_ids[k] for k in useful),
        grain,
    )


def _from_node(index: DayIndex, matrix: RoadMatrix, vehicle_id: str) -> int | None:
    """The row from where a vehicle under way goes on."""
    under_way = index.under_way.get(vehicle_id)
    return None if under_way is None else matrix.position[under_way.node_id]


def _longest_hub_service_s(index: DayIndex, visits: Sequence[Visit], fleet: Sequence[VehicleClass]) -> int:
    """Time at the hub for the largest vehicle's full load, out and in.

    Engines know one figure for every call at the hub; where handling takes time by the piece, the longest errs on the
    safe side.
    """
    hub = index.hub
    room = max((vehicle.capacity.pieces for vehicle in fleet), default=0)
    pieces = sum(min(room, sum(load.pieces for load in loads)) for loads in _both_ways(visits))
    return min(hub.service_s + hub.service_per_piece_s * pieces, max(hub.service_s, hub.closes_s - hub.opens_s))


def _both_ways(visits: Sequence[Visit]) -> tuple[list[Load], list[Load]]:
    return [visit.deliver for visit in visits], [visit.pick_up for visit in visits]


def vehicle_class(vehicle: Vehicle, count: int, matrix: RoadMatrix) -> VehicleClass:
    """A class of ``count`` vehicles like this one."""
    shift_s, longest_m = vehicle.shift_end_s - vehicle.shift_start_s, longest_day_m(vehicle)
    return VehicleClass(
        count=count,
        depot=matrix.position[vehicle.depot],
        capacity=room_on(vehicle),
        fixed_fen=vehicle.fixed_fen,
        per_km_fen=vehicle.per_km_fen,
        per_hour_fen=vehicle.per_hour_fen,
        co2_g_per_km=vehicle.co2_g_per_km,
        max_distance_m=_NO_DISTANCE_LIMIT_M if longest_m is None else longest_m,
        shift_start_s=vehicle.shift_start_s,
        shift_end_s=min(vehicle.shift_end_s, 2 * DAY_S),
        max_work_s=shift_s if vehicle.max_work_s is None else min(vehicle.max_work_s, shift_s),
        max_trips=vehicle.max_trips,
        kind=vehicle.kind,
        pace=pace_of(vehicle),
        range_m=vehicle.range_m if recharges(vehicle) else None,
        recharge_s=recharge_between_trips_s(vehicle),
    )


def _vehicles(ways: Mapping[ResourceKind, Mapping[str, tuple[str, ...]]]) -> Mapping[str, tuple[str, ...]]:
    return ways[ResourceKind.VEHICLE]


def _pieces_left(index: DayIndex, booked_pieces: Mapping[str, int]) -> dict[str, int]:
    """For vehicles that agreements with a daily limit open: an even share of what the limit leaves.

    No engine knows a limit that several vehicles have in common, so each gets its own part of it. The share counts
    everything on the vehicle, which errs on the safe side.
    """
    limited: dict[str, set[str]] = {}
    for ways in index.admitted.values():
        for vehicle_id, agreement_ids in _vehicles(ways).items():
            if all(a and index.agreements[a].max_pieces_per_day is not None for a in agreement_ids):
                limited.setdefault(agreement_ids[0], set()).add(vehicle_id)
    left: dict[str, int] = {}
    for agreement_id, vehicle_ids in limited.items():
        on_runs = {v for v in vehicle_ids if is_for_runs(index, index.vehicles[v])}
        limit = index.agreements[agreement_id].max_pieces_per_day or 0
        for vehicle_id in on_runs:
            share = max(0, limit - booked_pieces.get(agreement_id, 0)) // len(on_runs)
            left[vehicle_id] = min(share, left.get(vehicle_id, share))
    return left


def _limit_pieces(vehicle: Vehicle, pieces_left: int | None, ways: int) -> Vehicle | None:
    """The vehicle within its share of a daily limit, or ``None`` when nothing is left for it.

    A trip that goes ``ways`` = 2 ways carries its capacity in pieces twice: once out and once back.
    """
    if pieces_left is None or pieces_left >= vehicle.capacity_pieces * vehicle.max_trips * ways:
        return vehicle
    if pieces_left < ways:
        return None
    return replace(vehicle, capacity_pieces=min(vehicle.capacity_pieces, pieces_left // ways), max_trips=1)


def _ability(index: DayIndex, matrix: RoadMatrix, fleet: Sequence[VehicleClass]) -> Able:
    """Tell by access, capacity, range, time and hours which classes can make a visit, were it their only one."""

    @cache
    def stay_s(k: int, node_id: str, unloads: bool) -> int:
        return longest_stay_s(index, matrix, fleet[k], index.nodes[node_id], unloads)

    def able(visit: Visit) -> frozenset[int]:
        node = index.nodes[visit.node_id]
        service_s = node.service_s + node.service_per_piece_s * (visit.deliver.pieces + visit.pick_up.pieces)
        return frozenset(
            k
            for k in visit.classes
            if fleet[k].kind not in (*node.barred_kinds, *index.hub.barred_kinds)
            and index.regular_at(node) in ("", fleet[k].regular)
            and visit.deliver.fits(fleet[k].capacity)
            and visit.pick_up.fits(fleet[k].capacity)
            and service_s <= stay_s(k, node.node_id, visit.pick_up.pieces > 0)
        )

    return able


def _demand(index: DayIndex, matrix: RoadMatrix, visit: Visit, class_number: Mapping[int, int]) -> Demand:
    node = index.nodes[visit.node_id]
    return Demand(
        node=matrix.position[node.node_id],
        deliver=visit.deliver,
        pick_up=visit.pick_up,
        handling_s=node.service_per_piece_s * (visit.deliver.pieces + visit.pick_up.pieces),
        classes=frozenset(class_number[k] for k in visit.classes),
        leaving_fen=sum(index.leaving_fen(c) for c in visit.consignments),
        may_wait=visit.may_wait,
        due_s=node.due_by_s,
        late_fen_per_min=late_fen_per_min(index, visit.consignments),
    )
