"""Vehicles put together for a bound: those of one rate and depot are one kind that may do what any of them may.

What a kind can do is never less than what each of its vehicles can, and what it costs never more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.model.network import Node
from services.route.bound.ways import Ways
from services.route.day_index import DayIndex
from services.route.room import load_of, room_on
from services.route.run_task import is_for_runs

# So many unknowns, kinds times nodes, and the program is still solved in a moment; at least so many kinds are kept
# apart.
MOST_CALLS: Final = 350
LEAST_KINDS: Final = 2
# What a day of a van is like, to tell which kinds cost nearly the same.
_DAY_M: Final = 150_000
_DAY_S: Final = 30_000


@dataclass(frozen=True, slots=True)
class Kind:
    """Vehicles that load at the hub, or for the last mile each at its station. Numbers are rows of the ways.

    ``bases`` counts the vehicles that load at each, ``depots`` are where they start and end. ``m_fen`` and
    ``s_fen`` are the price of a metre with its CO2 and of a second; ``rounding_fen`` is what rounding may take off a
    run's cost. ``work_s`` and ``day_m`` are the longest day of any of them, ``room`` its grams, millilitres and pieces.
    """

    vehicles: tuple[Vehicle, ...]
    bases: Mapping[int, int]
    depots: frozenset[int]
    fixed_fen: int
    m_fen: float
    s_fen: float
    rounding_fen: float
    work_s: int
    day_m: int | None
    room: tuple[int, int, int]
    max_trips: int
    is_last_mile: bool

    @property
    def day_fen(self) -> float:
        """What a day of one costs, more or less."""
        return self.fixed_fen + self.m_fen * _DAY_M + self.s_fen * _DAY_S


def kinds_of(index: DayIndex, ways: Ways, nodes: int) -> list[Kind]:
    """Put the fleet together; vehicles that cannot load where they have to are left out.

    Those from the hub that cost nearly the same are put together until ``nodes`` that each may call at are not too many
    unknowns; what keeps cold goods stays apart from what does not. Those of the last mile are one kind.
    """
    groups: dict[tuple[object, ...], list[Vehicle]] = {}
    stations: list[Vehicle] = []
    for vehicle in index.day.county.vehicles:
        if kind_of(index, ways, vehicle) is None:
            continue
        rates = vehicle.fixed_fen, vehicle.per_km_fen, vehicle.per_hour_fen, vehicle.co2_g_per_km
        if is_for_runs(index, vehicle):
            groups.setdefault((_keeps_cold(vehicle), vehicle.depot, *rates), []).append(vehicle)
        else:
            stations.append(vehicle)
    kinds = [_kind(index, ways, group) for group in groups.values()]
    while len(kinds) > max(LEAST_KINDS, MOST_CALLS // max(1, nodes)):
        alike = [
            (abs(a.day_fen - b.day_fen), i, j)
            for (i, a), (j, b) in combinations(enumerate(kinds), 2)
            if _keeps_cold(a.vehicles[0]) == _keeps_cold(b.vehicles[0])
        ]
        if not alike:
            break
        _, i, j = min(alike)
        together = _kind(index, ways, (*kinds[i].vehicles, *kinds[j].vehicles))
        kinds = [*kinds[:i], together, *kinds[i + 1 : j], *kinds[j + 1 :]]
    return [*kinds, *([_kind(index, ways, stations)] if stations else [])]


def kind_of(index: DayIndex, ways: Ways, vehicle: Vehicle) -> Kind | None:
    """A vehicle as a kind of its own; ``None`` where it cannot load."""
    base = index.hub if is_for_runs(index, vehicle) else index.nodes[vehicle.depot]
    if vehicle.kind in base.barred_kinds or not base.is_open_on(index.day.service_date):
        return None
    return _kind(index, ways, [vehicle])


def _keeps_cold(vehicle: Vehicle) -> bool:
    return any(temperature.is_cold for temperature in vehicle.temperatures)


def _kind(index: DayIndex, ways: Ways, vehicles: Sequence[Vehicle]) -> Kind:
    co2_fen_per_kg = index.day.objective.co2_fen_per_kg
    from_hub, hub = is_for_runs(index, vehicles[0]), ways.position[index.hub.node_id]
    depots = Counter(ways.position[vehicle.depot] for vehicle in vehicles)
    rooms = [_room(vehicle) for vehicle in vehicles]
    days_m = [day_limit_m(vehicle) for vehicle in vehicles]
    is_rounded = any(v.per_km_fen for v in vehicles), any(v.per_hour_fen for v in vehicles)
    has_co2 = co2_fen_per_kg > 0 and any(v.co2_g_per_km for v in vehicles)
    return Kind(
        vehicles=tuple(vehicles),
        bases={hub: len(vehicles)} if from_hub else depots,
        depots=frozenset(depots),
        fixed_fen=min(v.fixed_fen for v in vehicles),
        m_fen=min(v.per_km_fen / 1000 + v.co2_g_per_km * co2_fen_per_kg / 1_000_000 for v in vehicles),
        s_fen=min(v.per_hour_fen for v in vehicles) / 3600,
        rounding_fen=0.5 * (sum(is_rounded) + has_co2),
        work_s=max(work_s(v) for v in vehicles),
        day_m=None if None in days_m else max(day_m for day_m in days_m if day_m is not None),
        room=(max(r[0] for r in rooms), max(r[1] for r in rooms), max(r[2] for r in rooms)),
        max_trips=max(v.max_trips for v in vehicles),
        is_last_mile=not from_hub,
    )


def work_s(vehicle: Vehicle) -> int:
    """The longest day of a vehicle's driver."""
    shift_s = vehicle.shift_end_s - vehicle.shift_start_s
    return shift_s if vehicle.max_work_s is None else min(shift_s, vehicle.max_work_s)


