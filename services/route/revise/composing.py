"""From what is settled and what is decided anew to the whole day's plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.plan import Booking, Plan, Run, Shuttle, Unserved, UnservedReason
from services.model.units import clock
from services.route.assemble import booking_of, cost_of, make_runs, shuttles_of, wait_of
from services.route.day_index import DayIndex
from services.route.decision import Decision, LastMileTour
from services.route.engines.engine import Route, RunSolution
from services.route.options import BookingOption
from services.route.revise.past import Begun, Past
from services.route.revise.remainder import Finisher
from services.route.revise.residual import AGAIN, Residual
from services.route.roads.source import RoadMatrix
from services.route.schedule import is_in_time, make_last_mile_run
from services.route.shed import shed_late
from services.route.unserved import explain_unserved


@dataclass(frozen=True, slots=True)
class Composer:
    """Writes whole plans of one revision.

    ``booked`` are the bookings that stay, ``tours`` the runs of the last mile for them, ``stranded`` what is on its way
    and can come to its village no more, whatever is decided; ``old`` is the plan before.
    """

    index: DayIndex
    residual: Residual
    matrix: RoadMatrix
    past: Past
    booked: tuple[BookingOption, ...]
    tours: tuple[Run, ...]
    stranded: tuple[str, ...]
    finisher: Finisher
    old: Plan

    def plan(self, decision: Decision) -> Plan:
        """The day's plan with a decision about what is free."""
        index, day = self.index, self.index.day
        runs, options = self._runs(decision), (*self.booked, *decision.bookings)
        shuttles = self._shuttles([o for o in options if o.consignment.consignment_id not in self.stranded])
        carried = {c.consignment_id for run in runs for c in run.carriages}
        carried |= {option.consignment.consignment_id for option in options}
        left = [c for c in day.consignments if c.consignment_id not in carried]
        # What is stranded waits nowhere.
        lost = [replace(index.consignments[c], wait_fen=None) for c in self._stranded(runs)]
        unserved = [Unserved(c.consignment_id, UnservedReason.STRANDED, self._where(c, runs)) for c in lost]
        unserved += [explain_unserved(index, self.matrix, c, runs) for c in left if c.wait_fen is None]
        return Plan(
            county_id=day.county.county_id,
            service_date=day.service_date,
            runs=tuple(runs),
            bookings=tuple(self._bookings(options)),
            shuttles=shuttles,
            unserved=tuple(unserved),
            cost=cost_of(index, runs, options, shuttles, [*left, *lost]),
            waiting=tuple(wait_of(c, c.wait_fen) for c in left if c.wait_fen is not None),
            as_of_s=self.past.now_s,
        )

    def _runs(self, decision: Decision) -> list[Run]:
        """Runs under way, tours for what stays booked, and what is decided; a vehicle's run keeps its name."""
        routes = dict(_vehicles_of(decision))
        runs = [
            self._finished(decision, begun, routes.pop(vehicle_id, None), routes.pop(vehicle_id + AGAIN, None))
            for vehicle_id, begun in self.past.begun.items()
            if not begun.is_last_mile
        ]
        # One class for each, so that each route keeps the vehicle that it was matched with.
        task = replace(decision.task, classes=tuple((vehicle_id,) for vehicle_id in routes))
        fresh = tuple(Route(number, route.trips) for number, route in enumerate(routes.values()))
        alone = replace(decision, task=task, solution=RunSolution(fresh, 0))
        index = self.residual.index
        made = self.finisher.promises.waiting(
            index, lambda times_s: make_runs(index, self.matrix, alone, times_s), lambda run: is_in_time(index, run)
        )
        runs += [*self.tours, *shed_late(index, self.matrix, made)]
        names = {run.vehicle_id: run.run_id for run in self.old.runs}
        new = (name for number in range(1, 10**6) if (name := f"R{number}") not in names.values())
        order = {vehicle_id: place for place, vehicle_id in enumerate(self.index.vehicles)}
        runs.sort(key=lambda run: order[run.vehicle_id])
        return [replace(run, run_id=names.get(run.vehicle_id) or next(new)) for run in runs]

    def _finished(self, decision: Decision, begun: Begun, rest: Route | None, again: Route | None) -> Run:
        trips = self._trips(decision, rest)
        visits = trips[0] if trips else []
        run = self.finisher.finished(begun, visits, self._trips(decision, again))
        if set(begun.to_deliver) <= {c for stop in run.stops for c in stop.drop}:
            return run
        # The search reckons with more time than it takes, and so may leave out what can be done: in its old order.
        aboard = frozenset(begun.to_deliver)
        in_old_order = [
            [c for c in visit if c.consignment_id in aboard] for visit in self.residual.rests[begun.run.vehicle_id]
        ]
        as_it_was = self.finisher.finished(begun, [visit for visit in in_old_order if visit])
        return as_it_was if self.finisher.is_possible(as_it_was, len(begun.done)) else run

    def _trips(self, decision: Decision, route: Route | None) -> list[list[tuple[Consignment, ...]]]:
        known, demands = self.index.consignments, decision.task.demands
        trips = route.trips if route else ()
        return [[tuple(known[c] for c in demands[demand]) for demand in trip] for trip in trips]

    def _bookings(self, options: Sequence[BookingOption]) -> Iterator[Booking]:
        known = {(b.consignment_id, b.trip_id, b.board_index, b.alight_index): b.booking_id for b in self.old.bookings}
        taken = set(known.values())
        width = max((len(name) for name in taken), default=3) - 1
        new = (name for number in range(1, 10**6) if (name := f"B{number:0{width}}") not in taken)
        for option in options:
            key = (option.consignment.consignment_id, option.trip.trip_id, option.board_index, option.alight_index)
            yield booking_of(option, known.get(key) or next(new))

    def _shuttles(self, options: Sequence[BookingOption]) -> tuple[Shuttle, ...]:
        """Shuttles as they are due now; those that have left went as they did."""
        gone = {(s.trip_id, s.from_node, s.to_node): s for s in self.old.shuttles if s.departure_s <= self.past.now_s}
        return tuple(self._as_it_went(s, gone.get((s.trip_id, s.from_node, s.to_node))) for s in shuttles_of(options))

    def _as_it_went(self, due: Shuttle, gone: Shuttle | None) -> Shuttle:
        # Homewards it leaves when the goods are there, however late the trip is.
        if gone is None or due.to_node == self.index.hub.node_id:
            return due
        return replace(due, departure_s=gone.departure_s, arrival_s=gone.arrival_s)

    def _stranded(self, runs: Sequence[Run]) -> tuple[str, ...]:
        """What is stranded anyway, and what is aboard and has no call any more."""
        dropped = {c for run in runs for stop in run.stops for c in stop.drop}
        aboard = (c for c in self.past.aboard if c not in dropped)
        return tuple(dict.fromkeys((*self.stranded, *aboard)))

    def _where(self, consignment: Consignment, runs: Sequence[Run]) -> str:
        """Where what is stranded is, in words."""
        name = consignment.consignment_id
        for run in runs:
            if any(name in stop.take for stop in run.stops):
                vehicle = self.index.vehicles[run.vehicle_id]
                if vehicle.down_from_s is None:
                    return f"在 {run.vehicle_id} 车上，已不能按时送到其站点：回共配中心后改日送"
                last = self.index.nodes[run.stops[-1].node_id].name
                return f"在 {run.vehicle_id} 车上，该车 {clock(vehicle.down_from_s)} 过“{last}”后故障：派车转运"
        if any(option.consignment.consignment_id == name and not option.station for option in self.booked):
            return "班次晚点，到达时站点已关门：次日交接"
        place = "镇" if consignment.direction is Direction.INBOUND else "站"
        return f"已随班次到{place}，没有接驳车辆能送：请就地取件或派车"


