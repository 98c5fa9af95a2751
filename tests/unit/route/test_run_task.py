from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.model.agreements import Agreement, CooperationModel, Direction, Sharing, Temperature
from services.model.consignments import Admission, AdmissionSet, Consignment, Goods, ResourceKind
from services.model.day import Day
from services.model.fleet import Vehicle
from services.model.network import Node
from services.route.day_index import DayIndex
from services.route.roads.of_day import choose_roads
from services.route.run_task import RunTask, make_run_task
from tests.builders import SERVICE_DATE, VILLAGES, small_consignment, small_day

OUT = Direction.OUTBOUND
COLD = Temperature.CHILLED
VAN = small_day().county.vehicles[0]


def day_of(
    *consignments: Consignment,
    vehicles: tuple[Vehicle, ...] = (VAN,),
    opens: dict[str, tuple[str, ...]] | None = None,
    limit: int | None = None,
    nodes: dict[str, dict[str, Any]] | None = None,
) -> Day:
    """A day on which ``opens`` says, for each admission set, which vehicles AG-L opens; by default all to AS-A."""
    day = small_day(consignments=consignments)
    opens = opens or {"AS-A": tuple(v.vehicle_id for v in vehicles)}
    sets = tuple(
        AdmissionSet(name, tuple(Admission(ResourceKind.VEHICLE, v, "AG-L") for v in opened))
        for name, opened in opens.items()
    )
    agreement = Agreement(
        "AG-L", CooperationModel.EXPRESS, ("EXP-B",), "EXP-A", Sharing.SHAPLEY, max_pieces_per_day=limit
    )
    changed: tuple[Node, ...] = tuple(
        replace(node, **(nodes or {}).get(node.node_id, {})) for node in day.county.network.nodes
    )
    network = replace(day.county.network, nodes=changed)
    county = replace(day.county, network=network, vehicles=vehicles, agreements=(agreement,))
    return replace(day, county=county, admission_sets=sets)


def task_of(day: Day, booked: dict[str, int] | None = None) -> RunTask:
    index = DayIndex.of(day)
    matrix = choose_roads(day).matrix(day.county.network.nodes)
    return make_run_task(index, matrix, day.consignments, booked or {})


def visits(task: RunTask) -> list[tuple[set[str], set[str]]]:
    """What each visit hands over and which vehicles may make it."""
    return [
        (set(group), {v for k in demand.classes for v in task.classes[k]})
        for group, demand in zip(task.demands, task.problem.demands, strict=True)
    ]


def goods(name: str, **changes: Any) -> Consignment:
    return small_consignment(consignment_id=name, **changes)


def test_what_goes_to_one_node_is_one_visit_both_ways() -> None:
    task = task_of(day_of(goods("A"), goods("B", direction=OUT, pieces=3)))
    assert visits(task) == [({"A", "B"}, {"VAN-A"})]
    (demand,) = task.problem.demands
    assert (demand.deliver.pieces, demand.pick_up.pieces) == (2, 3)
    assert demand.leaving_fen == 22_000 + 23_000


def test_handling_is_counted_for_every_piece() -> None:
    day = day_of(goods("A"), goods("B", direction=OUT, pieces=3), nodes={"V-1": {"service_per_piece_s": 7}})
    assert task_of(day).problem.demands[0].handling_s == 35


def test_villages_are_visits_of_their_own() -> None:
    day = day_of(goods("A"), goods("B", village_code=VILLAGES[1], node_ids=("V-2",)))
    assert visits(task_of(day)) == [({"A"}, {"VAN-A"}), ({"B"}, {"VAN-A"})]


def test_vehicles_that_are_alike_are_one_class() -> None:
    task = task_of(day_of(goods("A"), vehicles=(VAN, replace(VAN, vehicle_id="VAN-2"))))
    assert task.classes == (("VAN-A", "VAN-2"),)
    assert task.problem.classes[0].count == 2


@pytest.mark.parametrize("change", [{"capacity_pieces": 449}, {"per_km_fen": 96}, {"depot": "BS"}, {"max_trips": 2}])
def test_vehicles_that_differ_are_classes_of_their_own(change: dict[str, Any]) -> None:
    assert len(task_of(day_of(goods("A"), vehicles=(VAN, replace(VAN, vehicle_id="VAN-2", **change)))).classes) == 2


def test_vehicles_that_serve_different_carriers_are_classes_of_their_own() -> None:
    vehicles = VAN, replace(VAN, vehicle_id="VAN-2")
    day = day_of(
        goods("A"),
        goods("B", village_code=VILLAGES[1], node_ids=("V-2",), admission_set_id="AS-B"),
        vehicles=vehicles,
        opens={"AS-A": ("VAN-A", "VAN-2"), "AS-B": ("VAN-2",)},
    )
    task = task_of(day)
    assert task.classes == (("VAN-A",), ("VAN-2",))
    assert visits(task) == [({"A"}, {"VAN-A", "VAN-2"}), ({"B"}, {"VAN-2"})]


