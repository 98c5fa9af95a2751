from dataclasses import replace
from typing import Any

import pytest

from services.model.agreements import Agreement, CooperationModel, Direction, Sharing, Temperature
from services.model.consignments import Admission, Consignment, ResourceKind
from services.model.day import Day
from services.model.lines import StopTime
from services.model.network import Transfer
from services.route.day_index import DayIndex
from services.route.options import BookingOption, enumerate_options
from tests.builders import VILLAGES, small_consignment, small_day

OUT = Direction.OUTBOUND
HOMEWARDS = (StopTime("V-2", 36_000, 36_000), StopTime("V-1", 37_200, 37_260), StopTime("BS", 38_400, 38_400))


def day_with(
    consignment: Consignment,
    trip: dict[str, Any] | None = None,
    nodes: dict[str, dict[str, Any]] | None = None,
    owner: str = "BUS",
    transfers: tuple[Transfer, ...] | None = None,
) -> Day:
    day = small_day(consignments=(consignment,))
    network, (line,) = day.county.network, day.county.lines
    changed = tuple(replace(node, **(nodes or {}).get(node.node_id, {})) for node in network.nodes)
    network = replace(network, nodes=changed, transfers=network.transfers if transfers is None else transfers)
    line = replace(line, owner=owner, trips=(replace(line.trips[0], **(trip or {})),))
    return replace(day, county=replace(day.county, network=network, lines=(line,)))


def options(day: Day) -> list[BookingOption]:
    return enumerate_options(DayIndex.of(day))


def admit(day: Day, *more: Admission) -> Day:
    sets = tuple(replace(s, admissions=(*s.admissions, *more)) for s in day.admission_sets)
    return replace(day, admission_sets=sets)


def forbid(day: Day, kind: ResourceKind, resource_id: str) -> Day:
    sets = tuple(
        replace(s, admissions=tuple(a for a in s.admissions if (a.kind, a.resource_id) != (kind, resource_id)))
        for s in day.admission_sets
    )
    return replace(day, admission_sets=sets)


def test_an_inbound_consignment_goes_from_the_station_to_its_village() -> None:
    (option,) = options(day_with(small_consignment()))
    assert (option.board.node_id, option.alight.node_id) == ("BS", "V-1")
    assert (option.board_index, option.alight_index) == (0, 1)
    assert option.shuttle == Transfer("HUB", "BS", 900, 800)
    assert (option.ready_by_s, option.available_s) == (35_100, 38_100)
    assert option.shuttle_departure_s == 34_200


def test_an_outbound_consignment_goes_from_its_village_to_the_station() -> None:
    (option,) = options(day_with(small_consignment(direction=OUT), trip={"stop_times": HOMEWARDS}))
    assert (option.board_index, option.alight_index) == (1, 2)
    assert option.shuttle == Transfer("BS", "HUB", 900, 800)
    assert option.ready_by_s == 36_360
    assert option.shuttle_departure_s == option.available_s == 39_300


def test_an_inbound_consignment_finds_no_trip_homewards() -> None:
    assert not options(day_with(small_consignment(), trip={"stop_times": HOMEWARDS}))


def test_an_outbound_consignment_finds_no_trip_outwards() -> None:
    assert not options(day_with(small_consignment(direction=OUT)))


def test_a_village_before_the_hubs_side_is_not_reached_by_that_trip() -> None:
    through = (StopTime("V-1", 35_000, 35_000), StopTime("BS", 36_000, 36_000), StopTime("V-2", 38_400, 38_400))
    assert not options(day_with(small_consignment(), trip={"stop_times": through}))
    assert options(
        day_with(small_consignment(village_code=VILLAGES[1], node_ids=("V-2",)), trip={"stop_times": through})
    )


def test_a_trip_past_another_village_reaches_only_ones_own() -> None:
    assert not options(day_with(small_consignment(village_code=VILLAGES[2], node_ids=("V-3",))))


def test_a_village_with_two_nodes_has_two_ways() -> None:
    day = day_with(small_consignment(node_ids=("V-1", "V-2")))
    assert [option.alight.node_id for option in options(day)] == ["V-1", "V-2"]


