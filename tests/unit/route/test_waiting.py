"""What waits for tomorrow: that it pays, what it saves, and why, told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.model.agreements import Temperature
from services.model.consignments import Admission, AdmissionSet, Consignment, Goods, ResourceKind
from services.model.day import Day, PlanSettings
from services.model.network import Node
from services.model.plan import PlanResult, Waiting
from services.route.planner import plan_day
from services.route.waiting import all_today, may_wait
from tests.builders import SERVICE_DATE, VILLAGES, small_consignment, small_day
from tests.engines import InProcessEngine

TOMORROW = SERVICE_DATE + timedelta(days=1)
FAR_LON = 126.75 + 0.737  # some 60 km east of the hub


def goods(name: str, village: int, **changes: Any) -> Consignment:
    node_id = f"V-{village + 1}"
    return small_consignment(
        **{"consignment_id": name, "village_code": VILLAGES[village], "node_ids": (node_id,), "parcel_ids": ()}
        | changes
    )


def waits(name: str, village: int, wait_fen: int = 120, due: date = TOMORROW, **changes: Any) -> Consignment:
    return goods(name, village, wait_fen=wait_fen, due_date=due, **changes)


def day_of(*consignments: Consignment, van: dict[str, Any] | None = None) -> Day:
    """Two villages near the hub, and V-3 60 km away; VAN-A may carry everything, there is no line."""

    def placed(node: Node) -> Node:
        return replace(node, lon=FAR_LON) if node.node_id == "V-3" else node

    day = small_day(consignments=consignments)
    network = replace(day.county.network, nodes=tuple(map(placed, day.county.network.nodes)))
    vans = (replace(day.county.vehicles[0], **(van or {})),)
    county = replace(day.county, network=network, vehicles=vans, lines=())
    sets = (AdmissionSet("AS-A", (Admission(ResourceKind.VEHICLE, "VAN-A"),)),)
    return replace(day, county=county, admission_sets=sets)


def plan(day: Day, **changes: Any) -> PlanResult:
    settings = replace(PlanSettings(iterations=200, cores=1), **changes)
    return plan_day(day, settings, InProcessEngine(), lambda: False, lambda *_: None)


def waiting(day: Day, **changes: Any) -> dict[str, Waiting]:
    return {one.consignment_id: one for one in plan(day, **changes).plan.waiting}


NEAR = goods("NEAR", 0)


def test_two_cheap_pieces_for_a_village_60_km_away_wait() -> None:
    result = plan(day_of(NEAR, waits("FAR", 2)))
    (one,) = result.plan.waiting
    assert (one.consignment_id, one.wait_fen) == ("FAR", 120)
    assert result.plan.cost.waiting_fen == 120
    assert result.plan.unserved == ()
    assert result.comparison is not None
    assert one.saved_fen == result.comparison.all_today_fen - result.plan.cost.total_fen + 120
    assert one.saved_fen > 15_000


def test_the_same_goes_on_its_last_day() -> None:
    result = plan(day_of(NEAR, goods("FAR", 2)))
    assert (result.plan.waiting, result.plan.unserved) == ((), ())
    assert result.comparison is not None
    assert result.comparison.all_today_fen == 0


def test_it_goes_where_waiting_costs_more_than_it_saves() -> None:
    saved_fen = waiting(day_of(NEAR, waits("FAR", 2)))["FAR"].saved_fen
    assert waiting(day_of(NEAR, waits("FAR", 2, wait_fen=saved_fen * 99 // 100)))
    assert not waiting(day_of(NEAR, waits("FAR", 2, wait_fen=saved_fen * 101 // 100)))


def test_it_goes_where_the_vehicle_calls_there_anyway() -> None:
    assert not waiting(day_of(NEAR, waits("FAR", 2), goods("MUST", 2)))


def test_nothing_waits_where_that_is_not_wanted() -> None:
    result = plan(day_of(NEAR, waits("FAR", 2)), use_waiting=False)
    assert result.plan.waiting == ()
    assert result.comparison is not None
    assert result.comparison.all_today_fen == 0


def test_what_may_wait_makes_room_for_what_may_not() -> None:
    """Room for two of the three, which all go to one village."""
    day = day_of(goods("A", 0), waits("W", 0), goods("B", 0), van={"capacity_pieces": 4, "max_trips": 1})
    result = plan(day)
    assert [one.consignment_id for one in result.plan.waiting] == ["W"]
    assert result.plan.unserved == ()
    assert plan(day, use_waiting=False).plan.unserved != ()


def test_what_cannot_go_today_waits_where_it_may_and_says_why_it_cannot() -> None:
    day = day_of(
        NEAR, waits("COLD", 1, temperature=Temperature.FROZEN), goods("ICE", 1, temperature=Temperature.FROZEN)
    )
    made = plan(day).plan
    assert [one.consignment_id for one in made.waiting] == ["COLD"]
    assert [one.consignment_id for one in made.unserved] == ["ICE"]
    assert made.waiting[0].detail.startswith("中村服务站今日无法送达（没有EXP-A可用的冷冻车辆")
    assert made.waiting[0].detail.endswith("承诺期至 2026-11-24")
    assert made.waiting[0].saved_fen == 22_000


def test_a_price_of_waiting_above_that_of_leaving_behind_makes_no_day_dearer() -> None:
    result = plan(day_of(NEAR, waits("COLD", 1, wait_fen=10**6, temperature=Temperature.FROZEN)))
    assert result.plan.waiting == ()
    assert [one.consignment_id for one in result.plan.unserved] == ["COLD"]


def test_a_village_on_its_own_is_told_with_its_pieces_and_its_detour() -> None:
    told = waiting(day_of(NEAR, waits("FAR", 2), waits("TOO", 2, pieces=3, due=TOMORROW + timedelta(days=1))))
    assert told["FAR"].detail.startswith("西村服务站今日仅 5 件可缓，单独绕行约 ")
    assert told["FAR"].detail.endswith(" 元；承诺期至 2026-11-24")
    assert told["TOO"].detail.endswith(" 元；承诺期至 2026-11-25")


def test_savings_follow_what_each_village_cost_and_then_pieces() -> None:
    saved = {
        name: one.saved_fen for name, one in waiting(day_of(NEAR, waits("FAR", 2), waits("TOO", 2, pieces=4))).items()
    }
    total = sum(saved.values())
    assert sorted(saved) == ["FAR", "TOO"]
    assert abs(saved["TOO"] - 2 * saved["FAR"]) <= 2
    assert total > 15_000


def test_who_calls_there_and_cannot_take_it_is_named() -> None:
    """VAN-A calls at the village for what has to go and keeps nothing cold; the van that does is far too dear."""
    day = day_of(goods("A", 0), waits("COLD", 0, temperature=Temperature.CHILLED))
    (van,) = day.county.vehicles
    reefer = replace(van, vehicle_id="REEFER", temperatures=tuple(Temperature), fixed_fen=90_000)
    sets = (AdmissionSet("AS-A", tuple(Admission(ResourceKind.VEHICLE, v) for v in ("VAN-A", "REEFER"))),)
    day = replace(day, county=replace(day.county, vehicles=(van, reefer)), admission_sets=sets)
    told = waiting(day)["COLD"]
    assert told.detail == "东村服务站今日到站的 VAN-A 不能冷藏，另派车不合算；承诺期至 2026-11-24"
    assert told.saved_fen > 70_000


@pytest.mark.parametrize(("kind", "left"), [(Goods.PARCEL, {"M"}), (Goods.MAIL, {"P"})])
def test_mail_goes_before_parcels(kind: Goods, left: set[str]) -> None:
    """One of them fits; the parcel is four pieces and would cost more to leave than two pieces of another parcel."""
    mail, parcel = goods("M", 0, pieces=2, goods=kind), goods("P", 0, pieces=4)
    made = plan(day_of(mail, parcel, van={"capacity_pieces": 4, "max_trips": 1})).plan
    assert {one.consignment_id for one in made.unserved} == left


def test_emergencies_go_before_mail() -> None:
    mail, urgent = goods("M", 0, pieces=4, goods=Goods.MAIL), goods("E", 0, pieces=4, emergency=True)
    made = plan(day_of(mail, urgent, van={"capacity_pieces": 4, "max_trips": 1})).plan
    assert {one.consignment_id for one in made.unserved} == {"M"}


def test_a_day_knows_whether_anything_may_wait() -> None:
    day = day_of(NEAR, waits("FAR", 2))
    assert may_wait(day)
    assert not may_wait(all_today(day))
    assert [c.consignment_id for c in all_today(day).consignments] == ["NEAR", "FAR"]


def test_the_search_for_what_waits_is_told_of_and_progress_never_goes_back() -> None:
    told: list[tuple[str, int, int]] = []
    day = day_of(NEAR, waits("FAR", 2))
    settings = PlanSettings(iterations=100, cores=1)
    made = plan_day(day, settings, InProcessEngine(), lambda: False, lambda *news: told.append(news)).plan
    assert "waiting" in {phase for phase, _, _ in told}
    assert [percent for *_, percent in told] == sorted(percent for *_, percent in told)
    assert told[-1] == ("check", made.cost.total_fen, 100)


def test_a_plan_that_is_stopped_before_the_choice_is_made_leaves_nothing_unserved_that_may_wait() -> None:
    day = day_of(NEAR, waits("COLD", 1, temperature=Temperature.FROZEN))
    stopped: list[bool] = []

    def report(phase: str, *_: int) -> None:
        if phase == "runs":
            stopped.append(True)

    settings = PlanSettings(iterations=100, cores=1)
    result = plan_day(day, settings, InProcessEngine(), lambda: bool(stopped), report)
    assert result.comparison is None
    assert [one.consignment_id for one in result.plan.waiting] == ["COLD"]
    assert result.plan.unserved == ()
