from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.model.consignments import Consignment
from services.model.day import Day
from services.model.lines import StopTime
from services.route.assignment import RunValues, assign_bookings
from services.route.day_index import DayIndex
from services.route.options import BookingOption, enumerate_options
from tests.builders import SERVICE_DATE, VILLAGES, small_consignment, small_day

LINE = (
    StopTime("BS", 36_000, 36_000),
    StopTime("V-1", 37_200, 37_200),
    StopTime("V-2", 38_400, 38_400),
    StopTime("BS", 40_000, 40_000),
)


def inbound(name: str, village: int = 0, **changes: Any) -> Consignment:
    return small_consignment(
        consignment_id=name, village_code=VILLAGES[village], node_ids=(f"V-{village + 1}",), **changes
    )


def day_of(
    *consignments: Consignment,
    trip: Mapping[str, Any] | None = None,
    agreement: Mapping[str, Any] | None = None,
    shuttle_fen: int = 0,
) -> Day:
    """A day with no charges but those asked for."""
    day = small_day(consignments=consignments)
    county = day.county
    (line,) = county.lines
    first, bus = county.agreements
    network = replace(
        county.network,
        transfers=tuple(replace(t, cost_fen_per_trip=shuttle_fen) for t in county.network.transfers),
    )
    county = replace(
        county,
        network=network,
        lines=(replace(line, trips=(replace(line.trips[0], **(trip or {})),)),),
        agreements=(first, replace(bus, **{"tariff_piece_fen": 0, **(agreement or {})})),
    )
    return replace(day, county=county)


def chosen(
    day: Day, villages: Mapping[int, int] | None = None, single: Mapping[str, int] | None = None, seed: int = 1
) -> set[str]:
    values = RunValues({VILLAGES[v]: fen for v, fen in (villages or {}).items()}, single or {})
    index = DayIndex.of(day)
    picked = assign_bookings(index, enumerate_options(index), values, seed)
    assert len({o.consignment.consignment_id for o in picked}) == len(picked)
    return {o.consignment.consignment_id for o in picked}


@pytest.mark.parametrize(
    ("amount", "capacity"),
    [({"weight_g": 3_000}, "capacity_g"), ({"volume_ml": 9_000}, "capacity_ml"), ({"pieces": 2}, "capacity_pieces")],
)
def test_a_full_trip_takes_no_more(amount: dict[str, int], capacity: str) -> None:
    goods = [inbound(name, **amount) for name in "ABC"]
    (each,) = amount.values()
    value = {"A": 100, "B": 90, "C": 80}
    assert chosen(day_of(*goods, trip={capacity: 3 * each}), single=value) == {"A", "B", "C"}
    assert chosen(day_of(*goods, trip={capacity: 3 * each - 1}), single=value) == {"A", "B"}
    assert chosen(day_of(*goods, trip={capacity: each}), single=value) == {"A"}


def test_room_is_counted_segment_by_segment() -> None:
    """Goods to the nearer village leave room to the farther one only on the segment behind it."""
    goods = [inbound("NEAR"), inbound("FAR", village=1)]
    assert chosen(day_of(*goods, trip={"capacity_pieces": 2}), single={"NEAR": 50, "FAR": 60}) == {"FAR"}
    there_and_back = (StopTime("V-2", 34_000, 34_000), *LINE[:2])
    day = day_of(
        replace(goods[1], direction=small_day().consignments[2].direction),
        goods[0],
        trip={"capacity_pieces": 2, "stop_times": there_and_back},
    )
    assert chosen(day, single={"NEAR": 50, "FAR": 60}) == {"NEAR", "FAR"}


def test_a_village_goes_wholly_when_only_that_pays() -> None:
    goods = [inbound("A"), inbound("B")]
    dear = {"tariff_piece_fen": 30}
    assert chosen(day_of(*goods, agreement=dear), villages={0: 121}) == {"A", "B"}
    assert chosen(day_of(*goods, agreement=dear), villages={0: 119}) == set()


def test_a_village_is_not_freed_by_a_part_of_it() -> None:
    goods = [inbound("A"), inbound("B")]
    day = day_of(*goods, agreement={"tariff_piece_fen": 1}, trip={"capacity_pieces": 2})
    assert chosen(day, villages={0: 10_000}) == set()


def test_a_village_with_goods_that_no_line_takes_is_not_freed() -> None:
    goods = [inbound("A"), inbound("HEAVY", max_piece_g=99_000, weight_g=99_000)]
    assert chosen(day_of(*goods, agreement={"tariff_piece_fen": 1}), villages={0: 10_000}) == set()


def test_mail_goes_first_on_every_segment() -> None:
    goods = [inbound("A"), inbound("B")]
    value = {"A": 100, "B": 90}
    assert chosen(day_of(*goods, trip={"capacity_pieces": 9, "mail_pieces": 5}), single=value) == {"A", "B"}
    assert chosen(day_of(*goods, trip={"capacity_pieces": 9, "mail_pieces": 6}), single=value) == {"A"}


