"""What a search is told of promises: their price, and until when a call that would be early waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from services.model.agreements import Direction
from services.model.day import PlanSettings
from services.model.events import MOVED_LIMIT_S, Events, Revision
from services.model.plan import Run, Stop
from services.route.day_index import DayIndex
from services.route.engines.arcs import visit_window
from services.route.engines.engine import Booking, Demand, Load
from services.route.engines.kernel import KernelEngine
from services.route.options import enumerate_options
from services.route.planner import plan_day
from services.route.revise.promises import Promises
from services.route.revise.revise import prepare_revision
from services.route.roads.of_day import choose_roads
from services.route.run_task import make_run_task
from services.route.schedule import Within
from tests.builders import small_day

LIMIT = MOVED_LIMIT_S
NOON = 12 * 3600
DEMAND = Demand(0, Load(), Load(), 0, frozenset({0}), leaving_fen=1_000)


def promises(times_s: Mapping[str, int], kept: tuple[str, ...] = (), moved_fen: int = 600) -> Promises:
    return Promises(times_s, frozenset(kept), moved_fen)


def test_a_promise_soon_costs_all_of_its_price_and_dropping_it_as_much() -> None:
    demand = promises({"A": NOON, "B": NOON + 60}).demand(DEMAND, ["A", "B", "new"])
    assert demand.due_s == NOON + 60 + LIMIT
    assert demand.late_fen_per_min * (LIMIT // 3) // 60 == 2 * 600
    assert demand.leaving_fen == 1_000 + 2 * 600


@pytest.mark.parametrize("rate", [1, 10_000])
def test_a_node_with_an_earlier_due_time_keeps_it_at_its_own_price(rate: int) -> None:
    demand = promises({"A": NOON}).demand(replace(DEMAND, due_s=NOON, late_fen_per_min=rate), ["A"])
    assert (demand.due_s, demand.late_fen_per_min) == (NOON, rate)
    later = promises({"A": NOON}).demand(replace(DEMAND, due_s=2 * NOON, late_fen_per_min=rate), ["A"])
    assert later.due_s == NOON + LIMIT


@pytest.mark.parametrize("goods", [["new"], []])
def test_what_has_no_promise_has_no_price(goods: list[str]) -> None:
    assert promises({"A": NOON}).demand(DEMAND, goods) == DEMAND


def test_where_moving_is_free_nothing_is_said_to_the_search() -> None:
    assert promises({"A": NOON}, ("A",), moved_fen=0).demand(DEMAND, ["A"]) == DEMAND


def test_only_whose_vehicle_goes_on_is_never_early() -> None:
    both = {"A": NOON, "B": NOON + 600}
    assert promises(both, ("A", "B")).demand(DEMAND, ["A", "B", "new"]).not_before_s == NOON - LIMIT
    assert promises(both, ("A",)).demand(DEMAND, ["A", "B"]).not_before_s == 0


def test_a_visit_waits_as_long_as_its_node_is_open() -> None:
    day = small_day()
    index = DayIndex.of(day)
    problem = make_run_task(index, choose_roads(day).matrix(day.county.network.nodes), day.consignments, {}).problem
    demand = problem.demands[0]
    opens, latest = visit_window(problem, demand)
    service_s = int(problem.service_s[demand.node])
    assert visit_window(problem, replace(demand, not_before_s=opens)) == (opens + service_s, latest)
    assert visit_window(problem, replace(demand, not_before_s=latest + 1)) == (latest, latest)


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize(("off_s", "price_fen"), [(0, 0), (LIMIT, 0), (LIMIT + 1, 600), (-LIMIT - 1, 600)])
def test_a_booking_has_the_price_of_the_promise_that_it_breaks(
    direction: Direction, off_s: int, price_fen: int
) -> None:
    option = enumerate_options(DayIndex.of(small_day()))[0]
    option = replace(option, consignment=replace(option.consignment, direction=direction))
    handed_over_s = option.available_s if direction is Direction.INBOUND else option.ready_by_s
    given = promises({option.consignment.consignment_id: handed_over_s + off_s})
    booking = Booking(0, 5, 0, 1, Load(), late_fen=7)
    assert given.booking(booking, [option]).late_fen == 7 + price_fen
    assert given.booking(booking, [replace(option, station="S-1")]).late_fen == 7


def run_at(start_s: int, time_fen: int) -> Run:
    """A run that hands C-1 over at a time."""
    stop = Stop("V-1", start_s, start_s, start_s, 0, ("C-1",), (), 0, 0, 0)
    return Run("R1", "VAN-A", (stop,), (), 0, 0, 0, 0, time_fen, 0)


@pytest.mark.parametrize(
    ("runs", "chosen_s"),
    [
        # (time, pay) as promised, at the limit's end, at once.
        ([(NOON, 100), (NOON - LIMIT, 100), (NOON - 7_200, 100)], NOON),
        ([(NOON, 300), (NOON - LIMIT, 100), (NOON - 7_200, 90)], NOON - LIMIT),
        ([(NOON, 900), (NOON - LIMIT, 800), (NOON - 7_200, 100)], NOON - 7_200),
        ([(NOON, 900), (NOON, 800), (NOON, 100)], NOON),
    ],
)
def test_a_vehicle_waits_for_a_promise_as_long_as_that_pays(runs: list[tuple[int, int]], chosen_s: int) -> None:
    index, given = DayIndex.of(small_day()), promises({"C-1": NOON})
    at_noon, by_the_limit, at_once = (run_at(*one) for one in runs)

    def write(within: Mapping[str, Within]) -> tuple[Run]:
        first_s, _ = within.get("C-1", (0, 0))
        return ({NOON: at_noon, NOON - LIMIT: by_the_limit}.get(first_s, at_once),)

    (run,) = given.waiting(index, write, lambda _: True)
    assert run.stops[0].start_s == chosen_s
    (run,) = given.waiting(index, write, lambda run: run is at_once)
    assert run is at_once


def test_what_a_vehicle_that_broke_down_was_to_bring_may_come_early() -> None:
    day = small_day()
    settings = PlanSettings(iterations=10, cores=1, compare=False, use_lines=False)
    plan = plan_day(day, settings, KernelEngine(), lambda: False, lambda *_: None, with_ways=False).plan
    (run,) = plan.runs
    going = prepare_revision(day, Revision(plan, 0)).composer.finisher.promises
    assert going.kept == {carriage.consignment_id for carriage in run.carriages}
    down = Revision(plan, 0, Events(down_vehicles=(run.vehicle_id,)))
    assert not prepare_revision(day, down).composer.finisher.promises.kept
