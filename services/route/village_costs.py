"""A plan's cost divided among the villages, to the fen.

A run is divided in proportion to what leaving each village out of it would save (its separable cost): so what the
villages of a run have in common falls to those for which it goes far. What a trip, a shuttle or a minimum amount costs
at once is divided by pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from services.model.agreements import Direction
from services.model.apportion import apportion
from services.model.consignments import Consignment
from services.model.plan import Run
from services.model.ways import MODE_OF_LINE, Terms, TransportMode, UsedWay, terms_of
from services.route.day_index import DayIndex
from services.route.line_ledger import LineLedger, LineUse
from services.route.tours import TourMeter, Trips, without

_Enter = Callable[[Consignment, TransportMode, Terms, int], None]


@dataclass(slots=True)
class _Sum:
    """Pieces both ways and fen."""

    pieces_in: int = 0
    pieces_out: int = 0
    fen: int = 0


@dataclass(frozen=True, slots=True)
class RunParts:
    """One run: what it costs, its vehicle's trips, and what leaving each of its villages out would save."""

    run: Run
    trips: Trips
    saved_fen: Mapping[str, int]


def read_parts(index: DayIndex, meter: TourMeter, run: Run, trips: Trips) -> RunParts:
    """Tell for each village of a run what leaving it out would save; a run of one village is saved whole."""
    vehicle = index.vehicles[run.vehicle_id]
    whole_fen = meter.measure(vehicle, trips).fen
    villages: dict[str, set[str]] = {}
    for carriage in run.carriages:
        village = index.consignments[carriage.consignment_id].village_code
        villages.setdefault(village, set()).add(carriage.consignment_id)
    saved = {
        village: whole_fen - meter.measure(vehicle, without(trips, frozenset(consignments))).fen
        for village, consignments in villages.items()
    }
    return RunParts(run, trips, saved)


def share_costs(
    index: DayIndex, runs: Iterable[RunParts], uses: Iterable[LineUse], ledger: LineLedger
) -> dict[str, tuple[UsedWay, ...]]:
    """Give each village the ways that it uses with their pieces and cost.

    The costs add up to what the runs, bookings and shuttles cost: the plan's cost without what is unserved or waits.
    ``ledger`` holds exactly ``uses``. What comes by a line and a run of the last mile comes by the line.
    """
    uses = list(uses)
    by_line = {
        use.consignment.consignment_id: (MODE_OF_LINE[use.trip.kind], agreement_terms(index, use.agreement_id))
        for use in uses
        if use.is_to_station
    }
    sums: dict[str, dict[tuple[TransportMode, Terms], _Sum]] = {}

    def enter(consignment: Consignment, mode: TransportMode, terms: Terms, fen: int) -> None:
        is_last_mile = mode is TransportMode.SHARED_RUN and consignment.consignment_id in by_line
        way = by_line[consignment.consignment_id] if is_last_mile else (mode, terms)
        entry = sums.setdefault(consignment.village_code, {}).setdefault(way, _Sum())
        entry.fen += fen
        if is_last_mile:
            return  # its pieces are counted on the line
        if consignment.direction is Direction.INBOUND:
            entry.pieces_in += consignment.pieces
        else:
            entry.pieces_out += consignment.pieces

    for parts in runs:
        _share_run(index, parts, enter)
    _share_lines(index, uses, ledger, enter)
    return {
        village: tuple(
            UsedWay(mode, terms, entry.pieces_in, entry.pieces_out, entry.fen)
            for (mode, terms), entry in sorted(by_way.items(), key=lambda item: _rank(*item[0]))
        )
        for village, by_way in sums.items()
    }


def agreement_terms(index: DayIndex, agreement_id: str) -> Terms:
    """The terms of an agreement; the empty id is the carrier's own right."""
    return terms_of(index.agreements[agreement_id].model if agreement_id else None)


def _rank(mode: TransportMode, terms: Terms) -> tuple[int, int]:
    return list(TransportMode).index(mode), list(Terms).index(terms)


def _share_run(index: DayIndex, parts: RunParts, enter: _Enter) -> None:
    run = parts.run
    goods: dict[str, list[tuple[Consignment, Terms]]] = {village: [] for village in parts.saved_fen}
    for carriage in run.carriages:
        consignment = index.consignments[carriage.consignment_id]
        goods[consignment.village_code].append((consignment, agreement_terms(index, carriage.agreement_id)))
    run_fen = run.vehicle_fen + run.distance_fen + run.time_fen + run.co2_fen
    weights = [max(0, saved) for saved in parts.saved_fen.values()]
    if not any(weights):
        weights = [sum(consignment.pieces for consignment, _ in goods[village]) for village in parts.saved_fen]
    for village, village_fen in zip(parts.saved_fen, apportion(run_fen, weights), strict=True):
        carried = goods[village]
        shares = apportion(village_fen, [consignment.pieces for consignment, _ in carried])
        for (consignment, terms), fen in zip(carried, shares, strict=True):
            enter(consignment, TransportMode.SHARED_RUN, terms, fen)


def _share_lines(index: DayIndex, uses: list[LineUse], ledger: LineLedger, enter: _Enter) -> None:
    fen = [use.tariff_fen for use in uses]
    at_once: dict[tuple[str, ...], tuple[int, list[int]]] = {}
    for i, use in enumerate(uses):
        trip_id, agreement_id = use.trip.trip_id, use.agreement_id
        charge_fen, top_up_fen = ledger.charge_fen(trip_id, agreement_id), ledger.top_up_fen(agreement_id)
        at_once.setdefault(("trip", trip_id, agreement_id), (charge_fen, []))[1].append(i)
        at_once.setdefault(("minimum", agreement_id), (top_up_fen, []))[1].append(i)
        if use.shuttle is not None:
            at_once.setdefault(("shuttle", *use.shuttle), (use.shuttle_fen, []))[1].append(i)
    for whole_fen, users in at_once.values():
        for i, part_fen in zip(users, apportion(whole_fen, [uses[i].consignment.pieces for i in users]), strict=True):
            fen[i] += part_fen
    for use, use_fen in zip(uses, fen, strict=True):
        enter(use.consignment, MODE_OF_LINE[use.trip.kind], agreement_terms(index, use.agreement_id), use_fen)
