"""Why a consignment is left behind, in words that a dispatcher can act on."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

from services.model.agreements import Direction, Temperature
from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.model.network import Node
from services.model.plan import Run, Unserved, UnservedReason
from services.model.units import clock
from services.route.day_index import DayIndex
from services.route.engines.engine import Load, Room
from services.route.hand_over import open_nodes
from services.route.rests import pace_of, paced
from services.route.roads.closed import closed_between
from services.route.roads.source import RoadMatrix
from services.route.room import load_of, room_for, room_on
from services.route.run_task import is_for_runs

_WEEKDAYS: Final = "一二三四五六日"
_COLD: Final = {Temperature.CHILLED: "冷藏", Temperature.FROZEN: "冷冻"}


def explain_unserved(
    index: DayIndex, matrix: RoadMatrix, consignment: Consignment, runs: Sequence[Run] = ()
) -> Unserved:
    """Name the first limit that keeps a consignment out, and what would change it; ``runs`` are those of the plan."""
    if index.node_ids[consignment.consignment_id]:
        reason, detail = _reason(index, matrix, consignment, runs)
    else:
        reason, detail = _no_node(index, consignment)
    return Unserved(consignment.consignment_id, reason, detail)


def _reason(
    index: DayIndex, matrix: RoadMatrix, consignment: Consignment, runs: Sequence[Run]
) -> tuple[UnservedReason, str]:
    opened = index.admitted[consignment.admission_set_id][ResourceKind.VEHICLE]
    vehicles = [
        index.vehicles[v]
        for v in opened
        if is_for_runs(index, index.vehicles[v]) and consignment.temperature in index.vehicles[v].temperatures
    ]
    if not vehicles and consignment.temperature.is_cold:
        return (
            UnservedReason.NO_COLD_RESOURCE,
            f"没有{consignment.carrier_id}可用的{_COLD[consignment.temperature]}车辆：需签订含该温层的协议或增加冷藏车",
        )
    if not vehicles and index.admitted[consignment.admission_set_id][ResourceKind.TRIP]:
        return UnservedReason.FLEET_EXHAUSTED, "只有班线可运，而合适的班次已满或时刻不合：增加班次运力，或签订车辆协议"
    if not vehicles:
        return (
            UnservedReason.NO_ADMISSIBLE_RESOURCE,
            f"{consignment.carrier_id}没有可用的车辆：需与车辆所有方签订协议({_pieces_text(consignment)})",
        )
    return _limit_of(index, matrix, consignment, vehicles, runs)


def _limit_of(
    index: DayIndex, matrix: RoadMatrix, consignment: Consignment, vehicles: Sequence[Vehicle], runs: Sequence[Run]
) -> tuple[UnservedReason, str]:
    """What keeps vehicles that may carry a consignment from doing so."""
    node = index.nodes[index.node_ids[consignment.consignment_id][0]]
    regular = index.regular_at(node)
    if regular and regular not in [vehicle.vehicle_id for vehicle in vehicles]:
        return (
            UnservedReason.NO_ADMISSIBLE_RESOURCE,
            f"{node.name} 只由固定车辆 {regular} 送取，它不能运{consignment.carrier_id}的这批件：签订协议或取消固定",
        )
    if regular:
        vehicles = [index.vehicles[regular]]
    if said := _cut_off(index, matrix, node, index.hub):
        return UnservedReason.ROAD_CLOSED, f"{said}：恢复通行后可送达"
    load = load_of(consignment)
    large = [v for v in vehicles if load.fits(room_on(v))]
    if not large:
        most = max(vehicles, key=lambda v: _amounts(room_for(v, consignment.temperature)))
        return UnservedReason.TOO_LARGE, _too_large(load, most, consignment.temperature)
    shortages = [
        _no_entry(index, consignment, vehicle)
        or _stuck(index, matrix, vehicle)
        or _shortage(index, matrix, consignment, vehicle)
        for vehicle in large
    ]
    if all(shortages):
        return UnservedReason.OUT_OF_REACH, min(shortages, key=len)
    what = "均已排满：增加一辆车或延长班次可送达"
    if all(_is_compartment_full(index, vehicle, consignment, runs) for vehicle in large):
        what = "的冷藏隔间均已装满：增大冷藏隔间或增加一辆冷藏车可送达"
    names = "、".join(v.vehicle_id for v in large[:5])
    if regular:
        return UnservedReason.FLEET_EXHAUSTED, f"{node.name} 的固定车辆 {regular} 已排满：延长班次或取消固定可送达"
    return UnservedReason.FLEET_EXHAUSTED, f"{names} 等 {len(large)} 辆可用车辆{what}"


def _no_node(index: DayIndex, consignment: Consignment) -> tuple[UnservedReason, str]:
    """Nobody takes it over: the hub or every node is closed, or has no room."""
    today = index.day.service_date
    weekday = f"周{_WEEKDAYS[today.weekday()]}"
    nodes = [index.nodes[node_id] for node_id in consignment.node_ids]
    names = "、".join(node.name for node in nodes)
    if not index.nodes[consignment.hub_id].is_open_on(today):
        return UnservedReason.OUT_OF_REACH, f"{index.nodes[consignment.hub_id].name}当日（{weekday}）不开放：改日配送"
    if not (open_ids := open_nodes(consignment, index.nodes, today)):
        return UnservedReason.OUT_OF_REACH, f"{names} 当日（{weekday}）不开放：改日配送或增加站点"
    limits = "、".join(_storage_text(index.nodes[node_id]) for node_id in open_ids)
    size = f"{consignment.pieces} 件 {consignment.volume_ml / 1000:g} L"
    if all(_exceeds(consignment, index.nodes[node_id]) for node_id in open_ids):
        return UnservedReason.TOO_LARGE, f"{size} 超出站点存放上限：{limits}；增加格口或站点可送达"
    return UnservedReason.FLEET_EXHAUSTED, f"站点当日已存满：{limits}；增加格口或站点可再收 {size}"


def _storage_text(node: Node) -> str:
    limits = [
        *([] if node.max_pieces is None else [f"{node.max_pieces} 件"]),
        *([] if node.max_volume_ml is None else [f"{node.max_volume_ml / 1000:g} L"]),
    ]
    return f"{node.name} {'/'.join(limits)}"


def _exceeds(consignment: Consignment, node: Node) -> bool:
    return (node.max_pieces is not None and consignment.pieces > node.max_pieces) or (
        node.max_volume_ml is not None and consignment.volume_ml > node.max_volume_ml
    )


def _pieces_text(consignment: Consignment) -> str:
    size = f"、最大单件 {consignment.max_piece_ml / 1000:g} L" if consignment.max_piece_ml else ""
    return f"最重单件 {consignment.max_piece_g / 1000:g} kg{size}"


def _is_compartment_full(index: DayIndex, vehicle: Vehicle, consignment: Consignment, runs: Sequence[Run]) -> bool:
    """Whether on every trip of a vehicle, which makes as many as it may, its compartment lacks room for goods."""
    if not vehicle.keeps_apart(consignment.temperature):
        return False
    room, load = room_for(vehicle, consignment.temperature), load_of(consignment)
    stops = [stop for run in runs if run.vehicle_id == vehicle.vehicle_id for stop in run.stops]
    most: list[tuple[int, int]] = []
    for stop in stops:
        if stop.node_id == index.hub.node_id:
            most.append((0, 0))
        if most and stop.load_pieces:
            most[-1] = max(most[-1][0], stop.cold_load_g), max(most[-1][1], stop.cold_load_ml)
    # The last call at the hub begins no trip.
    trips = [peak for peak in most if peak != (0, 0)]
    return len(trips) >= vehicle.max_trips and all(
        weight_g + load.weight_g > room.weight_g or volume_ml + load.volume_ml > room.volume_ml
        for weight_g, volume_ml in trips
    )


def _amounts(room: Room) -> tuple[int, int, int]:
    return room.weight_g, room.volume_ml, room.pieces


def _too_large(load: Load, most: Vehicle, temperature: Temperature) -> str:
    """How much is missing in the largest vehicle, or in its compartment where these goods ride in one."""
    room = room_for(most, temperature)
    over = [
        (load.weight_g - room.weight_g, 1000, "kg"),
        (load.volume_ml - room.volume_ml, 1000, "L"),
        (load.pieces - room.pieces, 1, "件"),
    ]
    missing = "、".join(f"{amount / per:g} {unit}" for amount, per, unit in over if amount > 0)
    mail = "（已扣除普服邮件）" if most.mail_g or most.mail_ml or most.mail_pieces else ""
    apart = "冷藏隔间" if most.keeps_apart(temperature) else ""
    return f"超过最大可用车辆 {most.vehicle_id}{' ' if apart else ''}{apart}{mail}：还差 {missing or '组合容量'}"


def _cut_off(index: DayIndex, matrix: RoadMatrix, node: Node, other: Node) -> str:
    """Where closed roads leave no way between two nodes, there or back: which; else empty text."""
    for start, end in ((other, node), (node, other)):
        if not matrix.is_way(matrix.position[start.node_id], matrix.position[end.node_id]):
            roads = closed_between(start, end, index.day.county.network.closed_roads)
            names = "、".join(road.title for road in roads[:3]) or "路网"
            return f"{start.name} 到 {end.name} 封路（{names}），无路可绕"
    return ""


def _stuck(index: DayIndex, matrix: RoadMatrix, vehicle: Vehicle) -> str:
    """Where closed roads part a vehicle's depot from the hub: which; else empty text."""
    said = _cut_off(index, matrix, index.nodes[vehicle.depot], index.hub)
    return f"{vehicle.vehicle_id} 不能出车：{said}" if said else ""


