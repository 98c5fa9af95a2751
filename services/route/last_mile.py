"""The last mile 末端接驳: bookings to the station of a small vehicle, which does the rest of the way."""

from __future__ import annotations

from itertools import product

from services.model.agreements import Direction, Temperature
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


class LastMileFleet:
    """The vehicles whose depot lies in a township and lets them call: they load there what trips bring."""

    def __init__(self, index: DayIndex) -> None:
        self._index = index
        self.vehicles = tuple(
            vehicle
            for vehicle in index.day.county.vehicles
            if not is_for_runs(index, vehicle)
            and vehicle.down_from_s is None
            and vehicle.kind not in index.nodes[vehicle.depot].barred_kinds
        )
        self.at_station: dict[str, list[Vehicle]] = {}
        for vehicle in self.vehicles:
            self.at_station.setdefault(vehicle.depot, []).append(vehicle)
        self._rooms = {vehicle.vehicle_id: room_on(vehicle) for vehicle in self.vehicles}
        # Many consignments have the same rights at the same node.
        self._may: dict[tuple[str, str, Temperature, tuple[str, ...]], bool] = {}

    def may_carry(self, vehicle: Vehicle, consignment: Consignment) -> bool:
        """Whether a vehicle may carry a consignment to its node, keeps its temperature and has the room."""
        used = self._index.node_ids[consignment.consignment_id][:1]
        key = vehicle.vehicle_id, consignment.admission_set_id, consignment.temperature, used
        if key not in self._may:
            self._may[key] = (
                all(self._index.may_call(vehicle, self._index.nodes[node_id]) for node_id in used)
                and bool(self._index.ways(consignment, ResourceKind.VEHICLE, vehicle.vehicle_id))
                and consignment.temperature in vehicle.temperatures
            )
        return self._may[key] and load_of(consignment).fits(self._rooms[vehicle.vehicle_id])


def enumerate_last_mile(index: DayIndex, matrix: RoadMatrix) -> list[BookingOption]:
    """List every booking to a station from where a vehicle could do the rest, each possible on its own.

    Stations whose storage is limited are left out: what passes through them would use up room that is promised to what
    stays there. So are bookings whose rest would use up another agreement's pieces a day: no engine knows two such
    limits at once.
    """
    fleet = LastMileFleet(index)
    if not fleet.vehicles:
        return []
    wanted = _wanted_at_stations(index, matrix, fleet)
    has_limits = any(agreement.max_pieces_per_day is not None for agreement in index.day.county.agreements)
    return [
        option
        for line, trip in index.trips.values()
        for hub_side, (village_side, stop) in product(hub_sides(index, trip), enumerate(trip.stop_times))
        for consignment in wanted.get(stop.node_id, ())
        if hub_side.index != village_side
        and (hub_side.index < village_side) == (consignment.direction is Direction.INBOUND)
        for option in make_option(index, consignment, line, trip, hub_side, village_side, stop.node_id)
        if is_possible(index, option) and (not has_limits or _counts_once(index, fleet, option))
    ]


def _counts_once(index: DayIndex, fleet: LastMileFleet, option: BookingOption) -> bool:
    consignment = option.consignment
    return not any(
        index.counts_towards_limit(consignment, agreement_id)
        for vehicle in fleet.at_station.get(option.station, ())
        if fleet.may_carry(vehicle, consignment)
        if (agreement_id := agreement_on(index, consignment, vehicle, option.agreement_id)) != option.agreement_id
    )


def _wanted_at_stations(index: DayIndex, matrix: RoadMatrix, fleet: LastMileFleet) -> dict[str, list[Consignment]]:
    """The consignments that some vehicle of each station could bring or fetch."""
    open_stations = {
        station: at_station
        for station, at_station in fleet.at_station.items()
        if index.nodes[station].is_open_on(index.day.service_date) and not index.nodes[station].has_limited_storage
    }
    near: dict[tuple[str, str], bool] = {}

    def is_near(vehicle: Vehicle, node_id: str) -> bool:
        key = vehicle.vehicle_id, node_id
        if key not in near:
            near[key] = _is_near(index, matrix, vehicle, index.nodes[node_id])
        return near[key]

    return {
        station: [
            consignment
            for consignment in index.day.consignments
            if station not in consignment.node_ids
            and index.node_ids[consignment.consignment_id]
            and any(
                fleet.may_carry(vehicle, consignment)
                and is_near(vehicle, index.node_ids[consignment.consignment_id][0])
                for vehicle in at_station
            )
        ]
        for station, at_station in open_stations.items()
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
