"""One day of a plan, driven event by event in plain Python: what the forecast's arrays are held against.

It follows vehicles first, then each consignment on its way, and shares nothing with ``services.route.forecast`` but
what the words mean.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from services.model.agreements import Direction
from services.model.day import Day, Noise
from services.model.lines import LineKind, Trip
from services.model.plan import Plan, Run, Shuttle, Stop
from services.route.forecast.draws import Draws


@dataclass(frozen=True, slots=True)
class Luck:
    """One day's chances, as functions of what they concern: factors, and by how many seconds a trip leaves late."""

    roads: float
    leg: Callable[[int, int], float]
    dwell: Callable[[int, int], float]
    shuttle: Callable[[int], float]
    trip_leg: Callable[[Trip, int], float]
    delay_s: Callable[[Trip], int]


def luck_of(draws: Draws, number: int) -> Luck:
    """The chances of one of the drawn days."""
    return Luck(
        roads=float(draws.roads[number]),
        leg=lambda run, stop: float(draws.legs[run][number, stop - 1]),
        dwell=lambda run, stop: float(draws.dwells[run][number, stop]),
        shuttle=lambda shuttle: float(draws.shuttles[number, shuttle]),
        trip_leg=lambda trip, call: float(draws.trip_legs[trip.trip_id][number, call - 1]),
        delay_s=lambda trip: int(draws.trip_delays_s[trip.trip_id][number]),
    )


def own_luck(noise: Noise, generator: random.Random) -> Luck:
    """Chances drawn one by one, with Python's own generator."""
    means = {
        LineKind.BUS: noise.bus_delay_s,
        LineKind.POSTAL: noise.postal_delay_s,
        LineKind.FREIGHT: noise.freight_delay_s,
        LineKind.RAIL: noise.rail_delay_s,
        LineKind.COMMERCE: noise.commerce_delay_s,
    }

    def factor(permille: int) -> float:
        variance = math.log(1 + (permille / 1_000) ** 2)
        return generator.lognormvariate(-variance / 2, math.sqrt(variance))

    return Luck(
        roads=factor(noise.day_permille),
        leg=lambda *_: factor(noise.leg_permille),
        dwell=lambda *_: factor(noise.dwell_permille),
        shuttle=lambda _: factor(noise.leg_permille),
        trip_leg=lambda trip, _: 1.0 if trip.kind is LineKind.RAIL else factor(noise.leg_permille),
        delay_s=lambda trip: round(generator.expovariate(1 / mean)) if (mean := means[trip.kind]) else 0,
    )


@dataclass(slots=True)
class DayLog:
    """What happened: calls by run id and position, trips caught by booking, consignments on time."""

    starts_s: dict[tuple[str, int], int] = field(default_factory=dict)
    departures_s: dict[tuple[str, int], int] = field(default_factory=dict)
    calls_on_time: dict[tuple[str, int], bool] = field(default_factory=dict)
    caught: dict[str, bool] = field(default_factory=dict)
    on_time: dict[str, bool] = field(default_factory=dict)


def simulate_day(day: Day, plan: Plan, luck: Luck) -> DayLog:
    """Drive one day."""
    return DaySimulator(day, plan).run(luck)


