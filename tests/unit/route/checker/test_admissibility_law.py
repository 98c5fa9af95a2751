"""Who may use what, by the sets and by the agreements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.model.agreements import Direction, Temperature
from services.model.consignments import ResourceKind
from services.model.network import NodeKind
from services.route.checker import Law
from tests.plans import SERVICE_DATE, TOWNSHIP, sample_case


@pytest.mark.parametrize(
    ("kind", "resource_id"),
    [
        (ResourceKind.VEHICLE, "VAN-T"),
        (ResourceKind.TRIP, "OWN-O"),
        (ResourceKind.NODE, "BS"),
        (ResourceKind.NODE, "V0"),
    ],
)
def test_what_is_not_admitted_is_not_used(kind: ResourceKind, resource_id: str) -> None:
    assert sample_case().without_admission(kind, resource_id).laws() == {Law.ADMISSIBILITY}


def test_the_hub_needs_no_admission() -> None:
    assert sample_case().without_admission(ResourceKind.NODE, "HUB").laws() == set()


def test_a_run_hands_over_at_the_village_without_admission_of_its_node() -> None:
    case = sample_case().with_plan(bookings=(), shuttles=())
    case = case.without_admission(ResourceKind.NODE, "V0").without_admission(ResourceKind.NODE, "V1")
    assert Law.ADMISSIBILITY not in case.laws()


def test_a_carrier_needs_an_agreement_for_what_it_does_not_own() -> None:
    assert sample_case().with_consignment("C8", carrier_id="EXP-B").laws() == {Law.ADMISSIBILITY}


@pytest.mark.parametrize(
    "scope",
    [
        {"valid_to": SERVICE_DATE - timedelta(days=1)},
        {"valid_from": SERVICE_DATE + timedelta(days=1)},
        {"principals": ()},
        {"operator": "POST"},
        {"directions": (Direction.OUTBOUND,)},
        {"temperatures": (Temperature.FROZEN,)},
        {"max_piece_g": 1_000},
        {"max_piece_ml": 2_999},
        {"townships": ("220282999000",)},
        {"weekdays": (7,)},
    ],
)
def test_a_set_gives_no_more_than_its_agreement(scope: dict[str, Any]) -> None:
    assert sample_case().with_agreement("AG-BUS", **scope).laws() == {Law.ADMISSIBILITY}


def test_the_exact_scope_is_enough() -> None:
    scope: dict[str, Any] = {
        "valid_from": SERVICE_DATE,
        "valid_to": SERVICE_DATE,
        "directions": (Direction.INBOUND, Direction.OUTBOUND),
        "temperatures": (Temperature.AMBIENT,),
        "max_piece_g": 1_441,
        "max_piece_ml": 3_000,
        "townships": (TOWNSHIP,),
        "weekdays": (1,),
    }
    assert sample_case().with_agreement("AG-BUS", **scope).laws() == set()


def test_a_model_opens_only_its_kinds_of_place() -> None:
    assert sample_case().with_node("BS", kind=NodeKind.POST_OFFICE).laws() == {Law.ADMISSIBILITY}


_PAST_SCOPE: dict[str, Any] = {
    "principals": (),
    "directions": (Direction.OUTBOUND,),
    "townships": ("1",),
    "weekdays": (7,),
}


def test_an_emergency_passes_the_scope_of_an_operator_that_accepts_it() -> None:
    case = sample_case().with_consignment("C3", emergency=True).with_agreement("AG-A", **_PAST_SCOPE)
    assert case.laws() == set()


@pytest.mark.parametrize(
    "limit",
    [
        {"emergency": False},
        {"temperatures": (Temperature.FROZEN,)},
        {"max_piece_g": 1_000},
        {"max_piece_ml": 2_999},
        {"valid_to": SERVICE_DATE - timedelta(days=1)},
    ],
)
def test_an_emergency_does_not_pass_what_the_operator_cannot_do(limit: dict[str, Any]) -> None:
    case = sample_case().with_consignment("C3", emergency=True).with_agreement("AG-A", **{**_PAST_SCOPE, **limit})
    assert case.laws() == {Law.ADMISSIBILITY}
