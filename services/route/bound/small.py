"""All plans of a small day at once, for CP-SAT: the best of them, or at least what none of them can cost less than.

Each vehicle's day is a circuit over its depot, its calls where it loads and one place for each consignment that it may hand
over; consignments handed over in one visit are joined by ways that take no time. Goods may board at any call before they
leave. Rests take their time but fall where they like, batteries that can be recharged last for ever, and ways are the
shortest: where one of these matters, what is found is a bound but maybe no plan's cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ortools.sat.python import cp_model

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.model.units import DAY_S
from services.route.bound.bookings import paid_once
from services.route.bound.kinds import bases_that_serve, day_limit_m, kind_of, work_s
from services.route.bound.ways import Ways
from services.route.day_index import DayIndex
from services.route.options import BookingOption
from services.route.room import room_on
from services.route.run_task import is_for_runs

MOST_STOPS: Final = 12
_MOST_ARCS: Final = 6_000
_LAST_S: Final = 3 * DAY_S

Bool = cp_model.IntVar
Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What no plan costs less than, and whether some plan of the model costs just that."""

    lower_fen: int
    is_best: bool


@dataclass(slots=True)
class _Day:
    """What vehicles' days have in common."""

    index: DayIndex
    ways: Ways
    model: cp_model.CpModel
    goods: Sequence[Consignment]
    options: Mapping[int, Sequence[BookingOption]]
    booked: dict[tuple[int, int], Bool] = field(default_factory=dict)
    served: defaultdict[int, list[Bool]] = field(default_factory=lambda: defaultdict(list))
    from_station: defaultdict[tuple[int, str], list[Bool]] = field(default_factory=lambda: defaultdict(list))
    handed_over: defaultdict[str, list[tuple[int, Bool]]] = field(default_factory=lambda: defaultdict(list))
    under: defaultdict[tuple[int, str], list[Bool]] = field(default_factory=lambda: defaultdict(list))
    cost: list[cp_model.LinearExprT] = field(default_factory=list)
    arcs: int = 0