def test_what_may_wait_is_booked_where_that_is_cheaper_than_waiting() -> None:
    later = inbound("A", wait_fen=100, due_date=SERVICE_DATE + timedelta(days=1))
    day = day_of(later, agreement={"tariff_piece_fen": 30})
    assert chosen(day, villages={0: 10_000}) == {"A"}
    assert (
        chosen(day_of(replace(later, wait_fen=50), agreement={"tariff_piece_fen": 30}), villages={0: 10_000}) == set()
    )


def test_a_village_is_freed_when_the_rest_of_it_waits() -> None:
    """What no line takes may wait for 500 fen; with what a line takes for 60 gone as well, no run need call."""
    later = SERVICE_DATE + timedelta(days=1)
    goods = [inbound("A"), inbound("HEAVY", max_piece_g=99_000, weight_g=99_000, wait_fen=500, due_date=later)]
    day = day_of(*goods, agreement={"tariff_piece_fen": 30})
    assert chosen(day, villages={0: 561}) == {"A"}
    assert chosen(day, villages={0: 559}) == set()


def test_what_waits_already_is_not_paid_for_twice() -> None:
    later = SERVICE_DATE + timedelta(days=1)
    goods = [inbound("A"), inbound("HEAVY", max_piece_g=99_000, weight_g=99_000, wait_fen=500, due_date=later)]
    day = day_of(*goods, agreement={"tariff_piece_fen": 30})
    assert chosen(day, villages={0: 61}, single={"HEAVY": 500}) == {"A"}


def test_what_no_run_serves_goes_by_line_alone() -> None:
    goods = [inbound("A"), inbound("B")]
    assert chosen(day_of(*goods, agreement={"tariff_piece_fen": 30}), single={"B": 61}) == {"B"}


def test_a_shuttle_is_paid_once_a_trip() -> None:
    goods = [inbound("A"), inbound("B", village=1)]
    assert chosen(day_of(*goods, shuttle_fen=800), single={"A": 500, "B": 301}) == {"A", "B"}
    assert chosen(day_of(*goods, shuttle_fen=800), single={"A": 500, "B": 299}) == set()


def test_a_trip_is_charged_once_an_agreement() -> None:
    goods = [inbound("A"), inbound("B", village=1)]
    charge = {"tariff_run_fen": 700}
    assert chosen(day_of(*goods, agreement=charge), single={"A": 500, "B": 201}) == {"A", "B"}
    assert chosen(day_of(*goods, agreement=charge), single={"A": 500, "B": 199}) == set()


def test_an_agreements_minimum_is_paid_where_tariffs_stay_below() -> None:
    goods = [inbound("A"), inbound("B", village=1)]
    minimum = {"tariff_piece_fen": 30, "minimum_fen": 200}
    assert chosen(day_of(*goods, agreement=minimum), single={"A": 100, "B": 101}) == {"A", "B"}
    assert chosen(day_of(*goods, agreement=minimum), single={"A": 100, "B": 99}) == set()


def test_a_daily_limit_holds_and_emergencies_pass_it() -> None:
    goods = [inbound("A"), inbound("B"), inbound("E", emergency=True)]
    value = {"A": 100, "B": 90, "E": 10}
    assert chosen(day_of(*goods, agreement={"max_pieces_per_day": 4}), single=value) == {"A", "B", "E"}
    assert chosen(day_of(*goods, agreement={"max_pieces_per_day": 3}), single=value) == {"A", "E"}
    assert chosen(day_of(*goods, agreement={"max_pieces_per_day": 0}), single=value) == {"E"}


def test_nothing_is_booked_where_nothing_is_saved() -> None:
    assert chosen(day_of(inbound("A"), agreement={"tariff_piece_fen": 30})) == set()
    assert chosen(day_of(), villages={0: 1_000}) == set()


def test_the_same_seed_chooses_the_same_again() -> None:
    goods = [inbound(f"C{i:02d}", village=i % 2) for i in range(30)]
    day = day_of(*goods, trip={"capacity_pieces": 20})
    value = dict.fromkeys((c.consignment_id for c in goods), 100)
    first = chosen(day, single=value, seed=7)
    assert len(first) == 10
    assert all(chosen(day, single=value, seed=7) == first for _ in range(3))


Instance = tuple[Day, RunValues]


