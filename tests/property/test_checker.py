"""Over whole drawn counties: a valid plan passes, a spoilt one is refused with its law's name, garbage never raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.model.agreements import Direction, Temperature
from services.model.consignments import Goods, ResourceKind
from services.model.network import ClosedRoad
from services.model.plan import Booking, Carriage, Cost, Plan, Run, Shuttle, Stop, Unserved, UnservedReason, Waiting
from services.route.checker import BrokenLaw, Law, check
from tests.plans import SERVICE_DATE, Case, cases, sample_case

quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(cases())
@settings(quick, max_examples=150)
def test_a_valid_plan_passes(case: Case) -> None:
    assert check(case.day, case.plan) == []


def _trip_less(trip_id: str, field: str, amount: int = 1) -> Callable[[Case], Case]:
    """Take one unit of capacity off a trip that ``tighten`` left none to spare."""

    def mutate(case: Case) -> Case:
        trip = next(t for line in case.day.county.lines for t in line.trips if t.trip_id == trip_id)
        return case.with_trip(trip_id, **{field: getattr(trip, field) - amount})

    return mutate


def _node_less(node_id: str, field: str) -> Callable[[Case], Case]:
    def mutate(case: Case) -> Case:
        node = next(n for n in case.day.county.network.nodes if n.node_id == node_id)
        return case.with_node(node_id, **{field: getattr(node, field) - 1})

    return mutate


def _wait(case: Case, consignment_id: str) -> Waiting:
    return replace(case.plan.waiting[0], consignment_id=consignment_id)


def _waits(**changes: Any) -> Callable[[Case], Case]:
    """Change what the plan says of the first that waits, C11."""
    return lambda case: case.with_plan(waiting=(replace(case.plan.waiting[0], **changes), *case.plan.waiting[1:]))


def _vehicle_by(amount: int, field: str) -> Callable[[Case], Case]:
    def mutate(case: Case) -> Case:
        vehicle = next(v for v in case.day.county.vehicles if v.vehicle_id == "VAN-T")
        return case.with_vehicle(**{field: getattr(vehicle, field) + amount})

    return mutate


def _stop_by(at: int, **amounts: int) -> Callable[[Case], Case]:
    def mutate(case: Case) -> Case:
        stop = case.run().stops[at]
        return case.with_stop(at, **{field: getattr(stop, field) + amount for field, amount in amounts.items()})

    return mutate


def _booking_by(trip_id: str, **amounts: int) -> Callable[[Case], Case]:
    def mutate(case: Case) -> Case:
        booking = case.booking(trip_id)
        return case.with_booking(trip_id, **{field: getattr(booking, field) + by for field, by in amounts.items()})

    return mutate


def _shuttle_by(trip_id: str, seconds: int) -> Callable[[Case], Case]:
    def mutate(case: Case) -> Case:
        shuttle = case.shuttle(trip_id)
        times = {"departure_s": shuttle.departure_s + seconds, "arrival_s": shuttle.arrival_s + seconds}
        return case.with_shuttle(trip_id, **times)

    return mutate


def _run_cost(field: str) -> Callable[[Case], Case]:
    return lambda case: case.with_run(**{field: getattr(case.run(), field) + 1})


def _plan_cost(field: str) -> Callable[[Case], Case]:
    return lambda case: case.with_cost(**{field: getattr(case.plan.cost, field) + 1})


def _without(case: Case, at: int, field: str, consignment_id: str) -> Case:
    names = tuple(c for c in getattr(case.run().stops[at], field) if c != consignment_id)
    return case.with_stop(at, **{field: names})


MUTATIONS: Final[dict[str, tuple[Law, Callable[[Case], Case]]]] = {
    # what there is
    "another county": (Law.REFERENCE, lambda c: c.with_plan(county_id="elsewhere")),
    "another date": (Law.REFERENCE, lambda c: c.with_plan(service_date=SERVICE_DATE + timedelta(days=1))),
    "unknown vehicle": (Law.REFERENCE, lambda c: c.with_run(vehicle_id="?")),
    "unknown node": (Law.REFERENCE, lambda c: c.with_stop(2, node_id="?")),
    "unknown goods on a run": (Law.REFERENCE, lambda c: c.with_stop(1, take=(*c.run().stops[1].take, "?"))),
    "unknown agreement": (Law.REFERENCE, lambda c: c.with_booking("BUS-O", agreement_id="?")),
    "unknown trip": (Law.REFERENCE, lambda c: c.with_booking("BUS-O", trip_id="?")),
    "unknown goods booked": (Law.REFERENCE, lambda c: c.with_booking("BUS-O", consignment_id="?")),
    "unknown goods left": (
        Law.REFERENCE,
        lambda c: c.with_plan(unserved=(*c.plan.unserved, replace(c.plan.unserved[0], consignment_id="?"))),
    ),
    "unknown goods waiting": (Law.REFERENCE, lambda c: c.with_plan(waiting=(*c.plan.waiting, _wait(c, "?")))),
    # conservation
    "lost from the unserved": (Law.CONSERVATION, lambda c: c.with_plan(unserved=c.plan.unserved[1:])),
    "lost from the bookings": (Law.CONSERVATION, lambda c: c.with_plan(bookings=c.plan.bookings[1:])),
    "lost from the runs": (Law.CONSERVATION, lambda c: c.with_plan(runs=c.plan.runs[1:])),
    "twice unserved": (Law.CONSERVATION, lambda c: c.with_plan(unserved=(*c.plan.unserved, c.plan.unserved[0]))),
    "lost from the waiting": (Law.CONSERVATION, lambda c: c.with_plan(waiting=c.plan.waiting[1:])),
    "twice waiting": (Law.CONSERVATION, lambda c: c.with_plan(waiting=(*c.plan.waiting, c.plan.waiting[0]))),
    "carried and waiting": (Law.CONSERVATION, lambda c: c.with_plan(waiting=(*c.plan.waiting, _wait(c, "C0")))),
    "unserved and waiting": (Law.CONSERVATION, lambda c: c.with_plan(waiting=(*c.plan.waiting, _wait(c, "C10")))),
    "twice booked": (
        Law.CONSERVATION,
        lambda c: c.with_plan(bookings=(*c.plan.bookings, replace(c.booking("OWN-O"), booking_id="again"))),
    ),
    "carried and booked": (Law.CONSERVATION, lambda c: c.with_booking("BUS-O", consignment_id="C0")),
    "carried and unserved": (
        Law.CONSERVATION,
        lambda c: c.with_plan(unserved=(*c.plan.unserved, replace(c.plan.unserved[0], consignment_id="C0"))),
    ),
    "a parcel twice": (Law.CONSERVATION, lambda c: c.with_consignment("C1", parcel_ids=("EXP-A/0",))),
    "a vehicle twice": (Law.CONSERVATION, lambda c: c.with_run("VAN-A", vehicle_id="VAN-T")),
    "a run's name twice": (Law.CONSERVATION, lambda c: c.with_run("VAN-A", run_id=c.run().run_id)),
    "a booking's name twice": (
        Law.CONSERVATION,
        lambda c: c.with_booking("OWN-O", booking_id=c.booking("BUS-O").booking_id),
    ),
    "never dropped": (Law.CONSERVATION, lambda c: _without(c, 2, "drop", "C0")),
    "never taken": (Law.CONSERVATION, lambda c: _without(c, 1, "take", "C0")),
    "dropped elsewhere": (Law.CONSERVATION, lambda c: c.with_stop(2, node_id="V1")),
    "dropped before taken": (
        Law.CONSERVATION,
        lambda c: _without(c, 2, "drop", "C0").with_stop(0, drop=("C0",)),
    ),
    "not listed": (Law.CONSERVATION, lambda c: c.with_run(carriages=c.run().carriages[1:])),
    "listed twice": (Law.CONSERVATION, lambda c: c.with_run(carriages=c.run().carriages + c.run().carriages[:1])),
    "booked to another village": (Law.CONSERVATION, lambda c: c.with_booking("BUS-O", alight_node="V1")),
    "shuttle missing": (Law.CONSERVATION, lambda c: c.with_plan(shuttles=c.plan.shuttles[1:])),
    "shuttle leaves goods behind": (Law.CONSERVATION, lambda c: c.with_shuttle("BUS-O", consignment_ids=("C5",))),
    "no way from the station": (Law.CONSERVATION, lambda c: c.with_network(transfers=())),
    # capacity
    "van over grams": (Law.VEHICLE_CAPACITY, _vehicle_by(-1, "capacity_g")),
    "van over millilitres": (Law.VEHICLE_CAPACITY, _vehicle_by(-1, "capacity_ml")),
    "van over pieces": (Law.VEHICLE_CAPACITY, _vehicle_by(-1, "capacity_pieces")),
    "mail over grams": (Law.VEHICLE_CAPACITY, _vehicle_by(1, "mail_g")),
    "mail over millilitres": (Law.VEHICLE_CAPACITY, _vehicle_by(1, "mail_ml")),
    "mail over pieces": (Law.VEHICLE_CAPACITY, _vehicle_by(1, "mail_pieces")),
    "wrong grams stated": (Law.VEHICLE_CAPACITY, _stop_by(2, load_g=1)),
    "wrong millilitres stated": (Law.VEHICLE_CAPACITY, _stop_by(3, load_ml=-1)),
    "wrong pieces stated": (Law.VEHICLE_CAPACITY, _stop_by(0, load_pieces=1)),
    "bus over grams": (Law.TRIP_CAPACITY, _trip_less("BUS-O", "capacity_g")),
    "bus over millilitres": (Law.TRIP_CAPACITY, _trip_less("BUS-R", "capacity_ml")),
    "mail trip over pieces": (Law.TRIP_CAPACITY, _trip_less("POST-O", "capacity_pieces")),
    "mail on a trip over grams": (Law.TRIP_CAPACITY, _trip_less("POST-O", "mail_g", -1)),
    "mail on a trip over millilitres": (Law.TRIP_CAPACITY, _trip_less("POST-R", "mail_ml", -1)),
    "mail on a trip over pieces": (Law.TRIP_CAPACITY, _trip_less("POST-O", "mail_pieces", -1)),
    "piece too heavy": (Law.TRIP_PIECE_LIMIT, _trip_less("OWN-O", "max_piece_g")),
    "piece too large": (Law.TRIP_PIECE_LIMIT, _trip_less("OWN-O", "max_piece_ml")),
    # nodes
    "node over pieces": (Law.NODE_STORAGE, _node_less("V0", "max_pieces")),
    "node over millilitres": (Law.NODE_STORAGE, _node_less("V1", "max_volume_ml")),
    "village closed that day": (Law.NODE_CLOSED, lambda c: c.with_node("V0", open_weekdays=(2, 3, 7))),
    "hub closed that day": (Law.NODE_CLOSED, lambda c: c.with_node("HUB", open_weekdays=(2,))),
    "station closed that day": (Law.NODE_CLOSED, lambda c: c.with_node("BS", open_weekdays=(6, 7))),
    # admissibility
    "vehicle not admitted": (Law.ADMISSIBILITY, lambda c: c.without_admission(ResourceKind.VEHICLE, "VAN-T")),
    "trip not admitted": (Law.ADMISSIBILITY, lambda c: c.without_admission(ResourceKind.TRIP, "BUS-R")),
    "station not admitted": (Law.ADMISSIBILITY, lambda c: c.without_admission(ResourceKind.NODE, "BS")),
    "village not admitted": (Law.ADMISSIBILITY, lambda c: c.without_admission(ResourceKind.NODE, "V0")),
    "wrong agreement on a run": (
        Law.ADMISSIBILITY,
        lambda c: c.with_run(carriages=tuple(Carriage(x.consignment_id, "AG-A") for x in c.run().carriages)),
    ),
    "wrong agreement on a trip": (Law.ADMISSIBILITY, lambda c: c.with_booking("BUS-O", agreement_id="AG-POST")),
    "wrong owner": (Law.ADMISSIBILITY, lambda c: c.with_vehicle(owner="POST")),
    "wrong owner of what needs no agreement": (Law.ADMISSIBILITY, lambda c: c.with_consignment("C8", carrier_id="X")),
    "over the daily limit": (Law.DAILY_LIMIT, lambda c: c.with_agreement("AG-TPL", max_pieces_per_day=0)),
    # cold
    "frozen goods in a warm van": (Law.COLD, lambda c: c.with_vehicle(temperatures=(Temperature.CHILLED,))),
    "chilled goods on a warm trip": (Law.COLD, lambda c: c.with_trip("POST-O", keeps_cold=False)),
    "chilled goods left in the warm": (Law.COLD, lambda c: c.with_node("V0", keeps_cold=False)),
    "chilled goods wait in the warm": (Law.COLD, lambda c: c.with_node("HUB", keeps_cold=False)),
    # roads, times, limits
    "leg too long": (Law.RUN_ROUTE, _stop_by(2, leg_distance_m=2)),
    "leg too short": (Law.RUN_ROUTE, _stop_by(2, leg_distance_m=-2)),
    "first stop with a leg": (Law.RUN_ROUTE, _stop_by(0, leg_distance_m=1)),
    "wrong sum of legs": (Law.RUN_ROUTE, _run_cost("distance_m")),
    "depot elsewhere": (Law.RUN_ROUTE, lambda c: c.with_vehicle(depot="PO")),
    "no stops": (Law.RUN_ROUTE, lambda c: c.with_run(stops=())),
    "faster than the road": (Law.RUN_TIMES, _stop_by(2, arrival_s=-2)),
    "starts before it arrives": (Law.RUN_TIMES, _stop_by(2, start_s=-1)),
    "serves too briefly": (Law.RUN_TIMES, _stop_by(2, departure_s=-1)),
    "before opening": (Law.RUN_TIMES, lambda c: c.with_node("V0", opens_s=c.run().stops[2].start_s + 1)),
    "after closing": (Law.RUN_TIMES, lambda c: c.with_node("V0", closes_s=c.run().stops[2].departure_s - 1)),
    "wrong duration": (Law.RUN_TIMES, _run_cost("duration_s")),
    "before the shift": (Law.VEHICLE_LIMITS, _vehicle_by(1, "shift_start_s")),
    "after the shift": (Law.VEHICLE_LIMITS, _vehicle_by(-1, "shift_end_s")),
    "too long at work": (Law.VEHICLE_LIMITS, _vehicle_by(-1, "max_work_s")),
    "out of range": (Law.VEHICLE_LIMITS, _vehicle_by(-1, "max_distance_m")),
    "one reload too many": (Law.VEHICLE_LIMITS, _vehicle_by(-1, "max_trips")),
    # trips and shuttles
    "boards after departure": (Law.TRIP_TIMES, _booking_by("POST-O", ready_by_s=1_000)),
    "another departure": (Law.TRIP_TIMES, _booking_by("BUS-R", departure_s=60, ready_by_s=60)),
    "another arrival": (Law.TRIP_TIMES, _booking_by("BUS-O", arrival_s=-60, available_s=-60)),
    "no handling after arrival": (Law.TRIP_TIMES, _booking_by("OWN-O", available_s=-900)),
    "another stop": (Law.TRIP_TIMES, _booking_by("POST-O", alight_index=1)),
    "backwards": (Law.TRIP_TIMES, lambda c: c.with_booking("OWN-O", board_index=2, alight_index=0)),
    "beyond the last stop": (Law.TRIP_TIMES, _booking_by("BUS-O", alight_index=99)),
    "from the end": (Law.TRIP_TIMES, _booking_by("BUS-O", board_index=-99)),
    "another line": (Law.TRIP_TIMES, lambda c: c.with_booking("BUS-O", line_id="OWN")),
    "left at a closed shop": (
        Law.TRIP_TIMES,
        lambda c: c.with_node("V0", closes_s=c.booking("BUS-O").available_s - 1),
    ),
    "fetched from a closed shop": (
        Law.TRIP_TIMES,
        lambda c: c.with_node("V1", opens_s=c.booking("POST-R").departure_s),
    ),
    "shuttle late for the bus": (Law.SHUTTLE, _shuttle_by("BUS-O", 1)),
    "shuttle before the bus": (Law.SHUTTLE, _shuttle_by("BUS-R", -1)),
    "shuttle too fast": (Law.SHUTTLE, lambda c: c.with_shuttle("BUS-R", arrival_s=c.shuttle("BUS-R").departure_s)),
    "shuttle paid twice": (Law.SHUTTLE, lambda c: c.with_plan(shuttles=(*c.plan.shuttles, c.plan.shuttles[0]))),
    "shuttle empty": (Law.SHUTTLE, lambda c: c.with_shuttle("BUS-O", consignment_ids=())),
    "shuttle to nowhere": (Law.SHUTTLE, lambda c: c.with_shuttle("BUS-O", to_node="V0")),
    "shuttle to a closed station": (
        Law.SHUTTLE,
        lambda c: c.with_node("BS", opens_s=c.shuttle("BUS-O").arrival_s + 1),
    ),
    # cost
    "run's vehicle": (Law.COST, _run_cost("vehicle_fen")),
    "run's distance": (Law.COST, _run_cost("distance_fen")),
    "run's time": (Law.COST, _run_cost("time_fen")),
    "run's co2": (Law.COST, _run_cost("co2_fen")),
    "booking's tariff": (Law.COST, _booking_by("POST-O", tariff_fen=1)),
    "shuttle's cost": (Law.COST, lambda c: c.with_shuttle("BUS-O", cost_fen=0)),
    **{
        f"plan's {part}": (Law.COST, _plan_cost(part))
        for part in (
            "vehicles_fen",
            "distance_fen",
            "time_fen",
            "tariffs_fen",
            "transfers_fen",
            "lateness_fen",
            "unserved_fen",
            "co2_fen",
            "waiting_fen",
        )
    },
    "price of the mail forgotten": (Law.COST, lambda c: c.with_consignment("C12", goods=Goods.PARCEL)),
    # closed roads
    "drives over a closed road": (
        Law.ROAD_CLOSED,
        lambda c: c.with_network(
            closed_roads=(ClosedRoad("桥", c.run().stops[1].node_id, c.run().stops[2].node_id, one_way=True),)
        ),
    ),
    "goes round what is open": (Law.ROAD_CLOSED, lambda c: c.with_stop(1, via=("BS",))),
    "another vehicle than the regular one": (
        Law.REGULAR_VEHICLE,
        lambda c: c.with_node(c.run().stops[2].node_id, regular_vehicle="VAN-A"),
    ),
    # waiting
    "waits without a price": (Law.WAITING, lambda c: c.with_consignment("C11", wait_fen=None)),
    "waits at another price": (Law.WAITING, _waits(wait_fen=76)),
    "waits past its promise": (Law.WAITING, lambda c: c.with_consignment("C11", due_date=SERVICE_DATE)),
    "waits in an emergency": (Law.WAITING, lambda c: c.with_consignment("C11", emergency=True)),
    "waits at a loss": (Law.WAITING, _waits(saved_fen=-1)),
    "waits without a word": (Law.WAITING, _waits(detail=" \n")),
    "trip charge forgotten": (Law.COST, lambda c: c.with_trip("OWN-O", tariff_trip_fen=501)),
    "run charge forgotten": (Law.COST, lambda c: c.with_agreement("AG-BUS", tariff_run_fen=78)),
    "minimum forgotten": (Law.COST, lambda c: c.with_agreement("AG-POST", minimum_fen=10**6)),
    "left without a word": (
        Law.UNSERVED,
        lambda c: c.with_plan(unserved=(replace(c.plan.unserved[0], detail=" "), *c.plan.unserved[1:])),
    ),
}

SCOPE: Final[dict[str, dict[str, Any]]] = {
    "expired": {"valid_to": SERVICE_DATE - timedelta(days=1)},
    "not yet in force": {"valid_from": SERVICE_DATE + timedelta(days=1)},
    "other principals": {"principals": ("EXP-Z",)},
    "other operator": {"operator": "EXP-Z"},
    "other direction": {"directions": (Direction.OUTBOUND,)},
    "other temperature": {"temperatures": (Temperature.CHILLED,)},
    "lighter pieces": {"max_piece_g": 8},
    "smaller pieces": {"max_piece_ml": 2_999},
    "other township": {"townships": ("220282999000",)},
    "other weekday": {"weekdays": (2, 3, 4, 5, 6, 7)},
}


@pytest.mark.parametrize("name", MUTATIONS)
@given(case=cases())
@settings(quick, max_examples=12)
def test_a_spoilt_plan_is_refused_with_its_laws_name(name: str, case: Case) -> None:
    law, mutate = MUTATIONS[name]
    assert law in mutate(case).laws()


@pytest.mark.parametrize("agreement_id", ["AG-TPL", "AG-BUS"])
@pytest.mark.parametrize("name", SCOPE)
@given(case=cases())
@settings(quick, max_examples=8)
def test_an_admission_that_the_agreement_does_not_give_is_refused(name: str, agreement_id: str, case: Case) -> None:
    assert Law.ADMISSIBILITY in case.with_agreement(agreement_id, **SCOPE[name]).laws()


_sample = sample_case()
_names = st.sampled_from(
    ["", "?", "HUB", "BS", "V0", "VAN-T", "BUS-O", "POST-R", "BUS", "AG-BUS", "AG-TPL", "R-VAN-T", "B0"]
    + [f"C{i}" for i in range(13)]
)
_numbers = st.one_of(st.integers(-3, 6), st.integers(), st.integers(20_000, 60_000))
_texts = st.one_of(_names, st.text(max_size=3))
_many = st.lists(_texts, max_size=3).map(tuple)


def _garbage(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Build a thing of the model from anything that has the right type."""
    guesses: dict[str, st.SearchStrategy[Any]] = {"int": _numbers, "str": _texts, "tuple[str, ...]": _many}
    drawn = {name: guesses[hint] for name, hint in kind.__annotations__.items() if name not in fields}
    return st.builds(kind, **drawn, **fields)


def _some(things: st.SearchStrategy[Any], real: tuple[Any, ...] = ()) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(things | st.sampled_from(real) if real else things, max_size=3).map(tuple)


_plans: Final[st.SearchStrategy[Plan]] = st.builds(
    Plan,
    county_id=_texts,
    service_date=st.dates(date.min, date.max),
    runs=_some(
        _garbage(Run, stops=_some(_garbage(Stop), _sample.run().stops), carriages=_some(_garbage(Carriage))),
        _sample.plan.runs,
    ),
    bookings=_some(_garbage(Booking), _sample.plan.bookings),
    shuttles=_some(_garbage(Shuttle), _sample.plan.shuttles),
    unserved=_some(_garbage(Unserved, reason=st.sampled_from(UnservedReason))),
    waiting=_some(_garbage(Waiting), _sample.plan.waiting),
    cost=_garbage(Cost),
)


@given(_plans)
@settings(quick, max_examples=500)
def test_garbage_breaks_laws_and_never_raises(plan: Plan) -> None:
    broken = check(_sample.day, plan)
    assert broken
    assert all(isinstance(b, BrokenLaw) for b in broken)
