"""Every contradiction in a county or day is listed, by the path that the contract uses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.model.agreements import Role, Sharing
from services.model.consignments import Admission, AdmissionSet, ResourceKind
from services.model.day import County, Day, Objective
from services.model.errors import Violation
from services.model.lines import StopTime
from services.model.network import NodeKind, RoadPair, RoadSettings
from services.validation import county_violations, day_violations
from tests.builders import small_consignment, small_county, small_day, small_network


def test_the_small_county_and_day_are_sound() -> None:
    assert county_violations(small_county()) == []
    assert day_violations(small_day()) == []


def network(**changes: Any) -> County:
    return small_county(network=small_network(**changes))


def node(index: int, **changes: Any) -> County:
    nodes = list(small_network().nodes)
    nodes[index] = replace(nodes[index], **changes)
    return network(nodes=tuple(nodes))


def transfer(**changes: Any) -> County:
    first, second = small_network().transfers
    return network(transfers=(replace(first, **changes), second))


def agreement(index: int, **changes: Any) -> County:
    agreements = list(small_county().agreements)
    agreements[index] = replace(agreements[index], **changes)
    return small_county(agreements=tuple(agreements))


def vehicle(**changes: Any) -> County:
    first, second = small_county().vehicles
    return small_county(vehicles=(first, replace(second, **changes)))


def trip(**changes: Any) -> County:
    (line,) = small_county().lines
    return small_county(lines=(replace(line, trips=(replace(line.trips[0], **changes),)),))


def partners(*changes: dict[str, Any]) -> County:
    return small_county(
        partners=tuple(replace(one, **change) for one, change in zip(small_county().partners, changes, strict=True))
    )


def pairs(*missing: tuple[str, str]) -> tuple[RoadPair, ...]:
    visited = ("HUB", "V-1", "V-2", "V-3")
    ends = [(start, end) for start in visited for end in visited if start != end]
    return tuple(RoadPair(start, end, 1_000, 90) for start, end in ends if (start, end) not in missing)


STOPS = small_county().lines[0].trips[0].stop_times


@pytest.mark.parametrize(
    ("county", "path", "message"),
    [
        (small_county(county_id=""), "county.county_id", "is empty"),
        (node(3, node_id=""), "county.network.nodes[3].node_id", "is empty"),
        (node(3, node_id="V-1"), "county.network.nodes[3].node_id", '"V-1" is already county.network.nodes[2]'),
        (node(0, kind=NodeKind.POST_OFFICE), "county.network.nodes", "no node is the HUB"),
        (node(1, kind=NodeKind.HUB), "county.network.nodes[1].kind", "second HUB"),
        (node(3, lon=float("nan")), "county.network.nodes[3].lon", "is not a number of degrees"),
        (node(3, lat=float("inf")), "county.network.nodes[3].lat", "is not a number of degrees"),
        (node(3, lon=42.9, lat=126.8), "county.network.nodes[3].lon", "lon and lat look swapped"),
        (node(3, lon=2.35), "county.network.nodes[3].lon", "2.35 is outside China (73 to 136)"),
        (
            node(3, opens_s=80_000),
            "county.network.nodes[3].opens_s",
            "opens at 22:13:20, not before it closes at 20:00",
        ),
        (node(3, service_s=-1), "county.network.nodes[3].service_s", "-1 is negative"),
        (node(3, owner="X"), "county.network.nodes[3].owner", '"X" is no partner'),
        (node(3, name="a\nb"), "county.network.nodes[3].name", "has a control character"),
        (node(3, node_id="x" * 129), "county.network.nodes[3].node_id", "has 129 characters, more than 128"),
        (node(3, node_id="\ud800"), "county.network.nodes[3].node_id", "has a control character"),
        (transfer(to_node="X"), "county.network.transfers[0].to_node", '"X" is no node'),
        (transfer(from_node="V-1"), "county.network.transfers[0].from_node", "neither end is the hub"),
        (transfer(to_node="HUB"), "county.network.transfers[0].to_node", "starts and ends at"),
        (transfer(from_node="BS", to_node="HUB"), "county.network.transfers[1]", "stands twice"),
        (transfer(cost_fen_per_trip=-1), "county.network.transfers[0].cost_fen_per_trip", "is negative"),
        (
            network(road_pairs=(*pairs(), RoadPair("HUB", "X", 1, 1))),
            "county.network.road_pairs[12].to_node",
            "is no node",
        ),
        (network(road_pairs=(*pairs(), *pairs()[:1])), "county.network.road_pairs[12]", "stands twice"),
        (network(road_pairs=pairs(("V-1", "HUB"))), "county.network.road_pairs", '"V-1" to "HUB" is missing'),
        (
            network(road_pairs=pairs(("V-1", "HUB"), ("V-2", "HUB"))),
            "county.network.road_pairs",
            '"V-1" to "HUB" and 1 more pairs are missing',
        ),
        (network(roads=RoadSettings(speed_m_per_h=0)), "county.network.roads.speed_m_per_h", "is 0"),
        (partners({}, {"partner_id": "EXP-A"}, {}), "county.partners[1].partner_id", "is already county.partners[0]"),
        (
            partners({}, {}, {"role": Role.COMMERCE}),
            "county.agreements[1].operator",
            "a TRANSIT agreement needs TRANSIT",
        ),
        (agreement(0, principals=()), "county.agreements[0].principals", "names nobody"),
        (agreement(0, principals=("X",)), "county.agreements[0].principals[0]", '"X" is no partner'),
        (agreement(0, principals=("EXP-B",) * 2), "county.agreements[0].principals[1]", "stands twice"),
        (agreement(0, principals=("EXP-A",)), "county.agreements[0].operator", "has an agreement with itself"),
        (agreement(0, operator="X"), "county.agreements[0].operator", '"X" is no partner'),
        (agreement(0, weekdays=(1, 0)), "county.agreements[0].weekdays[1]", "0 is no weekday"),
        (
            agreement(0, valid_from=date(2026, 2, 1), valid_to=date(2026, 1, 1)),
            "county.agreements[0].valid_from",
            "2026-02-01 is after valid_to 2026-01-01",
        ),
        (agreement(0, sharing=Sharing.TARIFF), "county.agreements[0].sharing", "no tariff"),
        (agreement(0, max_piece_g=-1), "county.agreements[0].max_piece_g", "-1 is negative"),
        (trip(stop_times=STOPS[:1]), "county.lines[0].trips[0].stop_times", "empty trip"),
        (trip(stop_times=()), "county.lines[0].trips[0].stop_times", "empty trip"),
        (
            trip(stop_times=(*STOPS, StopTime("BS", 40_000, 40_000))),
            "county.lines[0].trips[0].stop_times[3].node_id",
            'cyclic trip: "BS" stands twice',
        ),
        (
            trip(stop_times=(*STOPS, StopTime("V-3", 38_399, 40_000))),
            "county.lines[0].trips[0].stop_times[3].arrival_s",
            "goes back in time: arrives 10:39:59, left the stop before at 10:40",
        ),
        (
            trip(stop_times=(*STOPS, StopTime("V-3", 40_000, 39_999))),
            "county.lines[0].trips[0].stop_times[3].departure_s",
            "goes back in time",
        ),
        (
            trip(stop_times=(*STOPS, StopTime("X", 40_000, 40_000))),
            "county.lines[0].trips[0].stop_times[3].node_id",
            "no node",
        ),
        (trip(capacity_ml=-1), "county.lines[0].trips[0].capacity_ml", "-1 is negative"),
        (trip(trip_id=" "), "county.lines[0].trips[0].trip_id", "is empty"),
        (small_county(lines=small_county().lines * 2), "county.lines[1].trips[0].trip_id", "is already"),
        (small_county(lines=(replace(small_county().lines[0], owner=""),)), "county.lines[0].owner", "is no partner"),
        (vehicle(depot="X"), "county.vehicles[1].depot", '"X" is no node'),
        (vehicle(owner=""), "county.vehicles[1].owner", '"" is no partner'),
        (vehicle(vehicle_id="VAN-A"), "county.vehicles[1].vehicle_id", "is already county.vehicles[0]"),
        (vehicle(capacity_g=0), "county.vehicles[1].capacity_g", "is 0"),
        (vehicle(capacity_pieces=-5), "county.vehicles[1].capacity_pieces", "-5 is negative"),
        (vehicle(capacity_g=10**12 + 1), "county.vehicles[1].capacity_g", "is larger than 1000000000000"),
        (vehicle(capacity_g=10**5000), "county.vehicles[1].capacity_g", "a number of 16610 bits is larger"),
        (vehicle(shift_start_s=2**31), "county.vehicles[1].shift_start_s", "is larger than 2147483647"),
        (vehicle(shift_start_s=66_600), "county.vehicles[1].shift_start_s", "starts at 18:30, not before"),
        (vehicle(max_trips=0), "county.vehicles[1].max_trips", "is 0"),
        (vehicle(max_work_s=0), "county.vehicles[1].max_work_s", "is 0"),
        (vehicle(temperatures=()), "county.vehicles[1].temperatures", "is empty"),
    ],
)
def test_a_contradiction_in_a_county_is_listed(county: County, path: str, message: str) -> None:
    violations = county_violations(county)
    assert any(found.path == path and message in found.message for found in violations), violations
    assert set(violations) <= set(day_violations(small_day(county=county)))


def test_a_full_trip_is_sound() -> None:
    assert county_violations(trip(capacity_g=0, capacity_ml=0, capacity_pieces=0)) == []


def test_an_operator_among_several_principals_is_sound() -> None:
    assert county_violations(agreement(0, principals=("EXP-A", "EXP-B"))) == []


def test_all_violations_are_listed_at_once() -> None:
    county = replace(vehicle(capacity_g=0, depot="X"), network=node(3, lon=0.0).network)
    assert {found.path for found in county_violations(county)} == {
        "county.network.nodes[3].lon",
        "county.vehicles[1].capacity_g",
        "county.vehicles[1].depot",
    }


def consignment(**changes: Any) -> Day:
    _, *others = small_day().consignments
    return small_day(consignments=(small_consignment(**changes), *others))


def admissions(*extra: Admission) -> Day:
    first, second = small_day().admission_sets
    return small_day(admission_sets=(AdmissionSet(first.set_id, (*extra, *first.admissions)), second))


@pytest.mark.parametrize(
    ("day", "path", "message"),
    [
        (consignment(consignment_id=""), "consignments[0].consignment_id", "is empty"),
        (consignment(consignment_id="C-2"), "consignments[1].consignment_id", "is already consignments[0]"),
        (consignment(pieces=0), "consignments[0].pieces", "is 0"),
        (consignment(weight_g=-1, max_piece_g=-1), "consignments[0].weight_g", "-1 is negative"),
        (consignment(volume_ml=-1), "consignments[0].volume_ml", "-1 is negative"),
        (consignment(max_piece_g=3_001), "consignments[0].max_piece_g", "more than the whole 3000 g"),
        (consignment(hub_id="X"), "consignments[0].hub_id", '"X" is no node'),
        (consignment(hub_id="BS"), "consignments[0].hub_id", '"BS" is a BUS_STATION, not the HUB'),
        (consignment(node_ids=()), "consignments[0].node_ids", "names no node"),
        (consignment(node_ids=("V-1", "X")), "consignments[0].node_ids[1]", '"X" is no node'),
        (consignment(node_ids=("V-2",)), "consignments[0].node_ids[0]", "but the consignment is for"),
        (consignment(node_ids=("V-1", "V-1")), "consignments[0].node_ids[1]", "stands twice"),
        (consignment(village_code=""), "consignments[0].village_code", "is empty"),
        (consignment(carrier_id="X"), "consignments[0].carrier_id", '"X" is no partner'),
        (consignment(admission_set_id="X"), "consignments[0].admission_set_id", '"X" is no admission set'),
        (consignment(parcel_ids=("a", "a")), "consignments[0].parcel_ids[1]", '"a" stands twice'),
        (consignment(parcel_ids=("EXP-B/1",)), "consignments[2].parcel_ids[0]", "is already in consignments[0]"),
        (consignment(parcel_ids=("a\x00",)), "consignments[0].parcel_ids[0]", "has a control character"),
        (consignment(weight_g=10**13), "consignments[0].weight_g", "is larger than"),
        (
            admissions(Admission(ResourceKind.VEHICLE, "T-1")),
            "admission_sets[0].admissions[0].resource_id",
            '"T-1" is no vehicle',
        ),
        (
            admissions(Admission(ResourceKind.TRIP, "T-1", "X")),
            "admission_sets[0].admissions[0].agreement_id",
            '"X" is no agreement',
        ),
        (small_day(admission_sets=small_day().admission_sets * 2), "admission_sets[2].set_id", "is already"),
        (small_day(objective=Objective(unserved_fen=-1)), "objective.unserved_fen", "-1 is negative"),
    ],
)
def test_a_contradiction_in_a_day_is_listed(day: Day, path: str, message: str) -> None:
    violations = day_violations(day)
    assert any(found.path == path and message in found.message for found in violations), violations


def test_a_total_that_a_float_cannot_count_is_refused() -> None:
    many = tuple(small_consignment(consignment_id=f"C-{i}", weight_g=10**12, parcel_ids=()) for i in range(9_008))
    assert day_violations(small_day(consignments=many)) == [
        Violation("consignments", f"weight_g adds up to more than {2**53}")
    ]
    assert day_violations(small_day(consignments=many[:9_007])) == []


@settings(max_examples=100, deadline=None)
@given(st.integers(), st.text())
def test_no_value_makes_validation_itself_fail(number: int, text: str) -> None:
    for county in (
        node(2, node_id=text, opens_s=number, owner=text),
        vehicle(capacity_g=number, depot=text, shift_start_s=number),
        trip(trip_id=text, stop_times=(StopTime(text, number, -number), *STOPS)),
        agreement(0, operator=text, weekdays=(number,), tariff_kg_fen=number),
    ):
        assert all(found.path.startswith("county") for found in county_violations(county))
