from dataclasses import replace

from services.model.agreements import Temperature
from services.model.day import County
from services.model.fleet import Vehicle
from services.model.own_fleet import first_count, own_kinds
from tests.builders import TOWNSHIP, small_consignment, small_county

AMBIENT, FROZEN = Temperature.AMBIENT, Temperature.FROZEN
VAN_A, VAN_B = small_county().vehicles
REEFER = replace(VAN_B, vehicle_id="REEFER", temperatures=(AMBIENT, FROZEN), fixed_fen=20_000)


def county_of(*vehicles: Vehicle) -> County:
    return small_county(vehicles=vehicles)


def kinds(county: County, owners: set[str], *temperatures: Temperature) -> list[str]:
    return [kind.vehicle_id for kind in own_kinds(county, owners, temperatures)]


def test_vehicles_that_differ_in_name_and_owner_only_are_one_kind() -> None:
    assert kinds(county_of(VAN_A, replace(VAN_A, vehicle_id="VAN-2"), VAN_B), {"EXP-A", "EXP-B"}, AMBIENT) == ["VAN-A"]


def test_partners_together_have_the_kinds_of_each() -> None:
    bigger = replace(VAN_B, capacity_g=VAN_B.capacity_g + 1)
    assert kinds(county_of(VAN_A, bigger), {"EXP-A"}, AMBIENT) == ["VAN-A"]
    assert kinds(county_of(VAN_A, bigger), {"EXP-A", "EXP-B"}, AMBIENT) == ["VAN-A", "VAN-B"]


def test_who_has_no_fitting_kind_hires_the_cheapest_that_fits() -> None:
    dearer = replace(REEFER, vehicle_id="A-REEFER", fixed_fen=30_000)
    assert kinds(county_of(VAN_A, dearer, REEFER), {"EXP-A"}, AMBIENT, FROZEN) == ["VAN-A", "REEFER"]
    assert kinds(county_of(VAN_A, dearer, REEFER), {"BUS"}, AMBIENT) == ["VAN-A"]
    assert kinds(county_of(VAN_A), {"EXP-A"}, FROZEN) == ["VAN-A"]


def test_nothing_is_hired_that_is_not_needed() -> None:
    assert kinds(county_of(VAN_A, REEFER), {"EXP-A"}, AMBIENT) == ["VAN-A"]


def test_vehicles_of_the_last_mile_and_those_full_of_mail_are_no_kind() -> None:
    county = county_of(
        replace(VAN_A, depot="V-1"), replace(VAN_A, vehicle_id="FULL", mail_pieces=VAN_A.capacity_pieces)
    )
    assert next(n for n in county.network.nodes if n.node_id == "V-1").township_code == TOWNSHIP
    assert kinds(county, {"EXP-A"}, AMBIENT) == []


def test_there_are_few_vehicles_of_a_kind_at_first_and_never_more_than_consignments() -> None:
    goods = [small_consignment(consignment_id=f"C-{i}", pieces=450) for i in range(60)]
    assert first_count([VAN_A], goods[:3]) == 3
    assert first_count([VAN_A], goods[:12]) == 8
    assert first_count([VAN_A], goods) == 2 * 60 // VAN_A.max_trips
    assert first_count([], goods) == 8
