"""Shuttles that leave earlier: as far as both ends are open, only towards their trip, and at no cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.model.day import Day, PlanSettings
from services.model.plan import Plan
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.planner import plan_day
from services.route.punctuality import before_target
from services.route.retime import leave_earlier
from tests.builders import small_consignment, small_day
from tests.engines import InProcessEngine


def by_bus(**hub: Any) -> tuple[Day, Plan]:
    """A parcel that only the bus can carry, with the shuttle to its station; ``hub`` changes the hub."""
    day = small_day(consignments=(small_consignment(),))
    nodes = tuple(replace(n, **hub) if n.node_id == "HUB" else n for n in day.county.network.nodes)
    county = replace(day.county, vehicles=(), network=replace(day.county.network, nodes=nodes))
    sets = tuple(
        replace(s, admissions=tuple(a for a in s.admissions if not a.resource_id.startswith("VAN")))
        for s in day.admission_sets
    )
    day = replace(day, county=county, admission_sets=sets)
    within = PlanSettings(iterations=5, cores=1, compare=False, forecast_days=0)
    return day, plan_day(day, within, InProcessEngine(), lambda: False, lambda *_: None).plan


@pytest.mark.parametrize(("opens_s", "leaves_s"), [(18_000, 33_750), (34_000, 34_000), (34_200, 34_200)])
def test_a_shuttle_leaves_earlier_once_the_hub_is_open(opens_s: int, leaves_s: int) -> None:
    day, plan = by_bus(opens_s=opens_s)
    (before,) = plan.shuttles
    assert (before.departure_s, before.arrival_s) == (34_200, 35_100)
    changed = leave_earlier(DayIndex.of(day), plan, 0.5)
    (after,) = changed.shuttles
    assert (after.departure_s, after.arrival_s) == (leaves_s, leaves_s + 900)
    assert changed.cost == plan.cost
    assert check(day, changed) == []


def test_a_shuttle_from_a_trip_cannot_leave_earlier() -> None:
    day, plan = by_bus()
    (shuttle,) = plan.shuttles
    home = replace(shuttle, from_node=shuttle.to_node, to_node=shuttle.from_node)
    assert leave_earlier(DayIndex.of(day), replace(plan, shuttles=(home,)), 0.5).shuttles == (home,)


def test_a_target_leaves_a_part_of_the_time_for_what_comes_after() -> None:
    plain = PlanSettings(time_budget_s=20)
    assert before_target(plain) == plain
    first = before_target(replace(plain, on_time_target_permille=950))
    assert (first.time_budget_s, first.on_time_target_permille) == (8, 0)
    assert before_target(PlanSettings(time_budget_s=1, on_time_target_permille=950)).time_budget_s == 1
