"""The limits that may stand in a consignment's way on one vehicle or trip, each with the most that it could give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.explanations import BindingLimit, LimitKind, SubjectKind
from services.model.fleet import Vehicle
from services.model.lines import Trip
from services.model.network import Node
from services.model.units import DAY_S
from services.route.day_index import DayIndex
from services.route.explain.changes import agreements_for, may_be_opened
from services.route.roads.closed import closed_between

# Handy units: five minutes, a kilogram, a litre, a piece, a kilometre.
UNITS: Final = {"by_s": 300, "by_g": 1_000, "by_ml": 1_000, "by_pieces": 1, "by_m": 1_000, "by_trips": 1}
# Nobody calls half a day more, or a third again of the county, a small change.
_MOST_S: Final = 12 * 3_600
_MOST_M: Final = 400_000
_MOST_TRIPS: Final = 2

_ORDER: Final = (
    (LimitKind.UNSEARCHED,),
    (LimitKind.PRICE,),
    (LimitKind.TRIP_FULL,),
    (LimitKind.STORAGE,),
    (LimitKind.DAILY_LIMIT,),
    (LimitKind.SHIFT, LimitKind.WORK_HOURS),
    (LimitKind.TIME_WINDOW,),
    (LimitKind.REGULAR_VEHICLE,),
    (LimitKind.TRIPS,),
    (LimitKind.CAPACITY_G, LimitKind.CAPACITY_ML, LimitKind.CAPACITY_PIECES),
    (LimitKind.PIECE_SIZE,),
    (LimitKind.RANGE,),
    (LimitKind.ACCESS,),
    (LimitKind.ADMISSIBILITY,),
    (LimitKind.COLD,),
    (LimitKind.ROAD_CLOSED,),
    (LimitKind.PROMISE_PAST,),
)
_RANK: Final = {kind: rank for rank, kinds in enumerate(_ORDER) for kind in kinds}


def disturbance(limit: BindingLimit) -> tuple[int, int, int, int, str]:
    """What a change is ordered by, the least disturbing first: what kind it is, then how much.

    To open a place for a day on which it is closed disturbs more than a promise that is a day longer.
    """
    rank = len(_ORDER) if limit.kind is LimitKind.TIME_WINDOW and limit.by_days else _RANK[limit.kind]
    amounts = limit.by_g // 1_000 + limit.by_ml // 1_000 + limit.by_pieces
    return rank, abs(limit.by_s) + limit.by_m + limit.by_trips + limit.by_fen, amounts, limit.by_days, limit.subject


def vehicle_limits(index: DayIndex, consignment: Consignment, vehicle: Vehicle) -> Iterator[BindingLimit]:
    """List what may keep a consignment off a vehicle's runs."""
    node, day = index.nodes[_node_id(index, consignment)], index.day
    yield from _place_limits(index, consignment, node)
    name = vehicle.vehicle_id
    rights = list(agreements_for(day, consignment, ResourceKind.VEHICLE, name))
    if consignment.temperature not in vehicle.temperatures:
        yield BindingLimit(LimitKind.COLD, SubjectKind.VEHICLE, name)
        is_admitted = bool(rights) or bool(index.ways(consignment, ResourceKind.VEHICLE, name))
    else:
        is_admitted = bool(index.ways(consignment, ResourceKind.VEHICLE, name))
    if not is_admitted and (rights or may_be_opened(day, ResourceKind.VEHICLE, name)):
        yield BindingLimit(LimitKind.ADMISSIBILITY, SubjectKind.VEHICLE, name)
    for one in (node, index.hub):
        if vehicle.kind in one.barred_kinds:
            yield BindingLimit(LimitKind.ACCESS, SubjectKind.NODE, one.node_id)
    if index.regular_at(node) not in ("", name):
        yield BindingLimit(LimitKind.REGULAR_VEHICLE, SubjectKind.NODE, node.node_id)
    yield BindingLimit(
        LimitKind.CAPACITY_G,
        SubjectKind.VEHICLE,
        name,
        by_g=_up(consignment.weight_g, "by_g"),
        by_ml=_up(consignment.volume_ml, "by_ml"),
        by_pieces=consignment.pieces,
    )
    yield BindingLimit(LimitKind.SHIFT, SubjectKind.VEHICLE, name, by_s=_MOST_S)
    if vehicle.shift_start_s:
        yield BindingLimit(LimitKind.SHIFT, SubjectKind.VEHICLE, name, by_s=-min(_MOST_S, vehicle.shift_start_s))
    if vehicle.max_work_s is not None:
        yield BindingLimit(LimitKind.WORK_HOURS, SubjectKind.VEHICLE, name, by_s=_MOST_S)
    if vehicle.max_distance_m is not None or vehicle.range_m is not None:
        yield BindingLimit(LimitKind.RANGE, SubjectKind.VEHICLE, name, by_m=_MOST_M)
    yield BindingLimit(LimitKind.TRIPS, SubjectKind.VEHICLE, name, by_trips=_MOST_TRIPS)
    for one in (node, index.hub):
        yield from _hours(one)
    yield from _daily_limits(index, consignment, ResourceKind.VEHICLE, name)