def best_of_all(
    index: DayIndex, ways: Ways, options: Sequence[BookingOption], effort: float, enough_fen: int | None
) -> Found | None:
    """The least cost of any plan, or a bound on it within ``effort`` of deterministic time; ``None`` for large days.

    ``enough_fen`` is what a plan costs that is known; a cheaper one is looked for.
    """
    goods = index.day.consignments
    if len(goods) > MOST_STOPS:
        return None
    number = {c.consignment_id: i for i, c in enumerate(goods)}
    by_goods: defaultdict[int, list[BookingOption]] = defaultdict(list)
    for option in options:
        by_goods[number[option.consignment.consignment_id]].append(option)
    day = _Day(index, ways, cp_model.CpModel(), goods, by_goods)
    for i in range(len(goods)):
        for j in range(len(by_goods[i])):
            day.booked[i, j] = day.model.new_bool_var("")
    for vehicle in index.day.county.vehicles:
        _add_vehicle(day, vehicle)
        if day.arcs > _MOST_ARCS:
            return None
    _add_fates(day)
    _add_lines(day)
    _add_storage(day)
    total = sum(day.cost)
    if enough_fen is not None:
        day.model.add(total < enough_fen)
    day.model.minimize(total)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(day.model)
    if status == cp_model.INFEASIBLE and enough_fen is not None:
        return Found(enough_fen, True)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.UNKNOWN):
        return None
    # Costs are whole, so a bound that is a little above a number is the next one; errors of floating point are smaller.
    return Found(max(0, -int(-(solver.best_objective_bound - 1e-6) // 1)), status == cp_model.OPTIMAL)


def _add_vehicle(day: _Day, vehicle: Vehicle) -> None:
    """Add one vehicle's day."""
    index, kind = day.index, kind_of(day.index, day.ways, vehicle)
    if kind is None:
        return
    stops: list[Place] = []
    for i, c in enumerate(day.goods):
        if not is_for_runs(index, vehicle) and not any(o.station == vehicle.depot for o in day.options[i]):
            continue
        for node_id in index.node_ids[c.consignment_id]:
            if bases_that_serve(index, day.ways, kind, c, index.nodes[node_id]):
                stops.append((i, node_id))
    if stops:
        _VehicleDay(day, vehicle, stops).add()


class _VehicleDay:
    """One vehicle's circuit: place 0 is its depot, then come its calls where it loads, then its stops."""

    def __init__(self, day: _Day, vehicle: Vehicle, stops: Sequence[Place]) -> None:
        self.day, self.vehicle, self.stops, self.model = day, vehicle, stops, day.model
        self.is_last_mile = not is_for_runs(day.index, vehicle)
        self.base = day.index.nodes[vehicle.depot] if self.is_last_mile else day.index.hub
        goods = {i for i, _ in stops}
        self.inbound = {i for i in goods if day.goods[i].direction is Direction.INBOUND}
        self.most_takes = min(vehicle.max_trips, len(self.inbound))
        self.calls = self.most_takes + len(goods - self.inbound)
        self.first_stop = 1 + self.calls
        rows = day.ways.position
        self.rows = [rows[vehicle.depot], *[rows[self.base.node_id]] * self.calls, *(rows[n] for _, n in stops)]
        self.is_there = [self.model.new_bool_var("") for _ in self.rows]
        self.start = [self.model.new_int_var(0, _LAST_S, "") for _ in self.rows]
        self.end = [self.model.new_int_var(0, _LAST_S, "") for _ in self.rows]
        self.home_s = self.model.new_int_var(0, _LAST_S, "")
        self.at_call = {(i, k): self.model.new_bool_var("") for i in goods for k in range(1, self.first_stop)}
        self.arcs: list[tuple[int, int, Bool]] = []

    def add(self) -> None:
        """Add everything."""
        self._add_places()
        self._add_circuit()
        self._add_loads()
        self._add_cost()

    def _stop(self, place: int) -> tuple[Consignment, str]:
        i, node_id = self.stops[place - self.first_stop]
        return self.day.goods[i], node_id

    def _add_places(self) -> None:
        day, model = self.day, self.model
        serves: defaultdict[int, list[Bool]] = defaultdict(list)
        for place, (i, node_id) in enumerate(self.stops, start=self.first_stop):
            node, there = day.index.nodes[node_id], self.is_there[place]
            serves[i].append(there)
            model.add(self.start[place] >= node.opens_s).only_enforce_if(there)
            model.add(self.end[place] <= node.closes_s).only_enforce_if(there)
            if i in self.inbound:
                day.handed_over[node_id].append((i, there))
                self._add_lateness(place)
            model.add_implication(there, self.is_there[0])
        for i, there in serves.items():
            model.add_at_most_one(there)
            model.add(sum(self.at_call[i, k] for k in range(1, self.first_stop)) == sum(there))
            if self.is_last_mile:
                day.from_station[i, self.vehicle.depot] += there
            else:
                day.served[i] += there
            self._add_agreement(i, there)
        self._add_calls()

    def _add_calls(self) -> None:
        model, base = self.model, self.base
        loaded = []
        for k in range(1, self.first_stop):
            there = self.is_there[k]
            here = [self.at_call[i, k] for i in sorted({i for i, _ in self.stops})]
            model.add_bool_or([*here, ~there])
            pieces = sum(self.day.goods[i].pieces * self.at_call[i, k] for i in sorted({i for i, _ in self.stops}))
            model.add(self.end[k] >= self.start[k] + base.service_s + base.service_per_piece_s * pieces).only_enforce_if(there)
            model.add(self.start[k] >= base.opens_s).only_enforce_if(there)
            model.add(self.end[k] <= base.closes_s).only_enforce_if(there)
            takes = model.new_bool_var("")
            loaded.append(takes)
            for place, (i, _) in enumerate(self.stops, start=self.first_stop):
                at, both = self.at_call[i, k], [self.at_call[i, k], self.is_there[place]]
                model.add_implication(at, there)
                if i in self.inbound:
                    model.add_implication(at, takes)
                    model.add(self.end[k] <= self.start[place]).only_enforce_if(both)
                else:
                    model.add(self.end[place] <= self.start[k]).only_enforce_if(both)
            if self.is_last_mile:
                self._add_connections(k)
            if k > 1:
                model.add_implication(there, self.is_there[k - 1])
                model.add(self.end[k - 1] <= self.start[k]).only_enforce_if(there)
        model.add(sum(loaded) <= self.vehicle.max_trips)

    def _add_connections(self, k: int) -> None:
        """Goods are loaded when their trip has brought them, and unloaded when it is due to take them."""
        for i in sorted({i for i, _ in self.stops}):
            for j, option in enumerate(self.day.options[i]):
                if option.station == self.vehicle.depot:
                    both = [self.at_call[i, k], self.day.booked[i, j]]
                    if i in self.inbound:
                        self.model.add(self.start[k] >= option.available_s).only_enforce_if(both)
                    else:
                        self.model.add(self.end[k] <= option.ready_by_s).only_enforce_if(both)

    def _add_lateness(self, place: int) -> None:
        _, node_id = self._stop(place)
        due_s, rate = self.day.index.nodes[node_id].due_by_s, self.day.index.day.objective.late_fen_per_min
        if due_s is not None and rate:
            late_fen = self.model.new_int_var(0, rate * _LAST_S // 60 + 1, "")
            late = 120 * late_fen >= 2 * rate * (self.start[place] - due_s) - 59
            self.model.add(late).only_enforce_if(self.is_there[place])
            self.day.cost.append(late_fen)

    def _add_agreement(self, i: int, there: Sequence[Bool]) -> None:
        """Where one agreement with pieces a day, and nothing else, opens the vehicle, it counts."""
        index, c = self.day.index, self.day.goods[i]
        opened_by = index.ways(c, ResourceKind.VEHICLE, self.vehicle.vehicle_id)
        if len(opened_by) == 1 and index.counts_towards_limit(c, opened_by[0]):
            self.day.under[i, opened_by[0]] += there

    def _add_circuit(self) -> None:
        model, count = self.model, len(self.rows)
        for place in range(count):
            self.arcs.append((place, place, ~self.is_there[place]))
        for a in range(count):
            for b in range(count):
                if a != b and self._is_way(a, b):
                    self.arcs.append((a, b, model.new_bool_var("")))
        model.add_circuit(self.arcs)
        self.day.arcs += len(self.arcs)
        for a, b, on in self.arcs:
            if a == b:
                continue
            drive_s = int(self.day.ways.duration_s[self.rows[a], self.rows[b]])
            if b == 0:
                model.add(self.home_s >= self.end[a] + drive_s).only_enforce_if(on)
            elif self._is_joined(a, b):
                c, node_id = self._stop(b)
                handling_s = self.day.index.nodes[node_id].service_per_piece_s * c.pieces
                model.add(self.start[b] == self.start[a]).only_enforce_if(on)
                model.add(self.end[b] >= self.end[a] + handling_s).only_enforce_if(on)
            else:
                model.add(self.start[b] >= (self.start[a] if a == 0 else self.end[a]) + drive_s).only_enforce_if(on)
                if b >= self.first_stop:
                    c, node_id = self._stop(b)
                    node = self.day.index.nodes[node_id]
                    model.add(self.end[b] >= self.start[b] + node.service_s + node.service_per_piece_s * c.pieces).only_enforce_if(on)

    def _is_way(self, a: int, b: int) -> bool:
        calls = range(1, self.first_stop)
        if a in calls and b in calls:
            return self.is_last_mile and b == a + 1
        if self._is_joined(a, b):
            return a < b and self.stops[a - self.first_stop][0] != self.stops[b - self.first_stop][0]
        return True

    def _is_joined(self, a: int, b: int) -> bool:
        return min(a, b) >= self.first_stop and self._stop(a)[1] == self._stop(b)[1]

    def _add_loads(self) -> None:
        """In each dimension that could be short, what is aboard on every way from place to place."""
        goods = sorted({i for i, _ in self.stops})
        for amounts, room in self._dimensions(goods):
            total = sum(amounts.values())
            if total <= room:
                continue
            aboard = [self.model.new_int_var(0, total, "") for _ in self.rows]
            self.model.add(aboard[0] == 0)
            for a, b, on in self.arcs:
                if a == b:
                    continue
                if not self._is_joined(a, b):
                    self.model.add(aboard[a] <= room).only_enforce_if(on)
                if b == 0:
                    continue
                if b < self.first_stop:
                    change = sum((amounts[i] if i in self.inbound else -amounts[i]) * self.at_call[i, b] for i in goods)
                else:
                    i = self.stops[b - self.first_stop][0]
                    change = -amounts[i] if i in self.inbound else amounts[i]
                self.model.add(aboard[b] == aboard[a] + change).only_enforce_if(on)

    def _dimensions(self, goods: Sequence[int]) -> list[tuple[dict[int, int], int]]:
        room, all_goods = room_on(self.vehicle), self.day.goods
        apart = {i for i in goods if self.vehicle.keeps_apart(all_goods[i].temperature)}
        found = [
            ({i: 0 if i in apart else all_goods[i].weight_g for i in goods}, room.weight_g),
            ({i: 0 if i in apart else all_goods[i].volume_ml for i in goods}, room.volume_ml),
            ({i: all_goods[i].pieces for i in goods}, room.pieces),
        ]
        if room.compartment is not None:
            found += [
                ({i: all_goods[i].weight_g if i in apart else 0 for i in goods}, room.compartment.weight_g),
                ({i: all_goods[i].volume_ml if i in apart else 0 for i in goods}, room.compartment.volume_ml),
            ]
        return found

    def _add_cost(self) -> None:
        model, vehicle, used = self.model, self.vehicle, self.is_there[0]
        ways = [(self.rows[a], self.rows[b], on) for a, b, on in self.arcs if a != b]
        most_m = sum(int(self.day.ways.distance_m[self.rows].max(initial=0)) for _ in self.rows)
        driven_m = model.new_int_var(0, most_m, "")
        model.add(driven_m == sum(int(self.day.ways.distance_m[a, b]) * on for a, b, on in ways))
        if (limit_m := day_limit_m(vehicle)) is not None:
            model.add(driven_m <= limit_m)
        duration_s = model.new_int_var(0, work_s(vehicle), "")
        model.add(self.start[0] >= vehicle.shift_start_s)
        model.add(self.home_s <= vehicle.shift_end_s).only_enforce_if(used)
        model.add(duration_s >= self.home_s - self.start[0]).only_enforce_if(used)
        self._add_rests(duration_s, ways)
        per_kg = self.day.index.day.objective.co2_fen_per_kg
        self.day.cost.append(vehicle.fixed_fen * used)
        for amount, rate, per in (
            (driven_m, vehicle.per_km_fen, 1000),
            (duration_s, vehicle.per_hour_fen, 3600),
            (driven_m, vehicle.co2_g_per_km * per_kg, 1_000_000),
        ):
            if rate:
                fen = model.new_int_var(0, rate * max(most_m, _LAST_S) // per + 1, "")
                model.add(2 * per * fen >= 2 * rate * amount - per + 1)
                self.day.cost.append(fen)

    def _add_rests(self, duration_s: Bool, ways: Sequence[tuple[int, int, Bool]]) -> None:
        """The day is long enough for driving, handling and, where the driver has to, so many rests."""
        handling: list[cp_model.LinearExprT] = []
        joined = defaultdict(list)
        for a, b, on in self.arcs:
            if a != b and b >= self.first_stop and not self._is_joined(a, b):
                joined[b].append(on)
        nodes = self.day.index.nodes
        for place in range(self.first_stop, len(self.rows)):
            c, node_id = self._stop(place)
            handling.append(nodes[node_id].service_per_piece_s * c.pieces * self.is_there[place])
            handling.append(nodes[node_id].service_s * sum(joined[place]))
        handling += [self.base.service_s * self.is_there[k] for k in range(1, self.first_stop)]
        handling += [self.base.service_per_piece_s * self.day.goods[i].pieces * at for (i, _), at in self.at_call.items()]
        driving = sum(int(self.day.ways.duration_s[a, b]) * on for a, b, on in ways)
        rested: cp_model.LinearExprT = 0
        if self.vehicle.max_drive_s is not None and self.vehicle.rest_s > 0:
            rests = self.model.new_int_var(0, _LAST_S // max(1, self.vehicle.max_drive_s) + 1, "")
            # An estimated way may be a second shorter than it says.
            slack = 0 if self.day.index.day.county.network.road_pairs else len(self.rows)
            self.model.add(driving <= self.vehicle.max_drive_s * (rests + 1) + slack)
            rested = self.vehicle.rest_s * rests
        self.model.add(duration_s >= driving + sum(handling) + rested)


def _add_fates(day: _Day) -> None:
    """Every consignment is on one run, booked, or left; booked to a station, it is on one run from there."""
    for i, c in enumerate(day.goods):
        left = day.model.new_bool_var("")
        booked = [day.booked[i, j] for j in range(len(day.options[i]))]
        day.model.add_exactly_one([*day.served[i], *booked, left])
        day.cost.append(min(day.index.leaving_fen(c), day.index.unserved_fen(c)) * left)
        stations = {o.station for o in day.options[i] if o.station}
        for station in sorted(stations):
            to_station = [day.booked[i, j] for j, o in enumerate(day.options[i]) if o.station == station]
            day.model.add(sum(day.from_station[i, station]) == sum(to_station))


def _add_lines(day: _Day) -> None:
    """What bookings cost and need."""
    model, index = day.model, day.index
    charges: dict[tuple[str, ...], tuple[Bool, int]] = {}
    earned: defaultdict[str, list[cp_model.LinearExprT]] = defaultdict(list)
    booked_under: defaultdict[str, list[Bool]] = defaultdict(list)
    loads: defaultdict[tuple[str, int], list[tuple[Consignment, Bool]]] = defaultdict(list)
    for (i, j), booked in day.booked.items():
        option, c = day.options[i][j], day.goods[i]
        day.cost.append(option.late_fen * booked)
        earned[option.agreement_id].append(option.tariff_fen * booked)
        booked_under[option.agreement_id].append(booked)
        for key, fen in paid_once(index, option):
            if fen and key not in charges:
                charges[key] = model.new_bool_var(""), fen
            if fen:
                model.add_implication(booked, charges[key][0])
        for segment in range(option.board_index, option.alight_index):
            loads[option.trip.trip_id, segment].append((c, booked))
        if index.counts_towards_limit(c, option.agreement_id):
            day.under[i, option.agreement_id].append(booked)
        if c.direction is Direction.INBOUND:
            day.handed_over[option.alight.node_id].append((i, booked))
    for key, (paid, fen) in charges.items():
        if key[0] == "shuttle":
            day.cost.append(fen * paid)
        else:
            earned[key[2] if key[0] == "run" else ""].append(fen * paid)
    for agreement_id, parts in earned.items():
        minimum_fen = index.agreements[agreement_id].minimum_fen if agreement_id else 0
        if minimum_fen > 0:
            due = model.new_int_var(0, 10**12, "")
            model.add(due >= sum(parts))
            for booked in booked_under[agreement_id]:
                model.add(due >= minimum_fen).only_enforce_if(booked)
            day.cost.append(due)
        else:
            day.cost += parts
    for (trip_id, _), goods in loads.items():
        room = room_on(index.trips[trip_id][1])
        model.add(sum(c.weight_g * on for c, on in goods) <= room.weight_g)
        model.add(sum(c.volume_ml * on for c, on in goods) <= room.volume_ml)
        model.add(sum(c.pieces * on for c, on in goods) <= room.pieces)
    counted: defaultdict[str, list[cp_model.LinearExprT]] = defaultdict(list)
    for (i, agreement_id), ons in day.under.items():
        counts = model.new_bool_var("")
        for on in ons:
            model.add_implication(on, counts)
        counted[agreement_id].append(day.goods[i].pieces * counts)
    for agreement_id, pieces in counted.items():
        limit = index.agreements[agreement_id].max_pieces_per_day
        if limit is not None:
            model.add(sum(pieces) <= limit)


def _add_storage(day: _Day) -> None:
    for node_id, goods in day.handed_over.items():
        node = day.index.nodes[node_id]
        if node.max_pieces is not None:
            day.model.add(sum(day.goods[i].pieces * on for i, on in goods) <= node.max_pieces)
        if node.max_volume_ml is not None:
            day.model.add(sum(day.goods[i].volume_ml * on for i, on in goods) <= node.max_volume_ml)