def test_a_line_that_calls_at_the_hub_needs_no_shuttle() -> None:
    stops = (StopTime("HUB", 36_000, 36_000), StopTime("V-1", 37_200, 37_260))
    (option,) = options(day_with(small_consignment(), trip={"stop_times": stops}, transfers=()))
    assert option.shuttle is None


def with_hours(day: Day, **hours: tuple[int, int]) -> Day:
    """The day with other opening hours of some nodes, HUB or BS."""
    nodes = tuple(
        replace(node, opens_s=hours[node.node_id][0], closes_s=hours[node.node_id][1])
        if node.node_id in hours
        else node
        for node in day.county.network.nodes
    )
    return replace(day, county=replace(day.county, network=replace(day.county.network, nodes=nodes)))


@pytest.mark.parametrize(
    ("hours", "leaves_s"),
    [
        ({"HUB": (0, 30_000)}, 30_000),  # the hub closes before it need leave: the goods stand at the station
        ({"HUB": (0, 30_000), "BS": (31_000, 86_400)}, None),  # the station opens after that
        ({"HUB": (34_201, 86_400)}, None),  # too late for the trip
        ({"BS": (0, 35_999)}, None),  # nobody is there to load the trip
    ],
)
def test_a_shuttle_leaves_as_late_as_the_trip_and_both_doors_allow(
    hours: dict[str, tuple[int, int]], leaves_s: int | None
) -> None:
    found = options(with_hours(day_with(small_consignment()), **hours))
    assert [option.shuttle_departure_s for option in found] == ([] if leaves_s is None else [leaves_s])


@pytest.mark.parametrize(
    ("hours", "leaves_s"),
    [
        ({"HUB": (41_000, 86_400)}, 40_100),
        ({"HUB": (0, 40_199)}, None),
        ({"BS": (0, 39_800), "HUB": (41_000, 86_400)}, None),
    ],
)
def test_a_shuttle_homewards_leaves_as_soon_as_goods_and_both_doors_allow(
    hours: dict[str, tuple[int, int]], leaves_s: int | None
) -> None:
    day = day_with(small_consignment(direction=OUT), trip={"stop_times": HOMEWARDS})
    found = options(with_hours(day, **hours))
    assert [option.shuttle_departure_s for option in found] == ([] if leaves_s is None else [leaves_s])


def test_a_line_that_calls_at_hub_and_station_is_boarded_at_either() -> None:
    stops = (StopTime("HUB", 34_000, 34_000), StopTime("BS", 36_000, 36_000), StopTime("V-1", 37_200, 37_260))
    found = options(day_with(small_consignment(), trip={"stop_times": stops}))
    assert [(o.board.node_id, o.shuttle is None) for o in found] == [("HUB", True), ("BS", False)]


def test_a_station_without_a_shuttle_that_way_opens_nothing() -> None:
    assert not options(day_with(small_consignment(), transfers=(Transfer("BS", "HUB", 900, 800),)))
    back_only = day_with(
        small_consignment(direction=OUT), trip={"stop_times": HOMEWARDS}, transfers=(Transfer("HUB", "BS", 900, 800),)
    )
    assert not options(back_only)


# Inbound: the shuttle leaves the hub at 34,200 and is at the station at 35,100; the trip leaves there at 36,000,
# reaches the village at 37,200 and the goods are ready at 38,100.
@pytest.mark.parametrize(
    ("node", "limit", "value", "possible"),
    [
        ("HUB", "opens_s", 34_200, True),
        ("HUB", "opens_s", 34_201, False),
        ("HUB", "closes_s", 34_200, True),
        ("HUB", "closes_s", 0, False),
        ("BS", "opens_s", 35_100, True),
        ("BS", "opens_s", 35_101, False),
        ("BS", "closes_s", 36_000, True),
        ("BS", "closes_s", 35_999, False),
        ("V-1", "opens_s", 37_200, True),
        ("V-1", "opens_s", 37_201, False),
        ("V-1", "closes_s", 38_100, True),
        ("V-1", "closes_s", 38_099, False),
    ],
)
def test_somebody_is_there_at_both_stops_and_at_the_hub_outwards(
    node: str, limit: str, value: int, possible: bool
) -> None:
    assert bool(options(day_with(small_consignment(), nodes={node: {limit: value}}))) is possible


