"""Payments between partners as entries that add up to zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.model.consignments import Consignment
from services.model.settlement import Entry, Purpose, Unit


@dataclass(frozen=True, slots=True)
class Part:
    """What one partner pays in a transaction (below 0: is paid), and the consignments it is for."""

    partner_id: str
    fen: int
    consignments: tuple[Consignment, ...]


@dataclass(frozen=True, slots=True)
class Transaction:
    """Partners that pay one other for one thing. What the payee would pay itself is no payment."""

    purpose: Purpose
    payee: str
    parts: tuple[Part, ...]
    rate_fen: int
    unit: Unit = Unit.PIECES
    agreement_id: str = ""
    run_ids: tuple[str, ...] = ()
    trip_ids: tuple[str, ...] = ()
    node_ids: tuple[str, ...] = ()

    @property
    def payments(self) -> tuple[Part, ...]:
        """The parts that money moves for, by partner."""
        moved = [part for part in self.parts if part.fen and part.partner_id != self.payee]
        return tuple(sorted(moved, key=lambda part: part.partner_id))

    @property
    def paid_fen(self) -> int:
        """What the payee receives."""
        return sum(part.fen for part in self.payments)


def by_carrier(consignments: Iterable[Consignment]) -> dict[str, tuple[Consignment, ...]]:
    """Group consignments by their carrier, carriers and consignments by name."""
    groups: dict[str, list[Consignment]] = {}
    for consignment in sorted(consignments, key=lambda c: (c.carrier_id, c.consignment_id)):
        groups.setdefault(consignment.carrier_id, []).append(consignment)
    return {carrier: tuple(group) for carrier, group in groups.items()}


def pieces_of(consignments: Iterable[Consignment]) -> int:
    """Count pieces."""
    return sum(c.pieces for c in consignments)


def weight_of(consignments: Iterable[Consignment]) -> int:
    """Add up grams."""
    return sum(c.weight_g for c in consignments)


def write_ledger(transactions: Sequence[Transaction]) -> tuple[Entry, ...]:
    """Number transactions and entries; each transaction's payee has one entry against those of its payers."""
    moved = [t for t in transactions if t.payments]
    width = len(str(sum(len(t.payments) + 1 for t in moved)))  # so that names sort as numbers do
    entries: list[Entry] = []
    for number, transaction in enumerate(moved, start=1):
        receipt = _receipt(transaction)
        for part in (*transaction.payments, *([receipt] if receipt.fen else [])):
            entries.append(_entry(transaction, part, f"E{len(entries) + 1:0{width}}", f"T{number:0{width}}"))
    return tuple(entries)


def _receipt(transaction: Transaction) -> Part:
    goods = tuple(c for part in transaction.payments for c in part.consignments)
    return Part(transaction.payee, -transaction.paid_fen, goods)


def _entry(transaction: Transaction, part: Part, entry_id: str, transaction_id: str) -> Entry:
    count = pieces_of if transaction.unit is Unit.PIECES else weight_of
    return Entry(
        entry_id=entry_id,
        transaction_id=transaction_id,
        partner_id=part.partner_id,
        fen=part.fen,
        purpose=transaction.purpose,
        agreement_id=transaction.agreement_id,
        run_ids=transaction.run_ids,
        trip_ids=transaction.trip_ids,
        node_ids=transaction.node_ids,
        consignment_ids=tuple(c.consignment_id for c in part.consignments),
        quantity=count(part.consignments),
        unit=transaction.unit,
        rate_fen=transaction.rate_fen,
    )


def in_order(transactions: Iterable[Transaction]) -> list[Transaction]:
    """Sort transactions by what they are for, so that a ledger does not depend on the order of its input."""
    order = list(Purpose)
    return sorted(
        transactions,
        key=lambda t: (order.index(t.purpose), t.agreement_id, t.run_ids, t.trip_ids, t.node_ids, t.payee),
    )
