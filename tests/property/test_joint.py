"""Runs and lines as one problem: nothing is lost in it, prices are the plan's, and what is found obeys the checker."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings

from services.model.day import Day
from services.route.assemble import make_plan
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.engines.engine import Effort, Way
from services.route.engines.kernel import KernelEngine
from services.route.joint import JointTask, make_joint_task
from services.route.last_mile import enumerate_last_mile
from services.route.options import BookingOption, enumerate_options
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.route.roads.source import RoadMatrix
from services.route.room import load_of, room_on
from tests.random_days import last_mile_days, random_days

UNHURRIED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def jointly(day: Day) -> tuple[DayIndex, RoadMatrix, JointTask]:
    index = DayIndex.of(day)
    matrix = choose_roads(day).matrix(nodes_on_roads(day))
    return index, matrix, make_joint_task(index, matrix, every_option(index, matrix))


def every_option(index: DayIndex, matrix: RoadMatrix) -> list[BookingOption]:
    return enumerate_options(index) + enumerate_last_mile(index, matrix)


def solve(joint: JointTask, iterations: int = 20, start: Way | None = None) -> Way:
    effort = Effort(9, iterations)
    return KernelEngine().solve_jointly(joint.problem, joint.bookable, effort, lambda: False, lambda _: None, start)


@given(random_days() | last_mile_days())
@UNHURRIED
def test_what_is_found_is_a_plan_that_breaks_no_law(day: Day) -> None:
    index, matrix, joint = jointly(day)
    plan = make_plan(index, matrix, joint.decision(solve(joint)))
    assert check(day, plan) == []


@given(random_days() | last_mile_days())
@UNHURRIED
def test_parting_loses_nothing(day: Day) -> None:
    index, matrix, joint = jointly(day)
    counted = Counter(c for group in joint.task.demands for c in group)
    assert set(counted.values()) <= {1}
    bookable = {option.consignment.consignment_id for option in every_option(index, matrix)}
    assert bookable <= set(counted)
    for demand, group in zip(joint.task.problem.demands, joint.task.demands, strict=True):
        goods = [index.consignments[c] for c in group]
        assert demand.deliver.pieces + demand.pick_up.pieces == sum(c.pieces for c in goods)
        assert demand.deliver.weight_g + demand.pick_up.weight_g == sum(c.weight_g for c in goods)
        assert demand.leaving_fen == sum(index.leaving_fen(c) for c in goods)


@given(random_days() | last_mile_days())
@UNHURRIED
def test_bookings_are_of_their_demand_s_goods_and_fit_their_trip(day: Day) -> None:
    _, _, joint = jointly(day)
    for booking, options in zip(joint.bookable.bookings, joint.options, strict=True):
        group = joint.task.demands[booking.demand]
        assert tuple(option.consignment.consignment_id for option in options) == group
        assert len({(o.trip.trip_id, o.board_index, o.alight_index, o.agreement_id) for o in options}) == 1
        assert booking.price_fen == sum(option.tariff_fen for option in options)
        assert booking.load.pieces == sum(load_of(option.consignment).pieces for option in options)
        assert booking.load.fits(room_on(options[0].trip))
        assert booking.last_segment - booking.first_segment == options[0].alight_index - options[0].board_index


@given(random_days() | last_mile_days())
@UNHURRIED
def test_a_decision_made_a_start_is_the_same_decision_again(day: Day) -> None:
    _, _, joint = jointly(day)
    found = solve(joint)
    decision = joint.decision(found)
    assert joint.way(decision) == Way(found.runs, tuple(sorted(found.booked)))
    assert solve(joint, 1, joint.way(decision)).runs.cost_fen <= found.runs.cost_fen
