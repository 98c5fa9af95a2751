"""The cheapest plan of a tiny day, found by writing out and checking every one: slow, and sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import permutations, product
from typing import Any, cast

from services.model.consignments import ResourceKind
from services.model.day import Day
from services.model.plan import Plan
from services.route.assemble import make_plan
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.decision import Decision, LastMileTour
from services.route.engines.engine import Route, RunSolution
from services.route.hand_over import open_nodes
from services.route.last_mile import LastMileFleet, enumerate_last_mile
from services.route.options import BookingOption, enumerate_options
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.route.run_task import RunTask, is_for_runs

# What becomes of a consignment: a booking, or a vehicle, or both; nothing where it is left.
Fate = tuple[BookingOption | None, str]


class Enumerated:
    """All plans of a day, consignment by consignment and route by route."""

    def __init__(self, day: Day) -> None:
        self.day = day
        index = DayIndex.of(day)
        # What is dearer to leave waiting than to leave behind is left behind.
        goods = tuple(
            replace(c, wait_fen=None) if c.wait_fen is not None and c.wait_fen > index.unserved_fen(c) else c
            for c in day.consignments
        )
        index = DayIndex.of(replace(day, consignments=goods))
        nodes = {c.consignment_id: open_nodes(c, index.nodes, day.service_date) for c in goods}
        self.index = replace(index, node_ids=nodes)
        self.matrix = choose_roads(day).matrix(nodes_on_roads(day))
        self.options = enumerate_options(self.index) + enumerate_last_mile(self.index, self.matrix)
        self.route_of = cache(self._route_of)

    def cheapest(self) -> Plan:
        """The plan that costs least of all that the checker passes."""
        fates = [list(self._fates(c.consignment_id)) for c in self.day.consignments]
        found = []
        for number, chosen in enumerate(product(*fates)):
            by_vehicle: dict[str, list[tuple[str, BookingOption | None]]] = {}
            for c, (option, vehicle_id) in zip(self.day.consignments, chosen, strict=True):
                if vehicle_id:
                    by_vehicle.setdefault(vehicle_id, []).append((c.consignment_id, option))
            routes = {v: self.route_of(v, tuple(goods)) for v, goods in by_vehicle.items()}
            if all(route is not None for route in routes.values()):
                bookings = tuple(option for option, _ in chosen if option is not None)
                plan = self._plan(bookings, {v: route for v, route in routes.items() if route is not None})
                found.append((plan.cost.total_fen, number, plan))
        return next(plan for _, _, plan in sorted(found, key=lambda one: one[:2]) if not check(self.day, plan))

    def _fates(self, consignment_id: str) -> Iterator[Fate]:
        c, fleet = self.index.consignments[consignment_id], LastMileFleet(self.index)
        yield None, ""
        for option in self.options:
            if option.consignment.consignment_id == consignment_id:
                if not option.station:
                    yield option, ""
                    continue
                for vehicle in fleet.at_station.get(option.station, ()):
                    if fleet.may_carry(vehicle, c):
                        yield option, vehicle.vehicle_id
        if not self.index.node_ids[consignment_id]:
            return
        for vehicle in self.day.county.vehicles:
            opens = self.index.ways(c, ResourceKind.VEHICLE, vehicle.vehicle_id)
            if opens and is_for_runs(self.index, vehicle) and c.temperature in vehicle.temperatures:
                yield None, vehicle.vehicle_id

    def _route_of(
        self, vehicle_id: str, goods: Sequence[tuple[str, BookingOption | None]]
    ) -> tuple[tuple[str, ...], ...] | None:
        """The cheapest order and parting into trips for a vehicle's goods that breaks no law."""
        bookings = tuple(option for _, option in goods if option is not None)
        best: tuple[int, tuple[tuple[str, ...], ...]] | None = None
        for order in permutations([name for name, _ in goods]):
            for trips in _partings(order):
                plan = self._plan(bookings, {vehicle_id: trips})
                cost_fen = plan.cost.total_fen
                if (best is None or cost_fen < best[0]) and not check(self.day, plan):
                    best = cost_fen, trips
        return None if best is None else best[1]

    def _plan(self, bookings: tuple[BookingOption, ...], routes: dict[str, tuple[tuple[str, ...], ...]]) -> Plan:
        demands = tuple((c.consignment_id,) for c in self.day.consignments)
        number = {name: i for i, (name,) in enumerate(demands)}
        classes = tuple((v.vehicle_id,) for v in self.day.county.vehicles)
        runs, tours = [], []
        for k, (vehicle_id,) in enumerate(classes):
            if vehicle_id not in routes:
                continue
            trips = routes[vehicle_id]
            if is_for_runs(self.index, self.index.vehicles[vehicle_id]):
                runs.append(Route(k, tuple(tuple(number[name] for name in trip) for trip in trips)))
            else:
                tours.append(LastMileTour(vehicle_id, tuple(tuple((name,) for name in trip) for trip in trips)))
        task = RunTask(cast(Any, None), demands, classes)
        decision = Decision(bookings, task, RunSolution(tuple(runs), 0), tuple(tours))
        return make_plan(self.index, self.matrix, decision)


def _partings(order: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Every way to part an order into trips."""
    for cuts in product((False, True), repeat=len(order) - 1):
        trips = [[order[0]]]
        for name, is_cut in zip(order[1:], cuts, strict=True):
            if is_cut:
                trips.append([name])
            else:
                trips[-1].append(name)
        yield tuple(map(tuple, trips))
