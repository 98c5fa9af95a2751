"""What of a plan has happened by a time, and what can no longer be decided otherwise.

Whoever has left for a stop comes to it, and goods that are aboard stay there until their node. Goods that were brought
to a trip wait for it; where it does not run they are at the hub, or still in their village, as if they never left.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from services.happenings.lived import lodged, run_stops_done
from services.model.plan import Booking, Plan, Run, Stop, last_mile_runs
from services.route.day_index import DayIndex
from services.route.room import classes_apart, total_load
from services.route.run_task import is_for_runs


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has begun: what is done, and what the trip under way still has to call at, in its old order.

    ``rest`` ends before the vehicle is back at its base; from a station, the whole tour is under way once it has begun.
    """

    run: Run
    done: tuple[Stop, ...]
    rest: tuple[Stop, ...]
    is_down: bool = False
    is_last_mile: bool = False

    @property
    def to_deliver(self) -> tuple[str, ...]:
        """What is aboard for a village on the rest of the trip."""
        coming = {c for stop in self.rest for c in stop.drop}
        return tuple(c for c in self.aboard if c in coming)

    @property
    def fetched(self) -> tuple[str, ...]:
        """What is aboard and comes back with the vehicle."""
        coming = {c for stop in self.rest for c in stop.drop}
        return tuple(c for c in self.aboard if c not in coming)

    @property
    def aboard(self) -> tuple[str, ...]:
        """What was taken and is not dropped yet, in the order in which it was taken."""
        dropped = {c for stop in self.done for c in stop.drop}
        return tuple(c for stop in self.done for c in stop.take if c not in dropped)


@dataclass(frozen=True, slots=True)
class Past:
    """A plan by what is settled of it.

    ``begun`` are the runs under way by vehicle, ``booked`` the bookings that stay, ``tours`` runs of the last mile
    that have not begun and whose trips have. What is in none of these is free to be planned.
    """

    now_s: int
    begun: Mapping[str, Begun]
    booked: tuple[Booking, ...]
    tours: Mapping[str, Run]

    @property
    def settled(self) -> frozenset[str]:
        """The consignments that are settled."""
        goods = {booking.consignment_id for booking in self.booked}
        for begun in self.begun.values():
            for stop in (*begun.done, *(begun.rest if begun.is_last_mile else ())):
                goods.update(stop.take, stop.drop)
        return frozenset(goods - self.aboard.keys())

    @property
    def aboard(self) -> dict[str, str]:
        """The vehicle of what is on its way from the hub to a village: where it calls, and when, is open still."""
        return {
            name: vehicle_id
            for vehicle_id, begun in self.begun.items()
            if not begun.is_down and not begun.is_last_mile
            for name in begun.to_deliver
        }


def read_past(index: DayIndex, plan: Plan, now_s: int, cancelled: Set[str]) -> Past:
    """Take a plan apart; ``index`` is of the day as it is now, on which the ``cancelled`` trips do not run."""
    off = {
        booking.consignment_id
        for booking in plan.bookings
        if booking.trip_id in cancelled and booking.departure_s > now_s
    }
    begun = {}
    for run in plan.runs:
        vehicle = index.vehicles[run.vehicle_id]
        is_down = vehicle.down_from_s is not None
        at_s = now_s if vehicle.down_from_s is None else min(now_s, vehicle.down_from_s)
        if done := run_stops_done(run, at_s, is_down=is_down):
            one = _stopped(index, run, done, at_s) if is_down else _going(index, run, done, off)
            if one is not None:
                begun[run.vehicle_id] = one
    under_way = {c for one in begun.values() for stop in (*one.done, *one.rest) for c in (*stop.take, *stop.drop)}
    last_mile = last_mile_runs(plan)
    # What a vehicle of a station is out for stays booked with it, and so does all that its tour waits for.
    stays = {booking.consignment_id for booking in lodged(plan, now_s)} | (last_mile.keys() & under_way)
    tours = {
        run.vehicle_id: run
        for run in plan.runs
        if run.vehicle_id not in begun
        and index.vehicles[run.vehicle_id].down_from_s is None
        and any(c.consignment_id in (stays & last_mile.keys()) - off for c in run.carriages)
    }
    stays |= {c.consignment_id for run in tours.values() for c in run.carriages}
    booked = tuple(
        b for b in plan.bookings if b.consignment_id in stays - off and b.consignment_id in index.consignments
    )
    return Past(now_s, begun, booked, tours)


def _going(index: DayIndex, run: Run, done: tuple[Stop, ...], off: Set[str]) -> Begun:
    """A run that goes on; what it would have fetched or loaded for trips that are ``off`` it leaves alone."""
    is_from_hub = is_for_runs(index, index.vehicles[run.vehicle_id])
    aboard = {c for stop in done for c in stop.take}
    rest: list[Stop] = []
    for stop in run.stops[len(done) :]:
        if is_from_hub and stop.node_id == index.hub.node_id:
            break
        take, drop = (
            tuple(c for c in goods if c in aboard or (c in index.consignments and c not in off))
            for goods in (stop.take, stop.drop)
        )
        if take or drop:
            rest.append(replace(stop, take=take, drop=drop))
    return Begun(run, done, tuple(rest), is_last_mile=not is_from_hub)


def _stopped(index: DayIndex, run: Run, done: tuple[Stop, ...], at_s: int) -> Begun | None:
    """A run that ends where its vehicle broke down at a time; what it was loading at its base then is not aboard."""
    vehicle, last = index.vehicles[run.vehicle_id], done[-1]
    base = index.hub.node_id if is_for_runs(index, vehicle) else vehicle.depot
    if last.node_id == base and last.take and at_s < last.departure_s:
        aboard = Begun(run, (*done[:-1], replace(last, take=())), (), is_down=True).aboard
        load = total_load(index.consignments[c] for c in aboard)
        cold_g, cold_ml = load.of(classes_apart(vehicle))
        last = replace(
            last,
            take=(),
            load_g=load.weight_g,
            load_ml=load.volume_ml,
            load_pieces=load.pieces,
            cold_load_g=cold_g,
            cold_load_ml=cold_ml,
        )
        done = (*done[:-1], last)
    return Begun(run, done, (), is_down=True) if any(stop.take for stop in done) else None
