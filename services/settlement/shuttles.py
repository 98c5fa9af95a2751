"""Shuttles between hub and station: their cost goes by pieces to whoever answers for the goods on board.

For goods that share an agreement's cost that is its operator, whose share includes it; for all others the carrier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.model.consignments import Consignment
from services.model.plan import Shuttle
from services.model.settlement import Purpose
from services.settlement.facts import Facts
from services.settlement.ledger import Part, Transaction, pieces_of
from services.settlement.split import split_fen


@dataclass(frozen=True, slots=True)
class ShuttlePart:
    """A part of a shuttle's cost: for the goods of an agreement that shares its cost, or (empty) of their carrier."""

    shuttle: Shuttle
    agreement_id: str
    bearer: str
    consignments: tuple[Consignment, ...]
    fen: int


def shuttle_parts(facts: Facts, agreement_of: Mapping[str, str]) -> list[ShuttlePart]:
    """Divide every shuttle; ``agreement_of`` gives, by consignment, the agreement that shares its cost."""
    parts = []
    for shuttle in sorted(facts.plan.shuttles, key=lambda s: (s.trip_id, s.from_node, s.to_node)):
        groups: dict[tuple[str, str], list[Consignment]] = {}
        for name in sorted(shuttle.consignment_ids):
            agreement_id, consignment = agreement_of.get(name, ""), facts.consignments[name]
            bearer = facts.agreements[agreement_id].operator if agreement_id else consignment.carrier_id
            groups.setdefault((bearer, agreement_id), []).append(consignment)
        keys = {f"{bearer}\0{agreement_id}": (bearer, agreement_id) for bearer, agreement_id in groups}
        shares = split_fen(shuttle.cost_fen, {name: pieces_of(groups[key]) for name, key in keys.items()})
        for name, (bearer, agreement_id) in sorted(keys.items()):
            goods = tuple(groups[bearer, agreement_id])
            parts.append(ShuttlePart(shuttle, agreement_id, bearer, goods, shares[name]))
    return parts


def shuttle_transactions(facts: Facts, parts: list[ShuttlePart]) -> Iterator[Transaction]:
    """Let the bearers pay the hub's owner, who sends the shuttles; where nobody owns it they spend it themselves."""
    if facts.hub_owner:
        for part in parts:
            yield Transaction(
                purpose=Purpose.SHUTTLE,
                payee=facts.hub_owner,
                parts=(Part(part.bearer, part.fen, part.consignments),),
                rate_fen=part.shuttle.cost_fen,
                agreement_id=part.agreement_id,
                trip_ids=(part.shuttle.trip_id,),
                node_ids=(part.shuttle.from_node, part.shuttle.to_node),
            )
