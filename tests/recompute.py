"""A settlement's entries computed once more from what they name: the parcels, the runs and trips, the agreement.

Shares no code with the settlement. What coalitions cost is taken from the settlement itself; what is made of it is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import permutations
from math import floor

from services.model.agreements import Agreement, Sharing
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.plan import Plan
from services.model.settlement import Entry, Purpose, Settlement, SharedCost, Spending, SpendingKind


class Recomputation:
    """The arithmetic of one day and its plan."""

    def __init__(self, day: Day, plan: Plan, settlement: Settlement) -> None:
        self.day, self.plan, self.settlement = day, plan, settlement
        self.goods = {c.consignment_id: c for c in day.consignments}
        self.agreements = {a.agreement_id: a for a in day.county.agreements}
        self.trips = {t.trip_id: (line.owner, t) for line in day.county.lines for t in line.trips}
        self.vehicles = {v.vehicle_id: v for v in day.county.vehicles}
        self.travels = [
            *((run.run_id, c.consignment_id, c.agreement_id) for run in plan.runs for c in run.carriages),
            *((b.trip_id, b.consignment_id, b.agreement_id) for b in plan.bookings),
        ]

    def entry(self, entry: Entry) -> int:  # noqa: PLR0911
        """What a partner pays by this entry; for who is paid, all that the others of the transaction pay it."""
        if entry.fen < 0 and entry.purpose is not Purpose.SHARED_COST:
            others = (e for e in self.settlement.entries if e.transaction_id == entry.transaction_id and e != entry)
            return -sum(self.entry(other) for other in others)
        match entry.purpose:
            case Purpose.TARIFF_PIECES | Purpose.COMMISSION:
                return self.agreements[entry.agreement_id].tariff_piece_fen * self.pieces(entry.consignment_ids)
            case Purpose.TARIFF_WEIGHT:
                rate = self.agreements[entry.agreement_id].tariff_kg_fen
                return sum(half_up(self.goods[c].weight_g * rate, 1_000) for c in entry.consignment_ids)
            case Purpose.TARIFF_RUN:
                return self.divided(
                    self.agreements[entry.agreement_id].tariff_run_fen,
                    self.under(entry.agreement_id, {*entry.run_ids, *entry.trip_ids}),
                )[entry.partner_id]
            case Purpose.MINIMUM:
                return self.minimum(entry)
            case Purpose.SHUTTLE:
                return self.shuttle(entry)
            case Purpose.SHARED_COST:
                return self.share(entry)

    def pieces(self, names: Iterable[str]) -> int:
        return sum(self.goods[name].pieces for name in names)

    def under(self, agreement_id: str, places: set[str]) -> list[Consignment]:
        """What travels under an agreement on some runs and trips."""
        return [self.goods[c] for place, c, a in self.travels if a == agreement_id and place in places]

    def divided(self, total_fen: int, goods: Iterable[Consignment]) -> dict[str, int]:
        """By carriers' pieces."""
        pieces: Counter[str] = Counter()
        for c in goods:
            pieces[c.carrier_id] += c.pieces
        return largest_remainders(total_fen, pieces)

    def minimum(self, entry: Entry) -> int:
        agreement = self.agreements[entry.agreement_id]
        others = [
            e
            for e in self.settlement.entries
            if e.agreement_id == entry.agreement_id and e.purpose is not Purpose.MINIMUM and e.fen > 0
        ]
        missing_fen = agreement.minimum_fen - sum(self.entry(e) for e in others)
        used = {c for _, c, a in self.travels if a == entry.agreement_id}
        used |= {c for e in others for c in e.consignment_ids}
        goods = [self.goods[c] for c in used if self.goods[c].carrier_id != agreement.operator]
        return self.divided(missing_fen, goods)[entry.partner_id]

    def shuttle(self, entry: Entry) -> int:
        (trip_id,), (start, end) = entry.trip_ids, entry.node_ids
        transfer = next(t for t in self.day.county.network.transfers if (t.from_node, t.to_node) == (start, end))
        shuttle = next(s for s in self.plan.shuttles if (s.trip_id, s.from_node, s.to_node) == (trip_id, start, end))
        pieces: Counter[str] = Counter()
        for name in shuttle.consignment_ids:
            agreement_id = self.shares_on(trip_id, name)
            bearer = self.agreements[agreement_id].operator if agreement_id else self.goods[name].carrier_id
            pieces[f"{bearer}\0{agreement_id}"] += self.goods[name].pieces
        shares = largest_remainders(transfer.cost_fen_per_trip, pieces)
        return shares[f"{entry.partner_id}\0{entry.agreement_id}"]

    def shares_on(self, trip_id: str, name: str) -> str:
        """The agreement in whose shared cost a consignment on a trip is, or nothing."""
        return next(
            (
                s.agreement_id
                for s in self.settlement.shared_costs
                if trip_id in s.trip_ids and name in self.players_goods(s)
            ),
            "",
        )

    def players_goods(self, shared: SharedCost) -> set[str]:
        """All goods of an agreement's shared cost: those under it, and the operator's own that were put to it."""
        places = {*shared.run_ids, *shared.trip_ids}
        own = {c for _, c in self.own_goods(shared)}
        return {c for place, c, a in self.travels if place in places and a == shared.agreement_id} | own

    def own_goods(self, shared: SharedCost) -> list[tuple[str, str]]:
        found = []
        for place in (*shared.run_ids, *shared.trip_ids):
            weights = self.sharing_weights(place)
            own = sorted(
                (self.goods[c] for p, c, a in self.travels if p == place and not a),
                key=lambda c: (-c.weight_g, c.consignment_id),
            )
            whole, own_g = sum(weights.values()), sum(c.weight_g for c in own)
            due = {a: Fraction(own_g * w, whole) for a, w in weights.items()}
            for c in own:
                chosen = sorted(due, key=lambda a: (-due[a], a))[0]
                due[chosen] -= c.weight_g
                if chosen == shared.agreement_id:
                    found.append((place, c.consignment_id))
        return found

    def sharing_weights(self, place: str) -> Counter[str]:
        """The weight on a run or trip under each agreement that shares its cost."""
        weights: Counter[str] = Counter()
        for p, c, a in self.travels:
            if p == place and a and self.agreements[a].sharing is not Sharing.TARIFF:
                weights[a] += self.goods[c].weight_g
        return weights

    def shared_fen(self, shared: SharedCost) -> int:
        """What an agreement has to share, from the day's rates."""
        total_fen = sum(self.of_run(run_id, shared.agreement_id) for run_id in shared.run_ids)
        total_fen += sum(self.of_trip(trip_id, shared) for trip_id in shared.trip_ids)
        for shuttle in self.plan.shuttles:
            if shuttle.trip_id in shared.trip_ids:
                pieces: Counter[str] = Counter()
                for name in shuttle.consignment_ids:
                    agreement_id = self.shares_on(shuttle.trip_id, name)
                    bearer = self.agreements[agreement_id].operator if agreement_id else self.goods[name].carrier_id
                    pieces[f"{bearer}\0{agreement_id}"] += self.goods[name].pieces
                key = f"{shared.operator}\0{shared.agreement_id}"
                total_fen += largest_remainders(shuttle.cost_fen, pieces).get(key, 0)
        return total_fen

    def of_run(self, run_id: str, agreement_id: str) -> int:
        run = next(r for r in self.plan.runs if r.run_id == run_id)
        cost_fen = self.run_fen(run_id)
        tariffs = [a for a in {c.agreement_id for c in run.carriages} if a and self.is_tariff(a)]
        paid_fen = sum(self.paid_on(run_id, self.agreements[a]) for a in tariffs)
        weights = self.sharing_weights(run_id)
        off_fen = largest_remainders(min(cost_fen, paid_fen), weights)[agreement_id]
        return largest_remainders(cost_fen, weights)[agreement_id] - off_fen

    def is_tariff(self, agreement_id: str) -> bool:
        return self.agreements[agreement_id].sharing is Sharing.TARIFF

    def paid_on(self, run_id: str, agreement: Agreement) -> int:
        """What others than the operator pay by tariff for a run."""
        goods = self.under(agreement.agreement_id, {run_id})
        shares = self.divided(agreement.tariff_run_fen, goods)
        return sum(
            agreement.tariff_piece_fen * c.pieces + half_up(c.weight_g * agreement.tariff_kg_fen, 1_000)
            for c in goods
            if c.carrier_id != agreement.operator
        ) + sum(fen for carrier, fen in shares.items() if carrier != agreement.operator)

    def of_trip(self, trip_id: str, shared: SharedCost) -> int:
        _, trip = self.trips[trip_id]
        goods = [c for place, c, a in self.travels if place == trip_id and a == shared.agreement_id]
        goods += [c for place, c in self.own_goods(shared) if place == trip_id]
        charge = largest_remainders(trip.tariff_trip_fen, self.sharing_weights(trip_id))[shared.agreement_id]
        return charge + self.own_price(trip_id, goods)

    def own_price(self, trip_id: str, names: Iterable[str]) -> int:
        _, trip = self.trips[trip_id]
        return sum(
            trip.tariff_piece_fen * self.goods[c].pieces + half_up(self.goods[c].weight_g * trip.tariff_kg_fen, 1_000)
            for c in names
        )

    def run_fen(self, run_id: str) -> int:
        run = next(r for r in self.plan.runs if r.run_id == run_id)
        vehicle = self.vehicles[run.vehicle_id]
        by_distance = half_up(run.distance_m * vehicle.per_km_fen, 1_000)
        return vehicle.fixed_fen + by_distance + half_up(run.duration_s * vehicle.per_hour_fen, 3_600)

    def spending(self, spending: Spending) -> int:
        """What a partner spends, from the day's rates."""
        match spending.kind:
            case SpendingKind.RUN:
                return self.run_fen(spending.run_id)
            case SpendingKind.TRIP:
                charge_fen = self.trips[spending.trip_id][1].tariff_trip_fen
                return charge_fen + self.own_price(spending.trip_id, spending.consignment_ids)
            case SpendingKind.SHUTTLE:
                ends = spending.node_ids
                transfer = next(t for t in self.day.county.network.transfers if (t.from_node, t.to_node) == ends)
                return transfer.cost_fen_per_trip

    def share(self, entry: Entry) -> int:
        shared = next(s for s in self.settlement.shared_costs if s.agreement_id == entry.agreement_id)
        total_fen = self.shared_fen(shared)
        fen = shares_of(shared, total_fen, self.player_goods(shared))
        others_fen = sum(amount for partner, amount in fen.items() if partner != shared.operator)
        return -others_fen if entry.partner_id == shared.operator else fen[entry.partner_id]

    def player_goods(self, shared: SharedCost) -> dict[str, list[Consignment]]:
        goods: dict[str, list[Consignment]] = {share.partner_id: [] for share in shared.shares}
        for name in self.players_goods(shared):
            goods[self.goods[name].carrier_id].append(self.goods[name])
        return goods