def trip_limits(index: DayIndex, consignment: Consignment, trip: Trip) -> Iterator[BindingLimit]:
    """List what may keep a consignment off a trip that calls at its node."""
    day, name = index.day, trip.trip_id
    called = [index.nodes[stop.node_id] for stop in trip.stop_times]
    node = next(n for n in called if n.node_id in consignment.node_ids)
    yield from _storage(index, consignment, node)
    rights = list(agreements_for(day, consignment, ResourceKind.TRIP, name))
    is_admitted = bool(index.ways(consignment, ResourceKind.TRIP, name))
    if consignment.temperature.is_cold:
        if not trip.keeps_cold:
            yield BindingLimit(LimitKind.COLD, SubjectKind.TRIP, name)
        for one in (node, *_stations(index, trip)):
            if not one.keeps_cold:
                yield BindingLimit(LimitKind.COLD, SubjectKind.NODE, one.node_id)
    if not is_admitted and (rights or may_be_opened(day, ResourceKind.TRIP, name)):
        yield BindingLimit(LimitKind.ADMISSIBILITY, SubjectKind.TRIP, name)
    over_g = 0 if trip.max_piece_g is None else max(0, consignment.max_piece_g - trip.max_piece_g)
    over_ml = 0 if trip.max_piece_ml is None else max(0, consignment.max_piece_ml - trip.max_piece_ml)
    if over_g or over_ml:
        by_g, by_ml = _up(over_g, "by_g"), _up(over_ml, "by_ml")
        yield BindingLimit(LimitKind.PIECE_SIZE, SubjectKind.TRIP, name, by_g=by_g, by_ml=by_ml)
    yield BindingLimit(
        LimitKind.TRIP_FULL,
        SubjectKind.TRIP,
        name,
        by_g=_up(consignment.weight_g, "by_g"),
        by_ml=_up(consignment.volume_ml, "by_ml"),
        by_pieces=consignment.pieces,
    )
    for one in dict.fromkeys((node, *_stations(index, trip), index.hub)):
        yield from _hours(one)
        if not one.is_open_on(day.service_date):
            yield BindingLimit(LimitKind.TIME_WINDOW, SubjectKind.NODE, one.node_id, by_days=1)
    yield from _daily_limits(index, consignment, ResourceKind.TRIP, name)


def _node_id(index: DayIndex, consignment: Consignment) -> str:
    """Where it is handed over today, or would be."""
    usable = index.node_ids[consignment.consignment_id] or consignment.node_ids
    return next((n for n in usable if index.nodes[n].is_open_on(index.day.service_date)), usable[0])


def _stations(index: DayIndex, trip: Trip) -> list[Node]:
    """Where a trip meets the hub."""
    ends = {end for t in index.day.county.network.transfers for end in (t.from_node, t.to_node)}
    return [index.nodes[s.node_id] for s in trip.stop_times if s.node_id in ends and s.node_id != index.hub.node_id]


def _place_limits(index: DayIndex, consignment: Consignment, node: Node) -> Iterator[BindingLimit]:
    for one in (node, index.hub):
        if not one.is_open_on(index.day.service_date):
            yield BindingLimit(LimitKind.TIME_WINDOW, SubjectKind.NODE, one.node_id, by_days=1)
    yield from _storage(index, consignment, node)
    closed = index.day.county.network.closed_roads
    names = [road.title for way in ((index.hub, node), (node, index.hub)) for road in closed_between(*way, closed)]
    for name in dict.fromkeys(names):
        yield BindingLimit(LimitKind.ROAD_CLOSED, SubjectKind.ROAD, name)


def _storage(index: DayIndex, consignment: Consignment, node: Node) -> Iterator[BindingLimit]:
    # Where it has a place, storage is no limit: it is kept for it.
    if consignment.direction is Direction.OUTBOUND or index.node_ids[consignment.consignment_id]:
        return
    if node.has_limited_storage:
        yield BindingLimit(
            LimitKind.STORAGE,
            SubjectKind.NODE,
            node.node_id,
            by_pieces=0 if node.max_pieces is None else consignment.pieces,
            by_ml=0 if node.max_volume_ml is None else _up(consignment.volume_ml, "by_ml"),
        )


def _hours(node: Node) -> Iterator[BindingLimit]:
    if node.closes_s < DAY_S:
        by_s = min(_MOST_S, DAY_S - node.closes_s)
        yield BindingLimit(LimitKind.TIME_WINDOW, SubjectKind.NODE, node.node_id, by_s=by_s)
    if node.opens_s:
        yield BindingLimit(LimitKind.TIME_WINDOW, SubjectKind.NODE, node.node_id, by_s=-min(_MOST_S, node.opens_s))


def _daily_limits(
    index: DayIndex, consignment: Consignment, kind: ResourceKind, resource_id: str
) -> Iterator[BindingLimit]:
    for agreement_id in index.ways(consignment, kind, resource_id):
        if index.counts_towards_limit(consignment, agreement_id):
            yield BindingLimit(LimitKind.DAILY_LIMIT, SubjectKind.AGREEMENT, agreement_id, by_pieces=consignment.pieces)


def _up(amount: int, unit: str) -> int:
    return -(-amount // UNITS[unit]) * UNITS[unit]
