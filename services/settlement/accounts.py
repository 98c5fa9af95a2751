"""Every partner's day on one line: what it spends, pays and receives, beside what its goods would cost it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.model.plan import PlanResult
from services.model.settlement import Entry, PartnerAccount, Spending
from services.settlement.facts import Facts
from services.settlement.ledger import by_carrier, pieces_of, weight_of
from services.settlement.own_means import OwnCost


def accounts_of(
    facts: Facts, entries: Sequence[Entry], spending: Sequence[Spending], alone: Mapping[str, OwnCost]
) -> tuple[PartnerAccount, ...]:
    """Add up each partner's day, partners by name; ``alone`` has those that have goods."""
    goods = by_carrier(facts.carried())
    accounts = []
    for partner in sorted(facts.day.county.partners, key=lambda p: p.partner_id):
        partner_id = partner.partner_id
        own = alone.get(partner_id, OwnCost())
        spent_fen = sum(s.fen for s in spending if s.partner_id == partner_id)
        moved = [entry.fen for entry in entries if entry.partner_id == partner_id]
        charge_fen = spent_fen + sum(moved)
        accounts.append(
            PartnerAccount(
                partner_id=partner_id,
                name=partner.name,
                pieces=pieces_of(goods.get(partner_id, ())),
                weight_g=weight_of(goods.get(partner_id, ())),
                spent_fen=spent_fen,
                paid_fen=sum(fen for fen in moved if fen > 0),
                received_fen=-sum(fen for fen in moved if fen < 0),
                charge_fen=charge_fen,
                stand_alone_fen=own.cost_fen,
                alone_unserved_fen=own.unserved_fen,
                saving_fen=own.cost_fen - charge_fen,
                above_stand_alone=charge_fen > own.cost_fen,
            )
        )
    return tuple(accounts)


def best_known_alone(facts: Facts, result: PlanResult, solved: Mapping[str, OwnCost]) -> dict[str, OwnCost]:
    """Take the cheaper of what was solved here and what the plan was compared with.

    The comparison counts where it is about the same goods: all of the carrier's, none left behind on either side. It
    has the price of carbon dioxide in it and so errs on the dear side.
    """
    compared = {one.carrier_id: one for one in result.comparison.alone} if result.comparison else {}
    carried = by_carrier(facts.carried())
    whole = by_carrier(facts.day.consignments)
    known = dict(solved)
    for carrier, own in solved.items():
        other = compared.get(carrier)
        if other and not other.unserved and carried[carrier] == whole[carrier] and other.cost_fen < own.cost_fen:
            known[carrier] = OwnCost(other.cost_fen)
    return known