class DaySimulator:
    """A plan to be driven on as many days as one likes."""

    luck: Luck

    def __init__(self, day: Day, plan: Plan) -> None:
        self.plan, self.log = plan, DayLog()
        self.nodes = {node.node_id: node for node in day.county.network.nodes}
        self.vehicles = {vehicle.vehicle_id: vehicle for vehicle in day.county.vehicles}
        self.goods = {c.consignment_id: c for c in day.consignments}
        self.trips = {trip.trip_id: trip for line in day.county.lines for trip in line.trips}
        self.bookings = {b.consignment_id: b for b in plan.bookings}
        self.calls: dict[str, list[tuple[Run, int]]] = {}
        for run in plan.runs:
            for i, stop in enumerate(run.stops):
                for consignment_id in (*stop.drop, *stop.take):
                    self.calls.setdefault(consignment_id, []).append((run, i))
        self.drops = {(run.run_id, i, c) for run in plan.runs for i, stop in enumerate(run.stops) for c in stop.drop}
        self.feeders: dict[str, list[tuple[int, Shuttle]]] = {}
        for i, shuttle in enumerate(plan.shuttles):
            for consignment_id in shuttle.consignment_ids:
                if self.bookings[consignment_id].trip_id == shuttle.trip_id:
                    self.feeders.setdefault(consignment_id, []).append((i, shuttle))
        self.handling = {id(stop): self.handling_s(stop) for run in plan.runs for stop in run.stops}

    def run(self, luck: Luck) -> DayLog:
        """Drive one day."""
        self.luck, self.log = luck, DayLog()
        self.left: dict[tuple[str, int], int] = {}
        self.reached: dict[tuple[str, int], int] = {}
        self.in_hours: dict[tuple[str, int], bool] = {}
        for trip_id in dict.fromkeys(b.trip_id for b in self.plan.bookings):
            self.run_trip(self.trips[trip_id])
        for number, run in enumerate(self.plan.runs):
            self.drive(run, number)
        for consignment_id in {**self.calls, **self.bookings}:
            self.log.on_time[consignment_id] = self.follow(consignment_id)
        for run in self.plan.runs:
            for i, stop in enumerate(run.stops):
                goods = (*stop.drop, *stop.take)
                self.log.calls_on_time[run.run_id, i] = all([self.is_good_call(run, i, c) for c in goods])
        return self.log

    def gone(self, planned: int, now: int) -> int:
        """The time of something, which is certain once the plan has lived through it."""
        if self.plan.as_of_s is None:
            return now
        return planned if planned <= self.plan.as_of_s else max(now, self.plan.as_of_s)

    def run_trip(self, trip: Trip) -> None:
        calls = trip.stop_times
        now = self.gone(calls[0].departure_s, calls[0].departure_s + self.luck.delay_s(trip))
        self.left[trip.trip_id, 0] = now
        for i in range(1, len(calls)):
            planned = calls[i].arrival_s - calls[i - 1].departure_s
            weather = 1.0 if trip.kind is LineKind.RAIL else self.luck.roads
            now = max(now + round(planned * weather * self.luck.trip_leg(trip, i)), calls[i].arrival_s)
            now = self.gone(calls[i].arrival_s, now)
            self.reached[trip.trip_id, i] = now
            now = self.gone(calls[i].departure_s, max(now, calls[i].departure_s))
            self.left[trip.trip_id, i] = now

    def drive(self, run: Run, number: int) -> None:
        vehicle = self.vehicles[run.vehicle_id]
        now, at_wheel = run.stops[0].start_s, 0
        for i, stop in enumerate(run.stops):
            if i > 0:
                planned = stop.arrival_s - run.stops[i - 1].departure_s - stop.rest_s
                ahead = round(planned * self.luck.roads * self.luck.leg(number, i))
                if self.plan.as_of_s is not None and stop.arrival_s <= self.plan.as_of_s:
                    ahead = planned
                while vehicle.max_drive_s is not None and at_wheel + ahead > vehicle.max_drive_s:
                    stretch = vehicle.max_drive_s - at_wheel
                    now, ahead, at_wheel = now + stretch + vehicle.rest_s, ahead - stretch, 0
                now, at_wheel = self.gone(stop.arrival_s, now + ahead), at_wheel + ahead
            if stop.drop or stop.take:
                now = max(now, self.nodes[stop.node_id].opens_s)
                for consignment_id in stop.take:
                    if self.goods[consignment_id].direction is Direction.INBOUND and consignment_id in self.bookings:
                        now = max(now, self.available_s(consignment_id))
                if self.plan.as_of_s is not None and stop.arrival_s < stop.start_s:
                    now = max(now, stop.start_s)
            now = self.gone(stop.start_s, now)
            self.log.starts_s[run.run_id, i] = now
            now += max(round(self.handling[id(stop)] * self.luck.dwell(number, i)), stop.recharge_s)
            now = self.gone(stop.departure_s, now)
            self.log.departures_s[run.run_id, i] = now

    def handling_s(self, stop: Stop) -> int:
        goods = [self.goods[c] for c in (*stop.drop, *stop.take)]
        node = self.nodes[stop.node_id]
        return node.service_s + node.service_per_piece_s * sum(c.pieces for c in goods) if goods else 0

    def available_s(self, consignment_id: str) -> int:
        booking = self.bookings[consignment_id]
        return self.reached[booking.trip_id, booking.alight_index] + self.trips[booking.trip_id].handling_s

    def ready_by_s(self, consignment_id: str) -> int:
        booking = self.bookings[consignment_id]
        return self.left[booking.trip_id, booking.board_index] - self.trips[booking.trip_id].handling_s

    def is_good_call(self, run: Run, i: int, consignment_id: str) -> bool:
        """Whether what a call does with a consignment is in time."""
        if not self.is_in_hours(run, i):
            return False
        if (run.run_id, i, consignment_id) not in self.drops:
            return True
        if self.goods[consignment_id].direction is Direction.INBOUND:
            node = self.nodes[run.stops[i].node_id]
            return node.due_by_s is None or self.log.starts_s[run.run_id, i] <= node.due_by_s
        ends = self.log.departures_s[run.run_id, i]
        return consignment_id not in self.bookings or ends <= self.ready_by_s(consignment_id)

    def is_in_hours(self, run: Run, i: int) -> bool:
        """Whether a call keeps to the node's and the driver's hours."""
        known = self.in_hours.get((run.run_id, i))
        if known is not None:
            return known
        stop, vehicle = run.stops[i], self.vehicles[run.vehicle_id]
        home_by = vehicle.shift_end_s
        if vehicle.max_work_s is not None:
            home_by = min(home_by, self.log.starts_s[run.run_id, 0] + vehicle.max_work_s)
        starts, ends = self.log.starts_s[run.run_id, i], self.log.departures_s[run.run_id, i]
        kept = starts + self.handling[id(stop)] <= self.nodes[stop.node_id].closes_s and ends <= home_by
        self.in_hours[run.run_id, i] = kept
        return kept

    def follow(self, consignment_id: str) -> bool:
        """Follow a consignment from where it starts to where it ends."""
        inbound = self.goods[consignment_id].direction is Direction.INBOUND
        calls = self.calls.get(consignment_id, [])
        by_run = all([self.is_good_call(run, i, consignment_id) for run, i in calls])
        if consignment_id not in self.bookings:
            return by_run
        booking = self.bookings[consignment_id]
        caught = by_run or not calls or inbound
        good = by_run
        fetched = False
        for i, shuttle in self.feeders.get(consignment_id, []):
            takes = round((shuttle.arrival_s - shuttle.departure_s) * self.luck.roads * self.luck.shuttle(i))
            if shuttle.to_node == booking.board_node:
                caught = self.gone(shuttle.arrival_s, shuttle.departure_s + takes) <= self.ready_by_s(consignment_id)
            else:
                fetched = True
                leaves = max(shuttle.departure_s, self.available_s(consignment_id))
                good = good and self.gone(shuttle.arrival_s, leaves + takes) <= self.nodes[shuttle.to_node].closes_s
        self.log.caught[booking.booking_id] = caught
        if not fetched and not (calls and inbound):
            end = self.nodes[booking.alight_node]
            good = good and self.available_s(consignment_id) <= end.closes_s
            if inbound and end.due_by_s is not None:
                good = good and self.available_s(consignment_id) <= end.due_by_s
        return good and caught
