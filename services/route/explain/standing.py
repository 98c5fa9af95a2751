"""Whether a plan, left as it is, has a place for one consignment more on some day: in a vehicle's runs or on a trip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.day import Day
from services.model.network import Node
from services.model.plan import Plan
from services.route.day_index import DayIndex
from services.route.hand_over import nodes_to_use
from services.route.line_ledger import LineLedger, LineUse, use_of, uses_on
from services.route.options import hub_sides, is_possible, make_option
from services.route.reach import longest_stay_s
from services.route.roads.source import RoadMatrix
from services.route.room import on_offer, room_on
from services.route.run_task import is_for_runs, vehicle_class
from services.route.schedule import agreement_on
from services.route.tours import TourMeter, Trips, Visit, fits, make_visit, read_trips


@dataclass(slots=True)
class Standing:
    """A plan on a day, which may be another than that it was made for; what is not asked for is not looked up."""

    plan: Plan
    index: DayIndex
    matrix: RoadMatrix
    pieces_under: Counter[str]
    _tours: dict[str, Trips] = field(default_factory=dict)
    _ledger: LineLedger | None = None

    @classmethod
    def of(cls, day: Day, plan: Plan, matrix: RoadMatrix) -> Standing:
        """Set a plan on its day."""
        index = DayIndex.of(day)
        travels = {(b.consignment_id, b.agreement_id) for b in plan.bookings}
        travels |= {(c.consignment_id, c.agreement_id) for run in plan.runs for c in run.carriages}
        pieces: Counter[str] = Counter()
        for name, agreement_id in travels:
            if index.counts_towards_limit(index.consignments[name], agreement_id):
                pieces[agreement_id] += index.consignments[name].pieces
        return cls(plan, index, matrix, pieces)

    def on(self, day: Day, matrix: RoadMatrix) -> Standing:
        """Set the same plan on the day with some change; what the change leaves alone is looked up once for all."""
        index = index_after(self.index, day)
        same_prices = day.county.agreements is self.index.day.county.agreements
        ledger = self.ledger if same_prices else None
        return Standing(self.plan, index, matrix, self.pieces_under, self._tours, ledger)

    def by_vehicle(self, consignment: Consignment, vehicle_id: str) -> int | None:
        """What the cheapest place in a vehicle's runs costs, in fen; ``None`` where there is none."""
        index, vehicle = self.index, self.index.vehicles[vehicle_id]
        node_ids = index.node_ids[consignment.consignment_id][:1]
        if not node_ids or not is_for_runs(index, vehicle) or not self._may_drive(consignment, vehicle_id, node_ids[0]):
            return None
        if not self._has_time_alone(consignment, vehicle_id, node_ids[0]):
            return None
        meter = TourMeter(index, self.matrix)
        trips, visit = self.tours(vehicle_id), make_visit(self.matrix.position[node_ids[0]], [consignment])
        before_fen = meter.measure(vehicle, trips).fen
        room, best = room_on(vehicle), None
        for after, changed in _placed(trips, visit):
            if fits(room, changed):
                measure = meter.measure(vehicle, after)
                if measure.is_possible and (best is None or measure.fen < best):
                    best = measure.fen
        return None if best is None else best - before_fen

    def _may_drive(self, consignment: Consignment, vehicle_id: str, node_id: str) -> bool:
        index, vehicle = self.index, self.index.vehicles[vehicle_id]
        agreement_id = agreement_on(index, consignment, vehicle)
        return (
            bool(index.ways(consignment, ResourceKind.VEHICLE, vehicle_id))
            and consignment.temperature in vehicle.temperatures
            and index.may_call(vehicle, index.nodes[node_id])
            and vehicle.kind not in index.hub.barred_kinds
            and self._is_within_limit(consignment, agreement_id)
        )

    def _has_time_alone(self, consignment: Consignment, vehicle_id: str, node_id: str) -> bool:
        """Whether engines would let a vehicle make the visit as its only one: they allow for the hub on both ways."""
        index, node = self.index, self.index.nodes[node_id]
        alone = vehicle_class(on_offer(index.vehicles[vehicle_id]), 1, self.matrix)
        unloads = consignment.direction is Direction.OUTBOUND
        stay_s = node.service_s + node.service_per_piece_s * consignment.pieces
        return stay_s <= longest_stay_s(index, self.matrix, alone, node, unloads)

    def by_trip(self, consignment: Consignment, trip_id: str) -> int | None:
        """What the cheapest booking on a trip costs, in fen; ``None`` where there is none."""
        ledger, best = self.ledger, None
        for use, late in self._uses_of_trip(consignment, trip_id):
            if ledger.has_room(use) and self._is_within_limit(consignment, use.agreement_id):
                before_fen = ledger.total_fen
                ledger.add(use)
                fen = ledger.total_fen - before_fen + late
                ledger.remove(use)
                best = fen if best is None else min(best, fen)
        return best

    def _uses_of_trip(self, consignment: Consignment, trip_id: str) -> Iterator[tuple[LineUse, int]]:
        index = self.index
        line, trip = index.trips[trip_id]
        nodes = index.node_ids[consignment.consignment_id]
        for hub_side, (village_side, stop) in product(hub_sides(index, trip), enumerate(trip.stop_times)):
            if stop.node_id not in nodes or hub_side.index == village_side:
                continue
            if (hub_side.index < village_side) == (consignment.direction is Direction.INBOUND):
                for option in make_option(index, consignment, line, trip, hub_side, village_side):
                    if is_possible(index, option):
                        yield use_of(option), option.late_fen

    def tours(self, vehicle_id: str) -> Trips:
        """A vehicle's trips."""
        if vehicle_id not in self._tours:
            run = next((run for run in self.plan.runs if run.vehicle_id == vehicle_id), None)
            self._tours[vehicle_id] = () if run is None else read_trips(self.index, self.matrix, run)
        return self._tours[vehicle_id]

    @property
    def ledger(self) -> LineLedger:
        """What the lines carry."""
        if self._ledger is None:
            self._ledger = LineLedger.of(self.index, uses_on(self.index, self.plan))
        return self._ledger

    def _is_within_limit(self, consignment: Consignment, agreement_id: str) -> bool:
        if not self.index.counts_towards_limit(consignment, agreement_id):
            return True
        most = self.index.agreements[agreement_id].max_pieces_per_day or 0
        return self.pieces_under[agreement_id] + consignment.pieces <= most


