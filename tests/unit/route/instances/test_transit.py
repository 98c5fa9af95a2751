from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from services.cli.app import make_app
from services.model.errors import InvalidInputError
from services.route.instances.transit_delivery import TransitInstance, best_published, read_transit_instance
from services.route.instances.transit_judge import (
    CourierTour,
    Ride,
    TransitSolution,
    TruckTour,
    judge_transit,
)
from services.route.instances.transit_search import solve_transit
from services.route.instances.transit_tours import worthwhile_tours
from services.route.kernel.search import Limits

# From the centre, east: stop A, line E to stop X, customers near and far behind it. North: stop B, line N to stop Y.
# The far customer can be served from Y too, but Y is no place to be: a truck to A and one courier at X are 20 + 20.
CITY = """# S Name Capacity Cost x y
S A 50 9.0 10 0
S B 50 9.0 0 10
S X 50 9.0 100 0
S Y 50 9.0 0 100
# O
O O0 0 0
A B
D near 110 0
X
D far 120 0
X Y
L E F0 {room} 9.0
A
X
L N F0 60 9.0
B
Y
"""
TIMED = """S A 50 9.0 10 0 5.0 {wait}
S X 50 9.0 100 0 5.0 60.0
O O0 0 0
A
D near 110 0
X
D far 120 0
X
L E F0 60 9.0 100.0 20.0 3
A
X
"""
DEMANDS = "near\t6\t60\t90\nfar\t7\t60\t{latest}\n"
PARAMS = """# parameters
Lmax {longest}
trucksCap 20.0
freightersCap {courier}
maxTrucks {trucks}
maxFreightersPerStop 2
freightRouteCostCoeff 0.5
"""


def city(
    folder: Path,
    text: str = CITY,
    room: int = 60,
    wait: int = 60,
    latest: int = 200,
    courier: int = 20,
    trucks: int = 2,
    longest: int = 1000,
) -> TransitInstance:
    path = folder / "town.city"
    path.write_text(text.format(room=room, wait=wait))
    path.with_suffix(".demands").write_text(DEMANDS.format(latest=latest))
    path.with_suffix(".params").write_text(PARAMS.format(courier=courier, trucks=trucks, longest=longest))
    return read_transit_instance(path)


# The truck is at A after 2 minutes; the first bus is there at 30, and at X after 0.2 * 90 more.
GOOD = TransitSolution((TruckTour((0,), 0.0),), (Ride(0, 0, 0, 0), Ride(0, 0, 0, 0)), (CourierTour(2, (0, 1), 48.0),))


def test_an_instance_is_read_solved_and_judged(tmp_path: Path) -> None:
    instance = city(tmp_path)
    found = solve_transit(instance, Limits(0, 300))
    verdict = judge_transit(instance, found)
    assert (verdict.cost, verdict.broken) == (40.0, ())
    assert judge_transit(instance, GOOD) == verdict


def test_where_a_courier_takes_one_parcel_only_two_go(tmp_path: Path) -> None:
    instance = city(tmp_path, courier=10)
    verdict = judge_transit(instance, solve_transit(instance, Limits(0, 300)))
    assert (verdict.cost, verdict.broken) == (20 + 10 + 20, ())


def test_files_with_times_are_read_with_them(tmp_path: Path) -> None:
    instance = city(tmp_path, TIMED)
    assert (instance.stops[0].service_min, instance.stops[0].longest_wait_min) == (5, 60)
    assert instance.passes_min(0, 2, 1) == pytest.approx(100 + 2 * 20 + 0.2 * 90)


def test_the_near_one_comes_too_late_where_the_first_bus_is_late(tmp_path: Path) -> None:
    instance = city(tmp_path, TIMED)
    broken = judge_transit(instance, solve_transit(instance, Limits(0, 300))).broken
    assert "customer near is served 0 times, has a ride: False" in broken


def test_a_truck_leaves_so_late_that_parcels_do_not_wait_too_long(tmp_path: Path) -> None:
    instance = city(tmp_path, TIMED.replace("100.0 20.0", "40.0 20.0"), wait=10)
    found = solve_transit(instance, Limits(0, 300))
    assert judge_transit(instance, found).broken == ()
    # Two minutes on the way, and between five and ten before the bus at 40 or that at 60.
    assert found.trucks[0].leaves_min >= 40 - 10 - 2


