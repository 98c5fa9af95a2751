"""Deliveries later than a village expects: what they cost, when a day starts best, and what the checker recomputes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.files.manifests import manifests
from services.model.day import Day, Objective, PlanSettings
from services.model.plan import Plan
from services.route.checker import Law, check
from services.route.lateness import best_start_s
from services.route.planner import plan_day
from services.settlement.coalition_day import Means, coalition_day
from services.settlement.sharing import Ridden
from services.validation import day_violations
from tests.builders import small_day
from tests.engines import InProcessEngine

H = 3_600


def planned(day: Day, engine: Any = None, **changes: Any) -> Plan:
    wanted = replace(PlanSettings(iterations=30, cores=1, compare=False, use_lines=False), **changes)
    return plan_day(day, wanted, engine or InProcessEngine(), lambda: False, lambda *_: None).plan


def due_day(late_fen_per_min: int = 10, **nodes: dict[str, Any]) -> Day:
    """The small day with one van and changed nodes, named with ``_`` for ``-``."""
    day = small_day(objective=Objective(late_fen_per_min=late_fen_per_min))
    changed = tuple(replace(n, **nodes.get(n.node_id.replace("-", "_"), {})) for n in day.county.network.nodes)
    county = replace(
        day.county, network=replace(day.county.network, nodes=changed), vehicles=day.county.vehicles[:1], agreements=()
    )
    sets = (replace(day.admission_sets[0], admissions=day.admission_sets[0].admissions[:1]),)
    return replace(day, county=county, consignments=day.consignments[:2], admission_sets=sets)


def starts(plan: Plan) -> dict[str, int]:
    return {stop.node_id: stop.start_s for run in plan.runs for stop in run.stops if stop.drop}


@given(st.data())
@settings(max_examples=300)
def test_the_best_start_is_that_of_trying_all(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 5))
    steps = data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    earliest = [0, *data.draw(st.lists(st.integers(0, 60), min_size=count, max_size=count))]
    calls = st.tuples(st.integers(0, count), st.integers(0, 60), st.integers(1, 5))
    dues = data.draw(st.lists(calls, max_size=4))
    rate, first = data.draw(st.integers(0, 8)), data.draw(st.integers(0, 20))

    def begins(start: int) -> list[int]:
        at = [start]
        for step, opens in zip(steps, earliest[1:], strict=True):
            at.append(max(at[-1] + step, opens))
        return at

    def cost(start: int) -> int:
        at = begins(start)
        return rate * (at[-1] - start) + sum(price * max(0, at[i] - due) for i, due, price in dues)

    end = begins(first)[-1]
    straight = max(start for start in range(first, end + 1) if begins(start)[-1] == end)
    best = best_start_s(first, straight, steps, earliest, dues, rate)
    assert first <= best <= straight
    assert cost(best) == min(cost(start) for start in range(first, straight + 1))


def test_without_a_price_or_a_due_time_nothing_is_late() -> None:
    plain = planned(due_day(10))
    assert plain.cost.lateness_fen == 0
    free = planned(due_day(0, V_1={"due_by_s": 7 * H}))
    assert replace(free, county_id="") == replace(plain, county_id="")


def test_each_minute_costs_for_each_consignment() -> None:
    day = due_day(10, V_1={"due_by_s": 7 * H, "opens_s": 7 * H}, V_2={"opens_s": 9 * H, "due_by_s": 9 * H})
    two = tuple(replace(c, node_ids=("V-2",), village_code=day.consignments[1].village_code) for c in day.consignments)
    plan = planned(replace(day, consignments=(two[0], replace(two[1], parcel_ids=("EXP-A/9", "EXP-A/8")))))
    late_s = starts(plan)["V-2"] - 9 * H
    assert plan.cost.lateness_fen == 2 * ((20 * late_s * 10 + 60) // 120)


def test_the_order_of_calls_changes_for_what_is_due_first() -> None:
    # V-2 lies behind V-1 on the same road.
    hours = {"opens_s": 0}
    early = {"V_1": hours | {"due_by_s": 6 * H}, "V_2": hours | {"due_by_s": 6 * H}}
    assert list(starts(planned(due_day(500, V_1=hours, V_2=hours | {"due_by_s": 6 * H})))) == ["V-2", "V-1"]
    assert list(starts(planned(due_day(500, **early)))) == ["V-1", "V-2"]


def test_a_day_starts_early_where_that_is_cheaper_than_being_late() -> None:
    nodes: dict[str, Any] = {"V_1": {"due_by_s": 8 * H}, "V_2": {"opens_s": 12 * H}}
    # An hour of the driver is 3,000 fen: 50 a minute.
    assert starts(planned(due_day(49, **nodes)))["V-1"] > 11 * H
    soon = planned(due_day(51, **nodes))
    assert starts(soon)["V-1"] == 8 * H
    assert soon.cost.lateness_fen == 0
    waits_s = soon.runs[0].duration_s - planned(due_day(49, **nodes)).runs[0].duration_s
    assert waits_s > 3 * H
    # No longer than the driver may work.
    day = due_day(51, **nodes)
    van = replace(day.county.vehicles[0], max_work_s=2 * H)
    short = planned(replace(day, county=replace(day.county, vehicles=(van,))))
    assert short.runs[0].duration_s == 2 * H
    assert short.cost.lateness_fen == (starts(short)["V-1"] - 8 * H) * 51 // 60


def test_a_trip_that_comes_late_costs_it_too() -> None:
    day = small_day(objective=Objective(late_fen_per_min=10))
    nodes = tuple(replace(n, due_by_s=10 * H if n.village_code else None) for n in day.county.network.nodes)
    day = replace(day, county=replace(day.county, network=replace(day.county.network, nodes=nodes), vehicles=()))
    day = replace(
        day,
        admission_sets=tuple(
            replace(s, admissions=tuple(a for a in s.admissions if a.kind.value != "VEHICLE"))
            for s in day.admission_sets
        ),
    )
    plan = planned(day, use_lines=True)
    late_s = [booking.available_s - 10 * H for booking in plan.bookings]
    assert len(late_s) == 2
    assert plan.cost.lateness_fen == sum((2 * s * 10 + 60) // 120 for s in late_s)
    # Too dear, and they are rather left.
    dear = replace(day, objective=Objective(late_fen_per_min=10_000))
    assert planned(dear, use_lines=True).bookings == ()


def test_another_price_than_that_of_being_late_breaks_the_law_of_cost() -> None:
    day = due_day(10, V_1={"opens_s": 0, "due_by_s": 0}, V_2={"opens_s": 0, "due_by_s": 0})
    plan = planned(day)
    assert plan.cost.lateness_fen > 0
    wrong = replace(plan, cost=replace(plan.cost, lateness_fen=plan.cost.lateness_fen - 1))
    assert {one.law for one in check(day, wrong)} == {Law.COST}
    forgotten = replace(plan, cost=replace(plan.cost, lateness_fen=0))
    assert {one.law for one in check(day, forgotten)} == {Law.COST}


def test_the_manifest_says_who_is_served_late() -> None:
    day = due_day(10, V_1={"opens_s": 0, "due_by_s": 0})
    text = "".join(paper.decode("utf-8-sig") for paper in manifests(day, planned(day)).values())
    assert "晚到,东村服务站,约定 00:00 前" in text


def test_a_coalition_pays_nobody_for_being_late() -> None:
    day = due_day(10, V_1={"opens_s": 0, "due_by_s": 0})
    goods = [Ridden(c, c.node_ids[0]) for c in day.consignments]
    alone = coalition_day(day, goods, Means(day.county.vehicles, ()), 1)
    assert day_violations(alone) == []
    assert planned(alone).cost.lateness_fen == 0


@pytest.mark.parametrize(("due_by_s", "found"), [(7 * H - 1, 1), (7 * H, 0), (20 * H, 0), (20 * H + 1, 1), (-1, 2)])
def test_a_due_time_is_within_the_hours(due_by_s: int, found: int) -> None:
    violations = day_violations(due_day(10, V_1={"due_by_s": due_by_s}))
    assert len(violations) == found
    assert {v.path for v in violations} <= {"county.network.nodes[2].due_by_s"}


def test_a_negative_price_is_refused() -> None:
    assert [v.path for v in day_violations(due_day(-1))] == ["objective.late_fen_per_min"]
