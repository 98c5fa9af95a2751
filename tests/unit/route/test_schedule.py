from dataclasses import replace
from typing import Any

import pytest

from services.model.agreements import Direction
from services.model.consignments import Admission, Consignment, ResourceKind
from services.model.day import Day
from services.model.plan import Run
from services.route.day_index import DayIndex
from services.route.engines.engine import Route
from services.route.roads.of_day import choose_roads
from services.route.run_task import make_run_task
from services.route.schedule import make_run
from tests.builders import VILLAGES, small_consignment, small_day

OUT = Direction.OUTBOUND


def goods(name: str, village: int = 0, **changes: Any) -> Consignment:
    return small_consignment(
        consignment_id=name, village_code=VILLAGES[village], node_ids=(f"V-{village + 1}",), **changes
    )


def day_of(
    *consignments: Consignment, van: dict[str, Any] | None = None, nodes: dict[str, dict[str, Any]] | None = None
) -> Day:
    day = small_day(consignments=consignments)
    network = day.county.network
    changed = tuple(replace(node, **(nodes or {}).get(node.node_id, {})) for node in network.nodes)
    vehicles = (replace(day.county.vehicles[0], **(van or {})), day.county.vehicles[1])
    county = replace(day.county, network=replace(network, nodes=changed), vehicles=vehicles)
    return replace(day, county=county)


def drive(day: Day, *trips: str) -> Run:
    """VAN-A's run over trips of consignments, each trip written as ``A B``."""
    index = DayIndex.of(day)
    matrix = choose_roads(day).matrix(day.county.network.nodes)
    task = make_run_task(index, matrix, day.consignments, {})
    where = {c: i for i, group in enumerate(task.demands) for c in group}
    k = next(k for k, vehicles in enumerate(task.classes) if "VAN-A" in vehicles)
    route = Route(k, tuple(tuple(where[c] for c in trip.split()) for trip in trips))
    return make_run(index, matrix, task, route, index.vehicles["VAN-A"], "R1")


def calls(run: Run) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(stop.node_id, stop.drop, stop.take) for stop in run.stops]


def test_a_run_loads_at_the_hub_and_comes_back() -> None:
    run = drive(day_of(goods("A"), goods("B", 1)), "A B")
    assert calls(run) == [("HUB", (), ("A", "B")), ("V-1", ("A",), ()), ("V-2", ("B",), ()), ("HUB", (), ())]
    assert [stop.load_pieces for stop in run.stops] == [4, 2, 0, 0]
    assert [c.consignment_id for c in run.carriages] == ["A", "B"]


def test_what_is_picked_up_leaves_at_the_hub() -> None:
    run = drive(day_of(goods("A"), goods("B", 1, direction=OUT)), "A B")
    assert calls(run) == [("HUB", (), ("A",)), ("V-1", ("A",), ()), ("V-2", (), ("B",)), ("HUB", ("B",), ())]
    assert [stop.load_g for stop in run.stops] == [3_000, 0, 3_000, 0]


def test_a_second_trip_unloads_and_loads_in_one_call() -> None:
    run = drive(day_of(goods("A", direction=OUT), goods("B", 1)), "A", "B")
    assert calls(run)[2] == ("HUB", ("A",), ("B",))
    assert len(run.stops) == 5


def test_a_depot_in_town_is_start_and_end() -> None:
    run = drive(day_of(goods("A", direction=OUT), van={"depot": "BS"}), "A")
    assert [stop.node_id for stop in run.stops] == ["BS", "HUB", "V-1", "HUB", "BS"]


def test_an_empty_vehicle_drives_straight_home_where_that_is_shorter() -> None:
    east = {"BS": {"lon": 126.79, "lat": 42.96}}
    run = drive(day_of(goods("A"), van={"depot": "BS"}, nodes=east), "A")
    assert [stop.node_id for stop in run.stops] == ["BS", "HUB", "V-1", "BS"]


def test_no_time_is_waited_away_before_the_first_stop_opens() -> None:
    run = drive(day_of(goods("A")), "A")
    hub, village, end = run.stops
    assert village.arrival_s == village.start_s == 25_200
    assert village.departure_s == 25_200 + 240
    assert run.duration_s == end.departure_s - hub.start_s < 25_200


def test_a_stop_takes_its_time_and_that_of_every_piece() -> None:
    day = day_of(goods("A", pieces=5), goods("B", direction=OUT, pieces=4), nodes={"V-1": {"service_per_piece_s": 10}})
    village = drive(day, "A").stops[1]
    assert village.departure_s - village.start_s == 240 + 90


def test_the_hub_takes_its_time_only_where_something_is_handled() -> None:
    hub = {"HUB": {"service_s": 600, "service_per_piece_s": 2}}
    first, _, last = drive(day_of(goods("A"), nodes=hub), "A").stops
    assert first.departure_s - first.start_s == 604
    assert last.departure_s == last.start_s


def test_visits_to_one_node_in_a_row_are_one_stop() -> None:
    day = day_of(*(goods(name, pieces=100) for name in "ABC"), van={"capacity_pieces": 300})
    index = DayIndex.of(day)
    matrix = choose_roads(day).matrix(day.county.network.nodes)
    task = make_run_task(index, matrix, day.consignments, {})
    apart = replace(task, demands=(("A",), ("B",), ("C",)))
    run = make_run(index, matrix, apart, Route(0, ((0, 1, 2),)), index.vehicles["VAN-A"], "R1")
    assert [stop.node_id for stop in run.stops] == ["HUB", "V-1", "HUB"]
    assert run.stops[1].departure_s - run.stops[1].start_s == 240


def test_a_late_village_makes_the_earlier_stops_late_but_within_their_hours() -> None:
    nodes = {"V-1": {"closes_s": 30_000}, "V-2": {"opens_s": 36_000}}
    run = drive(day_of(goods("A"), goods("B", 1), nodes=nodes), "A B")
    _, near, far, _ = run.stops
    assert near.departure_s == 30_000
    assert far.start_s == 36_000
    assert far.arrival_s < far.start_s


def test_cost_follows_the_vehicles_own_rates() -> None:
    run = drive(day_of(goods("A")), "A")
    assert run.distance_m == sum(stop.leg_distance_m for stop in run.stops)
    assert run.vehicle_fen == 12_000
    assert run.distance_fen == round(run.distance_m * 95 / 1_000)
    assert run.time_fen == round(run.duration_s * 3_000 / 3_600)
    assert run.co2_fen == round(run.distance_m * 180 * 10 / 1_000_000)


@pytest.mark.parametrize(
    ("opens", "travels_under"), [(("", "AG-1"), ""), (("AG-1", "AG-2"), "AG-2"), (("AG-1",), "AG-1")]
)
def test_goods_travel_by_their_own_right_else_under_an_agreement_without_a_limit(
    opens: tuple[str, ...], travels_under: str
) -> None:
    day = day_of(goods("A"))
    first, second = day.county.agreements
    county = replace(day.county, agreements=(replace(first, max_pieces_per_day=5_000), second))
    (a, b) = day.admission_sets
    a = replace(a, admissions=tuple(Admission(ResourceKind.VEHICLE, "VAN-A", name) for name in opens))
    run = drive(replace(day, county=county, admission_sets=(a, b)), "A")
    assert [c.agreement_id for c in run.carriages] == [travels_under]
