"""What an agreement that shares its cost has to share on a day, and among whom.

The players are the operator and the carriers whose goods travel on its runs and trips under the agreement, its own
goods there included. A run that several such agreements use is divided by the weight of their goods first; the
operator's own goods on it then go, consignment by consignment, where they keep that division best. What goods with a
tariff pay for the same run comes off, down to nothing: what they pay beyond is the operator's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.model.agreements import Agreement
from services.model.consignments import Consignment
from services.model.lines import Trip
from services.settlement.facts import Facts, Use
from services.settlement.ledger import Transaction, weight_of
from services.settlement.rates import pieces_fen, run_fen, weight_fen
from services.settlement.shuttles import ShuttlePart
from services.settlement.split import split_fen


@dataclass(frozen=True, slots=True)
class Ridden:
    """A consignment, the village's node that it goes to or from and, on a trip, between which of its stops it rides."""

    consignment: Consignment
    node_id: str
    trip_id: str = ""
    board_index: int = 0
    alight_index: int = 0

    def by_road(self) -> Ridden:
        """The same without the trip."""
        return Ridden(self.consignment, self.node_id)


@dataclass(frozen=True, slots=True)
class Portion:
    """What of a run or trip belongs to one agreement's game: its goods and its part of the cost and of tariffs."""

    agreement_id: str
    use: Use
    consignments: tuple[Consignment, ...]
    cost_fen: int
    tariffs_fen: int


@dataclass(frozen=True, slots=True)
class Game:
    """An agreement's cost to share. ``players`` are sorted by name, ``goods`` by the consignment's, trips by theirs."""

    agreement: Agreement
    players: tuple[str, ...]
    goods: tuple[Ridden, ...]
    run_ids: tuple[str, ...]
    trips: tuple[Trip, ...]
    runs_fen: int
    trips_fen: int
    shuttles_fen: int
    tariffs_fen: int

    @property
    def shared_fen(self) -> int:
        """What the players have to bear together."""
        return self.runs_fen + self.trips_fen + self.shuttles_fen - self.tariffs_fen

    @property
    def trip_ids(self) -> tuple[str, ...]:
        """The trips by name."""
        return tuple(trip.trip_id for trip in self.trips)

    def goods_of(self, partners: Iterable[str]) -> list[Ridden]:
        """The goods of some of the players."""
        wanted = set(partners)
        return [ridden for ridden in self.goods if ridden.consignment.carrier_id in wanted]

    def consignments_of(self, partner_id: str) -> tuple[Consignment, ...]:
        """One player's consignments."""
        return tuple(ridden.consignment for ridden in self.goods_of([partner_id]))


def portions_of(facts: Facts, tariffs: Sequence[Transaction]) -> list[Portion]:
    """Divide every run and trip that agreements share the cost of; ``tariffs`` are what other goods pay for them."""
    paid_fen: dict[str, int] = {}
    for transaction in tariffs:
        for run_id in transaction.run_ids:
            paid_fen[run_id] = paid_fen.get(run_id, 0) + transaction.paid_fen
    portions = []
    for use in facts.uses:
        sharing = [a for a in use.agreement_ids if not facts.has_tariff(a)]
        if sharing:
            weights = {a: weight_of(use.under(a)) for a in sharing}
            goods = _with_own_goods(use, weights)
            costs = _run_costs(facts, use, weights) if use.run else _trip_costs(use, goods)
            offset_fen = min(sum(costs.values()), sum(paid_fen.get(run_id, 0) for run_id in use.run_ids))
            offsets = split_fen(offset_fen, weights)
            portions += [Portion(a, use, tuple(goods[a]), costs[a], offsets[a]) for a in sharing]
    return portions


def agreements_on_trips(portions: Iterable[Portion]) -> dict[str, str]:
    """By consignment that is booked on a trip, the agreement in whose game it is."""
    return {c.consignment_id: p.agreement_id for p in portions if p.use.trip for c in p.consignments}


