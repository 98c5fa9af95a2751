from dataclasses import replace

import pytest

from services.model.day import Day, PlanSettings
from services.model.plan import Booking, Plan, Unserved, UnservedReason
from services.route.day_index import DayIndex
from services.route.planner import plan_day
from services.route.roads.of_day import choose_roads
from services.route.values import Estimate, run_values
from tests.builders import VILLAGES, small_consignment, small_day
from tests.engines import InProcessEngine

DAY = small_day(
    consignments=(
        small_consignment(consignment_id="A", parcel_ids=()),
        small_consignment(consignment_id="B", village_code=VILLAGES[1], node_ids=("V-2",), parcel_ids=()),
    )
)
MATRIX = choose_roads(DAY).matrix(DAY.county.network.nodes)


@pytest.fixture(scope="module")
def plan() -> Plan:
    settings = PlanSettings(iterations=50, cores=1, use_lines=False, compare=False)
    return plan_day(DAY, settings, InProcessEngine(), lambda: False, lambda *_: None).plan


def values(day: Day, plan: Plan, estimate: Estimate = Estimate.MARGIN, factor_percent: int = 100) -> dict[str, int]:
    return dict(run_values(DayIndex.of(day), MATRIX, plan, estimate, factor_percent).village_fen)


def test_a_village_on_the_way_is_worth_its_service_and_the_last_one_the_way_back_and_forth(plan: Plan) -> None:
    """V-1 lies on the way to V-2, so that leaving it out saves next to no road."""
    worth = values(DAY, plan)
    assert worth[VILLAGES[0]] == pytest.approx(240 * 3_000 / 3_600, abs=3)
    there_and_back_m = 2 * MATRIX.distance_m[MATRIX.position["V-1"], MATRIX.position["V-2"]]
    by_road_fen = there_and_back_m * 95 / 1_000 + there_and_back_m / 42_000 * 3_000
    assert worth[VILLAGES[1]] == pytest.approx(by_road_fen + 200, abs=5)


def test_shares_add_up_to_the_whole_run(plan: Plan) -> None:
    shared = values(DAY, plan, Estimate.SHARE)
    assert plan.cost.total_fen - 2 <= sum(shared.values()) <= plan.cost.total_fen


def test_a_factor_raises_and_lowers_all(plan: Plan) -> None:
    once = values(DAY, plan)
    assert values(DAY, plan, factor_percent=60) == {village: fen * 60 // 100 for village, fen in once.items()}


def test_what_is_unserved_is_worth_its_price(plan: Plan) -> None:
    left = (Unserved("A", UnservedReason.FLEET_EXHAUSTED, "-"),)
    worth = run_values(DayIndex.of(DAY), MATRIX, replace(plan, runs=(), unserved=left), Estimate.MARGIN, 50)
    assert worth.consignment_fen == {"A": 22_000}
    assert worth.village_fen == {}


def test_a_village_that_lines_serve_is_worth_the_cheapest_detour(plan: Plan) -> None:
    booking = Booking("B1", "A", "L-1", "T-1", "AG-2", "BS", "V-1", 0, 1, 35_100, 36_000, 37_200, 38_100, 60)
    (run,) = plan.runs
    past = replace(run, stops=tuple(stop for stop in run.stops if stop.node_id != "V-1"))
    worth = values(DAY, replace(plan, runs=(past,), bookings=(booking,)))
    assert worth[VILLAGES[0]] == pytest.approx(240 * 3_000 / 3_600, abs=3)
    assert values(DAY, replace(plan, runs=(), bookings=(booking,))) == {VILLAGES[0]: 0}
