"""Where money leaves the partners: each run, each trip at its operator's own price, each shuttle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.model.consignments import Consignment
from services.model.settlement import Spending, SpendingKind
from services.settlement.facts import Facts
from services.settlement.rates import own_price_fen, run_fen
from services.settlement.shuttles import ShuttlePart


def spending_of(facts: Facts, shuttles: Sequence[ShuttlePart]) -> tuple[Spending, ...]:
    """List what partners spend: owners on their runs, operators on their trips, the hub's owner on shuttles.

    A trip runs anyway. It costs its operator its own price for the goods that go by right or share its cost; goods with
    a tariff are carried for what they pay.
    """
    return (*_runs(facts), *_trips(facts), *_shuttles(facts, shuttles))


def _runs(facts: Facts) -> Iterator[Spending]:
    for use in facts.uses:
        if use.run:
            fen = run_fen(facts.vehicles[use.run.vehicle_id], use.run)
            goods = _names(one.consignment for one in use.carried)
            yield Spending(use.owner, fen, SpendingKind.RUN, run_id=use.run.run_id, consignment_ids=goods)


def _trips(facts: Facts) -> Iterator[Spending]:
    for use in facts.uses:
        goods = [one.consignment for one in use.carried if _is_at_own_price(facts, one.agreement_id)]
        if use.trip and goods:
            fen = own_price_fen(use.trip, goods)
            yield Spending(
                use.owner, fen, SpendingKind.TRIP, trip_id=use.trip.trip_id, consignment_ids=_names(iter(goods))
            )


def _is_at_own_price(facts: Facts, agreement_id: str) -> bool:
    return not agreement_id or not facts.has_tariff(agreement_id)


def _shuttles(facts: Facts, parts: Sequence[ShuttlePart]) -> Iterator[Spending]:
    hub_owner = facts.hub_owner
    borne: dict[tuple[str, str, str, str], list[ShuttlePart]] = {}
    for part in parts:
        shuttle = part.shuttle
        key = shuttle.trip_id, shuttle.from_node, shuttle.to_node, hub_owner or part.bearer
        borne.setdefault(key, []).append(part)
    for (trip_id, from_node, to_node, partner_id), group in borne.items():
        yield Spending(
            partner_id,
            sum(part.fen for part in group),
            SpendingKind.SHUTTLE,
            trip_id=trip_id,
            node_ids=(from_node, to_node),
            consignment_ids=_names(c for part in group for c in part.consignments),
        )


def _names(consignments: Iterator[Consignment]) -> tuple[str, ...]:
    return tuple(sorted(c.consignment_id for c in consignments))
