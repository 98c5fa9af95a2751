"""A plan driven on simulated days: when everything begins then, and what is on time.

Who is early goes on at once; who is late makes the call all the same. A vehicle leaves its depot as planned, waits for
a node to open and for the trips whose goods it loads, and for nothing else. Rests fall due by what was really driven.
What a plan that was revised has lived through is no matter of chance: it went as it says there, and nothing that is to
come comes before that time. Where it waits for a promised time, a vehicle does so on every day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.fleet import Vehicle
from services.model.lines import LineKind, Trip
from services.model.network import Node
from services.model.plan import Booking, Plan, Run, Shuttle, Stop
from services.route.forecast.draws import Draws, Floats, Ints

_NOTHING_S: Final = -1  # before the first second of the day

Flags = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class DrivenRun:
    """A run on each day: when its calls begin and end (days, stops), and which of them keep to all that binds them."""

    starts_s: Times
    departures_s: Times
    on_time: Flags


@dataclass(frozen=True, slots=True)
class DrivenDays:
    """A plan on each day: its runs, which bookings' goods catch their trip, and which consignments are on time.

    ``caught`` is by booking, ``on_time`` by consignment; both have an entry a day.
    """

    runs: tuple[DrivenRun, ...]
    caught: Mapping[str, Flags]
    on_time: Mapping[str, Flags]


def drive_days(day: Day, plan: Plan, draws: Draws) -> DrivenDays:
    """Drive a plan that the checker has passed on every drawn day."""
    return _Driving(day, plan, draws).days()


def booked_trips(day: Day, plan: Plan) -> dict[str, Trip]:
    """The trips that a plan books, by id, in the order of its bookings."""
    trips = {trip.trip_id: trip for line in day.county.lines for trip in line.trips}
    return {booking.trip_id: trips[booking.trip_id] for booking in plan.bookings}


@dataclass(frozen=True, slots=True)
class _TripTimes:
    """When a trip leaves and reaches each of its calls (days, calls)."""

    departures_s: Ints
    arrivals_s: Ints


class _Driving:
    """One plan and the days that it is driven on."""

    def __init__(self, day: Day, plan: Plan, draws: Draws) -> None:
        self._plan, self._draws = plan, draws
        self._lived_s = _NOTHING_S if plan.as_of_s is None else plan.as_of_s
        self._nodes: dict[str, Node] = {node.node_id: node for node in day.county.network.nodes}
        self._vehicles: dict[str, Vehicle] = {vehicle.vehicle_id: vehicle for vehicle in day.county.vehicles}
        self._goods: dict[str, Consignment] = {c.consignment_id: c for c in day.consignments}
        self._trips = booked_trips(day, plan)
        self._bookings: dict[str, Booking] = {b.consignment_id: b for b in plan.bookings}
        self._shuttles = {(s.trip_id, c): (i, s) for i, s in enumerate(plan.shuttles) for c in s.consignment_ids}
        self._times = {trip_id: self._trip_times(trip) for trip_id, trip in self._trips.items()}
        self._kept: dict[str, Flags] = {}

    def days(self) -> DrivenDays:
        """Trips wait for nobody, so they come first; runs wait for trips only; bookings need both."""
        runs = tuple(self._drive(run, number) for number, run in enumerate(self._plan.runs))
        caught = {b.booking_id: self._catch(b) for b in self._plan.bookings}
        return DrivenDays(runs, caught, self._kept)

    def _keep(self, consignment_id: str, is_kept: Flags) -> None:
        """A consignment is on time where everything that happens to it is."""
        before = self._kept.get(consignment_id)
        self._kept[consignment_id] = is_kept if before is None else before & is_kept

    def _trip_times(self, trip: Trip) -> _TripTimes:
        draws, calls = self._draws, trip.stop_times
        departure_s = self._as_lived(calls[0].departure_s, calls[0].departure_s + draws.trip_delays_s[trip.trip_id])
        arrivals, departures = [np.full_like(departure_s, calls[0].arrival_s)], [departure_s]
        ones = np.ones(draws.days)
        roads = ones if trip.kind is LineKind.RAIL else draws.roads
        for i in range(1, len(calls)):
            way_s = calls[i].arrival_s - calls[i - 1].departure_s
            taken_s = _taken_s(way_s, roads, draws.trip_legs[trip.trip_id][:, i - 1])
            arrival_s = np.maximum(departures[-1] + taken_s, calls[i].arrival_s)
            arrivals.append(self._as_lived(calls[i].arrival_s, arrival_s))
            departures.append(self._as_lived(calls[i].departure_s, np.maximum(arrivals[-1], calls[i].departure_s)))
        return _TripTimes(np.stack(departures, axis=1), np.stack(arrivals, axis=1))

    def _available_s(self, booking: Booking) -> Ints:
        """From when the goods of a booking can be fetched."""
        arrivals_s = self._times[booking.trip_id].arrivals_s
        return arrivals_s[:, booking.alight_index] + self._trips[booking.trip_id].handling_s

    def _ready_by_s(self, booking: Booking) -> Ints:
        """When the goods of a booking must be at the boarding stop: as long before the trip really leaves."""
        departures_s = self._times[booking.trip_id].departures_s
        return departures_s[:, booking.board_index] - self._trips[booking.trip_id].handling_s

    def _drive(self, run: Run, number: int) -> DrivenRun:
        vehicle, draws = self._vehicles[run.vehicle_id], self._draws
        time_s = np.full(draws.days, run.stops[0].start_s)
        at_wheel_s = np.zeros(draws.days, dtype=np.int64)
        starts, departures, on_time = [], [], []
        for i, stop in enumerate(run.stops):
            if i:
                before = run.stops[i - 1]
                way_s = stop.arrival_s - before.departure_s - stop.rest_s
                drive_s = _taken_s(way_s, draws.roads, draws.legs[number][:, i - 1])
                if stop.arrival_s <= self._lived_s:
                    drive_s = np.full_like(drive_s, way_s)
                rest_s, at_wheel_s = _rests(at_wheel_s + drive_s, vehicle)
                time_s = self._as_lived(stop.arrival_s, time_s + drive_s + rest_s)
            start_s = self._as_lived(stop.start_s, self._start_s(stop, time_s))
            handling_s = self._handling_s(stop)
            taken_s = np.rint(handling_s * draws.dwells[number][:, i]).astype(np.int64)
            time_s = self._as_lived(stop.departure_s, start_s + np.maximum(taken_s, stop.recharge_s))
            starts.append(start_s)
            departures.append(time_s)
            on_time.append(self._judge(stop, start_s, time_s, _off_duty_s(vehicle, starts[0])))
        return DrivenRun(_by_day(starts), _by_day(departures), np.stack(on_time, axis=1))

    def _as_lived(self, planned_s: int, times_s: Ints) -> Ints:
        """The times of what is still to come; of what has been, the planned one."""
        if planned_s <= self._lived_s:
            return np.full_like(times_s, planned_s)
        return np.maximum(times_s, self._lived_s)

    def _handling_s(self, stop: Stop) -> int:
        if not (stop.drop or stop.take):
            return 0
        node = self._nodes[stop.node_id]
        return node.service_s + node.service_per_piece_s * sum(self._goods[c].pieces for c in (*stop.drop, *stop.take))

    def _start_s(self, stop: Stop, arrival_s: Ints) -> Ints:
        if not (stop.drop or stop.take):
            return arrival_s
        start_s = np.maximum(arrival_s, self._nodes[stop.node_id].opens_s)
        for booking in self._booked(stop.take, Direction.INBOUND):
            start_s = np.maximum(start_s, self._available_s(booking))
        if self._plan.as_of_s is not None and stop.start_s > stop.arrival_s:
            start_s = np.maximum(start_s, stop.start_s)
        return start_s

    def _booked(self, consignment_ids: Iterable[str], direction: Direction) -> list[Booking]:
        """The bookings of goods that a run takes from trips, or brings to them."""
        return [
            self._bookings[c] for c in consignment_ids if c in self._bookings and self._goods[c].direction is direction
        ]

    def _judge(self, stop: Stop, start_s: Ints, departure_s: Ints, off_duty_s: Ints) -> Flags:
        """Whether a call keeps to the node's and the driver's hours, and its goods to what else binds them here."""
        node = self._nodes[stop.node_id]
        goods = [self._goods[c] for c in (*stop.drop, *stop.take)]
        if not goods:
            return np.ones(self._draws.days, dtype=np.bool_)
        in_hours = (start_s <= node.closes_s - self._handling_s(stop)) & (departure_s <= off_duty_s)
        all_kept = in_hours
        for consignment in goods:
            kept = in_hours
            if consignment.consignment_id in stop.drop:
                booking = self._bookings.get(consignment.consignment_id)
                if consignment.direction is Direction.INBOUND:
                    if node.due_by_s is not None:
                        kept = kept & (start_s <= node.due_by_s)
                elif booking is not None:
                    kept = kept & (departure_s <= self._ready_by_s(booking))
            self._keep(consignment.consignment_id, kept)
            all_kept = all_kept & kept
        return all_kept

    def _catch(self, booking: Booking) -> Flags:
        """Whether goods are there when their trip leaves; notes as well whether they are handed over in time."""
        name, inbound = booking.consignment_id, self._goods[booking.consignment_id].direction is Direction.INBOUND
        number, shuttle = self._shuttles.get((booking.trip_id, name), (-1, None))
        driven = name in self._kept  # by a run of the last mile
        caught = np.ones(self._draws.days, dtype=np.bool_)
        if shuttle is not None and shuttle.to_node == booking.board_node:
            caught = self._shuttle_arrival_s(shuttle, number, shuttle.departure_s) <= self._ready_by_s(booking)
        elif driven and not inbound:
            caught = self._kept[name]
        self._keep(name, caught)
        available_s, node = self._available_s(booking), self._nodes[booking.alight_node]
        if shuttle is not None and shuttle.from_node == booking.alight_node:
            arrival_s = self._shuttle_arrival_s(shuttle, number, np.maximum(shuttle.departure_s, available_s))
            self._keep(name, arrival_s <= self._nodes[shuttle.to_node].closes_s)
        elif not (driven and inbound):
            self._keep(name, available_s <= node.closes_s)
            if inbound and node.due_by_s is not None:
                self._keep(name, available_s <= node.due_by_s)
        return caught

    def _shuttle_arrival_s(self, shuttle: Shuttle, number: int, departure_s: Ints | int) -> Ints:
        way_s = shuttle.arrival_s - shuttle.departure_s
        arrival_s = departure_s + _taken_s(way_s, self._draws.roads, self._draws.shuttles[:, number])
        return self._as_lived(shuttle.arrival_s, arrival_s)


def _by_day(times_s: Sequence[Ints]) -> Times:
    return np.stack(times_s, axis=1, dtype=np.int32, casting="same_kind")


def _taken_s(planned_s: int, roads: Floats, own: Floats) -> Ints:
    """What a way takes on each day, in whole seconds."""
    return np.rint(planned_s * roads * own).astype(np.int64)


def _off_duty_s(vehicle: Vehicle, start_s: Ints) -> Ints:
    """When the driver's shift or hours of work are over."""
    shift_end_s = np.full_like(start_s, vehicle.shift_end_s)
    return shift_end_s if vehicle.max_work_s is None else np.minimum(shift_end_s, start_s + vehicle.max_work_s)


def _rests(driven_s: Ints, vehicle: Vehicle) -> tuple[Ints, Ints]:
    """Rests on a leg, and the time at the wheel since the last, by what is driven since the one before."""
    if vehicle.max_drive_s is None:
        return np.zeros_like(driven_s), driven_s
    count = np.maximum(0, -(-driven_s // vehicle.max_drive_s) - 1)
    return count * vehicle.rest_s, driven_s - count * vehicle.max_drive_s