def test_a_full_bus_leaves_the_rest_to_the_next(tmp_path: Path) -> None:
    instance = city(tmp_path, room=8)
    found = solve_transit(instance, Limits(0, 300))
    assert judge_transit(instance, found).broken == ()
    assert found.rides[0] is not None
    assert found.rides[1] is not None
    assert found.rides[0].bus != found.rides[1].bus


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            replace(GOOD, rides=(GOOD.rides[0], None)),
            "customer far is served 1 times, has a ride: False",
        ),
        (
            replace(GOOD, couriers=(CourierTour(2, (0,), 48.0),)),
            "customer far is served 0 times, has a ride: True",
        ),
        (
            replace(GOOD, couriers=(CourierTour(2, (0, 1), 47.0),)),
            "customer near's parcel waits -1.00 minutes at stop X",
        ),
        (
            replace(GOOD, couriers=(CourierTour(2, (0, 1), 109.0),)),
            "customer near's parcel waits 61.00 minutes at stop X",
        ),
        (
            replace(GOOD, couriers=(CourierTour(2, (1, 0), 90.0),)),
            "courier 0 is at customer near at 96.00, after 90",
        ),
        (
            replace(GOOD, trucks=(TruckTour((1,), 0.0),)),
            "customer near: line E does not join truck 0 and courier",
        ),
        (
            replace(GOOD, trucks=(TruckTour((0,), 29.0),)),
            "customer near's parcel waits -1.00 minutes at stop A",
        ),
        (
            replace(GOOD, rides=(GOOD.rides[0], Ride(0, 0, 0, 15))),
            "bus 15 of line E carries 7 where 60 is the most",
        ),
        (
            replace(GOOD, couriers=(CourierTour(3, (0, 1), 48.0),)),
            "customer near is not served from stop Y",
        ),
        (
            replace(GOOD, trucks=(*GOOD.trucks, TruckTour((1,), 0.0), TruckTour((1,), 0.0))),
            "3 trucks where there are 2",
        ),
        (
            replace(GOOD, trucks=(TruckTour((0, 2), -1.0),)),
            "truck 0 leaves too early, or goes where trucks may not",
        ),
        (
            replace(GOOD, trucks=(TruckTour((0, 1, 0), 0.0),)),
            "truck 0 is at a stop twice",
        ),
    ],
)
def test_the_judge_names_what_is_broken(tmp_path: Path, wrong: TransitSolution, says: str) -> None:
    assert says in judge_transit(city(tmp_path), wrong).broken


def test_the_judge_names_what_has_no_room(tmp_path: Path) -> None:
    instance = city(tmp_path)
    small = replace(
        instance,
        truck_capacity=12,
        courier_capacity=11,
        couriers_per_stop=0,
        longest_tour_min=30,
        lines=tuple(replace(line, capacity=10) for line in instance.lines),
        stops=tuple(replace(stop, capacity=9) for stop in instance.stops),
    )
    assert set(judge_transit(small, GOOD).broken) == {
        "truck 0 carries 13 where 12 is the most",
        "courier 0 carries 13 where 11 is the most",
        "bus 0 of line E carries 13 where 10 is the most",
        "1 couriers at stop X where there are 0",
        "stop A holds 13 at 2.00 where 9 is the most",
        "stop X holds 13 at 48.00 where 9 is the most",
    }


def test_a_courier_out_too_long_is_named(tmp_path: Path) -> None:
    # Waiting for the window at 60, which is 10 minutes after the near one could be reached, counts.
    assert judge_transit(city(tmp_path, longest=17), GOOD).broken == ("courier 0 is out for 18.00 minutes",)


def test_tours_are_the_cheapest_for_their_lines(tmp_path: Path) -> None:
    tours = worthwhile_tours(city(tmp_path))
    lengths = {tuple(sorted(tour.in_stop)): tour.length for tour in tours}
    assert lengths == {(0,): 20.0, (1,): 20.0, (0, 1): pytest.approx(20 + 200**0.5)}


def test_the_least_published_bound_is_the_best_known(tmp_path: Path) -> None:
    folder = tmp_path / "instances" / "set"
    folder.mkdir(parents=True)
    city(folder)
    (tmp_path / "results").mkdir()
    rows = "instance,primal_bound_value,time,Method\ntown,50,1,A\ntown,40.5,1,B\ntown,-1,9,C\nother,1,1,A\n"
    (tmp_path / "results" / "mandal_instances.csv").write_text(rows)
    assert best_published(folder / "town.city") == 40.5
    assert best_published(folder / "none.city") is None
    options = ["--seconds", "0.5", "--json"]
    result = CliRunner().invoke(make_app(), ["bench", str(folder / "town.city"), *options])
    assert result.exit_code == 0, result.output
    line = orjson.loads(result.output)
    assert [line[name] for name in ("cost", "best_known", "verdict")] == [40.0, 40.5, "OK"]


@pytest.mark.parametrize(
    "text", ["", "S A\n", "S A 50 9.0 10 0\nO O0 0 0\n", "S A 50 9.0 10 0\nO O0 0 0\nA\n", "nonsense\n"]
)
def test_what_is_no_instance_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"town\.city"):
        city(tmp_path, text)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    city(tmp_path)
    (tmp_path / "town.params").unlink()
    with pytest.raises(InvalidInputError, match=r"town\.city"):
        read_transit_instance(tmp_path / "town.city")
