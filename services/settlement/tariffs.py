"""Tariffs: what carriers pay an operator a piece, a kilogram and a run, and what its minimum adds.

A run's charge is paid once for each run or trip that is used under the agreement. Carriers divide it by their pieces.
What a minimum adds is due on a day on which the agreement is used, and divided by pieces as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from services.model.agreements import Agreement
from services.model.consignments import Consignment
from services.model.settlement import Purpose, Unit
from services.settlement.facts import Facts, Use
from services.settlement.ledger import Part, Transaction, by_carrier, pieces_of
from services.settlement.rates import pieces_fen, weight_fen
from services.settlement.split import split_fen


def tariff_transactions(facts: Facts) -> Iterator[Transaction]:
    """Charge everything that travels under an agreement with a tariff."""
    for use in facts.uses:
        for agreement_id in use.agreement_ids:
            if facts.has_tariff(agreement_id):
                yield from _of_use(use, facts.agreements[agreement_id])


def _of_use(use: Use, agreement: Agreement) -> Iterator[Transaction]:
    goods = by_carrier(use.under(agreement.agreement_id))
    shares = split_fen(agreement.tariff_run_fen, {carrier: pieces_of(group) for carrier, group in goods.items()})
    charged = (
        (Purpose.TARIFF_PIECES, agreement.tariff_piece_fen, {c: pieces_fen(agreement, g) for c, g in goods.items()}),
        (Purpose.TARIFF_WEIGHT, agreement.tariff_kg_fen, {c: weight_fen(agreement, g) for c, g in goods.items()}),
        (Purpose.TARIFF_RUN, agreement.tariff_run_fen, shares),
    )
    for purpose, rate_fen, fen in charged:
        yield Transaction(
            purpose=purpose,
            payee=agreement.operator,
            parts=tuple(Part(carrier, fen[carrier], group) for carrier, group in goods.items()),
            rate_fen=rate_fen,
            unit=Unit.GRAMS if purpose is Purpose.TARIFF_WEIGHT else Unit.PIECES,
            agreement_id=agreement.agreement_id,
            run_ids=use.run_ids,
            trip_ids=use.trip_ids,
        )


def minimum_transactions(facts: Facts, paid: Sequence[Transaction]) -> Iterator[Transaction]:
    """Charge what the payments made under agreements with a tariff leave of their minimum amounts.

    ``paid`` are all payments of the day but these.
    """
    for agreement_id, agreement in sorted(facts.agreements.items()):
        if not facts.has_tariff(agreement_id):
            continue
        under = [transaction for transaction in paid if transaction.agreement_id == agreement_id]
        goods = by_carrier(_paid_for(facts, agreement, under))
        missing_fen = agreement.minimum_fen - sum(transaction.paid_fen for transaction in under)
        if not goods or missing_fen <= 0:
            continue
        shares = split_fen(missing_fen, {carrier: pieces_of(group) for carrier, group in goods.items()})
        yield Transaction(
            purpose=Purpose.MINIMUM,
            payee=agreement.operator,
            parts=tuple(Part(carrier, shares[carrier], group) for carrier, group in goods.items()),
            rate_fen=agreement.minimum_fen,
            agreement_id=agreement_id,
            run_ids=_named(run for transaction in under for run in transaction.run_ids),
            trip_ids=_named(trip for transaction in under for trip in transaction.trip_ids),
            node_ids=_named(node for transaction in under for node in transaction.node_ids),
        )


def _paid_for(facts: Facts, agreement: Agreement, under: Sequence[Transaction]) -> list[Consignment]:
    """What the agreement was used for, once each: all that travels under it or is handed over under it for others."""
    used = {c.consignment_id for use in facts.uses for c in use.under(agreement.agreement_id)}
    used |= {c.consignment_id for transaction in under for part in transaction.parts for c in part.consignments}
    goods = (facts.consignments[name] for name in used)
    return [consignment for consignment in goods if consignment.carrier_id != agreement.operator]


def _named(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
