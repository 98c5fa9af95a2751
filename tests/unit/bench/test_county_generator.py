"""Drawn counties repeat, are sound, have what the example county has, and can be planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.county_generator import draw_city, draw_day
from bench.county_map import draw_maps
from bench.greedy_lines import book_greedily
from bench.lines import measure, ways
from services.model.agreements import CooperationModel, Temperature
from services.model.day import Day, PlanSettings
from services.model.lines import LineKind
from services.route.day_index import DayIndex
from services.route.line_ledger import LineLedger, use_of
from services.route.options import enumerate_options
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.validation import day_violations

GAZETTEER = Path("data/jilin")
FEW = 12


@pytest.fixture(scope="module")
def day() -> Day:
    return draw_day(GAZETTEER, FEW, 1)


def test_the_same_seed_gives_the_same_day(day: Day) -> None:
    assert draw_day(GAZETTEER, FEW, 1) == day
    assert draw_day(GAZETTEER, FEW, 2) != day


@pytest.mark.parametrize(("villages", "seed"), [(1, 1), (FEW, 2), (60, 3)])
def test_a_day_of_any_size_is_sound(villages: int, seed: int) -> None:
    drawn = draw_day(GAZETTEER, villages, seed)
    assert day_violations(drawn) == []
    assert len({node.village_code for node in drawn.county.network.nodes} - {""}) == villages


def test_more_villages_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match="no 2000 villages"):
        draw_day(GAZETTEER, 2_000, 1)


def test_a_county_has_every_model_every_kind_of_line_and_cold_goods(day: Day) -> None:
    larger = draw_day(GAZETTEER, 60, 1)
    assert {a.model for a in day.county.agreements} == set(CooperationModel)
    assert {trip.kind for line in larger.county.lines for trip in line.trips} == set(LineKind)
    assert {c.temperature for c in larger.consignments} == set(Temperature)


def test_villages_get_eight_to_fourteen_parcels(day: Day) -> None:
    pieces: dict[str, int] = {}
    for consignment in day.consignments:
        pieces[consignment.village_code] = pieces.get(consignment.village_code, 0) + consignment.pieces
    assert len(pieces) == FEW
    assert all(8 <= count <= 14 for count in pieces.values())


def test_the_city_is_six_hubs_and_all_its_villages() -> None:
    maps = draw_maps(GAZETTEER, 1)
    assert [one.county_id for one in maps] == ["220221", "220281", "220282", "220283", "220284", "2202"]
    assert sum(len(township.villages) for one in maps for township in one.townships) == 1_384


def test_every_day_of_the_city_is_sound() -> None:
    assert [day_violations(day) for day in draw_city(GAZETTEER, 1)] == [[]] * 6


def test_a_drawn_day_is_planned_and_passes_the_checker(day: Day) -> None:
    measured = measure(day, PlanSettings(iterations=3, compare=False, cores=1))
    assert measured.broken == 0
    assert measured.plan.unserved == ()
    assert "unserved 0 pieces" in ways(day, measured.plan)


def test_greedy_bookings_keep_to_the_room_of_every_trip() -> None:
    index = DayIndex.of(draw_day(GAZETTEER, 60, 1))
    chosen = book_greedily(index, choose_roads(index.day).matrix(nodes_on_roads(index.day)))
    assert chosen
    assert len({o.consignment.consignment_id for o in chosen}) == len(chosen) <= len(enumerate_options(index))
    ledger = LineLedger(index)
    for option in chosen:
        assert ledger.has_room(use_of(option))
        ledger.add(use_of(option))