def _vehicles_of(decision: Decision) -> Iterator[tuple[str, Route]]:
    """The vehicle of each route; alike ones take turns."""
    used: dict[int, int] = {}
    for route in decision.solution.routes:
        place = used.get(route.vehicle_class, 0)
        used[route.vehicle_class] = place + 1
        yield decision.task.classes[route.vehicle_class][place], route


def tour_of(
    index: DayIndex, matrix: RoadMatrix, run: Run, options: Mapping[str, BookingOption], finisher: Finisher
) -> tuple[Run | None, tuple[str, ...]]:
    """A tour that has not begun with the times of its trips as they run now, and what it brings too late and leaves."""
    station = index.vehicles[run.vehicle_id].depot
    trips: list[list[tuple[str, ...]]] = [[]]
    left: list[str] = []
    for stop in run.stops:
        if stop.node_id == station:
            trips.append([])
        elif goods := tuple(c for c in (*stop.drop, *stop.take) if c in options):
            trips[-1].append(goods)
    while visits := [visit for trip in trips for visit in trip]:
        tour = LastMileTour(run.vehicle_id, tuple(tuple(trip) for trip in trips if trip))
        made = make_last_mile_run(index, matrix, tour, options, run.run_id)
        if finisher.is_possible(made, 1):
            return made, tuple(left)
        left += visits[-1]
        trips = [[visit for visit in trip if visit is not visits[-1]] for trip in trips]
    return None, tuple(left)
