"""What is left to decide of a day under way, as a day of its own: free goods, vehicles and trips as they are left.

A vehicle that is out with goods is two there: one that goes on from where it is, which alone can deliver what is aboard
and may fetch what is free, and, with ``AGAIN`` behind its name, the same one when it is back at the hub.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from services.model.agreements import Agreement, Direction
from services.model.consignments import Admission, AdmissionSet, Consignment, ResourceKind
from services.model.day import Day
from services.model.fleet import Vehicle
from services.model.lines import Trip
from services.model.plan import Stop
from services.route.day_index import DayIndex, UnderWay
from services.route.hand_over import nodes_to_use
from services.route.options import BookingOption, hub_sides, make_option
from services.route.rests import pace_of, paced
from services.route.revise.past import Begun, Past
from services.route.revise.remainder import Finisher
from services.route.roads.source import RoadMatrix
from services.route.room import total_load
from services.route.run_task import is_for_runs

AGAIN: Final = "\tagain"  # no name of a vehicle has a control character


@dataclass(frozen=True, slots=True)
class Residual:
    """The day of what is free, and by vehicle under way its trip in the old order: what it does if nothing changes."""

    index: DayIndex
    rests: Mapping[str, tuple[tuple[Consignment, ...], ...]]


def residual_of(
    index: DayIndex, matrix: RoadMatrix, past: Past, booked: Sequence[BookingOption], finisher: Finisher
) -> Residual:
    """The day of what is free: no vehicle leaves before now, and what stays booked has its room on its trip.

    A vehicle under way is paid already. One that does the last mile of what stays booked has no time for more. Minimum
    amounts and pieces a day are what those that stay leave of them.
    """
    day, aboard, settled = index.day, past.aboard, past.settled
    out = {v: begun for v, begun in past.begun.items() if not begun.is_down and not begun.is_last_mile}
    rests = {v: _rest(index, begun, settled) for v, begun in out.items()}
    vehicles: list[Vehicle] = []
    under_way: dict[str, UnderWay] = {}
    for vehicle in day.county.vehicles:
        begun = out.get(vehicle.vehicle_id)
        if begun is None:
            is_free = vehicle.vehicle_id not in past.begun and vehicle.vehicle_id not in past.tours
            starts_s = max(vehicle.shift_start_s, past.now_s)
            if is_free and vehicle.down_from_s is None and starts_s < vehicle.shift_end_s:
                vehicles.append(replace(vehicle, shift_start_s=starts_s))
            continue
        again = _again(index, matrix, vehicle, finisher, begun, rests[vehicle.vehicle_id])
        going = _going_on(index, vehicle, begun)
        if going is not None and again is not None:
            # It has to be back when it is to leave again.
            going = replace(going, shift_end_s=min(going.shift_end_s, again.shift_start_s))
        if going is not None:
            vehicles.append(going)
            under_way[vehicle.vehicle_id] = UnderWay(begun.done[-1].node_id, going.shift_start_s)
        if again is not None:
            vehicles.append(again)
    by_trip: dict[str, list[BookingOption]] = {}
    for option in booked:
        by_trip.setdefault(option.trip.trip_id, []).append(option)
    lines = tuple(
        replace(line, trips=tuple(_trip_left(trip, by_trip.get(trip.trip_id, ())) for trip in line.trips))
        for line in day.county.lines
    )
    county = replace(
        day.county,
        vehicles=tuple(vehicles),
        lines=lines,
        agreements=tuple(_agreements_left(index, past, booked)),
    )
    admissions = [*_admissions(day, {v.vehicle_id for v in vehicles}, under_way.keys())]
    admissions += [_aboard_set(vehicle_id, begun) for vehicle_id, begun in out.items()]
    free = tuple(
        replace(c, admission_set_id=_aboard_name(aboard[c.consignment_id]), wait_fen=None)
        if c.consignment_id in aboard
        else replace(c, admission_set_id=_set_name(c.admission_set_id, c.direction))
        for c in day.consignments
        if c.consignment_id not in settled
    )
    residual = DayIndex.of(replace(day, county=county, consignments=free, admission_sets=tuple(admissions)))
    node_ids = {c.consignment_id: index.node_ids[c.consignment_id] for c in free}
    return Residual(replace(residual, node_ids=node_ids, under_way=under_way), rests)


def index_after(day: Day, used: Mapping[str, str]) -> DayIndex:
    """Index a day on which some consignments are handed over at settled nodes, and so take their room first."""
    first = replace(
        day,
        consignments=tuple(
            replace(c, node_ids=(used[c.consignment_id],), emergency=True) if c.consignment_id in used else c
            for c in day.consignments
        ),
    )
    nodes = nodes_to_use(first)
    nodes.update({name: (node,) for name, node in used.items()})
    return replace(DayIndex.of(day), node_ids=nodes)


def option_of(index: DayIndex, consignment: Consignment, booked: tuple[str, int, int, str]) -> BookingOption | None:
    """The option that a booking stands for: trip, boarding and alighting stop, agreement; ``None`` if there is none."""
    trip_id, board_index, alight_index, agreement_id = booked
    line, trip = index.trips[trip_id]
    for side in hub_sides(index, trip):
        if side.index in (board_index, alight_index):
            village_side = alight_index if side.index == board_index else board_index
            node = trip.stop_times[village_side].node_id
            station = "" if node in consignment.node_ids else node
            for option in make_option(index, consignment, line, trip, side, village_side, station):
                if option.agreement_id == agreement_id and option.board_index == board_index:
                    return option
    return None


def is_still_possible(option: BookingOption, now_s: int) -> bool:
    """Whether goods can still be brought to a trip in time."""
    if option.shuttle is not None and option.shuttle.to_node == option.board.node_id:
        return option.shuttle_departure_s >= now_s
    return option.ready_by_s >= now_s


def _rest(index: DayIndex, begun: Begun, settled: Set[str]) -> tuple[tuple[Consignment, ...], ...]:
    visits = (tuple(index.consignments[c] for c in (*stop.drop, *stop.take) if c not in settled) for stop in begun.rest)
    return tuple(visit for visit in visits if visit)


def _going_on(index: DayIndex, vehicle: Vehicle, begun: Begun) -> Vehicle | None:
    """The vehicle from where it is: what it has fetched, driven and worked is taken off its limits."""
    starts_s, ready_s = begun.run.stops[0].start_s, _ready_s(vehicle, begun)
    ends_s = vehicle.shift_end_s
    if vehicle.max_work_s is not None:
        ends_s = min(ends_s, starts_s + vehicle.max_work_s)
    if ready_s >= ends_s:
        return None
    driven_m = sum(stop.leg_distance_m for stop in begun.done)
    fetched = [index.consignments[c] for c in begun.fetched]
    cold = total_load(c for c in fetched if vehicle.keeps_apart(c.temperature))
    rest = total_load(c for c in fetched if not vehicle.keeps_apart(c.temperature))
    return replace(
        vehicle,
        capacity_g=max(1, vehicle.capacity_g - rest.weight_g),
        capacity_ml=max(1, vehicle.capacity_ml - rest.volume_ml),
        capacity_pieces=max(1, vehicle.capacity_pieces - rest.pieces - cold.pieces),
        cold_capacity_g=_less(vehicle.cold_capacity_g, cold.weight_g),
        cold_capacity_ml=_less(vehicle.cold_capacity_ml, cold.volume_ml),
        fixed_fen=0,
        shift_start_s=ready_s,
        shift_end_s=ends_s,
        max_work_s=None,
        max_trips=1,
        max_distance_m=_less(vehicle.max_distance_m, driven_m),
        range_m=_less(vehicle.range_m, sum(stop.leg_distance_m for stop in _since_charge(begun))),
    )


def _ready_s(vehicle: Vehicle, begun: Begun) -> int:
    """When a vehicle can go on, with what the driving since the last rest is of one: so the search reckons rests."""
    ready_s = begun.done[-1].departure_s
    if vehicle.max_drive_s is None:
        return ready_s
    at_wheel_s = 0
    for before, stop in pairwise(begun.done):
        rests = stop.rest_s // vehicle.rest_s
        at_wheel_s += stop.arrival_s - before.departure_s - stop.rest_s - rests * vehicle.max_drive_s
    return ready_s - (-at_wheel_s * vehicle.rest_s // vehicle.max_drive_s)


def _back_s(
    index: DayIndex, matrix: RoadMatrix, vehicle: Vehicle, begun: Begun, rest: tuple[tuple[Consignment, ...], ...]
) -> int:
    """When a vehicle is home from the rest of its trip as the search reckons: its rests shared out, a full load."""
    hub, pace = index.hub, pace_of(vehicle)
    here, at_s = begun.done[-1].node_id, _ready_s(vehicle, begun)
    for visit in rest:
        node = index.nodes[index.node_ids[visit[0].consignment_id][0]]
        drive_s = int(matrix.duration_s[matrix.position[here], matrix.position[node.node_id]])
        at_s = max(at_s + paced(drive_s, pace), node.opens_s)
        at_s += node.service_s + node.service_per_piece_s * sum(c.pieces for c in visit)
        here = node.node_id
    home = [here, hub.node_id, vehicle.depot]
    drives_s = (int(matrix.duration_s[matrix.position[a], matrix.position[b]]) for a, b in pairwise(home))
    pieces = min(vehicle.capacity_pieces, sum(c.pieces for c in index.day.consignments))
    unloading_s = hub.service_s + 2 * hub.service_per_piece_s * pieces
    return at_s + sum(paced(drive_s, pace) for drive_s in drives_s) + unloading_s


def _again(
    index: DayIndex,
    matrix: RoadMatrix,
    vehicle: Vehicle,
    finisher: Finisher,
    begun: Begun,
    rest: tuple[tuple[Consignment, ...], ...],
) -> Vehicle | None:
    """The vehicle when it is back at the hub; ``None`` where it leaves no more."""
    run = finisher.finished(begun, rest)
    trips = sum(any(index.consignments[c].direction is Direction.INBOUND for c in stop.take) for stop in run.stops)
    to_hub = matrix.position[vehicle.depot], matrix.position[index.hub.node_id]
    starts_s = finisher.back_at_hub_s(begun, rest) - int(matrix.duration_s[to_hub])
    starts_s = max(0, starts_s, _back_s(index, matrix, vehicle, begun, rest))
    ends_s = vehicle.shift_end_s
    if vehicle.max_work_s is not None:
        ends_s = min(ends_s, run.stops[0].start_s + vehicle.max_work_s)
    if trips >= vehicle.max_trips or starts_s >= ends_s or not is_for_runs(index, vehicle):
        return None
    left = replace(
        vehicle,
        vehicle_id=vehicle.vehicle_id + AGAIN,
        fixed_fen=0,
        max_trips=vehicle.max_trips - trips,
        shift_start_s=starts_s,
        shift_end_s=ends_s,
        max_work_s=None,
        max_distance_m=_less(vehicle.max_distance_m, run.distance_m),
    )
    return left if vehicle.recharge_s is not None else replace(left, range_m=_less(vehicle.range_m, run.distance_m))


def _less(limit: int | None, spent: int) -> int | None:
    return None if limit is None else max(1, limit - spent)


def _since_charge(begun: Begun) -> Sequence[Stop]:
    charged = max((place for place, stop in enumerate(begun.done) if stop.recharge_s), default=0)
    return begun.done[charged + 1 :]


def _set_name(set_id: str, direction: Direction) -> str:
    return f"{direction}\t{set_id}"


def _aboard_name(vehicle_id: str) -> str:
    return f"aboard\t{vehicle_id}"


def _aboard_set(vehicle_id: str, begun: Begun) -> AdmissionSet:
    """What is aboard stays aboard, under the agreements that it was taken under."""
    agreements = dict.fromkeys(carriage.agreement_id for carriage in begun.run.carriages)
    admissions = tuple(Admission(ResourceKind.VEHICLE, vehicle_id, agreement_id) for agreement_id in agreements)
    return AdmissionSet(_aboard_name(vehicle_id), admissions)


def _admissions(day: Day, vehicles: Set[str], under_way: Set[str]) -> Iterator[AdmissionSet]:
    """The day's admission sets by direction: what is still at the hub cannot go with who has left it."""
    for one in day.admission_sets:
        kept = tuple(a for a in one.admissions if a.kind is not ResourceKind.VEHICLE or a.resource_id in vehicles)
        again = tuple(
            replace(a, resource_id=a.resource_id + AGAIN)
            for a in one.admissions
            if a.kind is ResourceKind.VEHICLE and a.resource_id + AGAIN in vehicles
        )
        at_hub = tuple(a for a in kept if a.kind is not ResourceKind.VEHICLE or a.resource_id not in under_way)
        yield AdmissionSet(_set_name(one.set_id, Direction.INBOUND), (*at_hub, *again))
        yield AdmissionSet(_set_name(one.set_id, Direction.OUTBOUND), (*kept, *again))