@st.composite
def instances(draw: st.DrawFn, most: int = 12) -> Instance:
    count = draw(st.integers(1, most))
    later = {"due_date": SERVICE_DATE + timedelta(days=1)}
    goods = [
        inbound(
            f"C{i}",
            village=draw(st.integers(0, 1)),
            pieces=draw(st.integers(1, 4)),
            weight_g=draw(st.integers(2_000, 9_000)),
            volume_ml=draw(st.integers(0, 9_000)),
            **draw(
                st.sampled_from([{}, {"emergency": True}])
                | st.integers(0, 150).map(lambda fen: {**later, "wait_fen": fen})
            ),
        )
        for i in range(count)
    ]
    day = day_of(
        *goods,
        trip={
            "capacity_g": draw(st.integers(9_000, 30_000)),
            "capacity_ml": draw(st.integers(9_000, 30_000)),
            "capacity_pieces": draw(st.integers(4, 12)),
        },
        agreement={
            "tariff_piece_fen": draw(st.integers(0, 40)),
            "tariff_kg_fen": draw(st.integers(0, 20)),
            "tariff_run_fen": draw(st.sampled_from([0, 100])),
            "minimum_fen": draw(st.sampled_from([0, 150])),
            "max_pieces_per_day": draw(st.sampled_from([None, 3, 8])),
        },
        shuttle_fen=draw(st.sampled_from([0, 120])),
    )
    (line,) = day.county.lines
    second = replace(
        line.trips[0],
        trip_id="T-2",
        stop_times=tuple(StopTime(s.node_id, s.arrival_s + 9_000, s.departure_s + 9_000) for s in LINE[:3]),
        tariff_piece_fen=draw(st.integers(0, 40)),
        tariff_trip_fen=draw(st.sampled_from([0, 60])),
    )
    sets = tuple(
        replace(
            s,
            admissions=(
                *s.admissions,
                # The second trip is the carrier's own.
                *(replace(a, resource_id="T-2", agreement_id="") for a in s.admissions if a.resource_id == "T-1"),
            ),
        )
        for s in day.admission_sets
    )
    lines = (line, replace(line, line_id="L-2", owner="EXP-A", trips=(second,)))
    day = replace(day, county=replace(day.county, lines=lines), admission_sets=sets)
    fen = st.integers(0, 400)
    single = {c.consignment_id: draw(fen) for c in goods if draw(st.booleans())}
    return day, RunValues({village: draw(fen) for village in VILLAGES[:2]}, single)


def is_allowed(index: DayIndex, picked: Sequence[BookingOption]) -> bool:
    """Room on every segment and the pieces a day, counted anew."""
    load: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    pieces: dict[str, int] = defaultdict(int)
    for option in picked:
        c = option.consignment
        for segment in range(option.board_index, option.alight_index):
            on_board = load[option.trip.trip_id, segment]
            for i, amount in enumerate((c.weight_g, c.volume_ml, c.pieces)):
                on_board[i] += amount
        pieces[option.agreement_id] += 0 if c.emergency else c.pieces
    for (trip_id, _), (weight_g, volume_ml, count) in load.items():
        trip = index.trips[trip_id][1]
        if weight_g > trip.capacity_g or volume_ml > trip.capacity_ml or count > trip.capacity_pieces:
            return False
    limits = {a.agreement_id: a.max_pieces_per_day for a in index.agreements.values()}
    return all(limits.get(a) is None or count <= (limits[a] or 0) for a, count in pieces.items())


def gain_fen(index: DayIndex, picked: Sequence[BookingOption], values: RunValues) -> int:
    """The objective, counted anew; an agreement's minimum is measured by pieces and kilograms alone."""
    taken = {o.consignment.consignment_id for o in picked}
    gain = sum(values.consignment_fen.get(name, 0) for name in taken)
    for village, fen in values.village_fen.items():
        here = [c for c in index.day.consignments if c.village_code == village]
        rest = [c for c in here if c.consignment_id not in taken]
        if here and all(c.wait_fen is not None for c in rest):
            # What has a value of its own waits already.
            gain += max(0, fen - sum(c.wait_fen or 0 for c in rest if c.consignment_id not in values.consignment_fen))
    gain -= sum(o.tariff_fen for o in picked)
    gain -= sum(fen for _, fen in {(o.trip.trip_id, o.shuttle.cost_fen_per_trip) for o in picked if o.shuttle})
    for trip_id, agreement_id in {(o.trip.trip_id, o.agreement_id) for o in picked}:
        own = index.trips[trip_id][1].tariff_trip_fen
        gain -= index.agreements[agreement_id].tariff_run_fen if agreement_id else own
    for agreement_id in {o.agreement_id for o in picked} - {""}:
        paid = sum(o.tariff_fen for o in picked if o.agreement_id == agreement_id)
        gain -= max(0, index.agreements[agreement_id].minimum_fen - paid)
    return gain


@settings(max_examples=40, deadline=None)
@given(instances())
def test_bookings_never_exceed_a_trip_or_an_agreement(instance: Instance) -> None:
    day, values = instance
    index = DayIndex.of(day)
    picked = assign_bookings(index, enumerate_options(index), values, seed=1)
    assert is_allowed(index, picked)
    assert gain_fen(index, picked, values) >= 0


@settings(max_examples=40, deadline=None)
@given(instances(most=5))
def test_no_other_choice_saves_more(instance: Instance) -> None:
    day, values = instance
    index = DayIndex.of(day)
    options = enumerate_options(index)
    ways: dict[str, list[BookingOption | None]] = defaultdict(lambda: [None])
    for option in options:
        ways[option.consignment.consignment_id].append(option)
    choices = ([o for o in choice if o] for choice in product(*ways.values()))
    best = max(gain_fen(index, picked, values) for picked in choices if is_allowed(index, picked))
    assert gain_fen(index, assign_bookings(index, options, values, seed=1), values) == best
