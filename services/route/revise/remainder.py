"""Runs under way brought to their end: what is done, the rest of the trip, further trips from the hub, the way home."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.fleet import Vehicle
from services.model.plan import Carriage, Run
from services.route.calls import Call, merge_calls, write_run
from services.route.charging import is_in_range, longest_day_m, recharge_between_trips_s
from services.route.day_index import DayIndex
from services.route.options import BookingOption
from services.route.revise.past import Begun
from services.route.revise.promises import Promises
from services.route.roads.source import RoadMatrix
from services.route.run_task import is_for_runs
from services.route.schedule import Within, agreement_on, is_straight_home_shorter, village_calls

Visits = Sequence[Sequence[Consignment]]


@dataclass(frozen=True, slots=True)
class Finisher:
    """Brings runs under way to their end; ``options`` are the bookings that stay, by consignment.

    Before a call that would come earlier than promised a vehicle waits, as far as that breaks no limit and pays.
    """

    index: DayIndex
    matrix: RoadMatrix
    options: Mapping[str, BookingOption]
    promises: Promises

    def finished(self, begun: Begun, rest: Visits, trips: Sequence[Visits] = ()) -> Run:
        """The whole run with the rest of its trip and more from the hub; handing nothing over early where it can."""

        def write(within: Mapping[str, Within]) -> tuple[Run]:
            return (self._within(begun, rest, trips, within),)

        return self.promises.waiting(self.index, write, lambda run: self.is_possible(run, len(begun.done)))[0]

    def back_at_hub_s(self, begun: Begun, rest: Visits) -> int:
        """When a vehicle can begin to load at the hub again, also where it waits for what it has promised."""
        # The search lets nobody come early, whether the wait pays or not.
        late = self._within(begun, rest, (), self.promises.within())
        runs = [self.finished(begun, rest), *([late] if self.is_possible(late, len(begun.done)) else [])]
        return max(self._at_hub_s(begun, run) for run in runs)

    def _at_hub_s(self, begun: Begun, run: Run) -> int:
        hub = self.index.hub
        ends = run.stops[len(begun.done) :] or run.stops[-1:]
        at = next((stop for stop in ends if stop.node_id == hub.node_id), ends[-1])
        to_hub = self.matrix.position[at.node_id], self.matrix.position[hub.node_id]
        unloading_s = hub.service_per_piece_s * sum(self.index.consignments[c].pieces for c in at.drop)
        recharge_s = recharge_between_trips_s(self.index.vehicles[run.vehicle_id])
        return at.arrival_s + int(self.matrix.duration_s[to_hub]) + max(unloading_s, recharge_s)

    def last_mile(self, begun: Begun) -> tuple[Run, tuple[str, ...]]:
        """A tour from a station brought to its end in its old order, and what it can no longer bring to a village.

        A call that comes too late is left out.
        """
        rest = list(begun.rest)
        while True:
            calls = [self._at_station(self._call(stop.node_id, stop.drop, stop.take, stop.recharge_s)) for stop in rest]
            run = self._written(begun, calls, (), {})
            fault = self._fault(run, len(begun.done))
            if fault is None or not rest:
                break
            del rest[min(fault - len(begun.done), len(rest) - 1)]
        brought = {c for stop in (*begun.done, *rest) for c in stop.drop}
        taken = {c for stop in (*begun.done, *rest) for c in stop.take}
        return run, tuple(c for c in dict.fromkeys((*begun.aboard, *sorted(taken))) if c not in brought)

    def is_possible(self, run: Run, done: int) -> bool:
        """Whether a run keeps to hours, shift, range and work after what is done."""
        return self._fault(run, done) is None

    def _within(self, begun: Begun, rest: Visits, trips: Sequence[Visits], within: Mapping[str, Within]) -> Run:
        """The whole run with consignments handed over within times; see ``village_calls``."""
        return self._written(begun, village_calls(self.index, rest, within), trips, within)

    def _written(
        self, begun: Begun, rest: Sequence[Call], trips: Sequence[Visits], within: Mapping[str, Within]
    ) -> Run:
        vehicle = self.index.vehicles[begun.run.vehicle_id]
        calls = [self._call(stop.node_id, stop.drop, stop.take, stop.recharge_s) for stop in begun.done]
        done = len(calls)
        if not begun.is_down:
            calls += rest
            calls += self._from_hub(begun, calls, trips, within) if is_for_runs(self.index, vehicle) else []
            if not is_for_runs(self.index, vehicle):
                calls.append(Call(self.index.nodes[vehicle.depot], self._fetched(calls)))
            # Only what is still to come can become one call.
            calls = [*calls[:done], *merge_calls(calls[done:])]
        known = {c.consignment_id: c for c in begun.run.carriages}
        aboard = dict.fromkeys(c for call in calls for c in (*call.take, *call.drop))
        carriages = [
            known.get(c.consignment_id) or Carriage(c.consignment_id, self._agreement(c, vehicle)) for c in aboard
        ]
        return write_run(self.index, self.matrix, vehicle, begun.run.run_id, carriages, calls, begun.done)

    def _from_hub(
        self, begun: Begun, before: Sequence[Call], trips: Sequence[Visits], within: Mapping[str, Within]
    ) -> list[Call]:
        """What comes after the trip under way: the hub with what was fetched, further trips, home."""
        index, vehicle = self.index, self.index.vehicles[begun.run.vehicle_id]
        brought, calls = self._fetched(before), list[Call]()
        for trip in trips:
            goods = [c for visit in trip for c in visit]
            take = tuple(c for c in goods if c.direction is Direction.INBOUND)
            calls.append(Call(index.hub, brought, take, recharge_s=recharge_between_trips_s(vehicle)))
            calls += village_calls(index, trip, within)
            brought = tuple(c for c in goods if c.direction is Direction.OUTBOUND)
        depot, last = index.nodes[vehicle.depot], (calls or before)[-1].node
        if brought or not is_straight_home_shorter(self.matrix, last, index.hub, depot):
            calls.append(Call(index.hub, brought))
        return calls if (calls or before)[-1].node.node_id == depot.node_id else [*calls, Call(depot)]

    def _fetched(self, calls: Sequence[Call]) -> tuple[Consignment, ...]:
        """What was fetched and is not brought to the base yet."""
        dropped = {c.consignment_id for call in calls for c in call.drop}
        taken = (c for call in calls for c in call.take if c.direction is Direction.OUTBOUND)
        return tuple(c for c in taken if c.consignment_id not in dropped)

    def _agreement(self, consignment: Consignment, vehicle: Vehicle) -> str:
        option = self.options.get(consignment.consignment_id)
        return agreement_on(self.index, consignment, vehicle, option.agreement_id if option else "")

    def _call(self, node_id: str, drop: Iterable[str], take: Iterable[str], recharge_s: int) -> Call:
        known = self.index.consignments
        return Call(
            self.index.nodes[node_id],
            tuple(known[c] for c in drop),
            tuple(known[c] for c in take),
            recharge_s=recharge_s,
        )

    def _at_station(self, call: Call) -> Call:
        """A call at a station waits for what trips bring, and has to be done when trips take."""
        brings = [self.options[c.consignment_id] for c in call.take if c.consignment_id in self.options]
        takes = [self.options[c.consignment_id] for c in call.drop if c.consignment_id in self.options]
        ready_s = [option.available_s for option in brings if option.station == call.node.node_id]
        due_s = [option.ready_by_s for option in takes if option.station == call.node.node_id]
        return replace(
            call,
            not_before_s=max([call.not_before_s, *ready_s]),
            done_by_s=min([call.done_by_s, *due_s]),
        )

    def _fault(self, run: Run, done: int) -> int | None:
        """The first stop after what is done at which a run breaks its hours, or its last where it breaks a limit."""
        vehicle = self.index.vehicles[run.vehicle_id]
        if vehicle.down_from_s is not None:
            return None
        for place, stop in enumerate(run.stops[done:], start=done):
            way = self.matrix.position[run.stops[place - 1].node_id], self.matrix.position[stop.node_id]
            due_s = [
                self.options[c].ready_by_s
                for c in stop.drop
                if c in self.options and self.options[c].station == stop.node_id
            ]
            closes_s = min([self.index.nodes[stop.node_id].closes_s, *due_s])
            if not self.matrix.is_way(*way) or ((stop.drop or stop.take) and stop.departure_s > closes_s):
                return place
        longest_m = longest_day_m(vehicle)
        charged = [place for place, stop in enumerate(run.stops) if stop.recharge_s]
        end_s = run.stops[-1].departure_s
        keeps = (
            end_s <= vehicle.shift_end_s
            and (vehicle.max_work_s is None or end_s - run.stops[0].start_s <= vehicle.max_work_s)
            and (longest_m is None or run.distance_m <= longest_m)
            and is_in_range(vehicle, [stop.leg_distance_m for stop in run.stops[1:]], charged)
        )
        return None if keeps else len(run.stops) - 1
