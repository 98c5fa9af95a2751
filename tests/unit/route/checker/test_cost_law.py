"""Every part of the price is recomputed."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from services.model.consignments import Goods
from services.model.plan import Cost
from services.route.checker import Law, check
from tests.plans import sample_case


@pytest.mark.parametrize("part", [part.name for part in fields(Cost)])
def test_no_part_of_the_plans_cost_is_a_fen_off(part: str) -> None:
    case = sample_case().with_cost(**{part: getattr(sample_case().plan.cost, part) + 1})
    assert [(b.law, b.subject) for b in check(case.day, case.plan)] == [(Law.COST, "plan")]


@pytest.mark.parametrize("part", ["vehicle_fen", "distance_fen", "time_fen", "co2_fen"])
def test_a_run_is_priced_by_its_vehicles_rates(part: str) -> None:
    case = sample_case().with_run(**{part: getattr(sample_case().run(), part) - 1})
    assert [(b.law, b.subject) for b in check(case.day, case.plan)] == [(Law.COST, "R-VAN-T")]


def test_a_booking_is_priced_by_its_agreement_before_the_trips_own_tariff() -> None:
    assert sample_case().with_trip("BUS-O", tariff_piece_fen=999).laws() == set()
    assert sample_case().with_agreement("AG-BUS", tariff_piece_fen=31).laws() == {Law.COST}


def test_a_carriers_own_trip_costs_its_own_price() -> None:
    assert sample_case().with_trip("OWN-O", tariff_kg_fen=34).laws() == {Law.COST}
    assert sample_case().with_trip("OWN-O", tariff_trip_fen=501).laws() == {Law.COST}


def test_a_trip_is_charged_once_for_all_that_ride_on_it() -> None:
    # AG-BUS is used on two trips; each fen on its charge by the run is two on the plan.
    tariffs_fen = sample_case().plan.cost.tariffs_fen
    case = sample_case().with_agreement("AG-BUS", tariff_run_fen=78)
    assert case.laws() == {Law.COST}
    assert case.with_cost(tariffs_fen=tariffs_fen + 2).laws() == set()


def test_a_minimum_tops_up_what_an_agreement_earns() -> None:
    # AG-POST earns less than its 5000 fen: the top-up makes them whole.
    tariffs_fen = sample_case().plan.cost.tariffs_fen
    case = sample_case().with_agreement("AG-POST", minimum_fen=5_001)
    assert case.with_cost(tariffs_fen=tariffs_fen + 1).laws() == set()


def test_a_minimum_of_an_agreement_without_bookings_is_not_charged() -> None:
    assert sample_case().with_agreement("AG-TPL", minimum_fen=10**9).laws() == set()


def test_an_unserved_emergency_costs_ten_times_as_much() -> None:
    assert sample_case().plan.cost.unserved_fen == 16 * (20_000 + 3 * 1_000)


def test_a_shuttle_costs_what_its_transfer_costs() -> None:
    case = sample_case().with_shuttle("BUS-O", cost_fen=799)
    assert case.laws() == {Law.COST}


def test_half_a_fen_is_rounded_up() -> None:
    # 100 000 m x 1 g/km x 5 fen/kg is half a fen.
    case = sample_case().with_day(objective=replace(sample_case().day.objective, co2_fen_per_kg=5))
    case = case.with_vehicle(co2_g_per_km=1).with_run(distance_m=100_000)
    details = [b.detail for b in check(case.day, case.with_run(co2_fen=0).plan)]
    assert "co2_fen is 1 fen and stated as 0 fen" in details


def test_mail_is_five_times_as_dear_to_leave_and_emergencies_ten_times() -> None:
    """C12 is mail and is left behind."""
    other = sample_case().with_consignment("C12", goods=Goods.REUSABLE_BAGS)
    assert other.laws() == {Law.COST}
    assert other.with_cost(unserved_fen=12 * (20_000 + 3 * 1_000)).laws() == set()
    urgent = sample_case().with_consignment("C12", emergency=True)
    assert urgent.with_cost(unserved_fen=21 * (20_000 + 3 * 1_000)).laws() == set()
