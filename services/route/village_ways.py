"""By which way goods come into each village 分类确定进村方式, what that costs, and the next best way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.model.plan import Plan
from services.model.ways import TransportMode, UsedWay, VillageWay
from services.route.day_index import DayIndex
from services.route.insertion import Fleet, FleetView
from services.route.line_ledger import LineLedger, LineUse, use_of, uses_on
from services.route.options import enumerate_options
from services.route.other_ways import Alternative, HandOver, Rest, Way, line_alternatives, run_alternatives
from services.route.roads.source import RoadMatrix
from services.route.run_task import is_for_runs
from services.route.tours import TourMeter, read_trips, without
from services.route.village_costs import read_parts, share_costs
from services.route.way_reasons import explain_none


def village_ways(index: DayIndex, matrix: RoadMatrix, plan: Plan) -> tuple[VillageWay, ...]:
    """Tell how the goods of each village travel on a plan, by the villages' codes.

    Villages of which the plan carries nothing are left out. The costs of the ways add up to the plan's cost without
    what is unserved or waits.
    """
    standing = Standing(index, matrix, plan)
    return tuple(standing.village_way(code) for code in sorted(standing.shares))


class Standing:
    """A plan taken apart by villages."""

    def __init__(self, index: DayIndex, matrix: RoadMatrix, plan: Plan) -> None:
        self.uses = uses_on(index, plan)
        meter = TourMeter(index, matrix, {u.consignment.consignment_id: u for u in self.uses if u.is_to_station})
        self.index, self.meter = index, meter
        self.runs = [read_parts(index, meter, run, read_trips(index, matrix, run)) for run in plan.runs]
        from_hub = [p for p in self.runs if is_for_runs(index, index.vehicles[p.run.vehicle_id])]
        self.fleet = Fleet(index, meter, {parts.run.vehicle_id: parts.trips for parts in from_hub})
        self.ledger = LineLedger.of(index, self.uses)
        self.shares = share_costs(index, self.runs, self.uses, self.ledger)
        self.run_ids = {run.vehicle_id: run.run_id for run in plan.runs}
        self._uses_of: dict[str, list[LineUse]] = {}
        for use in self.uses:
            self._uses_of.setdefault(use.consignment.village_code, []).append(use)
        self._runs_of: dict[str, list[int]] = {}
        for i, parts in enumerate(self.runs):
            for village in parts.saved_fen:
                self._runs_of.setdefault(village, []).append(i)
        self._goods_of: dict[str, list[HandOver]] = {}
        for handed in self._hand_overs():
            self._goods_of.setdefault(handed.consignment.village_code, []).append(handed)
        self._choices: dict[str, list[LineUse]] = {}
        for option in enumerate_options(index):
            self._choices.setdefault(option.consignment.consignment_id, []).append(use_of(option))
        self._pieces_under: dict[str, int] = {}
        for run in plan.runs:
            for carriage in run.carriages:
                self._count(self._pieces_under, carriage.consignment_id, carriage.agreement_id, 1)
        for booking in plan.bookings:
            self._count(self._pieces_under, booking.consignment_id, booking.agreement_id, 1)

    def village_way(self, code: str) -> VillageWay:
        """Tell a village's ways, what leaving it out would save, and the next best."""
        used, marginal_fen = self.shares[code], self.marginal_fen(code)
        alternatives = self.alternatives(code)
        if alternatives:
            best = min(alternatives, key=lambda alternative: alternative.fen)
            return VillageWay(code, used, marginal_fen, best.next_best)
        goods = [one.consignment for one in self.goods(code)]
        why = explain_none(self.index, self.fleet, goods, self._choices, self.ways_used(code, used))
        return VillageWay(code, used, marginal_fen, None, why)

    def goods(self, code: str) -> Sequence[HandOver]:
        """What the plan carries for a village, and where it hands it over."""
        return self._goods_of[code]

    def ways_used(self, code: str, used: Sequence[UsedWay]) -> frozenset[Way]:
        """Name the ways of today; a shared run's is that of its vehicle's owner."""
        roles = {partner.partner_id: partner.role for partner in self.index.day.county.partners}
        lines = {Way(way.mode) for way in used if way.mode is not TransportMode.SHARED_RUN}
        owners = [self.index.vehicles[self.runs[i].run.vehicle_id].owner for i in self._runs_of.get(code, ())]
        return frozenset(lines | {Way(TransportMode.SHARED_RUN, roles.get(owner)) for owner in owners})

    def rest(self, code: str) -> Rest:
        """The plan without the village."""
        own = frozenset(one.consignment.consignment_id for one in self.goods(code))
        pieces, ledger = dict(self._pieces_under), self.ledger.copy()
        changed = {}
        for i in self._runs_of.get(code, ()):
            parts = self.runs[i]
            if parts.run.vehicle_id in self.fleet.position:
                changed[self.fleet.position[parts.run.vehicle_id]] = without(parts.trips, own)
            for carriage in parts.run.carriages:
                if carriage.consignment_id in own:
                    self._count(pieces, carriage.consignment_id, carriage.agreement_id, -1)
        for use in self._uses_of.get(code, ()):
            ledger.remove(use)
            self._count(pieces, use.consignment.consignment_id, use.agreement_id, -1)
        return Rest(FleetView(self.fleet, changed, pieces), ledger, pieces)

    def marginal_fen(self, code: str) -> int:
        """What the plan would save without the village."""
        saved = sum(self.runs[i].saved_fen[code] for i in self._runs_of.get(code, ()))
        ledger = self.ledger
        before_fen = ledger.total_fen
        for use in self._uses_of.get(code, ()):
            ledger.remove(use)
        saved += before_fen - ledger.total_fen
        for use in self._uses_of.get(code, ()):
            ledger.add(use)
        return saved

    def alternatives(self, code: str) -> list[Alternative]:
        """Every other way by which all of the village's goods could come, each at its least cost."""
        goods, rest = self.goods(code), self.rest(code)
        used = self.ways_used(code, self.shares[code])
        return [
            *line_alternatives(self.index, rest, goods, self._choices, used),
            *run_alternatives(self.index, self.fleet, rest, goods, self.run_ids, used),
        ]

    def _hand_overs(self) -> Iterator[HandOver]:
        for use in self.uses:
            if use.is_to_station:
                continue  # handed over by a run of the last mile
            yield HandOver(use.consignment, self.meter.matrix.position[use.village_node])
        for parts in self.runs:
            for trip in parts.trips:
                for visit in trip:
                    yield from (HandOver(consignment, visit.row) for consignment in visit.goods)

    def _count(self, pieces: dict[str, int], consignment_id: str, agreement_id: str, sign: int) -> None:
        consignment = self.index.consignments[consignment_id]
        if self.index.counts_towards_limit(consignment, agreement_id):
            pieces[agreement_id] = pieces.get(agreement_id, 0) + sign * consignment.pieces
