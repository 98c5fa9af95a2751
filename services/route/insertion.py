"""Where another visit fits into a plan's runs at the least cost: into a run, as a trip more of it, on an idle vehicle.

Gaps are measured exactly, the lowest bound first, until no bound is below the best that was found; so the answer is the
cheapest of all gaps.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.route.day_index import DayIndex
from services.route.gaps import NEW_TRIP, Flags, Gap, Gaps, Slack, gaps_of
from services.route.room import room_on
from services.route.run_task import is_for_runs
from services.route.schedule import agreement_on
from services.route.tours import TourMeter, Trips, Visit, fits


@dataclass(frozen=True, slots=True)
class Insertion:
    """A vehicle's trips with the new visit, and what they cost more."""

    vehicle: Vehicle
    trips: Trips
    fen: int
    is_fresh: bool


class Fleet:
    """The runs of a plan and the idle vehicles."""

    def __init__(self, index: DayIndex, meter: TourMeter, tours: Mapping[str, Trips]) -> None:
        self.index, self.meter = index, meter
        idle = [
            vehicle
            for vehicle in index.day.county.vehicles
            if is_for_runs(index, vehicle) and vehicle.vehicle_id not in tours and vehicle.down_from_s is None
        ]
        self.vehicles = tuple(index.vehicles[v] for v in tours) + tuple(idle)
        kinds: dict[tuple[Vehicle, frozenset[str]], int] = {}
        self.kinds = [kinds.setdefault(self._kind(vehicle), len(kinds)) for vehicle in self.vehicles]
        self.position = {vehicle.vehicle_id: i for i, vehicle in enumerate(self.vehicles)}
        self.tours: dict[int, Trips] = {self.position[v]: trips for v, trips in tours.items()}
        self.fen = {i: self.price_fen(i, trips) for i, trips in self.tours.items()}
        self.gaps = self.gaps_in({i: self.tours.get(i, ()) for i in range(len(self.vehicles))})
        self._allowed: dict[tuple[str, str, tuple[str, ...]], Flags] = {}

    def _kind(self, vehicle: Vehicle) -> tuple[Vehicle, frozenset[str]]:
        """What makes idle vehicles alike."""
        name = vehicle.vehicle_id if vehicle.vehicle_id in self.index.regulars else ""
        return replace(vehicle, vehicle_id=name), frozenset(s for s in self.index.admitted if self._ways(s, vehicle))

    def _ways(self, set_id: str, vehicle: Vehicle) -> tuple[str, ...]:
        return self.index.admitted[set_id][ResourceKind.VEHICLE].get(vehicle.vehicle_id, ())

    def _has_access(self, vehicle: Vehicle, consignment: Consignment) -> bool:
        used = self.index.node_ids[consignment.consignment_id][:1]
        return all(self.index.may_call(vehicle, self.index.nodes[node_id]) for node_id in used)

    def price_fen(self, vehicle: int, trips: Trips) -> int:
        """What a vehicle's day costs."""
        return self.meter.measure(self.vehicles[vehicle], trips).fen

    def allowed(self, goods: Iterable[Consignment]) -> Flags:
        """Tell which vehicles may carry all of ``goods``."""
        may = np.ones(len(self.vehicles), dtype=bool)
        for key, c in {
            (c.admission_set_id, c.temperature.value, self.index.node_ids[c.consignment_id]): c for c in goods
        }.items():
            if key not in self._allowed:
                self._allowed[key] = np.array(
                    [
                        bool(self._ways(c.admission_set_id, vehicle))
                        and c.temperature in vehicle.temperatures
                        and self._has_access(vehicle, c)
                        for vehicle in self.vehicles
                    ],
                    dtype=bool,
                )
            may &= self._allowed[key]
        return may

    def gaps_in(self, tours: Mapping[int, Trips]) -> Gaps:
        """List the gaps of vehicles' days."""
        gaps: list[Gap] = []
        slacks: dict[int, Slack] = {}
        for i, trips in tours.items():
            found, slacks[i] = gaps_of(self.meter, i, self.vehicles[i], trips)
            gaps += found
        return Gaps(self.meter, gaps, slacks)


