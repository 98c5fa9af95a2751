from dataclasses import replace
from typing import Any

from services.route.engines.engine import Load, Room
from services.route.room import load_of, on_offer, room_on
from tests.builders import small_consignment, small_county

VAN = small_county().vehicles[0]
TRIP = small_county().lines[0].trips[0]
MAIL: dict[str, Any] = {"mail_g": 1_000, "mail_ml": 500_000, "mail_pieces": 30}


def test_mail_goes_first_and_what_it_leaves_is_on_offer() -> None:
    assert room_on(VAN) == Room(700_000, 4_500_000, 450)
    assert room_on(replace(VAN, **MAIL)) == Room(699_000, 4_000_000, 420)
    assert room_on(replace(TRIP, **MAIL)) == Room(99_000, 300_000, 10)


def test_a_vehicle_on_offer_is_as_large_as_mail_leaves_it() -> None:
    offered = on_offer(replace(VAN, **MAIL))
    assert offered == replace(VAN, capacity_g=699_000, capacity_ml=4_000_000, capacity_pieces=420)
    assert room_on(offered) == room_on(replace(VAN, **MAIL))
    assert on_offer(VAN) == VAN


def test_a_consignment_has_its_own_size() -> None:
    assert load_of(small_consignment()) == Load(3_000, 9_000, 2)
