"""What a shop earns for being a village's pick-up point 快商: the agreement's tariff, for each piece handed over there.

A piece pays once under an agreement: what came on the shop owner's own tours under it has paid already. Nodes of other
models cost nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.model.agreements import Agreement, CooperationModel, Role
from services.model.consignments import Consignment
from services.model.network import NodeKind
from services.model.settlement import Purpose
from services.settlement.facts import Facts
from services.settlement.ledger import Part, Transaction, by_carrier
from services.settlement.rates import pieces_fen

_SHOPS: Final = frozenset({NodeKind.VILLAGE_SHOP, NodeKind.EXPRESS_SUPERMARKET, NodeKind.PARCEL_LOCKER})


def commission_transactions(facts: Facts) -> Iterator[Transaction]:
    """Charge what is handed over at shops under an agreement with their owner, one payment a shop and agreement."""
    handed: dict[tuple[str, str], list[Consignment]] = {}
    for node_id, consignment in _at_shops(facts):
        agreements = _opened_by(facts, consignment, node_id)
        ridden = facts.under[consignment.consignment_id]
        if agreements and not any(a.agreement_id in ridden for a in agreements):
            cheapest = min(agreements, key=lambda a: (a.tariff_piece_fen, a.agreement_id))
            handed.setdefault((cheapest.agreement_id, node_id), []).append(consignment)
    for (agreement_id, node_id), consignments in sorted(handed.items()):
        agreement = facts.agreements[agreement_id]
        yield Transaction(
            purpose=Purpose.COMMISSION,
            payee=agreement.operator,
            parts=tuple(Part(carrier, pieces_fen(agreement, g), g) for carrier, g in by_carrier(consignments).items()),
            rate_fen=agreement.tariff_piece_fen,
            agreement_id=agreement_id,
            node_ids=(node_id,),
        )


def handed_over_without_agreement(facts: Facts) -> dict[str, list[Consignment]]:
    """What shops handed over although nothing says what they earn by it, by their owner."""
    found: dict[str, list[Consignment]] = {}
    for node_id, consignment in _at_shops(facts):
        if not _opened_by(facts, consignment, node_id):
            found.setdefault(facts.nodes[node_id].owner, []).append(consignment)
    return found


def _at_shops(facts: Facts) -> Iterator[tuple[str, Consignment]]:
    """What is handed over at a shop of a partner of commerce that is not its carrier."""
    for node_id, consignment in facts.hand_overs():
        node = facts.nodes[node_id]
        is_shop = node.kind in _SHOPS and facts.roles.get(node.owner) is Role.COMMERCE
        if is_shop and node.owner != consignment.carrier_id:
            yield node_id, consignment


def _opened_by(facts: Facts, consignment: Consignment, node_id: str) -> list[Agreement]:
    """The agreements of commerce under which the shop's owner opens it to the consignment."""
    agreements = (facts.agreements[a] for a in facts.opening.get((consignment.admission_set_id, node_id), ()))
    owner = facts.nodes[node_id].owner
    return [a for a in agreements if a.model is CooperationModel.COMMERCE and a.operator == owner]
