"""Waiting for tomorrow: only what has a price for it, never past the promise, never in an emergency."""

from __future__ import annotations

from collections.abc import Iterator

from services.model.consignments import Consignment
from services.model.plan import Plan, Waiting
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law


def check_waiting(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find what waits although it may not, at another price, at a loss, or without a word."""
    for one in plan.waiting:
        consignment = facts.consignments.get(one.consignment_id)
        objections = [] if consignment is None else list(_objections(facts, consignment, one))
        if one.saved_fen < 0:
            objections.append(f"saves {one.saved_fen} fen")
        if not one.detail.strip():
            objections.append("waits without a word")
        for detail in objections:
            yield BrokenLaw(Law.WAITING, one.consignment_id, detail)


def _objections(facts: Facts, consignment: Consignment, one: Waiting) -> Iterator[str]:
    if consignment.wait_fen is None:
        yield "waits and has no price for it"
    elif one.wait_fen != consignment.wait_fen:
        yield f"waits for {consignment.wait_fen} fen, stated as {one.wait_fen} fen"
    if consignment.due_date <= facts.day.service_date:
        yield f"waits past its promise, {consignment.due_date}"
    if consignment.emergency:
        yield "is an emergency and waits"