def shares_of(shared: SharedCost, total_fen: int, goods: Mapping[str, list[Consignment]]) -> dict[str, int]:
    """Apply an agreement's rule to what coalitions cost; rules that are programs are taken over, tested elsewhere."""
    players = sorted(goods)
    costs = {frozenset(c.members): c.cost_fen for c in shared.coalitions} | {
        frozenset(): 0,
        frozenset(players): total_fen,
    }
    match shared.sharing:
        case Sharing.SHAPLEY:
            return rounded(total_fen, {p: shapley_share(p, players, costs.__getitem__) for p in players})
        case Sharing.PROPORTIONAL_PIECES:
            return largest_remainders(total_fen, {p: sum(c.pieces for c in goods[p]) for p in players})
        case Sharing.PROPORTIONAL_WEIGHT:
            return largest_remainders(total_fen, {p: sum(c.weight_g for c in goods[p]) for p in players})
        case _ if len(players) == 1:
            return {players[0]: total_fen}
        case Sharing.NUCLEOLUS if len(players) == 2:
            # The standard solution: both gain the same.
            first, second = (costs[frozenset([p])] for p in players)
            gain = Fraction(first + second - total_fen, 2)
            return rounded(total_fen, dict(zip(players, (first - gain, second - gain), strict=True)))
        case _:
            return {share.partner_id: share.share_fen for share in shared.shares}


def shapley_share(player: str, players: list[str], cost_of: Callable[[frozenset[str]], int]) -> Fraction:
    """The mean of what a player adds over all orders of arrival."""
    orders = list(permutations(players))
    added = 0
    for order in orders:
        before = frozenset(order[: order.index(player)])
        added += cost_of(before | {player}) - cost_of(before)
    return Fraction(added, len(orders))


def largest_remainders(total_fen: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Divide in proportion, equally where nothing weighs."""
    whole = sum(weights.values())
    exact = {
        n: Fraction(total_fen * w, whole) if whole else Fraction(total_fen, len(weights)) for n, w in weights.items()
    }
    return rounded(total_fen, exact)


def rounded(total_fen: int, exact: Mapping[str, Fraction]) -> dict[str, int]:
    """Round down and give what is left to the largest remainders, the first name first."""
    fen = {name: floor(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (fen[name] - exact[name], name))
    for name in by_remainder[: total_fen - sum(fen.values())]:
        fen[name] += 1
    return fen


def half_up(amount: int, per: int) -> int:
    return int((Decimal(amount) / per).quantize(Decimal(1), ROUND_HALF_UP))
