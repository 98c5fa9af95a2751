"""Goods put together for a bound: consignments of one node with the same rights are one unknown.

A group's share is the mean of its consignments' shares, weighted by pieces. Pieces, and what goes by the piece, are so
exact; of all other amounts it has what its lightest, its cheapest, its smallest piece has, times its pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.route.bound.kinds import Kind, bases_that_serve
from services.route.bound.ways import Ways
from services.route.day_index import DayIndex
from services.route.options import BookingOption

Place = tuple[str, int, int, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Consignments with one fate in the linear program.

    ``serves`` are the kind and node of each run that might do, with where its vehicles load. ``places`` are the
    bookings that might, with their least price in ``place_fen``; for a run of the last mile ``to_station_fen`` is the
    least that a booking to a station costs, and ``most_fen`` the most that each agreement may earn by one.
    """

    consignments: tuple[Consignment, ...]
    serves: Mapping[tuple[int, str], frozenset[int]]
    places: Mapping[Place, BookingOption]
    place_fen: Mapping[Place, float]
    to_station_fen: float
    most_fen: Mapping[str, float]
    leaving_fen: float

    @property
    def inbound(self) -> bool:
        """Which way it goes."""
        return self.consignments[0].direction is Direction.INBOUND

    @property
    def pieces(self) -> int:
        """How many pieces it has."""
        return sum(c.pieces for c in self.consignments)

    def amounts(self) -> tuple[float, float, float]:
        """Grams, millilitres and pieces that are surely in it when all of it is carried."""
        least_g = self.least((c.weight_g, c.pieces) for c in self.consignments)
        least_ml = self.least((c.volume_ml, c.pieces) for c in self.consignments)
        return least_g, least_ml, float(self.pieces)

    def least(self, amounts: Iterable[tuple[float, int]]) -> float:
        """The least amount a piece, for all pieces."""
        return self.pieces * min(amount / pieces for amount, pieces in amounts)


def group_goods(index: DayIndex, ways: Ways, kinds: Sequence[Kind], options: Iterable[BookingOption]) -> list[Group]:
    """Put together what has the same rights, so that no unknown is needed for each consignment."""
    by_consignment: dict[str, list[BookingOption]] = {}
    for option in options:
        by_consignment.setdefault(option.consignment.consignment_id, []).append(option)
    able: dict[tuple[object, ...], frozenset[int]] = {}
    alike: dict[tuple[object, ...], list[Consignment]] = {}
    serves_of: dict[tuple[object, ...], dict[tuple[int, str], frozenset[int]]] = {}
    for c in index.day.consignments:
        mine = by_consignment.get(c.consignment_id, [])
        stations = frozenset(ways.position[o.station] for o in mine if o.station)
        serves: dict[tuple[int, str], frozenset[int]] = {}
        for (k, kind), node_id in product(enumerate(kinds), index.node_ids[c.consignment_id]):
            key = k, node_id, c.admission_set_id, c.direction, c.pieces, c.weight_g, c.volume_ml, c.temperature
            if key not in able:
                able[key] = bases_that_serve(index, ways, kind, c, index.nodes[node_id])
            if bases := able[key] & stations if kind.is_last_mile else able[key]:
                serves[k, node_id] = bases
        rights = (
            index.node_ids[c.consignment_id],
            c.direction,
            tuple(serves),
            frozenset(_place(option) for option in mine if not option.station),
            None if c.wait_fen is None else c.wait_fen / c.pieces,
            c.emergency,
            c.goods,
        )
        alike.setdefault(rights, []).append(c)
        known = serves_of.setdefault(rights, {})
        known.update({key: bases | known.get(key, frozenset()) for key, bases in serves.items()})
    return [_group(index, goods, serves_of[rights], by_consignment) for rights, goods in alike.items()]


def _place(option: BookingOption) -> Place:
    return option.trip.trip_id, option.board_index, option.alight_index, option.agreement_id


def _group(
    index: DayIndex,
    goods: Sequence[Consignment],
    serves: Mapping[tuple[int, str], frozenset[int]],
    by_consignment: Mapping[str, Sequence[BookingOption]],
) -> Group:
    pieces = sum(c.pieces for c in goods)
    places: dict[Place, BookingOption] = {}
    prices: dict[Place, float] = {}
    to_station_fen: float = inf
    most_fen: dict[str, float] = {}
    for c in goods:
        for option in by_consignment.get(c.consignment_id, ()):
            a_piece_fen = (option.tariff_fen + option.late_fen) / c.pieces * pieces
            if option.station:
                to_station_fen = min(to_station_fen, a_piece_fen)
                most_fen[option.agreement_id] = max(most_fen.get(option.agreement_id, 0.0), a_piece_fen)
            else:
                place = _place(option)
                places.setdefault(place, option)
                prices[place] = min(prices.get(place, a_piece_fen), a_piece_fen)
    leaving_fen = pieces * min(index.leaving_fen(c) / c.pieces for c in goods)
    # Waiting is never the only way to be left.
    leaving_fen = min(leaving_fen, pieces * min(index.unserved_fen(c) / c.pieces for c in goods))
    return Group(tuple(goods), serves, places, prices, to_station_fen, most_fen, leaving_fen)
