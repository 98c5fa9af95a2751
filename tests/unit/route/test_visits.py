from datetime import timedelta
from typing import Any

import pytest

from services.model.agreements import Temperature
from services.model.consignments import Consignment
from services.route.visits import Grain, Visit, make_visits
from tests.builders import SERVICE_DATE, small_consignment

COLD = Temperature.CHILLED
Wanted = tuple[Consignment, frozenset[int]]


def going(name: str, classes: set[int], **changes: Any) -> Wanted:
    return small_consignment(consignment_id=name, **changes), frozenset(classes)


def waits(name: str, classes: set[int], **changes: Any) -> Wanted:
    return going(name, classes, due_date=SERVICE_DATE + timedelta(days=1), wait_fen=60, **changes)


def parted(*wanted: Wanted, grain: Grain = Grain.COARSE, loose: str = "", most: int = 99) -> list[tuple[str, bool]]:
    """The visits to one node as names of goods with whether they may wait; a vehicle has room for ``most`` pieces."""

    def able(visit: Visit) -> frozenset[int]:
        return visit.classes if visit.deliver.pieces <= most else frozenset()

    made = make_visits(((c, "V-1", classes) for c, classes in wanted), able, grain, frozenset(loose))
    return [("".join(c.consignment_id for c in visit.consignments), visit.may_wait) for visit in made]


def test_what_may_wait_rides_along_with_what_has_to_go() -> None:
    assert parted(going("A", {0, 1}), waits("W", {0, 1, 2})) == [("AW", False)]


def test_it_does_not_where_it_would_bar_a_vehicle_from_what_has_to_go() -> None:
    assert parted(going("A", {0, 1}), waits("W", {0})) == [("A", False), ("W", True)]
    assert parted(going("A", {0}, pieces=2), waits("W", {0}, pieces=2), most=3) == [("A", False), ("W", True)]


def test_where_all_may_wait_it_is_one_visit_that_may() -> None:
    assert parted(waits("V", {0}), waits("W", {0, 1})) == [("VW", True)]


def test_without_anything_that_waits_a_coarse_and_a_parted_grain_are_the_same() -> None:
    goods = (going("A", {0, 1}), going("B", {1}), going("C", {0, 1}, temperature=COLD))
    assert parted(*goods) == parted(*goods, grain=Grain.PARTED)


def test_a_finer_grain_parts_what_may_wait_and_then_what_has_other_rights() -> None:
    goods = (going("A", {0, 1}), going("B", {0}), waits("V", {0, 1}), waits("W", {0}))
    assert parted(*goods) == [("BAVW", False)]
    assert parted(*goods, grain=Grain.PARTED) == [("BA", False), ("WV", True)]
    assert parted(*goods, grain=Grain.FINE) == [("B", False), ("A", False), ("W", True), ("V", True)]


def test_what_is_loose_is_put_together_with_its_like_only() -> None:
    goods = (going("A", {0, 1}), waits("U", {0, 1}), waits("V", {0}), waits("W", {0}))
    assert parted(*goods) == [("AU", False), ("VW", True)]
    assert parted(*goods, loose="UVW") == [("A", False), ("VW", True), ("U", True)]


@pytest.mark.parametrize("grain", Grain)
def test_nothing_is_lost_and_what_nobody_can_carry_is_left_out(grain: Grain) -> None:
    goods = [going("A", {0}), waits("W", {1}), going("B", {0, 1}), waits("X", set()), going("L", {0}, pieces=100)]
    assert sorted("".join(names for names, _ in parted(*goods, grain=grain))) == ["A", "B", "W"]
