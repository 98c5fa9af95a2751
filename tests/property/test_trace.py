"""Whatever the day and its plan, each parcel's account has no gap and always names who answers for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import HealthCheck, given, settings

from services.consolidation.bagging.bags import bag_day
from services.consolidation.bagging.effort import PackingEffort
from services.consolidation.trace import trace
from services.model.agreements import Direction
from services.model.bags import Bagging
from services.model.consignments import Consignment
from services.model.day import Day, PlanSettings
from services.model.plan import Plan
from services.model.trace import CustodyKind, Trace, TraceState
from services.route.planner import plan_day
from tests.engines import InProcessEngine
from tests.plans import Case, cases
from tests.random_days import last_mile_days, random_days

LITTLE = PackingEffort(0.05, 0.1)


def check_day(day: Day, plan: Plan | None) -> None:
    bagging = bag_day(day, plan, effort=LITTLE)
    left: dict[str, TraceState] = {}
    if plan:
        left |= {one.consignment_id: TraceState.UNSERVED for one in plan.unserved}
        left |= {one.consignment_id: TraceState.WAITING for one in plan.waiting}
    for consignment in day.consignments:
        for parcel in consignment.parcel_ids:
            account = trace(day, plan, bagging, parcel)
            assert account.parcel_id == parcel
            check_chain(account, consignment)
            check_state(account, plan is not None, left.get(consignment.consignment_id))
            check_bags(account, bagging)


def check_chain(account: Trace, consignment: Consignment) -> None:
    custodies, changes = account.custodies, account.hand_overs
    assert all(custody.partner_id for custody in custodies)
    assert len(changes) == len(custodies) - 1
    for (before, after), change in zip(pairwise(custodies), changes, strict=True):
        assert change.node_id == before.to_node == after.from_node
        assert (change.giver_id, change.taker_id) == (before.partner_id, after.partner_id)
        assert before.until_s == after.from_s
        if change.earliest_s is not None and change.latest_s is not None:
            assert change.earliest_s == change.latest_s == before.until_s
    times = [t for c in custodies for t in (c.from_s, c.until_s) if t is not None]
    assert times == sorted(times)
    named = {name.id for name in account.nodes}
    assert named == {n for c in custodies for n in (c.from_node, c.to_node, *(call.node_id for call in c.calls))}
    check_ends(account, consignment)


def check_ends(account: Trace, consignment: Consignment) -> None:
    first, last = account.custodies[0], account.custodies[-1]
    travels = account.state is TraceState.PLANNED
    if consignment.direction is Direction.INBOUND:
        assert (first.kind, first.partner_id, first.from_node) == (CustodyKind.CARRIER, consignment.carrier_id, "HUB")
        assert last.kind is CustodyKind.NODE
        assert last.to_node in (consignment.node_ids if travels else ("HUB",))
    else:
        assert first.kind is CustodyKind.NODE
        assert first.from_node in consignment.node_ids
        if travels:
            assert (last.kind, last.partner_id) == (CustodyKind.CARRIER, consignment.carrier_id)
            assert last.to_node == "HUB"
    rides = [c for c in account.custodies if c.kind in (CustodyKind.RUN, CustodyKind.TRIP)]
    assert bool(rides) is travels
    for ride in rides:
        assert (ride.calls[0].node_id, ride.calls[-1].node_id) == (ride.from_node, ride.to_node)


def check_state(account: Trace, is_planned: bool, stays: TraceState | None) -> None:
    if not is_planned:
        assert account.state is TraceState.NOT_PLANNED
    else:
        assert account.state is (stays or TraceState.PLANNED)
    assert bool(account.detail) is (stays is not None)


def check_bags(account: Trace, bagging: Bagging) -> None:
    """The bags of an account are those whose manifest has the parcel."""
    packed = [
        number
        for group in bagging.groups
        for contents in (*(bag.contents for bag in group.bags), group.loose)
        for content in contents
        if content.parcel_id == account.parcel_id
        for number in content.piece_numbers
    ]
    told = [number for bag in account.bags for number in bag.piece_numbers]
    assert sorted([*told, *account.loose_pieces]) == sorted(packed)
    assert bool(packed) is (account.state in (TraceState.PLANNED, TraceState.NOT_PLANNED))


@given(cases())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_accounts_of_planned_days_have_no_gap(case: Case) -> None:
    check_day(case.day, case.plan)
    check_day(case.day, None)


@given(random_days() | last_mile_days())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_accounts_of_days_that_the_planner_planned_have_no_gap(day: Day) -> None:
    named = (replace(c, parcel_ids=(f"{c.carrier_id}/{i}",)) for i, c in enumerate(day.consignments))
    day = replace(day, consignments=tuple(named))
    settings_ = PlanSettings(iterations=30, cores=1, compare=False)
    result = plan_day(day, settings_, InProcessEngine(), lambda: False, lambda *_: None)
    check_day(day, result.plan)
