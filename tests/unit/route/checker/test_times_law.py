"""A run's route, times and limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.model.network import RoadPair
from services.route.checker import Law, check
from tests.plans import Case, sample_case


def test_a_leg_may_differ_by_the_metre_that_rounding_leaves() -> None:
    assert Law.RUN_ROUTE not in _longer_leg(1).laws()
    assert Law.RUN_ROUTE in _longer_leg(2).laws()


def _longer_leg(metres: int) -> Case:
    """Lengthen a leg and the sum with it."""
    stop = sample_case().run().stops[2]
    case = sample_case().with_stop(2, leg_distance_m=stop.leg_distance_m + metres)
    return case.with_run(distance_m=case.run().distance_m + metres)


def test_a_table_is_followed_to_the_metre() -> None:
    assert Law.RUN_ROUTE in sample_case().with_network(road_pairs=(RoadPair("HUB", "V0", 9_000, 700),)).laws()


def test_a_road_that_the_table_lacks_is_closed() -> None:
    case = sample_case().with_network(road_pairs=(RoadPair("HUB", "BS", 9_000, 700),))
    assert "no road is known for HUB -> V0" in [b.detail for b in check(case.day, case.plan)]


def test_a_run_starts_and_ends_at_its_depot() -> None:
    assert sample_case().with_vehicle(depot="PO").laws() == {Law.RUN_ROUTE}


def test_legs_and_duration_add_up() -> None:
    run = sample_case().run()
    assert Law.RUN_ROUTE in sample_case().with_run(distance_m=run.distance_m + 1).laws()
    assert Law.RUN_TIMES in sample_case().with_run(duration_s=run.duration_s + 1).laws()


def test_a_stop_starts_after_it_is_reached() -> None:
    arrival_s = sample_case().run().stops[2].arrival_s
    assert sample_case().with_stop(2, start_s=arrival_s - 1).laws() == {Law.RUN_TIMES}


def test_a_vehicle_is_not_faster_than_the_road() -> None:
    arrival_s = sample_case().run().stops[2].arrival_s
    assert sample_case().with_stop(2, arrival_s=arrival_s - 1).laws() == set()
    assert sample_case().with_stop(2, arrival_s=arrival_s - 2).laws() == {Law.RUN_TIMES}


def test_a_stop_takes_its_service_time_for_every_piece() -> None:
    assert sample_case().with_node("V1", service_per_piece_s=9).laws() == {Law.RUN_TIMES}


def test_nothing_is_handed_over_at_a_closed_village() -> None:
    stop = sample_case().run().stops[2]
    assert sample_case().with_node("V0", opens_s=stop.start_s).laws() == set()
    assert sample_case().with_node("V0", opens_s=stop.start_s + 1).laws() == {Law.RUN_TIMES}


def test_a_stop_ends_before_the_village_closes() -> None:
    late = max(stop.departure_s for stop in sample_case().run().stops if stop.node_id == "V1")
    case = sample_case().with_plan(bookings=(), shuttles=()).with_node("V1", closes_s=late)
    assert Law.RUN_TIMES not in case.laws()
    assert Law.RUN_TIMES in case.with_node("V1", closes_s=late - 1).laws()


def test_waiting_at_a_stop_breaks_nothing() -> None:
    stops = sample_case().run().stops
    later = [replace(stops[-1], departure_s=stops[-1].departure_s + 60)]
    case = sample_case().with_run(stops=(*stops[:-1], *later), duration_s=sample_case().run().duration_s + 60)
    assert Law.RUN_TIMES not in case.laws()


@pytest.mark.parametrize("field", ["shift_start_s", "shift_end_s", "max_work_s", "max_distance_m", "max_trips"])
def test_a_vehicles_limits_are_kept(field: str) -> None:
    vehicle = next(v for v in sample_case().day.county.vehicles if v.vehicle_id == "VAN-T")
    tighter = getattr(vehicle, field) + (1 if field == "shift_start_s" else -1)
    assert sample_case().with_vehicle(**{field: tighter}).laws() == {Law.VEHICLE_LIMITS}


def test_a_vehicle_without_range_limit_drives_on() -> None:
    assert sample_case().with_vehicle(max_distance_m=None, max_work_s=None).laws() == set()
