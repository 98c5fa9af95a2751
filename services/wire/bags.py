"""Bags between the model and their messages."""

from __future__ import annotations

from cuntong.consolidation.v1 import bags_pb2, trace_pb2

from services.model.bags import Bagging, BagGroup, BagRules, BagSeal
from services.model.errors import InvalidInputError, Violation
from services.validation.bags import rules_violations
from services.validation.fields import text_violations
from services.wire.codec import decode, encode


def read_bag_rules(
    request: bags_pb2.PackBagsRequest | trace_pb2.TraceParcelRequest,
) -> tuple[BagRules, tuple[BagSeal, ...]]:
    """Read what bags hold and which seals are on them.

    Raises
    ------
    InvalidInputError
        With all violations at once.
    """
    violations: list[Violation] = []
    rules = decode(BagRules, request.rules, violations, "rules")
    if rules is not None:
        violations += rules_violations(rules)
    seals = [decode(BagSeal, seal, violations, f"seals[{i}]") for i, seal in enumerate(request.seals)]
    for index, seal in enumerate(seals):
        violations += text_violations(seal, f"seals[{index}]")
    if violations or rules is None:
        raise InvalidInputError(violations)
    return rules, tuple(seal for seal in seals if seal is not None)


def encode_bagging(bagging: Bagging) -> bags_pb2.PackBagsResponse:
    """Write a day's bags out."""
    return bags_pb2.PackBagsResponse(
        groups=[encode(group, bags_pb2.BagGroup) for group in bagging.groups],
        left=bagging.left,
        bags=bagging.bags,
        bound=bagging.bound,
    )


def decode_bagging(response: bags_pb2.PackBagsResponse) -> Bagging:
    """Read a day's bags.

    Raises
    ------
    InvalidInputError
        When they cannot be read, or the totals do not add up.
    """
    violations: list[Violation] = []
    groups = [decode(BagGroup, group, violations, f"groups[{i}]") for i, group in enumerate(response.groups)]
    bagging = Bagging(tuple(group for group in groups if group is not None), tuple(response.left))
    if not violations and (bagging.bags, bagging.bound) != (response.bags, response.bound):
        violations.append(Violation("bags", f"states {response.bags} where {bagging.bags} arrived"))
    if violations:
        raise InvalidInputError(violations)
    return bagging
