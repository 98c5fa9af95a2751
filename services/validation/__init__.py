"""What makes an input malformed or contradictory, one subject a file; every finding names its place by path."""

from __future__ import annotations

from services.model.day import County, Day
from services.model.errors import Violation
from services.validation.agreements import agreement_violations
from services.validation.consignments import consignment_violations
from services.validation.fields import amount_violations, value_violations
from services.validation.fleet import fleet_violations
from services.validation.lines import line_violations
from services.validation.network import network_violations

__all__ = ["county_violations", "day_violations"]


def county_violations(county: County) -> list[Violation]:
    """List all that is wrong with a county, by path (``county.network.nodes[3].lon``); empty when it is sound."""
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
    return [
        *county_violations(day.county),
        *consignment_violations(day),
        *amount_violations(day.objective, "objective"),
    ]
