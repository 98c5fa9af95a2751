"""What each consignment may do besides a shared run: be booked on a trip from one stop to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.lines import Line, StopTime, Trip
from services.model.network import Node, Transfer
from services.model.units import rate_fen
from services.route.day_index import DayIndex
from services.route.lateness import late_fen
from services.route.room import load_of, room_on


@dataclass(frozen=True, slots=True)
class BookingOption:
    """One consignment on one trip between two of its stops, under one agreement, with the shuttle it needs.

    ``shuttle_departure_s`` is when the shuttle leaves: outwards as late as the trip and the doors at both ends allow,
    homewards as soon as the goods are ready and both are open. With a ``station``, a vehicle of that node does the rest
    of the way between it and the village. ``late_fen`` is the price of handing over later than the village expects.
    """

    consignment: Consignment
    line: Line
    trip: Trip
    agreement_id: str
    board_index: int
    alight_index: int
    shuttle: Transfer | None
    tariff_fen: int
    station: str = ""
    late_fen: int = 0
    shuttle_departure_s: int = 0

    @property
    def board(self) -> StopTime:
        """Where and when it boards."""
        return self.trip.stop_times[self.board_index]

    @property
    def alight(self) -> StopTime:
        """Where and when it alights."""
        return self.trip.stop_times[self.alight_index]

    @property
    def ready_by_s(self) -> int:
        """When the goods must be at the boarding stop."""
        return self.board.departure_s - self.trip.handling_s

    @property
    def available_s(self) -> int:
        """From when the goods can be fetched."""
        return self.alight.arrival_s + self.trip.handling_s


def enumerate_options(index: DayIndex) -> list[BookingOption]:
    """List every booking that obeys admissibility, piece limits, cold, timetable and opening hours on its own.

    Whether they fit together on a trip is for the assignment to decide.
    """
    at_node: dict[str, list[Consignment]] = {}
    for consignment in index.day.consignments:
        for node_id in index.node_ids[consignment.consignment_id]:
            at_node.setdefault(node_id, []).append(consignment)
    return [
        option
        for line, trip in index.trips.values()
        for option in _trip_options(index, line, trip, at_node)
        if is_possible(index, option)
    ]


def _trip_options(
    index: DayIndex, line: Line, trip: Trip, at_node: dict[str, list[Consignment]]
) -> Iterator[BookingOption]:
    """Every consignment on every pair of stops that joins the hub's side with its village."""
    for hub_side, (village_side, stop) in product(hub_sides(index, trip), enumerate(trip.stop_times)):
        if hub_side.index == village_side:
            continue
        for consignment in at_node.get(stop.node_id, ()):
            if (consignment.direction is Direction.INBOUND) == (hub_side.index < village_side):
                yield from make_option(index, consignment, line, trip, hub_side, village_side)


@dataclass(frozen=True, slots=True)
class HubSide:
    """A stop at which a trip meets the hub: itself, or a station with transfers to it and from it."""

    index: int
    is_hub: bool
    to_trip: Transfer | None
    from_trip: Transfer | None


def hub_sides(index: DayIndex, trip: Trip) -> list[HubSide]:
    """The stops of a trip from where goods can come from the hub or go to it."""
    hub_id = index.hub.node_id
    transfers = {(t.from_node, t.to_node): t for t in index.day.county.network.transfers}
    sides = (
        HubSide(
            i,
            stop.node_id == hub_id,
            transfers.get((hub_id, stop.node_id)),
            transfers.get((stop.node_id, hub_id)),
        )
        for i, stop in enumerate(trip.stop_times)
    )
    return [side for side in sides if side.is_hub or side.to_trip or side.from_trip]


