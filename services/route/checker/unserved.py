"""What is left behind says why, in words."""

from __future__ import annotations

from collections.abc import Iterator

from services.model.plan import Plan
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


def check_unserved(_facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find consignments left behind without a word."""
    for left in plan.unserved:
        if not left.detail.strip():
            yield BrokenLaw(Law.UNSERVED, left.consignment_id, f"{left.reason} says nothing that helps")
