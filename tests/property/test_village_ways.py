"""Whatever the day: the villages' costs add up, and what another way would cost is what a plan with it costs."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings

from services.model.day import Day
from services.model.plan import Plan
from services.model.ways import TransportMode, mode_shares
from services.route.checker import check
from services.route.line_ledger import LineUse
from services.route.other_ways import Alternative, Way
from services.route.tours import Trips, Visit, make_visit
from services.route.village_ways import Standing, village_ways
from tests.property.test_planner import FOUND, plan
from tests.random_days import random_days
from tests.rebuilt import rebuild, spent_fen, standing

drawn = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def carried_pieces(day: Day, made: Plan) -> int:
    carried = {c.consignment_id for run in made.runs for c in run.carriages}
    carried |= {b.consignment_id for b in made.bookings}
    return sum(c.pieces for c in day.consignments if c.consignment_id in carried)


@drawn
@given(random_days())
@example(FOUND["handling by the piece at the hub"])
def test_costs_and_pieces_of_all_villages_add_up_to_the_plan_s(day: Day) -> None:
    result = plan(day, compare=False)
    assert sum(way.cost_fen for way in result.ways) == spent_fen(result.plan)
    used = [one for way in result.ways for one in way.used]
    assert all(one.cost_fen >= 0 and one.pieces_in + one.pieces_out > 0 for one in used)
    pieces = carried_pieces(day, result.plan)
    assert sum(one.pieces_in + one.pieces_out for one in used) == pieces
    assert result.mode_shares == mode_shares(result.ways)
    assert sum(share.permille for share in result.mode_shares) == (1_000 if pieces else 0)
    assert sum(share.pieces_in + share.pieces_out for share in result.mode_shares) == pieces


@drawn
@given(random_days())
def test_a_village_has_a_next_best_way_or_a_reason_why_not(day: Day) -> None:
    for way in plan(day, compare=False).ways:
        assert (way.next_best is None) == bool(way.why_none)
        assert (way.saved_fen is None) == (way.next_best is None)


@drawn
@given(random_days())
@example(FOUND["both ways under a daily limit"])
@example(FOUND["handling by the piece at the hub"])
def test_what_a_plan_costs_without_a_village_is_less_by_its_margin(day: Day) -> None:
    made = plan(day, compare=False).plan
    taken_apart = standing(day, made)
    for code in taken_apart.shares:
        tours, uses = without_village(taken_apart, code)
        left = rebuild(taken_apart.index, taken_apart.meter.matrix, tours, uses)
        assert spent_fen(made) - spent_fen(left) == taken_apart.marginal_fen(code)


@drawn
@given(random_days())
@example(FOUND["both ways under a daily limit"])
@example(FOUND["handling by the piece at the hub"])
def test_another_way_costs_what_the_whole_plan_costs_more_with_it_and_breaks_no_law(day: Day) -> None:
    made = plan(day, compare=False).plan
    taken_apart = standing(day, made)
    index, matrix = taken_apart.index, taken_apart.meter.matrix
    for code in taken_apart.shares:
        tours, uses = without_village(taken_apart, code)
        before_fen = spent_fen(rebuild(index, matrix, tours, uses))
        for alternative in taken_apart.alternatives(code):
            changed = rebuild(index, matrix, tours | dict(alternative.trips), [*uses, *alternative.uses])
            assert check(day, changed) == []
            assert carried_pieces(day, changed) == carried_pieces(day, made)
            assert spent_fen(changed) - before_fen == alternative.fen


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_days())
@example(FOUND["handling by the piece at the hub"])
@example(FOUND["loading before the hub closes"])
def test_the_cheapest_insertion_is_the_cheapest_of_all_plans_with_one_visit_more(day: Day) -> None:
    """Every place of every vehicle's day is tried and written out, and the checker says which of these plans may be."""
    made = plan(day, compare=False).plan
    taken_apart = standing(day, made)
    for code in taken_apart.shares:
        found = {alternative.way: alternative for alternative in taken_apart.alternatives(code)}
        used = taken_apart.ways_used(code, taken_apart.shares[code])
        for partner in day.county.partners:
            way = Way(TransportMode.SHARED_RUN, partner.role)
            if used != {way}:
                compare(day, taken_apart, code, way, found.get(way))


def compare(day: Day, taken_apart: Standing, code: str, way: Way, found: Alternative | None) -> None:
    index, matrix = taken_apart.index, taken_apart.meter.matrix
    tours, uses = without_village(taken_apart, code)
    before_fen = spent_fen(rebuild(index, matrix, tours, uses))
    goods = [one.consignment for one in taken_apart.goods(code)]
    visit = make_visit(taken_apart.goods(code)[0].row, goods)
    owners = {partner.partner_id for partner in day.county.partners if partner.role is way.role}
    costs = []
    for vehicle in day.county.vehicles:
        if vehicle.owner not in owners or index.nodes[vehicle.depot].township_code:
            continue
        for trips in places(tours.get(vehicle.vehicle_id, ()), visit):
            changed = rebuild(index, matrix, tours | {vehicle.vehicle_id: trips}, uses)
            if not check(day, changed):
                costs.append(spent_fen(changed) - before_fen)
    if costs:
        assert found is not None
        assert found.fen <= min(costs)
        if len(found.trips) == 1 and is_one_visit(found, visit.row, len(goods)):
            assert found.fen == min(costs)
    elif found is not None:
        # All in one visit is impossible; it took more than one.
        assert not (len(found.trips) == 1 and is_one_visit(found, visit.row, len(goods)))


def is_one_visit(found: Alternative, row: int, count: int) -> bool:
    (trips,) = found.trips.values()
    return any(visit.row == row and len(visit.goods) == count for trip in trips for visit in trip)


def places(trips: Trips, visit: Visit) -> list[Trips]:
    """All ways to put a visit into a vehicle's day."""
    alone: list[Trips] = [(*trips[:t], (visit,), *trips[t:]) for t in range(len(trips) + 1)]
    joined: list[Trips] = [
        (*trips[:t], (*trip[:p], visit, *trip[p:]), *trips[t + 1 :])
        for t, trip in enumerate(trips)
        for p in range(len(trip) + 1)
    ]
    return alone + joined


def without_village(taken_apart: Standing, code: str) -> tuple[dict[str, Trips], list[LineUse]]:
    rest = taken_apart.rest(code)
    tours = {
        vehicle.vehicle_id: trips
        for i, vehicle in enumerate(taken_apart.fleet.vehicles)
        if (trips := rest.view.trips(i))
    }
    return tours, [use for use in taken_apart.uses if use.consignment.village_code != code]


def test_ways_are_the_same_however_often_they_are_asked_for() -> None:
    day = FOUND["both ways under a daily limit"]
    made = plan(day, compare=False)
    taken_apart = standing(day, made.plan)
    again = village_ways(taken_apart.index, taken_apart.meter.matrix, made.plan)
    assert again == made.ways
    assert [taken_apart.village_way(code) for code in taken_apart.shares for _ in range(2)][::2] == list(made.ways)
