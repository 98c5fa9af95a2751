"""Whatever happened, a revised plan obeys every law, leaves what has happened as it was, and forgets nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.happenings.after import day_after
from services.model.changes import ChangeKind
from services.model.consignments import Consignment
from services.model.day import Day, PlanSettings
from services.model.errors import InvalidInputError
from services.model.events import Events, LateTrip, Revision
from services.model.network import ClosedRoad
from services.model.plan import Plan, PlanResult
from services.route.checker import check, check_past
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day
from services.route.revise.revise import revise_plan
from tests.builders import small_day
from tests.random_days import last_mile_days, random_days

SETTINGS = PlanSettings(iterations=4, cores=1, compare=False)


def planned(day: Day) -> Plan:
    return plan_day(day, SETTINGS, KernelEngine(), lambda: False, lambda *_: None, with_ways=False).plan


def revised(day: Day, revision: Revision) -> PlanResult:
    return revise_plan(day, revision, SETTINGS, KernelEngine(), lambda: False, lambda *_: None)


def rank(result: PlanResult) -> tuple[int, int]:
    """What is left behind comes first, then the cost with the price of changes."""
    changes_fen = result.changes.price_fen if result.changes else 0
    return result.plan.cost.unserved_fen, result.plan.cost.total_fen + changes_fen


@st.composite
def moments(draw: st.DrawFn, plan: Plan) -> int:
    """Draw a time, by preference one at which somebody is out."""
    out = [time_s for run in plan.runs for stop in run.stops for time_s in (stop.start_s, stop.departure_s)]
    out += [time_s for booking in plan.bookings for time_s in (booking.ready_by_s, booking.departure_s)]
    if not out or draw(st.integers(0, 9)) == 0:
        return draw(st.integers(0, 86_400))
    return max(0, draw(st.sampled_from(sorted(out))) + draw(st.sampled_from([-1, 0, 1, 300])))


@st.composite
def happenings(draw: st.DrawFn, day: Day, now_s: int) -> Events:
    """Draw events that do not contradict the day by their names and times."""
    trips = [trip for line in day.county.lines for trip in line.trips]
    waiting = [trip.trip_id for trip in trips if trip.stop_times[0].departure_s > now_s]
    running = [trip.trip_id for trip in trips if trip.stop_times[-1].arrival_s > now_s]
    cancelled = draw(st.lists(st.sampled_from(waiting), unique=True, max_size=2)) if waiting else []
    late = draw(st.lists(st.sampled_from(running), unique=True, max_size=2)) if running else []
    vehicles = [vehicle.vehicle_id for vehicle in day.county.vehicles]
    ends = st.sampled_from([node.node_id for node in day.county.network.nodes])
    ways = draw(st.lists(st.tuples(ends, ends).filter(lambda way: way[0] != way[1]), max_size=2, unique=True))
    added: list[Consignment] = []
    is_added: bool = draw(st.booleans())
    if is_added:
        like: Consignment = draw(st.sampled_from(day.consignments))
        added = [replace(like, consignment_id="NEW", parcel_ids=(), parcel_g=(), parcel_ml=(), parcel_pieces=())]
    return Events(
        cancelled_trips=tuple(cancelled),
        late_trips=tuple(LateTrip(t, draw(st.sampled_from([300, 3_600]))) for t in late if t not in cancelled),
        down_vehicles=tuple(draw(st.lists(st.sampled_from(vehicles), unique=True, max_size=1))),
        closed_roads=tuple(ClosedRoad(from_node=a, to_node=b) for a, b in ways),
        added=tuple(replace(c, relabelled=()) for c in added),
        withdrawn=tuple(draw(st.lists(st.sampled_from([c.consignment_id for c in day.consignments]), max_size=1))),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_revised_plan_obeys_every_law_and_keeps_what_has_happened(data: st.DataObject) -> None:
    day = data.draw(st.one_of(random_days(), last_mile_days()))
    plan = planned(day)
    now_s = data.draw(moments(plan))
    revision = Revision(plan, now_s, data.draw(happenings(day, now_s)))
    try:
        after = day_after(day, revision)
    except InvalidInputError as error:
        # All that the draw does not look at: goods that have left, and roads that name one way twice.
        assert all("on its way" in v.message or "already" in v.message for v in error.violations), error
        return
    result = revised(day, revision)
    assert check(after, result.plan) == []
    assert check_past(after, plan, result.plan, revision.now_s) == []
    assert result.changes is not None
    assert {c.consignment_id for c in result.changes.changes if c.kind is ChangeKind.WITHDRAWN} == set(
        revision.events.withdrawn
    )
    again = revised(after, Revision(result.plan, revision.now_s + 900))
    assert rank(again) <= rank(PlanResult(result.plan))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(random_days(), last_mile_days()), st.data())
def test_a_plan_given_back_unchanged_is_accepted_and_not_worse(day: Day, data: st.DataObject) -> None:
    plan = planned(day)
    now_s = data.draw(moments(plan))
    result = revised(day, Revision(plan, now_s))
    assert rank(result) <= rank(PlanResult(plan))
    old = {run.vehicle_id: run for run in plan.runs}
    for run in result.plan.runs:
        if run.vehicle_id in old:
            done = sum(stop.start_s <= now_s for stop in old[run.vehicle_id].stops)
            assert run.stops[:done] == old[run.vehicle_id].stops[:done]


def test_a_price_below_nothing_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="moved_fen"):
        day = small_day()
        revised(day, Revision(planned(day), 0, moved_fen=-1))
