"""What a plan says beforehand of a trip's failure is what the plan costs that is made when it fails."""

from __future__ import annotations

from dataclasses import replace

from services.model.day import Day, PlanSettings
from services.model.events import Events, Revision
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day
from services.route.revise.revise import revise_plan
from services.route.revise.risks import trip_risks
from tests.builders import small_day

SETTINGS = PlanSettings(iterations=10, cores=1)


def never() -> bool:
    return False


def bus_day() -> Day:
    """Vans so dear that what can go by bus does."""
    day = small_day()
    vans = tuple(replace(vehicle, fixed_fen=100_000) for vehicle in day.county.vehicles)
    return replace(day, county=replace(day.county, vehicles=vans), consignments=day.consignments[:2])


def test_each_booked_trip_s_risk_agrees_with_the_revised_plan() -> None:
    day = bus_day()
    result = plan_day(day, SETTINGS, KernelEngine(), never, lambda *_: None)
    (risk,) = result.trip_risks
    assert (risk.trip_id, risk.consignments, risk.unserved) == ("T-1", 2, 0)
    revision = Revision(result.plan, 0, Events(cancelled_trips=("T-1",)))
    revised = revise_plan(day, revision, SETTINGS, KernelEngine(), never, lambda *_: None)
    assert risk.cost_fen == revised.plan.cost.total_fen - result.plan.cost.total_fen > 100_000


def test_what_nothing_else_can_carry_would_be_left_behind() -> None:
    day = bus_day()
    day = replace(day, county=replace(day.county, vehicles=()))
    sets = tuple(
        replace(one, admissions=tuple(a for a in one.admissions if a.kind != "VEHICLE")) for one in day.admission_sets
    )
    day = replace(day, admission_sets=sets)
    (risk,) = plan_day(day, SETTINGS, KernelEngine(), never, lambda *_: None).trip_risks
    assert risk.unserved == 2


def test_a_plan_without_bookings_or_comparison_has_no_risks() -> None:
    day = bus_day()
    assert (
        trip_risks(
            day,
            plan_day(day, replace(SETTINGS, use_lines=False), KernelEngine(), never, lambda *_: None).plan,
            KernelEngine(),
            never,
        )
        == ()
    )
    assert plan_day(day, replace(SETTINGS, compare=False), KernelEngine(), never, lambda *_: None).trip_risks == ()