def make_option(
    index: DayIndex,
    consignment: Consignment,
    line: Line,
    trip: Trip,
    hub_side: HubSide,
    village_side: int,
    station: str = "",
) -> Iterator[BookingOption]:
    """A consignment between two stops of a trip, under each agreement that opens it; none where no transfer is."""
    shuttle = hub_side.to_trip if hub_side.index < village_side else hub_side.from_trip
    if shuttle is None and not hub_side.is_hub:
        return
    board, alight = (trip.stop_times[i] for i in sorted((hub_side.index, village_side)))
    handed_over_s = alight.arrival_s + trip.handling_s
    leaves_s = 0 if shuttle is None else _departure_s(index, shuttle, trip, board, alight)
    for agreement_id in index.ways(consignment, ResourceKind.TRIP, trip.trip_id):
        yield BookingOption(
            consignment,
            line,
            trip,
            agreement_id,
            min(hub_side.index, village_side),
            max(hub_side.index, village_side),
            shuttle,
            _tariff_fen(index, consignment, trip, agreement_id),
            station,
            0 if station else late_fen(index, consignment, index.nodes[alight.node_id], handed_over_s),
            leaves_s,
        )


def _departure_s(index: DayIndex, shuttle: Transfer, trip: Trip, board: StopTime, alight: StopTime) -> int:
    start, end, takes_s = index.nodes[shuttle.from_node], index.nodes[shuttle.to_node], shuttle.duration_s
    if shuttle.to_node == board.node_id:
        return min(board.departure_s - trip.handling_s - takes_s, start.closes_s, end.closes_s - takes_s)
    return max(alight.arrival_s + trip.handling_s, start.opens_s, end.opens_s - takes_s)


def _tariff_fen(index: DayIndex, consignment: Consignment, trip: Trip, agreement_id: str) -> int:
    """Pieces and kilograms by the agreement's tariff, or the operator's own price where the carrier owns the trip."""
    tariff = index.agreements[agreement_id] if agreement_id else trip
    return consignment.pieces * tariff.tariff_piece_fen + rate_fen(consignment.weight_g, tariff.tariff_kg_fen, 1000)


def is_possible(index: DayIndex, option: BookingOption) -> bool:
    """Whether a booking obeys admissibility, piece limits, cold, timetable and opening hours on its own."""
    consignment, trip = option.consignment, option.trip
    ends = [index.nodes[stop.node_id] for stop in (option.board, option.alight)]
    if consignment.temperature.is_cold and not (trip.keeps_cold and all(node.keeps_cold for node in ends)):
        return False
    return (
        _takes_pieces_of(trip, consignment)
        and all(_may_wait_at(index, consignment, node) for node in ends)
        and load_of(consignment).fits(room_on(trip))
        and meets_hours(index, option)
    )


def _may_wait_at(index: DayIndex, consignment: Consignment, node: Node) -> bool:
    """A station that takes goods from a trip is a resource like any other; the hub is where goods are anyway."""
    return node.node_id == index.hub.node_id or bool(index.ways(consignment, ResourceKind.NODE, node.node_id))


def _takes_pieces_of(trip: Trip, consignment: Consignment) -> bool:
    """Whether the heaviest and the largest piece are within the trip's limits."""
    return (trip.max_piece_g is None or consignment.max_piece_g <= trip.max_piece_g) and (
        trip.max_piece_ml is None or consignment.max_piece_ml <= trip.max_piece_ml
    )


def meets_hours(index: DayIndex, option: BookingOption) -> bool:
    """Somebody must be there when goods are brought, boarded, set down and fetched, at both stops and at the hub."""
    board, alight = index.nodes[option.board.node_id], index.nodes[option.alight.node_id]
    calls = (
        (board, option.ready_by_s, option.board.departure_s),
        (alight, option.alight.arrival_s, option.available_s),
    )
    today = index.day.service_date
    return shuttle_meets_hours(index, option) and all(
        node.is_open_on(today) and node.opens_s <= start_s and end_s <= node.closes_s for node, start_s, end_s in calls
    )


def shuttle_meets_hours(index: DayIndex, option: BookingOption) -> bool:
    """Whether the shuttle, where there is one, finds somebody at both its ends."""
    if option.shuttle is None:
        return True
    leaves_s, today = option.shuttle_departure_s, index.day.service_date
    start, end = index.nodes[option.shuttle.from_node], index.nodes[option.shuttle.to_node]
    return all(
        node.is_open_on(today) and node.opens_s <= at_s <= node.closes_s
        for node, at_s in ((start, leaves_s), (end, leaves_s + option.shuttle.duration_s))
    )