def index_after(before: DayIndex, day: Day) -> DayIndex:
    """Index a day that differs in a few things from one that is indexed."""
    county, old = day.county, before.day.county
    nodes = before.nodes
    node_ids = before.node_ids
    if county.network.nodes is not old.network.nodes:
        nodes = {node.node_id: node for node in county.network.nodes}
        if any(_keeps(node) != _keeps(before.nodes[node.node_id]) for node in county.network.nodes):
            node_ids = nodes_to_use(day)
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in county.vehicles}
    admitted = dict(before.admitted)
    for one in day.admission_sets:
        if one.set_id not in admitted:
            admitted |= DayIndex.of(replace(day, consignments=(), admission_sets=(one,))).admitted
    return DayIndex(
        day=day,
        hub=nodes[before.hub.node_id],
        nodes=nodes,
        agreements={agreement.agreement_id: agreement for agreement in county.agreements},
        vehicles=vehicles,
        trips=before.trips
        if county.lines is old.lines
        else {trip.trip_id: (line, trip) for line in county.lines for trip in line.trips},
        consignments=before.consignments
        if day.consignments is before.day.consignments
        else {c.consignment_id: c for c in day.consignments},
        admitted=admitted,
        node_ids=node_ids,
        regulars=frozenset(node.regular_vehicle for node in county.network.nodes) & frozenset(vehicles),
    )


def _keeps(node: Node) -> tuple[tuple[int, ...], int | None, int | None]:
    """What decides whether goods can be left at a node."""
    return node.open_weekdays, node.max_pieces, node.max_volume_ml


def _placed(trips: Trips, visit: Visit) -> Iterator[tuple[Trips, tuple[Visit, ...]]]:
    """Every place for a visit: a vehicle's trips with it, and the trip that it is in."""
    for at, trip in enumerate(trips):
        for position in range(len(trip) + 1):
            changed = (*trip[:position], visit, *trip[position:])
            yield (*trips[:at], changed, *trips[at + 1 :]), changed
    for at in range(len(trips) + 1):
        yield (*trips[:at], (visit,), *trips[at:]), (visit,)
