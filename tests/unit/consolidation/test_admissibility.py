"""Who may use what: the five models, every side of an agreement's scope, emergencies, and what a carrier owns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from services.consolidation.goods import TRAITS
from services.model.agreements import (
    Agreement,
    CooperationModel,
    Direction,
    Partner,
    Role,
    Sharing,
    Temperature,
)
from services.model.consignments import Admission, ResourceKind
from services.model.day import County
from services.model.lines import Line, LineKind
from services.model.network import Node, NodeKind
from tests.builders import SERVICE_DATE, TOWNSHIP, VILLAGES, small_county, small_network
from tests.parcels import consolidate_small, small_parcels

MODELS: Final = tuple(CooperationModel)
DAY: Final = timedelta(days=1)
OPENED: Final[dict[CooperationModel, set[str]]] = {
    CooperationModel.POSTAL: {"VEHICLE", "POSTAL", "POST_OFFICE", "VILLAGE_POST_POINT", "PARCEL_LOCKER"},
    CooperationModel.EXPRESS: {
        "VEHICLE",
        "EXPRESS_OUTLET",
        "EXPRESS_SUPERMARKET",
        "VILLAGE_SHOP",
        "VILLAGE_COMMITTEE",
        "PARCEL_LOCKER",
    },
    CooperationModel.TRANSIT: {"BUS", "FREIGHT", "RAIL", "BUS_STATION", "RAIL_STATION", "FREIGHT_STATION"},
    CooperationModel.COMMERCE: {"VEHICLE", "COMMERCE_LINE", "VILLAGE_SHOP", "EXPRESS_SUPERMARKET", "PARCEL_LOCKER"},
    CooperationModel.THIRD_PARTY: {"VEHICLE", "FREIGHT", *NodeKind},
}


def agree(model: CooperationModel = CooperationModel.EXPRESS, **scope: Any) -> Agreement:
    """An agreement AG of EXP-A with the operator OP, all of its scope open unless given."""
    return replace(Agreement("AG", model, ("EXP-A",), "OP", Sharing.TARIFF, tariff_piece_fen=30), **scope)


def county_of(*agreements: Agreement, **trip: Any) -> County:
    """A county where OP owns one resource of every kind, named by its kind, and EXP-B owns the van VAN-B."""
    county = small_county()
    van, (line,) = county.vehicles[1], county.lines
    stations = tuple(
        Node(kind.value, kind, kind.value, 126.75, 42.96, owner="OP") for kind in NodeKind if kind is not NodeKind.HUB
    )
    hub, *places = (replace(node, owner="") for node in small_network().nodes)
    hub = replace(hub, node_id="HUB", owner="OP")
    trips = tuple(
        replace(line.trips[0], trip_id=_trip_id(kind), kind=kind, **{"max_piece_g": None, **trip}) for kind in LineKind
    )
    vehicle = replace(van, vehicle_id="VEHICLE", owner="OP", temperatures=tuple(Temperature))
    return replace(
        county,
        network=replace(county.network, nodes=(hub, *places, *stations)),
        partners=(*county.partners, Partner("OP", "运营方", Role.EXPRESS)),
        agreements=agreements,
        lines=(Line("L", "OP", "线路", trips),),
        vehicles=(vehicle, van),
    )


def _trip_id(kind: LineKind) -> str:
    return "COMMERCE_LINE" if kind is LineKind.COMMERCE else kind.value


def admissions(county: County, **parcel: Any) -> tuple[Admission, ...]:
    """Everything that one parcel of EXP-A (or as changed) may use."""
    answer = consolidate_small(small_parcels(parcel), county)
    ((consignment,), (admission_set,)) = answer.consignments, answer.admission_sets
    assert consignment.admission_set_id == admission_set.set_id
    return admission_set.admissions


def opened(county: County, **parcel: Any) -> set[str]:
    """The resources that the agreement AG opens to one parcel."""
    return {a.resource_id for a in admissions(county, **parcel) if a.agreement_id == "AG"}


def is_open(agreement: Agreement, **parcel: Any) -> bool:
    """Whether an agreement opens to a parcel all that its model covers; it must be that or nothing."""
    what = opened(county_of(agreement), **parcel)
    assert what in (set(), OPENED[agreement.model])
    return bool(what)


@pytest.mark.parametrize("model", MODELS)
def test_a_model_opens_exactly_its_kinds(model: CooperationModel) -> None:
    assert opened(county_of(agree(model))) == OPENED[model]


@pytest.mark.parametrize("model", MODELS)
def test_an_agreement_opens_its_operators_resources_only(model: CooperationModel) -> None:
    assert admissions(county_of(agree(model, operator="BUS"))) == ()


@pytest.mark.parametrize("model", MODELS)
def test_an_agreement_is_for_its_principals_only(model: CooperationModel) -> None:
    assert not is_open(agree(model, principals=("EXP-B",)))
    assert not is_open(agree(model, principals=()))
    assert is_open(agree(model, principals=("EXP-B", "EXP-A")))


SCOPES: Final[list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]]] = [
    ("directions", {"directions": (Direction.INBOUND,)}, {"direction": "INBOUND"}, {"direction": "OUTBOUND"}),
    ("directions", {"directions": (Direction.OUTBOUND,)}, {"direction": "OUTBOUND"}, {"direction": "INBOUND"}),
    ("excluded_categories", {"excluded_categories": ("书籍", "服装")}, {"category": "食品"}, {"category": "服装"}),
    ("excluded_categories", {"excluded_categories": ("LIQUID",)}, {"category": "鸡蛋"}, {"category": "蜂蜜"}),
    ("excluded_categories", {"excluded_categories": ("FRAGILE",)}, {"category": "蜂蜜"}, {"category": "鸡蛋"}),
    ("excluded_categories", {"excluded_categories": ("LIVE",)}, {"category": ""}, {"category": "活禽"}),
    ("townships", {"townships": ("1", TOWNSHIP)}, {}, {"village_code": "220282999201"}),
]
LIMITS: Final[list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]]] = [
    ("temperatures", {"temperatures": (Temperature.FROZEN,)}, {"temperature": "FROZEN"}, {"temperature": "CHILLED"}),
    ("temperatures", {"temperatures": (Temperature.AMBIENT,)}, {}, {"temperature": "FROZEN"}),
    ("max_piece_g", {"max_piece_g": 1_000}, {"weight_g": 1_000}, {"weight_g": 1_001}),
    ("max_piece_g", {"max_piece_g": 1_000}, {"weight_g": 3_000, "pieces": 3}, {"weight_g": 3_001, "pieces": 3}),
    ("max_piece_ml", {"max_piece_ml": 3_000}, {"volume_ml": 3_000}, {"volume_ml": 3_001}),
    ("max_piece_ml", {"max_piece_ml": 3_000}, {"volume_ml": 6_000, "pieces": 2}, {"volume_ml": 6_001, "pieces": 2}),
]
_CASES: Final = [pytest.param(*case[1:], id=f"{case[0]}-{i}") for i, case in enumerate([*SCOPES, *LIMITS])]


def _with_far_village(county: County) -> County:
    far = Node("FAR", NodeKind.VILLAGE_COMMITTEE, "远村", 126.7, 42.9, "220282999201", "220282999000")
    return replace(county, network=replace(county.network, nodes=(*county.network.nodes, far)))


def _vehicle_is_open(agreement: Agreement, **parcel: Any) -> bool:
    return "VEHICLE" in opened(_with_far_village(county_of(agreement)), **parcel)


@pytest.mark.parametrize(("scope", "within", "outside"), _CASES)
def test_a_scope_takes_what_is_within_it_and_nothing_else(
    scope: dict[str, Any], within: dict[str, Any], outside: dict[str, Any]
) -> None:
    assert _vehicle_is_open(agree(**scope), **within)
    assert not _vehicle_is_open(agree(**scope), **outside)


@pytest.mark.parametrize(("scope", "within", "outside"), _CASES)
def test_a_side_that_is_left_open_takes_everything(
    scope: dict[str, Any], within: dict[str, Any], outside: dict[str, Any]
) -> None:
    assert scope
    assert _vehicle_is_open(agree(), **within)
    assert _vehicle_is_open(agree(), **outside)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"weekdays": (1,)}, True),
        ({"weekdays": (1, 2, 3)}, True),
        ({"weekdays": (2, 3, 4, 5, 6, 7)}, False),
        ({"valid_from": SERVICE_DATE}, True),
        ({"valid_from": SERVICE_DATE + DAY}, False),
        ({"valid_to": SERVICE_DATE}, True),
        ({"valid_to": SERVICE_DATE - DAY}, False),
        ({"valid_from": SERVICE_DATE, "valid_to": SERVICE_DATE}, True),
    ],
)
def test_an_agreement_is_for_its_weekdays_and_dates(scope: dict[str, Any], expected: bool) -> None:
    assert is_open(agree(**scope)) is expected


@pytest.mark.parametrize("trait", TRAITS)
def test_a_trait_excludes_every_category_that_has_it(trait: str) -> None:
    county = county_of(agree(excluded_categories=(trait,)))
    rows = small_parcels(*({"category": category} for category in TRAITS[trait]))
    (admission_set,) = consolidate_small(rows, county).admission_sets
    assert admission_set.admissions == ()


@pytest.mark.parametrize("model", MODELS)
def test_only_transit_asks_for_inbound_parcels_to_be_scanned(model: CooperationModel) -> None:
    assert is_open(agree(model), scanned=True)
    assert is_open(agree(model), scanned=False) is (model is not CooperationModel.TRANSIT)
    assert is_open(agree(model, emergency=True), emergency=True, scanned=False) is (
        model is not CooperationModel.TRANSIT
    )


@pytest.mark.parametrize("model", MODELS)
def test_only_transit_refuses_leaking_goods_whatever_the_agreement_says(model: CooperationModel) -> None:
    assert is_open(agree(model), category="蜂蜜") is (model is not CooperationModel.TRANSIT)
    assert is_open(agree(model, emergency=True), emergency=True, category="蜂蜜") is (
        model is not CooperationModel.TRANSIT
    )


@pytest.mark.parametrize("model", MODELS)
def test_an_emergency_opens_an_operator_that_accepts_it_and_only_that(model: CooperationModel) -> None:
    accepts = agree(model, emergency=True, principals=("EXP-B",))
    assert is_open(accepts, emergency=True)
    assert not is_open(accepts, emergency=False)
    assert not is_open(replace(accepts, emergency=False), emergency=True)


@pytest.mark.parametrize(
    ("scope", "outside"), [pytest.param(c[1], c[3], id=f"{c[0]}-{i}") for i, c in enumerate(SCOPES)]
)
def test_an_emergency_passes_the_scope(scope: dict[str, Any], outside: dict[str, Any]) -> None:
    assert _vehicle_is_open(agree(emergency=True, **scope), emergency=True, **outside)
    assert not _vehicle_is_open(agree(**scope), emergency=True, **outside)


def test_an_emergency_passes_weekdays() -> None:
    assert is_open(agree(emergency=True, weekdays=(7,)), emergency=True)


@pytest.mark.parametrize(
    ("limit", "outside"), [pytest.param(c[1], c[3], id=f"{c[0]}-{i}") for i, c in enumerate(LIMITS)]
)
def test_an_emergency_does_not_pass_temperature_and_piece_limit(limit: dict[str, Any], outside: dict[str, Any]) -> None:
    assert not _vehicle_is_open(agree(emergency=True, **limit), emergency=True, **outside)


@pytest.mark.parametrize("dates", [{"valid_to": SERVICE_DATE - DAY}, {"valid_from": SERVICE_DATE + DAY}])
def test_an_emergency_does_not_revive_an_agreement_out_of_force(dates: dict[str, Any]) -> None:
    assert not is_open(agree(emergency=True, **dates), emergency=True)


def test_a_carrier_may_always_use_its_own() -> None:
    own = admissions(county_of(), carrier="OP", scanned=False, category="蜂蜜", emergency=False)
    assert {a.agreement_id for a in own} == {""}
    kinds = {kind for kinds in OPENED.values() for kind in kinds}
    assert {a.resource_id for a in own} == kinds
    assert admissions(county_of(), carrier="EXP-B") == (Admission(ResourceKind.VEHICLE, "VAN-B"),)
    assert admissions(county_of(), carrier="EXP-B", emergency=True) == (Admission(ResourceKind.VEHICLE, "VAN-B"),)


def test_nobody_owns_what_has_no_owner() -> None:
    county = county_of(agree())
    places = {node.node_id for node in county.network.nodes if not node.owner}
    assert len(places) > 2
    assert not places & {a.resource_id for a in admissions(county)}


def test_two_agreements_open_a_resource_twice() -> None:
    ways = admissions(county_of(agree(), agree(agreement_id="AG-2", max_piece_g=500)))
    assert [a.agreement_id for a in ways if a.resource_id == "VEHICLE"] == ["AG"]
    ways = admissions(county_of(agree(), agree(agreement_id="AG-2")))
    assert [a.agreement_id for a in ways if a.resource_id == "VEHICLE"] == ["AG", "AG-2"]


@pytest.mark.parametrize("cold", ["CHILLED", "FROZEN"])
def test_cold_goods_go_only_with_what_keeps_them_cold(cold: str) -> None:
    own = {a.resource_id for a in admissions(county_of(), carrier="OP", temperature=cold)}
    assert "VEHICLE" in own
    assert not own & {_trip_id(kind) for kind in LineKind}
    own = {a.resource_id for a in admissions(county_of(keeps_cold=True), carrier="OP", temperature=cold)}
    assert own >= {_trip_id(kind) for kind in LineKind}
    assert admissions(county_of(), carrier="EXP-B", temperature=cold) == ()


def test_a_trip_takes_no_piece_above_its_limit() -> None:
    county = county_of(agree(CooperationModel.TRANSIT), max_piece_g=1_000)
    assert "BUS" in opened(county, weight_g=1_000)
    assert opened(county, weight_g=1_001) == {"BUS_STATION", "RAIL_STATION", "FREIGHT_STATION"}


def test_a_trip_takes_no_piece_above_its_size() -> None:
    county = county_of(agree(CooperationModel.TRANSIT), max_piece_ml=3_000)
    assert "BUS" in opened(county, volume_ml=3_000)
    assert opened(county, volume_ml=3_001) == {"BUS_STATION", "RAIL_STATION", "FREIGHT_STATION"}


@pytest.mark.parametrize("category", ["散装白酒", "蜂蜜（桶）"])
def test_a_trait_counts_wherever_its_word_stands(category: str) -> None:
    assert not is_open(agree(CooperationModel.TRANSIT), category=category)
    assert not is_open(agree(excluded_categories=("LIQUID",)), category=category)
    assert is_open(agree(), category=category)


def test_more_ways_than_a_mask_has_bits_are_kept_apart() -> None:
    agreements = [agree(agreement_id=f"AG-{i}", max_piece_g=i * 100) for i in range(70)]
    ways = admissions(county_of(*agreements), weight_g=3_450)
    names = {a.agreement_id for a in ways if a.resource_id == "VEHICLE"}
    assert names == {f"AG-{i}" for i in range(35, 70)}


def test_a_village_with_a_node_that_names_no_township_keeps_the_township_of_its_others() -> None:
    county = county_of(agree(townships=(TOWNSHIP,)))
    locker = Node("LOCKER", NodeKind.PARCEL_LOCKER, "柜", 126.8, 42.96, village_code=VILLAGES[0])
    county = replace(county, network=replace(county.network, nodes=(*county.network.nodes, locker)))
    assert "VEHICLE" in opened(county)
