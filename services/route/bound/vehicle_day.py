"""One vehicle's day as a circuit, in a program of all plans of a small day."""

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
from services.route.bound.kinds import day_limit_m, work_s
from services.route.bound.ways import Ways
from services.route.day_index import DayIndex
from services.route.options import BookingOption
from services.route.room import room_on
from services.route.run_task import is_for_runs

LAST_S: Final = 3 * DAY_S

Bool = cp_model.IntVar
Expression = cp_model.LinearExprT
Place = tuple[int, str]


@dataclass(slots=True)
class SmallDay:
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
    cost: list[Expression] = field(default_factory=list)
    arcs: int = 0


class VehicleDay:
    """One vehicle's circuit: place 0 is its depot, then come its calls where it loads, then its stops."""

    def __init__(self, day: SmallDay, vehicle: Vehicle, stops: Sequence[Place]) -> None:
        self.day, self.vehicle, self.stops, self.model = day, vehicle, stops, day.model
        self.is_last_mile = not is_for_runs(day.index, vehicle)
        self.base = day.index.nodes[vehicle.depot] if self.is_last_mile else day.index.hub
        goods = {i for i, _ in stops}
        self.inbound = {i for i in goods if day.goods[i].direction is Direction.INBOUND}
        self.most_takes = min(vehicle.max_trips, len(self.inbound))
        self.can_recharge = vehicle.range_m is not None and vehicle.recharge_s is not None
        # To recharge alone it may come back after every stop.
        self.calls = len(goods) + 1 if self.can_recharge else self.most_takes + len(goods - self.inbound)
        self.first_stop = 1 + self.calls
        rows = day.ways.position
        self.rows = [rows[vehicle.depot], *[rows[self.base.node_id]] * self.calls, *(rows[n] for _, n in stops)]
        self.is_there = [self.model.new_bool_var("") for _ in self.rows]
        self.start = [self.model.new_int_var(0, LAST_S, "") for _ in self.rows]
        self.end = [self.model.new_int_var(0, LAST_S, "") for _ in self.rows]
        self.home_s = self.model.new_int_var(0, LAST_S, "")
        self.at_call = {(i, k): self.model.new_bool_var("") for i in goods for k in range(1, self.first_stop)}
        self.recharges = [self.model.new_bool_var("") for _ in range(self.first_stop)] if self.can_recharge else []
        self.arcs: list[tuple[int, int, cp_model.LiteralT]] = []

    def add(self) -> None:
        """Add everything."""
        self._add_places()
        self._add_circuit()
        self._add_loads()
        self._add_range()
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
        for i, anywhere in serves.items():
            model.add_at_most_one(anywhere)
            model.add(sum(self.at_call[i, k] for k in range(1, self.first_stop)) == sum(anywhere))
            if self.is_last_mile:
                day.from_station[i, self.vehicle.depot] += anywhere
            else:
                day.served[i] += anywhere
            self._add_agreement(i, anywhere)
        self._add_calls()

    def _add_calls(self) -> None:
        model, base = self.model, self.base
        loaded = []
        for k in range(1, self.first_stop):
            there = self.is_there[k]
            here = [self.at_call[i, k] for i in sorted({i for i, _ in self.stops})]
            model.add_bool_or([*here, *self.recharges[k : k + 1], ~there])
            pieces = sum(self.day.goods[i].pieces * self.at_call[i, k] for i in sorted({i for i, _ in self.stops}))
            model.add(
                self.end[k] >= self.start[k] + base.service_s + base.service_per_piece_s * pieces
            ).only_enforce_if(there)
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
            late_fen = self.model.new_int_var(0, rate * LAST_S // 60 + 1, "")
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
                    model.add(
                        self.end[b] >= self.start[b] + node.service_s + node.service_per_piece_s * c.pieces
                    ).only_enforce_if(on)

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
                change: Expression
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

    def _add_range(self) -> None:
        """Between two charges it drives no farther than one takes it; to recharge takes its time."""
        if not self.can_recharge:
            return
        model, range_m = self.model, self.vehicle.range_m or 0
        driven_m = [model.new_int_var(0, range_m, "") for _ in self.rows]
        leaves_m = [
            model.new_int_var(0, range_m, "") if p < self.first_stop else driven_m[p] for p in range(len(self.rows))
        ]
        model.add(self.recharges[0] == 0)
        for k in range(1, self.first_stop):
            model.add(leaves_m[k] >= driven_m[k]).only_enforce_if(~self.recharges[k])
            model.add(self.end[k] >= self.start[k] + (self.vehicle.recharge_s or 0)).only_enforce_if(self.recharges[k])
        for a, b, on in self.arcs:
            if a != b:
                way_m = int(self.day.ways.distance_m[self.rows[a], self.rows[b]])
                model.add((driven_m[b] if b else range_m) >= leaves_m[a] + way_m).only_enforce_if(on)

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
                fen = model.new_int_var(0, rate * max(most_m, LAST_S) // per + 1, "")
                model.add(2 * per * fen >= 2 * rate * amount - per + 1)
                self.day.cost.append(fen)

    def _add_rests(self, duration_s: Bool, ways: Sequence[tuple[int, int, cp_model.LiteralT]]) -> None:
        """The day is long enough for driving, handling and rests, wherever there is waiting besides."""
        handling: list[Expression] = []
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
        handling += [
            self.base.service_per_piece_s * self.day.goods[i].pieces * at for (i, _), at in self.at_call.items()
        ]
        driving = sum(int(self.day.ways.duration_s[a, b]) * on for a, b, on in ways)
        handling.append(self.vehicle.rest_s * self._rests())
        self.model.add(duration_s >= cp_model.LinearExpr.sum([driving, *handling]))

    def _rests(self) -> Expression:
        """How many rests a day has; on each way as many as are due by its end, since a rest is best taken late."""
        if self.vehicle.max_drive_s is None:
            return 0
        model, limit_s = self.model, max(1, self.vehicle.max_drive_s)
        # The checker lets an estimated way take a second less than it says.
        less_s = 0 if self.day.index.day.county.network.road_pairs else 1
        driven_s = [model.new_int_var(0, LAST_S, "") for _ in self.rows]
        rests = [model.new_int_var(0, LAST_S // limit_s + 1, "") for _ in self.rows]
        home_s, all_rests = model.new_int_var(0, LAST_S, ""), model.new_int_var(0, LAST_S // limit_s + 1, "")
        model.add(driven_s[0] == 0)
        model.add(rests[0] == 0)
        for so_far_s, count in zip([*driven_s, home_s], [*rests, all_rests], strict=True):
            model.add(so_far_s <= limit_s * (count + 1))
        for a, b, on in self.arcs:
            if a == b:
                continue
            drive_s = int(self.day.ways.duration_s[self.rows[a], self.rows[b]])
            end_s, count = (home_s, all_rests) if b == 0 else (driven_s[b], rests[b])
            model.add(end_s >= driven_s[a] + max(0, drive_s - less_s)).only_enforce_if(on)
            model.add(count >= rests[a]).only_enforce_if(on)
            if self._is_joined(a, b):
                continue
            at_s, left_s = self.home_s if b == 0 else self.start[b], self.start[0] if a == 0 else self.end[a]
            rested_s = self.vehicle.rest_s * (count - rests[a])
            model.add(at_s >= left_s + drive_s + rested_s).only_enforce_if(on)
        return all_rests
