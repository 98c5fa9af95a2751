"""Pieces a day under an agreement; emergencies do not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from services.model.plan import Plan
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


def check_daily_limit(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Add up the pieces under each agreement on runs and trips."""
    travels = [(b.consignment_id, b.agreement_id) for b in plan.bookings]
    travels += [(c.consignment_id, c.agreement_id) for run in plan.runs for c in run.carriages]
    pieces: Counter[str] = Counter()
    # A trip and the last mile behind it may be under one agreement, which counts a piece once.
    for consignment_id, agreement_id in dict.fromkeys(travels):
        consignment = facts.consignments.get(consignment_id)
        if consignment and not consignment.emergency:
            pieces[agreement_id] += consignment.pieces
    for agreement_id, count in pieces.items():
        agreement = facts.agreements.get(agreement_id)
        if agreement and agreement.max_pieces_per_day is not None and count > agreement.max_pieces_per_day:
            detail = f"{count} pieces travel under it, it allows {agreement.max_pieces_per_day} a day"
            yield BrokenLaw(Law.DAILY_LIMIT, agreement_id, detail)
