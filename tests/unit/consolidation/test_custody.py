"""Who answers for goods at every moment, for each kind of ride and both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from services.consolidation.custody import Owners, custody_chain, hand_overs
from services.consolidation.legs import Leg, RunLeg, TripLeg
from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.plan import Booking, Run, Shuttle, Stop
from services.model.trace import Call, Custody
from tests.builders import small_consignment, small_county, small_network

IN = small_consignment()
OUT = small_consignment(direction=Direction.OUTBOUND)
ON_BUS = Booking("B1", "C-1", "L-1", "T-1", "AG-2", "BS", "V-1", 0, 1, 35_100, 36_000, 37_200, 38_100, 60)
OFF_BUS = replace(ON_BUS, board_node="V-1", alight_node="BS", board_index=1, alight_index=2)
TO_BUS = Shuttle("T-1", "HUB", "BS", 34_000, 34_900, 800, ("C-1",))
FROM_BUS = Shuttle("T-1", "BS", "HUB", 38_500, 39_400, 800, ("C-1",))

Line = tuple[str, str, str, str, int | None, int | None]


def stop(node_id: str, arrival_s: int, drop: Sequence[str] = (), take: Sequence[str] = ()) -> Stop:
    return Stop(node_id, arrival_s, arrival_s + 60, arrival_s + 300, 0, tuple(drop), tuple(take), 0, 0, 0)


def run_leg(take: int, drop: int, *stops: Stop, **changes: Any) -> RunLeg:
    run = Run("R1", "VAN-A", stops, (), 0, 0, 0, 0, 0, 0)
    return RunLeg(replace(run, **changes), take, drop, "AG-1")


def lines(custodies: Sequence[Custody]) -> list[Line]:
    """The custodies in short: kind, partner, from, to, from when, until when."""
    return [(c.kind.name, c.partner_id, c.from_node, c.to_node, c.from_s, c.until_s) for c in custodies]


def chain(consignment: Consignment, *legs: Leg) -> list[Line]:
    custodies = custody_chain(consignment, legs, Owners(small_county()))
    check_continuity(custodies)
    assert len(hand_overs(custodies, legs)) == len(custodies) - 1
    return lines(custodies)


def check_continuity(custodies: Sequence[Custody]) -> None:
    assert all(custody.partner_id for custody in custodies)
    for before, after in pairwise(custodies):
        assert (before.to_node, before.until_s) == (after.from_node, after.from_s)


def test_goods_on_a_run_go_from_carrier_by_hub_and_vehicle_to_the_station() -> None:
    by_b = replace(IN, carrier_id="EXP-B")
    leg = run_leg(0, 1, stop("HUB", 30_000, take=["C-1"]), stop("V-1", 31_000, drop=["C-1"]))
    assert chain(by_b, leg) == [
        ("CARRIER", "EXP-B", "HUB", "HUB", None, None),
        ("NODE", "EXP-A", "HUB", "HUB", None, 30_300),
        ("RUN", "EXP-A", "HUB", "V-1", 30_300, 31_300),
        ("NODE", "EXP-A", "V-1", "V-1", 31_300, None),
    ]


def test_after_a_reload_the_second_departure_counts() -> None:
    stops = stop("HUB", 30_000), stop("V-2", 31_000), stop("HUB", 32_000, take=["C-1"]), stop("V-1", 33_000, ["C-1"])
    custodies = custody_chain(IN, [run_leg(2, 3, *stops)], Owners(small_county()))
    assert lines(custodies)[2] == ("RUN", "EXP-A", "HUB", "V-1", 32_300, 33_300)
    assert custodies[2].calls == (Call("HUB", 32_000, 32_300), Call("V-1", 33_000, 33_300))
    assert (custodies[2].run_id, custodies[2].vehicle_id, custodies[2].agreement_id) == ("R1", "VAN-A", "AG-1")


def test_outbound_goods_on_a_run_end_with_their_carrier_at_the_hub() -> None:
    leg = run_leg(0, 1, stop("V-1", 30_000, take=["C-1"]), stop("HUB", 31_000, drop=["C-1"]))
    assert chain(replace(OUT, carrier_id="EXP-B"), leg) == [
        ("NODE", "EXP-A", "V-1", "V-1", None, 30_300),
        ("RUN", "EXP-A", "V-1", "HUB", 30_300, 31_300),
        ("NODE", "EXP-A", "HUB", "HUB", 31_300, None),
        ("CARRIER", "EXP-B", "HUB", "HUB", None, None),
    ]


def test_goods_booked_from_the_station_go_by_shuttle_and_wait_there() -> None:
    assert chain(IN, TripLeg(ON_BUS, TO_BUS)) == [
        ("CARRIER", "EXP-A", "HUB", "HUB", None, None),
        ("NODE", "EXP-A", "HUB", "HUB", None, 34_000),
        ("SHUTTLE", "EXP-A", "HUB", "BS", 34_000, 34_900),
        ("NODE", "BUS", "BS", "BS", 34_900, 36_000),
        ("TRIP", "BUS", "BS", "V-1", 36_000, 37_200),
        ("NODE", "EXP-A", "V-1", "V-1", 37_200, None),
    ]


def test_outbound_goods_booked_to_the_station_are_fetched_by_shuttle() -> None:
    assert chain(OUT, TripLeg(OFF_BUS, None, FROM_BUS)) == [
        ("NODE", "EXP-A", "V-1", "V-1", None, 36_000),
        ("TRIP", "BUS", "V-1", "BS", 36_000, 37_200),
        ("NODE", "BUS", "BS", "BS", 37_200, 38_500),
        ("SHUTTLE", "EXP-A", "BS", "HUB", 38_500, 39_400),
        ("NODE", "EXP-A", "HUB", "HUB", 39_400, None),
        ("CARRIER", "EXP-A", "HUB", "HUB", None, None),
    ]


def test_a_trip_shows_its_calls_from_boarding_to_alighting() -> None:
    custodies = custody_chain(IN, [TripLeg(ON_BUS, TO_BUS)], Owners(small_county()))
    assert custodies[4].calls == (Call("BS", 36_000, 36_000), Call("V-1", 37_200, 37_260))
    assert (custodies[4].line_id, custodies[4].trip_id, custodies[4].agreement_id) == ("L-1", "T-1", "AG-2")


def test_a_last_mile_goes_on_from_where_the_trip_ends() -> None:
    to_v2 = replace(IN, village_code="220282100203", node_ids=("V-3",))
    last_mile = run_leg(0, 1, stop("V-1", 38_000, take=["C-1"]), stop("V-3", 39_000, drop=["C-1"]), vehicle_id="VAN-B")
    assert chain(to_v2, TripLeg(ON_BUS, TO_BUS), last_mile)[4:] == [
        ("TRIP", "BUS", "BS", "V-1", 36_000, 37_200),
        ("NODE", "EXP-A", "V-1", "V-1", 37_200, 38_300),
        ("RUN", "EXP-B", "V-1", "V-3", 38_300, 39_300),
        ("NODE", "EXP-B", "V-3", "V-3", 39_300, None),
    ]


def test_what_does_not_travel_stays_with_the_hub_or_the_village() -> None:
    assert chain(IN) == [
        ("CARRIER", "EXP-A", "HUB", "HUB", None, None),
        ("NODE", "EXP-A", "HUB", "HUB", None, None),
    ]
    assert chain(OUT) == [("NODE", "EXP-A", "V-1", "V-1", None, None)]


def test_where_a_place_has_no_owner_the_carrier_answers() -> None:
    bare = tuple(replace(node, owner="") for node in small_network().nodes)
    owners = Owners(small_county(network=small_network(nodes=bare)))
    custodies = custody_chain(replace(IN, carrier_id="EXP-B"), [TripLeg(ON_BUS, TO_BUS)], owners)
    assert [c.partner_id for c in custodies] == ["EXP-B", "EXP-B", "EXP-B", "EXP-B", "BUS", "EXP-B"]


def test_planned_hand_overs_have_their_minute() -> None:
    legs = [TripLeg(ON_BUS, TO_BUS)]
    made = hand_overs(custody_chain(IN, legs, Owners(small_county())), legs)
    assert [(h.node_id, h.giver_id, h.taker_id, h.earliest_s, h.latest_s) for h in made[1:]] == [
        ("HUB", "EXP-A", "EXP-A", 34_000, 34_000),
        ("BS", "EXP-A", "BUS", 34_900, 34_900),
        ("BS", "BUS", "BUS", 36_000, 36_000),
        ("V-1", "BUS", "EXP-A", 37_200, 37_200),
    ]


@pytest.mark.parametrize(
    ("leg", "latest_s"),
    [
        (run_leg(0, 1, stop("HUB", 30_000), stop("V-1", 31_000)), 30_060),
        (TripLeg(ON_BUS, TO_BUS), 34_000),
        (TripLeg(replace(ON_BUS, board_node="HUB")), 35_100),
    ],
    ids=["loading of the run", "departure of the shuttle", "handling before the trip"],
)
def test_a_carrier_brings_its_goods_before_they_are_loaded(leg: Leg, latest_s: int) -> None:
    first = hand_overs(custody_chain(IN, [leg], Owners(small_county())), [leg])[0]
    assert (first.earliest_s, first.latest_s) == (None, latest_s)


def test_a_carrier_fetches_outbound_goods_once_they_are_there() -> None:
    legs = [TripLeg(OFF_BUS, None, FROM_BUS)]
    last = hand_overs(custody_chain(OUT, legs, Owners(small_county())), legs)[-1]
    assert (last.node_id, last.earliest_s, last.latest_s) == ("HUB", 39_400, None)