def _trip_left(trip: Trip, booked: Sequence[BookingOption]) -> Trip:
    """The trip with the room that its fullest segment has left."""
    if not booked:
        return trip
    loads = [
        total_load(o.consignment for o in booked if o.board_index <= segment < o.alight_index)
        for segment in range(len(trip.stop_times) - 1)
    ]
    return replace(
        trip,
        capacity_g=max(0, trip.capacity_g - max(load.weight_g for load in loads)),
        capacity_ml=max(0, trip.capacity_ml - max(load.volume_ml for load in loads)),
        capacity_pieces=max(0, trip.capacity_pieces - max(load.pieces for load in loads)),
    )


def _agreements_left(index: DayIndex, past: Past, booked: Sequence[BookingOption]) -> Iterator[Agreement]:
    carried = {(o.consignment.consignment_id, o.agreement_id) for o in booked}
    for begun in past.begun.values():
        known = {c for stop in begun.done for c in stop.take}
        carried |= {(c.consignment_id, c.agreement_id) for c in begun.run.carriages if c.consignment_id in known}
    for agreement in index.day.county.agreements:
        name, limit = agreement.agreement_id, agreement.max_pieces_per_day
        spent_fen = sum(o.tariff_fen for o in booked if o.agreement_id == name)
        pieces = sum(
            index.consignments[c].pieces
            for c, agreement_id in carried
            if agreement_id == name and index.counts_towards_limit(index.consignments[c], name)
        )
        yield replace(
            agreement,
            minimum_fen=max(0, agreement.minimum_fen - spent_fen),
            max_pieces_per_day=None if limit is None else max(0, limit - pieces),
        )