def day_limit_m(vehicle: Vehicle) -> int | None:
    """How far a vehicle drives in a day, however often it recharges; ``None`` without a limit."""
    limits = (vehicle.max_distance_m, vehicle.range_m if vehicle.recharge_s is None else None)
    return min((limit for limit in limits if limit is not None), default=None)


def _room(vehicle: Vehicle) -> tuple[int, int, int]:
    """What it carries at once, main hold and cold compartment together."""
    room = room_on(vehicle)
    apart = room.compartment
    return (
        room.weight_g + (apart.weight_g if apart else 0),
        room.volume_ml + (apart.volume_ml if apart else 0),
        room.pieces,
    )


def bases_that_serve(index: DayIndex, ways: Ways, kind: Kind, consignment: Consignment, node: Node) -> frozenset[int]:
    """Where vehicles of a kind load that could bring or fetch a consignment at a node, were it their only one."""
    able = (
        vehicle
        for vehicle in kind.vehicles
        if _may_carry(index, vehicle, consignment, node) and _reaches(index, ways, vehicle, consignment, node)
    )
    if kind.is_last_mile:
        return frozenset(ways.position[vehicle.depot] for vehicle in able)
    return frozenset(kind.bases) if next(able, None) is not None else frozenset()


def _may_carry(index: DayIndex, vehicle: Vehicle, consignment: Consignment, node: Node) -> bool:
    return (
        bool(index.ways(consignment, ResourceKind.VEHICLE, vehicle.vehicle_id))
        and (not consignment.temperature.is_cold or consignment.temperature in vehicle.temperatures)
        and load_of(consignment).fits(room_on(vehicle))
        and index.may_call(vehicle, node)
    )


def _reaches(index: DayIndex, ways: Ways, vehicle: Vehicle, consignment: Consignment, node: Node) -> bool:
    """Whether the shortest day with this call alone keeps to range, shift, work and hours."""
    base_node = index.hub if is_for_runs(index, vehicle) else index.nodes[vehicle.depot]
    inbound = consignment.direction is Direction.INBOUND
    calls = (base_node, node) if inbound else (node, base_node)
    rows = [ways.position[vehicle.depot], *(ways.position[call.node_id] for call in calls)]
    legs = list(pairwise((*rows, rows[0])))
    legs_s = [int(ways.duration_s[leg]) for leg in legs]
    longest_m = day_limit_m(vehicle)
    if longest_m is not None and sum(int(ways.distance_m[leg]) for leg in legs) > longest_m:
        return False
    stays_s = [call.service_s + call.service_per_piece_s * consignment.pieces for call in calls]
    if sum(legs_s) + sum(stays_s) > work_s(vehicle):
        return False
    at_s = vehicle.shift_start_s
    for call, leg_s, stay_s in zip(calls, legs_s, stays_s, strict=False):
        at_s = max(at_s + leg_s, call.opens_s) + stay_s
        if at_s > call.closes_s:
            return False
    return at_s + legs_s[-1] <= vehicle.shift_end_s


def earliest_s(index: DayIndex, ways: Ways, kind: Kind, node: Node) -> int:
    """The earliest that any of a kind could hand anything over at a node."""
    start_s, at = min(vehicle.shift_start_s for vehicle in kind.vehicles), ways.position[node.node_id]
    hub, in_town = index.hub, ways.position[index.hub.node_id]
    if kind.is_last_mile:
        return max(node.opens_s, start_s + min(int(ways.duration_s[base, at]) for base in kind.bases))
    to_hub_s = min(int(ways.duration_s[depot, in_town]) for depot in kind.depots)
    loaded_s = max(start_s + to_hub_s, hub.opens_s) + hub.service_s
    return max(node.opens_s, loaded_s + int(ways.duration_s[in_town, at]))
