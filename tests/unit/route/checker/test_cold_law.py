"""Cold goods stay cold."""

from __future__ import annotations

from services.model.agreements import Temperature
from services.route.checker import Law
from tests.plans import sample_case


def test_frozen_goods_need_a_frozen_compartment() -> None:
    chilled = (Temperature.AMBIENT, Temperature.CHILLED)
    assert sample_case().with_vehicle(temperatures=chilled).laws() == {Law.COLD}


def test_chilled_goods_need_a_trip_that_keeps_cold() -> None:
    assert sample_case().with_trip("POST-O", keeps_cold=False).laws() == {Law.COLD}


def test_a_trip_leaves_chilled_goods_only_where_they_keep() -> None:
    assert sample_case().with_node("V0", keeps_cold=False).laws() == {Law.COLD}


def test_chilled_goods_wait_for_a_trip_only_where_they_keep() -> None:
    assert sample_case().with_node("HUB", keeps_cold=False).laws() == {Law.COLD}


def test_a_vehicle_hands_frozen_goods_over_anywhere() -> None:
    assert sample_case().with_node("V1", keeps_cold=False).laws() == set()


def test_ambient_goods_may_ride_in_the_cold() -> None:
    case = sample_case().with_vehicle("VAN-A", temperatures=(Temperature.CHILLED,))
    assert case.laws() == set()