def test_carriers_without_a_vehicle_in_common_are_visited_apart() -> None:
    day = day_of(
        goods("A"),
        goods("B", admission_set_id="AS-B"),
        vehicles=(VAN, replace(VAN, vehicle_id="VAN-2")),
        opens={"AS-A": ("VAN-A",), "AS-B": ("VAN-2",)},
    )
    assert visits(task_of(day)) == [({"A"}, {"VAN-A"}), ({"B"}, {"VAN-2"})]


def test_a_vehicle_of_a_township_is_not_for_runs_from_the_hub() -> None:
    day = day_of(goods("A"), vehicles=(VAN, replace(VAN, vehicle_id="VAN-2", depot="V-2")))
    assert task_of(day).classes == (("VAN-A",),)


def test_a_vehicle_that_may_visit_nothing_is_left_out() -> None:
    day = day_of(goods("A"), vehicles=(VAN, replace(VAN, vehicle_id="VAN-2", kind="OTHER")), opens={"AS-A": ("VAN-A",)})
    assert task_of(day).classes == (("VAN-A",),)


def test_cold_goods_are_visited_by_what_keeps_them_cold_and_apart_from_the_rest() -> None:
    reefer = replace(VAN, vehicle_id="REEFER", temperatures=(Temperature.AMBIENT, COLD))
    day = day_of(goods("A"), goods("COLD", temperature=COLD), vehicles=(VAN, reefer))
    assert visits(task_of(day)) == [({"COLD"}, {"REEFER"}), ({"A"}, {"VAN-A", "REEFER"})]


def test_what_would_bar_others_from_the_rest_rides_with_the_cold_goods() -> None:
    reefer = replace(VAN, vehicle_id="REEFER", temperatures=(Temperature.AMBIENT, COLD))
    day = day_of(
        goods("A"),
        goods("ONLY", admission_set_id="AS-B"),
        goods("COLD", temperature=COLD),
        vehicles=(VAN, reefer),
        opens={"AS-A": ("VAN-A", "REEFER"), "AS-B": ("REEFER",)},
    )
    assert visits(task_of(day)) == [({"COLD", "ONLY"}, {"REEFER"}), ({"A"}, {"VAN-A", "REEFER"})]


@pytest.mark.parametrize("amount", [{"weight_g": 700_001}, {"volume_ml": 4_500_001}, {"pieces": 451}])
def test_what_is_larger_than_every_vehicle_is_left_out(amount: dict[str, int]) -> None:
    assert visits(task_of(day_of(goods("A"), goods("LARGE", **amount)))) == [({"A"}, {"VAN-A"})]


@pytest.mark.parametrize(
    ("mail", "amount", "possible"),
    [
        ("mail_g", 697_000, True),
        ("mail_g", 697_001, False),
        ("mail_ml", 4_491_000, True),
        ("mail_ml", 4_491_001, False),
        ("mail_pieces", 448, True),
        ("mail_pieces", 449, False),
    ],
)
def test_what_mail_leaves_of_a_vehicle_is_on_offer(mail: str, amount: int, possible: bool) -> None:
    taken: dict[str, Any] = {mail: amount}
    assert bool(visits(task_of(day_of(goods("A"), vehicles=(replace(VAN, **taken),))))) is possible


def test_vehicles_that_mail_leaves_alike_are_one_class() -> None:
    larger = replace(VAN, vehicle_id="PVAN", capacity_pieces=500, mail_pieces=50)
    (vehicle,) = task_of(day_of(goods("A"), vehicles=(VAN, larger))).problem.classes
    assert (vehicle.count, vehicle.capacity.pieces) == (2, 450)


def test_a_daily_limit_is_compared_with_what_mail_leaves() -> None:
    task = task_of(day_of(goods("A"), vehicles=(replace(VAN, mail_pieces=440),), limit=30))
    assert [(c.capacity.pieces, c.max_trips) for c in task.problem.classes] == [(10, 3)]


def test_a_village_is_visited_at_its_first_node_that_opens() -> None:
    day = day_of(goods("A", node_ids=("V-1", "V-2")), nodes={"V-1": {"open_weekdays": (2,)}})
    (demand,) = task_of(day).problem.demands
    assert demand.node == [node.node_id for node in day.county.network.nodes].index("V-2")
    assert visits(task_of(day_of(goods("A"), nodes={"V-1": {"open_weekdays": (2,)}}))) == []


