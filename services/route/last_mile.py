"""The last mile 末端接驳: bookings to the station of a small vehicle, which does the rest of the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.model.network import Node
from services.route.charging import longest_trip_m
from services.route.day_index import DayIndex
from services.route.options import BookingOption, hub_sides, is_possible, make_option
from services.route.rests import pace_of, paced
from services.route.roads.source import RoadMatrix
from services.route.room import load_of, room_on
from services.route.run_task import is_for_runs
from services.route.schedule import agreement_on


def last_mile_vehicles(index: DayIndex) -> Iterator[Vehicle]:
    """The vehicles whose depot lies in a township and lets them call: they load there what trips bring."""
    return (
        vehicle
        for vehicle in index.day.county.vehicles
        if not is_for_runs(index, vehicle)
        and vehicle.down_from_s is None
        and vehicle.kind not in index.nodes[vehicle.depot].barred_kinds
    )


def may_do_last_mile(index: DayIndex, vehicle: Vehicle, consignment: Consignment) -> bool:
    """Whether a vehicle may carry a consignment to its node, keeps its temperature and has the room."""
    used = index.node_ids[consignment.consignment_id][:1]
    return (
        all(index.may_call(vehicle, index.nodes[node_id]) for node_id in used)
        and bool(index.ways(consignment, ResourceKind.VEHICLE, vehicle.vehicle_id))
        and consignment.temperature in vehicle.temperatures
        and load_of(consignment).fits(room_on(vehicle))
    )


def enumerate_last_mile(index: DayIndex, matrix: RoadMatrix) -> list[BookingOption]:
    """List every booking to a station from where a vehicle could do the rest, each possible on its own.

    Stations whose storage is limited are left out: what passes through them would use up room that is promised to what
    stays there. So are bookings whose rest would use up another agreement's pieces a day: no engine knows two such
    limits at once.
    """
    wanted = _wanted_at_stations(index, matrix)
    return [
        option
        for line, trip in index.trips.values()
        for hub_side, (village_side, stop) in product(hub_sides(index, trip), enumerate(trip.stop_times))
        for consignment in wanted.get(stop.node_id, ())
        if hub_side.index != village_side
        and (hub_side.index < village_side) == (consignment.direction is Direction.INBOUND)
        for option in make_option(index, consignment, line, trip, hub_side, village_side, stop.node_id)
        if is_possible(index, option) and _counts_once(index, option)
    ]


def _counts_once(index: DayIndex, option: BookingOption) -> bool:
    consignment = option.consignment
    return not any(
        index.counts_towards_limit(consignment, agreement_id)
        for vehicle in last_mile_vehicles(index)
        if vehicle.depot == option.station and may_do_last_mile(index, vehicle, consignment)
        if (agreement_id := agreement_on(index, consignment, vehicle, option.agreement_id)) != option.agreement_id
    )


def _wanted_at_stations(index: DayIndex, matrix: RoadMatrix) -> dict[str, list[Consignment]]:
    """The consignments that some vehicle of each station could bring or fetch."""
    vehicles: defaultdict[str, list[Vehicle]] = defaultdict(list)
    for vehicle in last_mile_vehicles(index):
        station = index.nodes[vehicle.depot]
        if station.is_open_on(index.day.service_date) and not station.has_limited_storage:
            vehicles[vehicle.depot].append(vehicle)
    return {
        station: [
            consignment
            for consignment in index.day.consignments
            if station not in consignment.node_ids
            and index.node_ids[consignment.consignment_id]
            and any(
                may_do_last_mile(index, vehicle, consignment)
                and _is_near(index, matrix, vehicle, index.nodes[index.node_ids[consignment.consignment_id][0]])
                for vehicle in at_station
            )
        ]
        for station, at_station in vehicles.items()
    }


def _is_near(index: DayIndex, matrix: RoadMatrix, vehicle: Vehicle, node: Node) -> bool:
    """Whether a vehicle can go to a node and back within its range and its shift."""
    there = matrix.position[vehicle.depot], matrix.position[node.node_id]
    back = there[1], there[0]
    distance_m = int(matrix.distance_m[there]) + int(matrix.distance_m[back])
    drive_s = int(matrix.duration_s[there]) + int(matrix.duration_s[back])
    duration_s = paced(drive_s, pace_of(vehicle)) + node.service_s
    longest_m = longest_trip_m(vehicle)
    return (longest_m is None or distance_m <= longest_m) and (
        duration_s <= vehicle.shift_end_s - vehicle.shift_start_s
    )
