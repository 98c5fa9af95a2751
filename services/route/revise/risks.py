"""What it would cost if a booked trip failed: the plan revised without it, known before anybody has left."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from services.model.changes import TripRisk
from services.model.day import Day
from services.model.events import Revision
from services.model.plan import Plan
from services.route.engines.engine import Effort, JointEngine, ShouldStop
from services.route.joint import JointTask
from services.route.revise.revise import Reviser, decision_of, reviser_of

# So many iterations settle where the goods of one trip go; the rest of the plan is good as it is.
_ITERATIONS: Final = 3


def trip_risks(day: Day, plan: Plan, engine: JointEngine, should_stop: ShouldStop) -> tuple[TripRisk, ...]:
    """Plan the day without each booked trip in turn, from the plan as it is, the dearest failure first.

    The search is short, so a failure may cost less than it says; how much less is measured by ``bench.risks``.
    """
    if not plan.bookings:
        return ()
    reviser = reviser_of(day, day, Revision(plan, 0))
    joint = reviser.joint_task()
    trips = dict.fromkeys(booking.trip_id for booking in plan.bookings)
    risks = [_risk(reviser, joint, trip_id, engine, should_stop) for trip_id in trips if not should_stop()]
    return tuple(sorted(risks, key=lambda risk: (-risk.cost_fen, risk.trip_id)))


def _risk(reviser: Reviser, joint: JointTask, trip_id: str, engine: JointEngine, should_stop: ShouldStop) -> TripRisk:
    plan = reviser.revision.plan
    without = _without(joint, trip_id)
    options = [option for option in reviser.options if option.trip.trip_id != trip_id]
    start = without.way(decision_of(reviser.composer, without, options, plan))
    effort = Effort(0.0, _ITERATIONS)
    revised = reviser.composer.plan(reviser.search(without, engine, effort, should_stop, start))
    return TripRisk(
        trip_id,
        sum(booking.trip_id == trip_id for booking in plan.bookings),
        revised.cost.total_fen - plan.cost.total_fen,
        max(0, len(revised.unserved) - len(plan.unserved)),
    )


def _without(joint: JointTask, trip_id: str) -> JointTask:
    kept = [
        (booking, options)
        for booking, options in zip(joint.bookable.bookings, joint.options, strict=True)
        if options[0].trip.trip_id != trip_id
    ]
    return replace(
        joint,
        bookable=replace(joint.bookable, bookings=tuple(booking for booking, _ in kept)),
        options=tuple(options for _, options in kept),
    )