def test_what_may_wait_costs_the_price_of_waiting_to_leave() -> None:
    tomorrow = SERVICE_DATE + timedelta(days=1)
    day = day_of(goods("A", wait_fen=70, due_date=tomorrow), goods("B", wait_fen=50, due_date=tomorrow))
    (demand,) = task_of(day).problem.demands
    assert (demand.leaving_fen, demand.may_wait) == (120, True)


def test_mail_costs_five_times_as_much_to_leave_and_emergencies_ten_times() -> None:
    mail = goods("A", goods=Goods.MAIL)
    assert [d.leaving_fen for d in task_of(day_of(mail)).problem.demands] == [5 * 22_000]
    assert [d.leaving_fen for d in task_of(day_of(replace(mail, emergency=True))).problem.demands] == [10 * 22_000]


def test_a_village_with_more_than_a_load_is_visited_several_times() -> None:
    day = day_of(*(goods(name, pieces=200) for name in "ABC"))
    assert visits(task_of(day)) == [({"A", "B"}, {"VAN-A"}), ({"C"}, {"VAN-A"})]


def test_a_full_load_each_way_is_one_visit() -> None:
    assert visits(task_of(day_of(goods("A", pieces=450), goods("B", pieces=450, direction=OUT)))) == [
        ({"A", "B"}, {"VAN-A"})
    ]


def test_what_a_nodes_hours_have_no_time_for_in_one_visit_is_several() -> None:
    hour = {"V-1": {"opens_s": 36_000, "closes_s": 39_600, "service_s": 600, "service_per_piece_s": 100}}
    day = day_of(goods("A", pieces=20), goods("B", pieces=20), goods("LONG", pieces=31), nodes=hour)
    assert visits(task_of(day)) == [({"A"}, {"VAN-A"}), ({"B"}, {"VAN-A"})]


@pytest.mark.parametrize(
    "change", [{"max_distance_m": 10_000}, {"max_work_s": 900}, {"shift_end_s": 25_300}, {"shift_start_s": 66_000}]
)
def test_what_a_vehicle_has_neither_range_nor_time_for_is_left_out(change: dict[str, Any]) -> None:
    assert visits(task_of(day_of(goods("A"), vehicles=(replace(VAN, **change),)))) == []


def test_goods_that_the_hub_would_be_too_closed_to_take_back_are_left_out() -> None:
    day = day_of(goods("IN"), goods("BACK", direction=OUT), nodes={"HUB": {"closes_s": 25_500}})
    assert visits(task_of(day)) == [({"IN"}, {"VAN-A"})]


def test_a_daily_limit_is_shared_among_the_vehicles_it_opens() -> None:
    vehicles = tuple(replace(VAN, vehicle_id=f"VAN-{i}") for i in range(4))
    task = task_of(day_of(goods("A"), vehicles=vehicles, limit=30), booked={"AG-L": 10})
    assert [(c.capacity.pieces, c.max_trips) for c in task.problem.classes] == [(5, 1)]


def test_a_daily_limit_counts_both_ways_of_a_trip() -> None:
    day = day_of(goods("A"), goods("B", direction=OUT), limit=11)
    (vehicle,) = task_of(day).problem.classes
    assert vehicle.capacity.pieces == 5


def test_a_daily_limit_that_cannot_be_reached_changes_nothing() -> None:
    (vehicle,) = task_of(day_of(goods("A"), limit=450 * 3)).problem.classes
    assert (vehicle.capacity.pieces, vehicle.max_trips) == (450, 3)


def test_a_used_up_daily_limit_leaves_no_vehicle() -> None:
    assert task_of(day_of(goods("A"), limit=10), booked={"AG-L": 10}).classes == ()


def test_a_vehicle_that_another_agreement_opens_without_limit_is_not_limited() -> None:
    day = day_of(goods("A"), limit=10)
    free = Agreement("AG-M", CooperationModel.EXPRESS, ("EXP-B",), "EXP-A", Sharing.SHAPLEY)
    (opened,) = day.admission_sets
    more = replace(opened, admissions=(*opened.admissions, Admission(ResourceKind.VEHICLE, "VAN-A", "AG-M")))
    day = replace(
        day,
        county=replace(day.county, agreements=(*day.county.agreements, free)),
        admission_sets=(more,),
    )
    assert task_of(day).problem.classes[0].capacity.pieces == 450


def test_handling_by_the_piece_at_the_hub_is_counted_for_the_longest_call() -> None:
    hub = {"HUB": {"service_s": 300, "service_per_piece_s": 2}}
    task = task_of(day_of(goods("A", pieces=440), goods("B", pieces=440), goods("C", direction=OUT), nodes=hub))
    assert task.problem.service_s[task.problem.hub] == 300 + 2 * (450 + 2)
