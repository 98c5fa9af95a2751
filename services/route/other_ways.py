"""By which other ways all of a village's goods could come, with everything else on the plan as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.model.agreements import Role
from services.model.consignments import Consignment
from services.model.ways import MODE_OF_LINE, NextBest, Terms, TransportMode
from services.route.day_index import DayIndex
from services.route.gaps import Flags
from services.route.insertion import Fleet, FleetView, Insertion
from services.route.line_ledger import LineLedger, LineUse
from services.route.other_lines import cheapest_bookings
from services.route.schedule import agreement_on
from services.route.tours import Trips, make_visit
from services.route.village_costs import agreement_terms

_SHOWN_TRIPS = 3


@dataclass(frozen=True, slots=True)
class Way:
    """A mode; for shared runs also the role of the vehicles' owner, as that decides the cooperation model."""

    mode: TransportMode
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """A consignment and the row of the node where the plan hands it over."""

    consignment: Consignment
    row: int


@dataclass(frozen=True, slots=True)
class Rest:
    """A plan without one village: its runs, what its lines carry, pieces under agreements with a daily limit."""

    view: FleetView
    ledger: LineLedger
    pieces_under: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Alternative:
    """The village's goods by another way: what that adds to the plan without them, and how."""

    way: Way
    fen: int
    terms: tuple[Terms, ...]
    trips: Mapping[str, Trips]
    uses: tuple[LineUse, ...]
    detail: str

    @property
    def next_best(self) -> NextBest:
        """Write it out for the plan."""
        return NextBest(self.way.mode, self.terms, self.fen, self.detail)


def line_alternatives(
    index: DayIndex,
    rest: Rest,
    goods: Sequence[HandOver],
    choices: Mapping[str, Sequence[LineUse]],
    used: frozenset[Way],
) -> Iterator[Alternative]:
    """Book all of ``goods`` on lines of one kind, for each kind that may take all of them and does not do so today.

    ``choices`` are each consignment's possible bookings.
    """
    for mode in MODE_OF_LINE.values():
        uses_of_each = [
            [use for use in choices.get(one.consignment.consignment_id, ()) if MODE_OF_LINE[use.trip.kind] is mode]
            for one in goods
        ]
        if used == {Way(mode)} or not all(uses_of_each):
            continue
        found = cheapest_bookings(index, rest.ledger, rest.pieces_under, uses_of_each)
        if found is not None:
            fen, uses = found
            terms = _in_order(agreement_terms(index, use.agreement_id) for use in uses)
            yield Alternative(Way(mode), fen, terms, {}, uses, _trips_detail(uses))


def run_alternatives(
    index: DayIndex,
    fleet: Fleet,
    rest: Rest,
    goods: Sequence[HandOver],
    run_ids: Mapping[str, str],
    used: frozenset[Way],
) -> Iterator[Alternative]:
    """Put all of ``goods`` on shared runs, for each role of vehicles' owners but the one that drives them all today.

    ``run_ids`` are the plan's runs by vehicle.
    """
    roles = {partner.partner_id: partner.role for partner in index.day.county.partners}
    owners = [roles.get(vehicle.owner) for vehicle in fleet.vehicles]
    for role in Role:
        of_role = np.array([owner is role for owner in owners], dtype=bool)
        if used == {Way(TransportMode.SHARED_RUN, role)} or not of_role.any():
            continue
        placed = _place(fleet, rest.view, goods, of_role)
        if placed is not None:
            yield _by_runs(index, role, placed, run_ids)


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where each group of goods was put, in turn."""

    fen: int
    parts: tuple[tuple[Insertion, tuple[Consignment, ...]], ...]


def _by_runs(index: DayIndex, role: Role, placed: _Placed, run_ids: Mapping[str, str]) -> Alternative:
    terms = _in_order(
        agreement_terms(index, agreement_on(index, consignment, insertion.vehicle))
        for insertion, goods in placed.parts
        for consignment in goods
    )
    trips = {insertion.vehicle.vehicle_id: insertion.trips for insertion, _ in placed.parts}
    fresh = {insertion.vehicle.vehicle_id for insertion, _ in placed.parts if insertion.is_fresh}
    details = [
        f"另派 {vehicle_id}" if vehicle_id in fresh else f"并入 {run_ids[vehicle_id]}（{vehicle_id}）"
        for vehicle_id in trips
    ]
    return Alternative(Way(TransportMode.SHARED_RUN, role), placed.fen, terms, trips, (), "、".join(details))


def _place(fleet: Fleet, view: FleetView, goods: Sequence[HandOver], of_role: Flags) -> _Placed | None:
    """Insert goods: each node's in one visit, or apart by their rights, whichever is cheaper; one by one if need be."""
    if not all((fleet.allowed([one.consignment]) & of_role).any() for one in goods):
        return None
    rows = sorted({one.row for one in goods})
    together = [(row, [one.consignment for one in goods if one.row == row]) for row in rows]
    apart = [(row, alike) for row, mine in together for alike in _by_rights(fleet, mine, of_role)]
    groupings = [together, apart] if len(apart) > len(together) else [together]
    attempts = [_insert_all(fleet, view, groups, of_role) for groups in groupings]
    found = [placed for placed in attempts if placed is not None]
    if found or len(goods) == len(rows):
        return min(found, key=lambda placed: placed.fen, default=None)
    singly = sorted(goods, key=lambda one: (-one.consignment.pieces, one.consignment.consignment_id))
    return _insert_all(fleet, view, [(one.row, [one.consignment]) for one in singly], of_role)


def _by_rights(fleet: Fleet, goods: Iterable[Consignment], of_role: Flags) -> list[list[Consignment]]:
    """Group goods that the same vehicles may carry, what has the fewest first."""
    groups: dict[bytes, list[Consignment]] = {}
    for c in goods:
        groups.setdefault((fleet.allowed([c]) & of_role).tobytes(), []).append(c)
    return [groups[key] for key in sorted(groups, key=lambda key: (sum(key), key))]


def _insert_all(
    fleet: Fleet, view: FleetView, groups: Sequence[tuple[int, Sequence[Consignment]]], of_role: Flags
) -> _Placed | None:
    """Insert groups of goods one after another, each where it then costs least."""
    parts: list[tuple[Insertion, tuple[Consignment, ...]]] = []
    for number, (row, goods) in enumerate(groups, start=1):
        insertion = view.cheapest(make_visit(row, goods), fleet.allowed(goods) & of_role)
        if insertion is None:
            return None
        parts.append((insertion, tuple(goods)))
        if number < len(groups):
            view = view.with_insertion(insertion, goods)
    return _Placed(sum(insertion.fen for insertion, _ in parts), tuple(parts))


def _in_order(terms: Iterable[Terms]) -> tuple[Terms, ...]:
    found = set(terms)
    return tuple(one for one in Terms if one in found)


def _trips_detail(uses: Sequence[LineUse]) -> str:
    names = list(dict.fromkeys(use.trip.trip_id for use in uses))
    more = f" 等 {len(names)} 个" if len(names) > _SHOWN_TRIPS else ""
    return f"班次 {'、'.join(names[:_SHOWN_TRIPS])}{more}"