class FleetView:
    """A fleet with some vehicles' days changed, and the pieces that travel under each agreement."""

    def __init__(
        self,
        fleet: Fleet,
        changed: Mapping[int, Trips],
        pieces_under: Mapping[str, int],
        known: Mapping[int, Gaps] | None = None,
    ) -> None:
        self.fleet, self.changed, self.pieces_under = fleet, changed, pieces_under
        self._unchanged = np.ones(len(fleet.vehicles), dtype=bool)
        self._unchanged[list(changed)] = False
        self._known = dict(known or {})

    def trips(self, vehicle: int) -> Trips:
        """A vehicle's trips as they are here."""
        return self.changed.get(vehicle, self.fleet.tours.get(vehicle, ()))

    def cheapest(self, visit: Visit, allowed: Flags) -> Insertion | None:
        """Insert a visit where it costs least among the allowed vehicles; ``None`` where it fits nowhere."""
        best: Insertion | None = None
        candidates = heapq.merge(
            self.fleet.gaps.candidates(visit, allowed & self._unchanged),
            *(self._gaps(i).candidates(visit, allowed) for i in self.changed if allowed[i]),
        )
        idle_kinds: set[int] = set()
        for bound_fen, vehicle, trip, position in candidates:
            if best is not None and bound_fen >= best.fen:
                break
            if not self.trips(vehicle):
                # Of idle vehicles that are alike one is as good as another.
                if self.fleet.kinds[vehicle] in idle_kinds:
                    continue
                idle_kinds.add(self.fleet.kinds[vehicle])
            found = self._insert(visit, vehicle, trip, position)
            if found is not None and (best is None or found.fen < best.fen):
                best = found
        return best

    def with_insertion(self, insertion: Insertion, goods: Iterable[Consignment]) -> FleetView:
        """Return the view after an insertion."""
        index, vehicle = self.fleet.index, insertion.vehicle
        pieces = dict(self.pieces_under)
        for c in goods:
            agreement_id = agreement_on(index, c, vehicle)
            if index.counts_towards_limit(c, agreement_id):
                pieces[agreement_id] = pieces.get(agreement_id, 0) + c.pieces
        position = self.fleet.position[vehicle.vehicle_id]
        known = {i: gaps for i, gaps in self._known.items() if i != position}
        return FleetView(self.fleet, {**self.changed, position: insertion.trips}, pieces, known)

    def _gaps(self, vehicle: int) -> Gaps:
        if vehicle not in self._known:
            self._known[vehicle] = self.fleet.gaps_in({vehicle: self.changed[vehicle]})
        return self._known[vehicle]

    def _insert(self, visit: Visit, vehicle: int, trip: int, position: int) -> Insertion | None:
        fleet, trips = self.fleet, self.trips(vehicle)
        if not self._is_within_daily_limits(visit.goods, fleet.vehicles[vehicle]):
            return None
        if position == NEW_TRIP:
            changed: tuple[Visit, ...] = (visit,)
            after = (*trips[:trip], changed, *trips[trip:])
        else:
            changed = (*trips[trip][:position], visit, *trips[trip][position:])
            after = (*trips[:trip], changed, *trips[trip + 1 :])
        if not fits(room_on(fleet.vehicles[vehicle]), changed):
            return None
        measure = fleet.meter.measure(fleet.vehicles[vehicle], after)
        if not measure.is_possible:
            return None
        before_fen = fleet.fen.get(vehicle, 0) if vehicle not in self.changed else fleet.price_fen(vehicle, trips)
        return Insertion(fleet.vehicles[vehicle], after, measure.fen - before_fen, not trips)

    def _is_within_daily_limits(self, goods: Iterable[Consignment], vehicle: Vehicle) -> bool:
        index = self.fleet.index
        pieces: dict[str, int] = {}
        for c in goods:
            agreement_id = agreement_on(index, c, vehicle)
            if index.counts_towards_limit(c, agreement_id):
                pieces[agreement_id] = pieces.get(agreement_id, 0) + c.pieces
        return all(
            count + self.pieces_under.get(agreement_id, 0) <= (index.agreements[agreement_id].max_pieces_per_day or 0)
            for agreement_id, count in pieces.items()
        )
