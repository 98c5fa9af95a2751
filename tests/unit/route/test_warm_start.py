from typing import Any

import numpy as np

from services.route.engines.engine import Demand, Load, Room, Route, RunProblem, RunSolution, VehicleClass
from services.route.run_task import RunTask
from services.route.warm_start import carry_over


def task(demands: dict[str, set[int]], classes: tuple[tuple[str, ...], ...] = (("V1", "V2"),), **rules: Any) -> RunTask:
    """A task whose demands are written ``A B`` with the classes that may serve them."""
    nothing = np.zeros((1, 1), dtype=np.int64)
    hours = np.zeros(1, dtype=np.int64)
    fleet = tuple(
        VehicleClass(len(c), 0, Room(9, 9, 9), 0, 0, 0, 0, 9, 0, 9, 9, rules.get("max_trips", 2)) for c in classes
    )
    made = tuple(Demand(0, Load(), Load(), 0, frozenset(served), 0) for served in demands.values())
    problem = RunProblem(0, nothing, nothing, hours, hours, hours, made, fleet, 0)
    return RunTask(problem, tuple(tuple(names.split()) for names in demands), classes)


OLD = task({"A": {0}, "B C": {0}, "D": {0}})
TOUR = RunSolution((Route(0, ((0, 1), (2,))),), 5)


def routes(new: RunTask, solution: RunSolution = TOUR) -> tuple[Route, ...]:
    return carry_over(OLD, solution, new).routes


def test_the_order_is_kept() -> None:
    assert routes(task({"D": {0}, "B C": {0}, "A": {0}})) == (Route(0, ((2, 1), (0,))),)


def test_what_is_gone_is_left_out_and_an_empty_trip_with_it() -> None:
    assert routes(task({"A": {0}, "C": {0}})) == (Route(0, ((0, 1),)),)
    assert routes(task({"X": {0}})) == ()


def test_what_is_new_stays_unvisited() -> None:
    assert routes(task({"X": {0}, "A": {0}})) == (Route(0, ((1,),)),)


def test_a_visit_that_was_split_is_made_as_both_and_one_that_was_joined_once() -> None:
    assert routes(task({"B": {0}, "C": {0}})) == (Route(0, ((0, 1),)),)
    assert routes(task({"A B C D": {0}})) == (Route(0, ((0,),)),)


def test_a_class_that_may_not_visit_any_more_does_not() -> None:
    new = task({"A": {1}, "B C": {0}, "D": {0}}, classes=(("V1", "V2"), ("V3",)))
    assert routes(new) == (Route(0, ((1,), (2,))),)


def test_a_vehicle_that_is_gone_takes_its_route_with_it() -> None:
    assert routes(task({"A": {0}}, classes=(("V9",),))) == ()


def test_no_class_gets_more_routes_than_it_has_vehicles() -> None:
    two = RunSolution((Route(0, ((0,),)), Route(0, ((2,),))), 0)
    assert len(routes(task({"A": {0}, "D": {0}}), two)) == 2
    assert routes(task({"A": {0}, "D": {0}}, classes=(("V1",),)), two) == (Route(0, ((0,),)),)


def test_no_vehicle_gets_more_trips_than_it_may_make() -> None:
    assert routes(task({"A": {0}, "D": {0}}, max_trips=1)) == (Route(0, ((0,),)),)
