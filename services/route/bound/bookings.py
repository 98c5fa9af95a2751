"""The part of the relaxation that scheduled lines have: shares that trips carry, and what these pay together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.model.agreements import Direction
from services.route.bound.groups import Group, Place
from services.route.bound.program import Program
from services.route.day_index import DayIndex
from services.route.options import BookingOption
from services.route.room import room_on

# A share of a group on runs: its column, the node of the call, and whether it is of the last mile.
RunShare = tuple[int, str, bool]
Entries = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Station:
    """Where vehicles of the last mile load: the column of those used, how many there are, and what comes there."""

    used: int
    count: int
    options: Sequence[BookingOption]


def add_bookings(
    program: Program,
    index: DayIndex,
    groups: Sequence[Group],
    on_runs: Sequence[Sequence[RunShare]],
    stations: Sequence[Station],
) -> None:
    """Add the shares that trips carry, what they cost once, and that each group is carried or left."""
    booked: dict[tuple[int, Place], int] = {}
    charges: dict[tuple[str, ...], int] = {}
    accounts: defaultdict[str, Entries] = defaultdict(list)
    for g, group in enumerate(groups):
        for place, option in group.places.items():
            column = booked[g, place] = program.column(group.place_fen[place], 1.0)
            accounts[option.agreement_id].append((column, group.place_fen[place]))
            for key, fen in paid_once(index, option):
                if fen > 0:
                    program.if_broken(0.0, [(_charge(program, charges, key, fen), 1.0), (column, -1.0)])
        left = program.column(group.leaving_fen, 1.0)
        shares = [(share, 1.0) for share, _, _ in on_runs[g]]
        program.at_least(1.0, [(left, 1.0), *shares, *((booked[g, place], 1.0) for place in group.places)])
    _add_stations(program, index, stations, charges)
    _add_minimums(program, index, groups, on_runs, charges, accounts)
    _add_room(program, index, groups, booked)
    _add_storage(program, index, groups, on_runs, booked)


def paid_once(index: DayIndex, option: BookingOption) -> Iterator[tuple[tuple[str, ...], int]]:
    """What a booking's trip costs once: its shuttle, and its charge by the trip."""
    trip_id = option.trip.trip_id
    if option.shuttle is not None:
        way = option.shuttle.from_node, option.shuttle.to_node
        yield ("shuttle", trip_id, *way), option.shuttle.cost_fen_per_trip
    if option.agreement_id:
        yield ("run", trip_id, option.agreement_id), index.agreements[option.agreement_id].tariff_run_fen
    else:
        yield ("own", trip_id), option.trip.tariff_trip_fen


def _charge(program: Program, charges: dict[tuple[str, ...], int], key: tuple[str, ...], fen: int) -> int:
    if key not in charges:
        charges[key] = program.column(float(fen), 1.0)
    return charges[key]


def _add_stations(
    program: Program, index: DayIndex, stations: Sequence[Station], charges: dict[tuple[str, ...], int]
) -> None:
    """What goes on from a station has come there by some trip: one of those that call is paid, with its shuttle."""
    for station in stations:
        shuttles: dict[tuple[str, ...], int] = {}
        by_trip: dict[tuple[str, ...], int] = {}
        for option in station.options:
            *shuttle, trip = paid_once(index, option)
            shuttles.update(shuttle or [((), 0)])
            by_trip.update([trip])
        for paid in (shuttles, by_trip):
            if all(fen > 0 for fen in paid.values()):
                columns = [_charge(program, charges, key, fen) for key, fen in paid.items()]
                program.at_least(0.0, [*((c, 1.0) for c in columns), (station.used, -1.0 / station.count)])


def _add_minimums(
    program: Program,
    index: DayIndex,
    groups: Sequence[Group],
    on_runs: Sequence[Sequence[RunShare]],
    charges: dict[tuple[str, ...], int],
    accounts: dict[str, Entries],
) -> None:
    """What agreements with a minimum earn less than that, where anything is booked under them."""
    for agreement_id, entries in accounts.items():
        agreement = index.agreements.get(agreement_id)
        if agreement is None or agreement.minimum_fen <= 0:
            continue
        used, added = program.column(0.0, 1.0), program.column(1.0, float(agreement.minimum_fen))
        for column, _ in entries:
            program.if_broken(0.0, [(used, 1.0), (column, -1.0)])
        earned = list(entries)
        earned += [
            (c, float(agreement.tariff_run_fen))
            for key, c in charges.items()
            if key[0] == "run" and key[2] == agreement_id
        ]
        earned += [
            (share, groups[g].most_fen.get(agreement_id, 0.0))
            for g, shares in enumerate(on_runs)
            for share, _, is_last_mile in shares
            if is_last_mile
        ]
        program.at_least(0.0, [(added, 1.0), *earned, (used, -float(agreement.minimum_fen))])


def _add_room(program: Program, index: DayIndex, groups: Sequence[Group], booked: dict[tuple[int, Place], int]) -> None:
    """Trips have room for so much on each segment, agreements for so many pieces a day."""
    on_segment: defaultdict[tuple[str, int, int], Entries] = defaultdict(list)
    under: defaultdict[str, Entries] = defaultdict(list)
    for (g, (trip_id, board, alight, agreement_id)), column in booked.items():
        for unit, amount in enumerate(groups[g].amounts()):
            for segment in range(board, alight):
                on_segment[trip_id, segment, unit].append((column, amount))
        if not groups[g].consignments[0].emergency:
            under[agreement_id].append((column, float(groups[g].pieces)))
    for (trip_id, _, unit), entries in on_segment.items():
        room = room_on(index.trips[trip_id][1])
        _limit(program, (room.weight_g, room.volume_ml, room.pieces)[unit], entries)
    for agreement_id, entries in under.items():
        agreement = index.agreements.get(agreement_id)
        if agreement is not None and agreement.max_pieces_per_day is not None:
            _limit(program, agreement.max_pieces_per_day, entries)


def _add_storage(
    program: Program,
    index: DayIndex,
    groups: Sequence[Group],
    on_runs: Sequence[Sequence[RunShare]],
    booked: dict[tuple[int, Place], int],
) -> None:
    """Nodes keep only so much of what is handed over there; what passes through a station is not counted."""
    handed_over: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for g, group in enumerate(groups):
        if group.consignments[0].direction is Direction.INBOUND:
            for share, node_id, _ in on_runs[g]:
                handed_over[node_id].append((g, share))
            for place, option in group.places.items():
                handed_over[option.alight.node_id].append((g, booked[g, place]))
    for node_id, shares in handed_over.items():
        node = index.nodes[node_id]
        for unit, limit in ((1, node.max_volume_ml), (2, node.max_pieces)):
            if limit is not None:
                _limit(program, limit, [(column, groups[g].amounts()[unit]) for g, column in shares])


def _limit(program: Program, limit: int, entries: Entries) -> None:
    """Add a limit, where it is one."""
    if sum(amount for _, amount in entries) > limit:
        program.at_most(float(limit), entries)
