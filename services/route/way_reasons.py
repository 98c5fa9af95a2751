"""Why a village's goods could come by no other way, in words for those who make agreements and timetables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from services.model.agreements import Agreement, Direction, Role, Temperature
from services.model.consignments import Consignment, ResourceKind
from services.model.lines import Line, Trip
from services.model.ways import MODE_OF_LINE, TransportMode
from services.route.day_index import DayIndex
from services.route.insertion import Fleet
from services.route.line_ledger import LineUse
from services.route.other_ways import Way

_LINES: Final[dict[TransportMode, str]] = {
    TransportMode.BUS: "客运班车",
    TransportMode.RAIL: "铁路",
    TransportMode.POST: "邮路",
    TransportMode.SHOP: "商贸配送线",
    TransportMode.FREIGHT: "货运班线",
}
_VEHICLES: Final[dict[Role, str]] = {
    Role.EXPRESS: "快递公司车辆",
    Role.POSTAL: "邮政车辆",
    Role.TRANSIT: "客运公司车辆",
    Role.COMMERCE: "商贸车辆",
    Role.THIRD_PARTY: "第三方车辆",
}
_COLD: Final[dict[Temperature, str]] = {Temperature.CHILLED: "冷藏", Temperature.FROZEN: "冷冻"}
_DIRECTIONS: Final[dict[Direction, str]] = {Direction.INBOUND: "进村", Direction.OUTBOUND: "出村"}


def explain_none(
    index: DayIndex,
    fleet: Fleet,
    goods: Sequence[Consignment],
    choices: Mapping[str, Sequence[LineUse]],
    used: frozenset[Way],
) -> str:
    """Say for each kind of line, and for each sort of owner of vehicles, what keeps ``goods`` off it.

    ``choices`` are each consignment's possible bookings; ``used`` are the ways of today, which need no explanation when
    there is one.
    """
    reasons = [*_line_reasons(index, goods, choices, used), *_vehicle_reasons(index, fleet, goods, used)]
    return "；".join(reasons) or "没有其他班线和车辆"


def _line_reasons(
    index: DayIndex, goods: Sequence[Consignment], choices: Mapping[str, Sequence[LineUse]], used: frozenset[Way]
) -> Iterator[str]:
    nodes = {node_id for c in goods for node_id in c.node_ids}
    calling: dict[TransportMode, list[tuple[Line, Trip]]] = {}
    running: dict[TransportMode, None] = {}
    for line, trip in index.trips.values():
        mode = MODE_OF_LINE[trip.kind]
        if used == {Way(mode)}:
            continue
        running[mode] = None
        if any(stop.node_id in nodes for stop in trip.stop_times):
            calling.setdefault(mode, []).append((line, trip))
    passing = "、".join(_LINES[mode] for mode in running if mode not in calling)
    if passing:
        yield f"{passing}不停本村"
    for mode, trips in calling.items():
        yield f"{_LINES[mode]}{_line_reason(index, goods, choices, mode, trips)}"


def _line_reason(
    index: DayIndex,
    goods: Sequence[Consignment],
    choices: Mapping[str, Sequence[LineUse]],
    mode: TransportMode,
    trips: Sequence[tuple[Line, Trip]],
) -> str:
    for c in goods:
        if any(MODE_OF_LINE[use.trip.kind] is mode for use in choices.get(c.consignment_id, ())):
            continue
        admitted = [trip for _, trip in trips if index.ways(c, ResourceKind.TRIP, trip.trip_id)]
        if admitted:
            return _trip_reason(index, c, admitted)
        return _agreement_reason(index, c, {line.owner for line, _ in trips})
    return "余下运力不足"


def _trip_reason(index: DayIndex, c: Consignment, trips: Sequence[Trip]) -> str:
    """Why no trip that is open to it can take a consignment."""
    if c.temperature.is_cold and not any(trip.keeps_cold for trip in trips):
        return f"不保{_COLD[c.temperature]}"
    if all(trip.max_piece_g is not None and c.max_piece_g > trip.max_piece_g for trip in trips):
        return f"限重，最重单件 {c.max_piece_g / 1000:g} kg"
    if not any(index.ways(c, ResourceKind.NODE, node_id) for node_id in c.node_ids):
        return f"经过，但{_name(index, c.carrier_id)}不能用村内站点"
    return f"没有赶得上的{_DIRECTIONS[c.direction]}班次，或装不下"


def _agreement_reason(index: DayIndex, c: Consignment, owners: set[str]) -> str:
    """Why no agreement opens a line to a consignment."""
    agreements = [
        a
        for a in index.day.county.agreements
        if a.operator in owners and c.carrier_id in a.principals and a.is_in_force(index.day.service_date)
    ]
    if not agreements:
        return f"与{_name(index, c.carrier_id)}没有协议"
    return min((_scope_reason(index, a, c) for a in agreements), key=len)


def _scope_reason(index: DayIndex, agreement: Agreement, c: Consignment) -> str:
    if agreement.temperatures and c.temperature not in agreement.temperatures:
        return f"协议不含{_COLD.get(c.temperature, '常温')}"
    if agreement.directions and c.direction not in agreement.directions:
        return f"协议不含{_DIRECTIONS[c.direction]}"
    if agreement.max_piece_g is not None and c.max_piece_g > agreement.max_piece_g:
        return f"协议限重，最重单件 {c.max_piece_g / 1000:g} kg"
    if agreement.townships and not {index.nodes[n].township_code for n in c.node_ids} & set(agreement.townships):
        return "协议不含本乡镇"
    if agreement.weekdays and index.day.service_date.isoweekday() not in agreement.weekdays:
        return "协议当日不执行"
    return "协议不含部分品类"


def _vehicle_reasons(
    index: DayIndex, fleet: Fleet, goods: Sequence[Consignment], used: frozenset[Way]
) -> Iterator[str]:
    roles = {partner.partner_id: partner.role for partner in index.day.county.partners}
    for role, name in _VEHICLES.items():
        mine = [i for i, vehicle in enumerate(fleet.vehicles) if roles.get(vehicle.owner) is role]
        if not mine or used == {Way(TransportMode.SHARED_RUN, role)}:
            continue
        barred = next((c for c in goods if not fleet.allowed([c])[mine].any()), None)
        if barred is None:
            yield f"{name}余下运力、时间或里程不够"
        elif barred.temperature.is_cold:
            yield f"{name}不运{_name(index, barred.carrier_id)}的{_COLD[barred.temperature]}件"
        else:
            yield f"{name}不运{_name(index, barred.carrier_id)}的部分快件"


def _name(index: DayIndex, partner_id: str) -> str:
    return next((p.name for p in index.day.county.partners if p.partner_id == partner_id), partner_id)
