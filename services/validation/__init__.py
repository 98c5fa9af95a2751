"""What makes an input malformed or contradictory, one subject a file; every finding names its place by path."""

from __future__ import annotations

from collections.abc import Sequence

from services.model.day import County, Day
from services.model.errors import Violation
from services.model.network import Village
from services.validation.agreements import agreement_violations
from services.validation.consignments import consignment_violations
from services.validation.fields import amount_violations, value_violations
from services.validation.fleet import fleet_violations
from services.validation.held import held_violations
from services.validation.lines import line_violations
from services.validation.network import network_violations
from services.validation.sizes import county_sizes, day_sizes
from services.validation.villages import village_violations

__all__ = ["county_violations", "day_violations", "gazetteer_violations"]


def county_violations(county: County) -> list[Violation]:
    """List all that is wrong with a county, by path (``county.network.nodes[3].lon``); empty when it is sound."""
    if too_long := list(county_sizes(county)):
        return too_long
    empty_id = [] if county.county_id.strip() else [Violation("county.county_id", "is empty")]
    return [
        *empty_id,
        *value_violations(county, "county"),
        *network_violations(county),
        *agreement_violations(county),
        *line_violations(county),
        *fleet_violations(county),
    ]


def day_violations(day: Day) -> list[Violation]:
    """List all that is wrong with a day: its county's violations, then its own (``consignments[3].weight_g``)."""
    if too_long := [*county_sizes(day.county), *day_sizes(day)]:
        return too_long
    return [
        *county_violations(day.county),
        *consignment_violations(day),
        *held_violations(day),
        *amount_violations(day.objective, "objective"),
    ]


def gazetteer_violations(villages: Sequence[Village]) -> list[Violation]:
    """List all that is wrong with a gazetteer, by path (``villages[7].name``)."""
    return list(village_violations(villages))