def games_of(facts: Facts, portions: Sequence[Portion], shuttles: Sequence[ShuttlePart]) -> list[Game]:
    """Put the portions of each agreement together, agreements by name."""
    by_agreement: dict[str, list[Portion]] = {}
    for portion in portions:
        by_agreement.setdefault(portion.agreement_id, []).append(portion)
    return [_game(facts, name, by_agreement[name], shuttles) for name in sorted(by_agreement)]


def _game(facts: Facts, agreement_id: str, portions: Sequence[Portion], shuttles: Sequence[ShuttlePart]) -> Game:
    agreement = facts.agreements[agreement_id]
    trip_ids = {trip_id for p in portions for trip_id in p.use.trip_ids}
    goods = riding(facts, (c for p in portions for c in p.consignments), trip_ids)
    carriers = {ridden.consignment.carrier_id for ridden in goods}
    return Game(
        agreement=agreement,
        players=tuple(sorted({agreement.operator, *carriers})),
        goods=goods,
        run_ids=tuple(run_id for p in portions for run_id in p.use.run_ids),
        trips=tuple(p.use.trip for p in portions if p.use.trip),
        runs_fen=sum(p.cost_fen for p in portions if p.use.run),
        trips_fen=sum(p.cost_fen for p in portions if p.use.trip),
        shuttles_fen=sum(part.fen for part in shuttles if part.agreement_id == agreement_id),
        tariffs_fen=sum(p.tariffs_fen for p in portions),
    )


def riding(facts: Facts, consignments: Iterable[Consignment], trip_ids: Collection[str] = ()) -> tuple[Ridden, ...]:
    """Consignments by name, once each, with where they are handed over and, if on one of the trips, how they ride."""
    places = {consignment.consignment_id: node_id for node_id, consignment in facts.hand_overs()}
    booked = {b.consignment_id: b for b in facts.plan.bookings if b.trip_id in trip_ids}
    goods = {}
    for consignment in consignments:
        name = consignment.consignment_id
        booking, node_id = booked.get(name), places[name]
        goods[name] = (
            Ridden(consignment, node_id, booking.trip_id, booking.board_index, booking.alight_index)
            if booking
            else Ridden(consignment, node_id)
        )
    return tuple(goods[name] for name in sorted(goods))


def _run_costs(facts: Facts, use: Use, weights: Mapping[str, int]) -> dict[str, int]:
    if use.run is None:
        raise ValueError("a trip is priced by its operator")
    return split_fen(run_fen(facts.vehicles[use.run.vehicle_id], use.run), weights)


def _trip_costs(use: Use, goods: Mapping[str, Sequence[Consignment]]) -> dict[str, int]:
    """The operator's own price: pieces and kilograms of each game's goods, the trip's charge divided by weight."""
    trip = use.trip
    if trip is None:
        raise ValueError("a run is priced by its vehicle's rates")
    charges = split_fen(trip.tariff_trip_fen, {a: weight_of(use.under(a)) for a in goods})
    return {a: charges[a] + pieces_fen(trip, group) + weight_fen(trip, group) for a, group in goods.items()}


def _with_own_goods(use: Use, weights: Mapping[str, int]) -> dict[str, list[Consignment]]:
    """Goods by agreement, the operator's own among them: the heaviest first, each to whom most is still due."""
    own = sorted(use.under(""), key=lambda c: (-c.weight_g, c.consignment_id))
    goods = {a: sorted(use.under(a), key=lambda c: c.consignment_id) for a in sorted(weights)}
    whole = sum(weights.values())
    own_g = weight_of(own)
    due = {a: Fraction(own_g * w, whole) if whole else Fraction(own_g, len(weights)) for a, w in weights.items()}
    for consignment in own:
        agreement_id = min(due, key=lambda a: (-due[a], a))
        goods[agreement_id].append(consignment)
        due[agreement_id] -= consignment.weight_g
    return goods