def _no_entry(index: DayIndex, consignment: Consignment, vehicle: Vehicle) -> str:
    """Where a vehicle's kind cannot go to the consignment's node, or to the hub: that, else empty text."""
    for node in (index.nodes[index.node_ids[consignment.consignment_id][0]], index.hub):
        if vehicle.kind in node.barred_kinds:
            return f"{node.name} 不通 {vehicle.kind}：{vehicle.vehicle_id} 不能驶入"
    return ""


def _shortage(index: DayIndex, matrix: RoadMatrix, consignment: Consignment, vehicle: Vehicle) -> str:
    """What this vehicle lacks to serve the consignment alone, or empty text when it could."""
    hub, node = index.hub, index.nodes[index.node_ids[consignment.consignment_id][0]]
    way = [matrix.position[n] for n in (vehicle.depot, hub.node_id, node.node_id, hub.node_id, vehicle.depot)]
    distance_m = sum(int(matrix.distance_m[a, b]) for a, b in itertools.pairwise(way))
    drives = [paced(int(matrix.duration_s[a, b]), pace_of(vehicle)) for a, b in itertools.pairwise(way)]
    service_s = node.service_s + node.service_per_piece_s * consignment.pieces
    for what, longest_m in (("续航", vehicle.max_distance_m), ("一次充电的续航", vehicle.range_m)):
        if longest_m is not None and distance_m > longest_m:
            return f"{vehicle.vehicle_id} 往返 {distance_m / 1000:.0f} km，超出{what} {longest_m / 1000:.0f} km"
    leaves_hub = max(vehicle.shift_start_s + drives[0], hub.opens_s) + hub.service_s
    starts = max(leaves_hub + drives[1], node.opens_s)
    if starts + service_s > node.closes_s:
        return f"{vehicle.vehicle_id} 最早 {clock(starts)} 到达，站点 {clock(node.closes_s)} 关门"
    unloading_s = hub.service_s if consignment.direction is Direction.OUTBOUND else 0
    unloaded = starts + service_s + drives[2] + unloading_s
    if consignment.direction is Direction.OUTBOUND and unloaded > hub.closes_s:
        return f"{vehicle.vehicle_id} 最早 {clock(unloaded)} 卸完，{hub.name} {clock(hub.closes_s)} 关门"
    back = unloaded + drives[3]
    if back > vehicle.shift_end_s:
        return f"{vehicle.vehicle_id} 最早 {clock(back)} 返回，班次 {clock(vehicle.shift_end_s)} 结束"
    work_s = sum(drives) + hub.service_s + service_s + unloading_s
    if vehicle.max_work_s is not None and work_s > vehicle.max_work_s:
        return f"{vehicle.vehicle_id} 需工作 {work_s / 3600:.1f} 小时，上限 {vehicle.max_work_s / 3600:.1f} 小时"
    return ""