# Outbound: goods are at the village from 36,360 to 37,260, reach the station at 38,400, leave it at 39,300 and are at
# the hub at 40,200.
@pytest.mark.parametrize(
    ("node", "limit", "value", "possible"),
    [
        ("V-1", "opens_s", 36_360, True),
        ("V-1", "opens_s", 36_361, False),
        ("V-1", "closes_s", 37_260, True),
        ("V-1", "closes_s", 37_259, False),
        ("BS", "opens_s", 38_400, True),
        ("BS", "opens_s", 38_401, False),
        ("BS", "closes_s", 39_300, True),
        ("BS", "closes_s", 39_299, False),
        ("HUB", "opens_s", 40_200, True),
        ("HUB", "opens_s", 86_400, False),
        ("HUB", "closes_s", 40_200, True),
        ("HUB", "closes_s", 40_199, False),
    ],
)
def test_somebody_is_there_at_both_stops_and_at_the_hub_homewards(
    node: str, limit: str, value: int, possible: bool
) -> None:
    day = day_with(small_consignment(direction=OUT), trip={"stop_times": HOMEWARDS}, nodes={node: {limit: value}})
    assert bool(options(day)) is possible


def test_longer_handling_moves_the_shuttle_and_may_be_too_early_for_the_hub() -> None:
    hub_opens = {"HUB": {"opens_s": 34_200}}
    assert options(day_with(small_consignment(), nodes=hub_opens, trip={"handling_s": 900}))
    assert not options(day_with(small_consignment(), nodes=hub_opens, trip={"handling_s": 901}))


def test_a_trip_just_after_midnight_has_no_shuttle_the_day_before() -> None:
    early = (StopTime("BS", 1_799, 1_799), StopTime("V-1", 3_000, 3_000))
    open_all_night = {name: {"opens_s": 0} for name in ("HUB", "BS", "V-1")}
    assert not options(day_with(small_consignment(), trip={"stop_times": early}, nodes=open_all_night))


@pytest.mark.parametrize(("limit_g", "possible"), [(None, True), (2_000, True), (1_999, False)])
def test_a_trip_takes_no_piece_over_its_limit(limit_g: int | None, possible: bool) -> None:
    assert bool(options(day_with(small_consignment(), trip={"max_piece_g": limit_g}))) is possible


@pytest.mark.parametrize(("limit_ml", "possible"), [(None, True), (5_000, True), (4_999, False)])
def test_a_trip_takes_no_piece_larger_than_its_limit(limit_ml: int | None, possible: bool) -> None:
    assert bool(options(day_with(small_consignment(max_piece_ml=5_000), trip={"max_piece_ml": limit_ml}))) is possible


@pytest.mark.parametrize(
    ("mail", "amount", "possible"),
    [
        ("mail_g", 97_000, True),
        ("mail_g", 97_001, False),
        ("mail_ml", 791_000, True),
        ("mail_ml", 791_001, False),
        ("mail_pieces", 38, True),
        ("mail_pieces", 39, False),
    ],
)
def test_what_mail_leaves_of_a_trip_is_on_offer(mail: str, amount: int, possible: bool) -> None:
    assert bool(options(day_with(small_consignment(), trip={mail: amount}))) is possible


@pytest.mark.parametrize("node", ["HUB", "BS", "V-1"])
@pytest.mark.parametrize(("weekdays", "possible"), [((1, 5), True), ((2, 3, 4, 5, 6, 7), False)])
def test_hub_station_and_village_must_open_on_the_day(node: str, weekdays: tuple[int, ...], possible: bool) -> None:
    """The day is a Monday."""
    assert bool(options(day_with(small_consignment(), nodes={node: {"open_weekdays": weekdays}}))) is possible


def test_of_two_nodes_the_open_one_is_used() -> None:
    day = day_with(small_consignment(node_ids=("V-1", "V-2")), nodes={"V-1": {"open_weekdays": (7,)}})
    assert [option.alight.node_id for option in options(day)] == ["V-2"]


