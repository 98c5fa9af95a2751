"""Whatever the day: the villages' costs add up, and what another way would cost is what a plan with it costs."""

from __future__ import annotations

from itertools import product

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.model.day import Day
from services.model.plan import Plan
from services.model.ways import MODE_OF_LINE, TransportMode, VillageWay, mode_shares
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.line_ledger import LineUse, use_of
from services.route.options import enumerate_options
from services.route.other_ways import Alternative, Way
from services.route.tours import Trips, Visit, make_visit, without
from services.route.village_ways import Standing, village_ways
from tests.driven_plans import driven_plans
from tests.property.test_planner import FOUND, plan
from tests.random_days import last_mile_days, random_days
from tests.rebuilt import rebuild, roads, spent_fen, standing

drawn = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
thorough = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def carried_pieces(day: Day, made: Plan) -> int:
    carried = {c.consignment_id for run in made.runs for c in run.carriages}
    carried |= {b.consignment_id for b in made.bookings}
    return sum(c.pieces for c in day.consignments if c.consignment_id in carried)


@drawn
@given(random_days() | last_mile_days())
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
    for way in result.ways:
        assert (way.next_best is None) == bool(way.why_none) == (way.saved_fen is None)


@drawn
@given(driven_plans())
def test_costs_add_up_where_several_vehicles_and_lines_carry(case: tuple[Day, Plan]) -> None:
    day, made = case
    ways = ways_of(day, made)
    assert sum(way.cost_fen for way in ways) == spent_fen(made)
    assert sum(one.pieces_in + one.pieces_out for way in ways for one in way.used) == carried_pieces(day, made)
    assert ways == ways_of(day, made)


@drawn
@given(
    st.one_of(driven_plans(), (random_days() | last_mile_days()).map(lambda day: (day, plan(day, compare=False).plan)))
)
def test_without_a_village_the_plan_costs_less_by_its_margin(case: tuple[Day, Plan]) -> None:
    day, made = case
    taken_apart = standing(day, made)
    for code in taken_apart.shares:
        left = rebuild(taken_apart.index, taken_apart.meter.matrix, *without_village(taken_apart, code))
        assert spent_fen(made) - spent_fen(left) == taken_apart.marginal_fen(code)


@drawn
@given(
    st.one_of(driven_plans(), (random_days() | last_mile_days()).map(lambda day: (day, plan(day, compare=False).plan)))
)
def test_another_way_costs_what_the_whole_plan_costs_more_with_it_and_breaks_no_law(case: tuple[Day, Plan]) -> None:
    day, made = case
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


@thorough
@given(
    st.one_of(driven_plans(), (random_days() | last_mile_days()).map(lambda day: (day, plan(day, compare=False).plan)))
)
def test_the_cheapest_insertion_is_the_cheapest_of_all_plans_with_one_visit_more(case: tuple[Day, Plan]) -> None:
    """Every place of every vehicle's day is tried and written out, and the checker says which of these plans may be."""
    day, made = case
    taken_apart = standing(day, made)
    for code in taken_apart.shares:
        found = {alternative.way: alternative for alternative in taken_apart.alternatives(code)}
        used = taken_apart.ways_used(code, taken_apart.shares[code])
        for role in {partner.role for partner in day.county.partners}:
            way = Way(TransportMode.SHARED_RUN, role)
            if used != {way}:
                compare(day, taken_apart, code, way, found.get(way))


@drawn
@given(
    st.one_of(driven_plans(), (random_days() | last_mile_days()).map(lambda day: (day, plan(day, compare=False).plan)))
)
def test_the_cheapest_bookings_are_the_cheapest_of_all_that_fit(case: tuple[Day, Plan]) -> None:
    """Every combination of the village's options on lines of one kind is written out and checked."""
    day, made = case
    taken_apart = standing(day, made)
    index, matrix = taken_apart.index, taken_apart.meter.matrix
    options = [use_of(option) for option in enumerate_options(index)]
    for code in taken_apart.shares:
        tours, uses = without_village(taken_apart, code)
        before_fen = spent_fen(rebuild(index, matrix, tours, uses))
        found = {alternative.way: alternative.fen for alternative in taken_apart.alternatives(code)}
        goods = [one.consignment for one in taken_apart.goods(code)]
        for mode in MODE_OF_LINE.values():
            if taken_apart.ways_used(code, taken_apart.shares[code]) == {Way(mode)}:
                continue
            choices = [[u for u in options if u.consignment == c and MODE_OF_LINE[u.trip.kind] is mode] for c in goods]
            plans = [rebuild(index, matrix, tours, [*uses, *combined]) for combined in product(*choices)]
            costs = [spent_fen(tried) - before_fen for tried in plans if not check(day, tried)]
            assert found.get(Way(mode)) == min(costs, default=None)


def ways_of(day: Day, made: Plan) -> tuple[VillageWay, ...]:
    return village_ways(DayIndex.of(day), roads(day), made)


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
    own = frozenset(one.consignment.consignment_id for one in taken_apart.goods(code))
    # Runs of the last mile are no part of the fleet that others may join.
    tours |= {
        parts.run.vehicle_id: trips
        for parts in taken_apart.runs
        if parts.run.vehicle_id not in taken_apart.fleet.position and (trips := without(parts.trips, own))
    }
    return tours, [use for use in taken_apart.uses if use.consignment.village_code != code]
