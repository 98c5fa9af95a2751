"""Partners and the agreements between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import Final

from services.model.agreements import Agreement, CooperationModel, Partner, Role, Sharing
from services.model.day import County
from services.model.errors import Violation
from services.validation.fields import (
    id_violations,
    quoted,
    reference_violation,
    value_violations,
    weekday_violations,
)

OPERATOR_ROLES: Final = {
    CooperationModel.POSTAL: Role.POSTAL,
    CooperationModel.EXPRESS: Role.EXPRESS,
    CooperationModel.TRANSIT: Role.TRANSIT,
    CooperationModel.COMMERCE: Role.COMMERCE,
    CooperationModel.THIRD_PARTY: Role.THIRD_PARTY,
}


def agreement_violations(county: County) -> Iterator[Violation]:
    """Report what is wrong with a county's partners and agreements."""
    yield from id_violations([partner.partner_id for partner in county.partners], "county.partners", "partner_id")
    for index, partner in enumerate(county.partners):
        yield from value_violations(partner, f"county.partners[{index}]")
    partners = {partner.partner_id: partner for partner in county.partners}
    ids = [agreement.agreement_id for agreement in county.agreements]
    yield from id_violations(ids, "county.agreements", "agreement_id")
    for index, agreement in enumerate(county.agreements):
        path = f"county.agreements[{index}]"
        yield from value_violations(agreement, path)
        yield from _party_violations(agreement, partners, path)
        yield from _scope_violations(agreement, path)
        tariffs = (agreement.tariff_piece_fen, agreement.tariff_kg_fen, agreement.tariff_run_fen)
        if agreement.sharing is Sharing.TARIFF and not any(tariffs):
            yield Violation(f"{path}.sharing", "is TARIFF, but no tariff a piece, kilogram or run is given")
    yield from _overlap_violations(county.agreements)


def _party_violations(agreement: Agreement, partners: dict[str, Partner], path: str) -> Iterator[Violation]:
    if not agreement.principals:
        yield Violation(f"{path}.principals", "names nobody")
    seen: set[str] = set()
    for index, principal in enumerate(agreement.principals):
        here = f"{path}.principals[{index}]"
        yield from reference_violation(principal, partners, here, "partner")
        if principal in seen:
            yield Violation(here, f"{quoted(principal)} stands twice")
        seen.add(principal)
    # A pool of carriers names its operator among the principals; alone with itself it agrees with nobody.
    if seen == {agreement.operator}:
        yield Violation(f"{path}.operator", f"{quoted(agreement.operator)} has an agreement with itself")
    yield from reference_violation(agreement.operator, partners, f"{path}.operator", "partner")
    operator, role = partners.get(agreement.operator), OPERATOR_ROLES[agreement.model]
    if operator and operator.role is not role:
        said = f"{quoted(operator.partner_id)} has role {operator.role}, but a {agreement.model} agreement needs {role}"
        yield Violation(f"{path}.operator", said)


def _scope_violations(agreement: Agreement, path: str) -> Iterator[Violation]:
    start, end = agreement.valid_from, agreement.valid_to
    if start and end and start > end:
        yield Violation(f"{path}.valid_from", f"{start} is after valid_to {end}")
    yield from weekday_violations(agreement.weekdays, f"{path}.weekdays")


def _overlap_violations(agreements: Sequence[Agreement]) -> Iterator[Violation]:
    """Report pairs under which one parcel would have two prices.

    Agreements that differ in the pieces or goods that they take are tiers, of which the cheaper counts.
    """
    alike: dict[tuple[object, ...], list[int]] = {}
    for index, agreement in enumerate(agreements):
        pieces = agreement.max_piece_g, agreement.max_piece_ml, frozenset(agreement.excluded_categories)
        alike.setdefault((agreement.model, agreement.operator, pieces), []).append(index)
    for indices in alike.values():
        for first, second in combinations(indices, 2):
            shared = _shared_scope(agreements[first], agreements[second])
            if shared:
                said = f"covers {quoted(shared)} as county.agreements[{first}] does: which of them is meant?"
                yield Violation(f"county.agreements[{second}].principals", said)


def _shared_scope(one: Agreement, other: Agreement) -> str:
    """Name a principal whose parcels could travel under both, or nobody."""
    sides = [
        (one.directions, other.directions),
        (one.temperatures, other.temperatures),
        (one.townships, other.townships),
        (one.weekdays, other.weekdays),
    ]
    if any(a and b and not set(a) & set(b) for a, b in sides):
        return ""
    starts = max(one.valid_from or date.min, other.valid_from or date.min)
    ends = min(one.valid_to or date.max, other.valid_to or date.max)
    return min(set(one.principals) & set(other.principals), default="") if starts <= ends else ""