def test_what_finds_no_room_to_be_kept_in_is_not_booked() -> None:
    assert options(day_with(small_consignment(), nodes={"V-1": {"max_pieces": 2}}))
    assert not options(day_with(small_consignment(), nodes={"V-1": {"max_pieces": 1}}))


@pytest.mark.parametrize(
    ("capacity", "room", "possible"),
    [
        ("capacity_g", 3_000, True),
        ("capacity_g", 2_999, False),
        ("capacity_ml", 9_000, True),
        ("capacity_ml", 8_999, False),
        ("capacity_pieces", 2, True),
        ("capacity_pieces", 1, False),
    ],
)
def test_a_consignment_larger_than_the_trip_has_no_way_on_it(capacity: str, room: int, possible: bool) -> None:
    assert bool(options(day_with(small_consignment(), trip={capacity: room}))) is possible


@pytest.mark.parametrize("temperature", [Temperature.CHILLED, Temperature.FROZEN])
@pytest.mark.parametrize("warm", ["", "trip", "BS", "V-1"])
def test_cold_goods_stay_cold_on_the_trip_and_at_both_stops(temperature: Temperature, warm: str) -> None:
    nodes = {name: {"keeps_cold": name != warm} for name in ("BS", "V-1")}
    day = day_with(small_consignment(temperature=temperature), trip={"keeps_cold": warm != "trip"}, nodes=nodes)
    assert bool(options(day)) is (warm == "")


def test_ambient_goods_may_wait_anywhere() -> None:
    assert options(day_with(small_consignment(temperature=Temperature.AMBIENT)))


@pytest.mark.parametrize(
    ("kind", "resource_id"), [(ResourceKind.TRIP, "T-1"), (ResourceKind.NODE, "BS"), (ResourceKind.NODE, "V-1")]
)
def test_trip_and_both_stops_must_be_admitted(kind: ResourceKind, resource_id: str) -> None:
    day = day_with(small_consignment())
    assert options(day)
    assert not options(forbid(day, kind, resource_id))


def test_the_hub_is_everybodys() -> None:
    stops = (StopTime("HUB", 36_000, 36_000), StopTime("V-1", 37_200, 37_260))
    day = day_with(small_consignment(), trip={"stop_times": stops})
    assert options(forbid(day, ResourceKind.NODE, "HUB"))


def test_under_an_agreement_its_tariff_counts_and_not_the_operators_own() -> None:
    day = day_with(small_consignment(), trip={"tariff_piece_fen": 999, "tariff_kg_fen": 999})
    agreements = tuple(
        replace(a, tariff_piece_fen=40, tariff_kg_fen=7) if a.agreement_id == "AG-2" else a
        for a in day.county.agreements
    )
    day = replace(day, county=replace(day.county, agreements=agreements))
    (option,) = options(day)
    assert option.tariff_fen == 2 * 40 + 3 * 7


def test_on_its_own_trip_a_carrier_pays_the_operators_own_price() -> None:
    day = day_with(small_consignment(weight_g=3_500), trip={"tariff_piece_fen": 11, "tariff_kg_fen": 3}, owner="EXP-A")
    day = admit(forbid(day, ResourceKind.TRIP, "T-1"), Admission(ResourceKind.TRIP, "T-1"))
    (option,) = options(day)
    assert option.agreement_id == ""
    assert option.tariff_fen == 2 * 11 + 11  # 10.5 fen, half up


def test_several_agreements_give_several_options() -> None:
    day = admit(day_with(small_consignment()), Admission(ResourceKind.TRIP, "T-1", "AG-3"))
    dearer = Agreement("AG-3", CooperationModel.TRANSIT, ("EXP-A",), "BUS", Sharing.TARIFF, tariff_piece_fen=50)
    day = replace(day, county=replace(day.county, agreements=(*day.county.agreements, dearer)))
    assert [(o.agreement_id, o.tariff_fen) for o in options(day)] == [("AG-2", 60), ("AG-3", 100)]
