from dataclasses import replace
from typing import Any

from services.model.agreements import Temperature
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.fleet import Vehicle
from services.model.plan import CarrierAlone
from services.route.baseline import plan_alone
from services.route.day_index import DayIndex
from services.route.engines.engine import Effort, RunProblem
from services.route.roads.of_day import choose_roads
from tests.builders import small_consignment, small_day
from tests.engines import InProcessEngine

COLD = Temperature.FROZEN
VAN_A, VAN_B = small_day().county.vehicles


def goods(name: str, carrier: str = "EXP-A", **changes: Any) -> Consignment:
    return small_consignment(consignment_id=name, carrier_id=carrier, admission_set_id=f"AS-{carrier[-1]}", **changes)


def day_of(*consignments: Consignment, vehicles: tuple[Vehicle, ...] = (VAN_A, VAN_B)) -> Day:
    day = small_day(consignments=consignments)
    return replace(day, county=replace(day.county, vehicles=vehicles))


def alone(day: Day) -> tuple[dict[str, CarrierAlone], list[RunProblem]]:
    engine = InProcessEngine()
    matrix = choose_roads(day).matrix(day.county.network.nodes)
    found = plan_alone(DayIndex.of(day), matrix, engine, Effort(1, 300), cores=1, should_stop=lambda: False)
    return {carrier.carrier_id: carrier for carrier in found}, engine.problems


def test_every_carrier_drives_by_itself() -> None:
    carriers, _ = alone(day_of(goods("A"), goods("B", "EXP-B")))
    assert list(carriers) == ["EXP-A", "EXP-B"]
    assert all((c.consignments, c.runs, c.unserved) == (1, 1, 0) for c in carriers.values())
    assert carriers["EXP-A"].cost_fen == carriers["EXP-B"].cost_fen > 12_000


def test_a_carrier_drives_its_own_kinds_of_vehicle_only() -> None:
    dear = replace(VAN_A, fixed_fen=50_000)
    carriers, _ = alone(day_of(goods("A"), goods("B", "EXP-B"), vehicles=(dear, VAN_B)))
    assert carriers["EXP-A"].cost_fen - carriers["EXP-B"].cost_fen == 38_000


def test_it_has_as_many_of_them_as_it_needs() -> None:
    single = replace(VAN_A, max_trips=1)
    carriers, _ = alone(day_of(*(goods(name, pieces=450) for name in "ABC"), vehicles=(single,)))
    assert (carriers["EXP-A"].runs, carriers["EXP-A"].unserved) == (3, 0)


def test_alike_vehicles_are_one_kind() -> None:
    _, (problem,) = alone(day_of(goods("A"), vehicles=(VAN_A, replace(VAN_A, vehicle_id="VAN-2"))))
    assert len(problem.classes) == 1


def test_for_a_temperature_it_has_no_vehicle_for_it_hires_the_cheapest_kind() -> None:
    reefers = [
        replace(VAN_B, vehicle_id=f"REEFER-{fen}", temperatures=(Temperature.AMBIENT, COLD), fixed_fen=fen)
        for fen in (30_000, 20_000)
    ]
    carriers, (problem,) = alone(day_of(goods("A", temperature=COLD), vehicles=(VAN_A, *reefers)))
    assert carriers["EXP-A"].unserved == 0
    assert [vehicle.fixed_fen for vehicle in problem.classes] == [20_000]


def test_its_own_kinds_do_not_carry_what_they_do_not_keep_cold() -> None:
    carriers, _ = alone(day_of(goods("A"), goods("COLD", temperature=COLD)))
    assert (carriers["EXP-A"].runs, carriers["EXP-A"].unserved) == (1, 1)
    ambient, _ = alone(day_of(goods("A")))
    assert carriers["EXP-A"].cost_fen == ambient["EXP-A"].cost_fen + 22_000


def test_what_mail_leaves_of_its_vehicles_is_what_it_has() -> None:
    carriers, (problem,) = alone(
        day_of(goods("A", pieces=30), vehicles=(replace(VAN_A, mail_pieces=430, max_trips=1),))
    )
    assert [vehicle.capacity.pieces for vehicle in problem.classes] == []
    assert carriers["EXP-A"].unserved == 1
    carriers, _ = alone(day_of(goods("A", pieces=30), vehicles=(replace(VAN_A, mail_pieces=420, max_trips=1),)))
    assert (carriers["EXP-A"].runs, carriers["EXP-A"].unserved) == (1, 0)


def test_a_vehicle_full_of_mail_is_none_at_all() -> None:
    carriers, _ = alone(day_of(goods("A"), vehicles=(replace(VAN_A, mail_pieces=450),)))
    assert (carriers["EXP-A"].runs, carriers["EXP-A"].unserved) == (0, 1)


def test_what_nobody_has_a_vehicle_for_costs_its_price_unserved() -> None:
    carriers, _ = alone(day_of(goods("A", pieces=500), vehicles=()))
    assert carriers["EXP-A"] == CarrierAlone("EXP-A", 1, 0, 1, 520_000)


def test_a_daily_limit_binds_nobody_who_drives_alone() -> None:
    day = day_of(goods("B", "EXP-B"))
    limited = tuple(replace(a, max_pieces_per_day=0) for a in day.county.agreements)
    carriers, _ = alone(replace(day, county=replace(day.county, agreements=limited)))
    assert carriers["EXP-B"].unserved == 0
