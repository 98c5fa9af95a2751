"""A village's nodes have doors and shelves: the next is used when one is full or closed, what finds none is held."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consolidation.consolidate import Consolidation
from services.model.day import County
from services.model.held import HeldReason
from services.model.network import Node, NodeKind
from tests.builders import TOWNSHIP, VILLAGES, small_county
from tests.parcels import consolidate_small, small_parcels

MONDAY: Final = 1


def county_with(*nodes: dict[str, Any]) -> County:
    """The small county whose first village has these nodes, named N1, N2, ..."""
    county = small_county()
    others = [node for node in county.network.nodes if node.village_code != VILLAGES[0]]
    places = [
        replace(
            Node(f"N{i}", NodeKind.PARCEL_LOCKER, "柜", 126.8, 42.96, VILLAGES[0], TOWNSHIP, closes_s=72_000), **change
        )
        for i, change in enumerate(nodes, start=1)
    ]
    return replace(county, lines=(), network=replace(county.network, nodes=(*others, *places)))


def pooled(county: County, *changes: dict[str, Any]) -> Consolidation:
    answer = consolidate_small(small_parcels(*changes), county)
    assert len(answer.fates) + len(answer.held) == len(changes)
    return answer


def places(county: County, *changes: dict[str, Any]) -> dict[int, tuple[str, ...]]:
    """Where each row may be handed over; no nodes for a row that is held."""
    answer = pooled(county, *changes)
    nodes = [c.node_ids for c in answer.consignments]
    held: dict[int, tuple[str, ...]] = {row: () for row in answer.held["row"]}
    return held | {row: nodes[ordinal] for row, ordinal in answer.fates.iter_rows()}


def test_without_limits_every_node_stays_open_in_order() -> None:
    assert places(county_with({}, {}), {}, {"direction": "OUTBOUND"}) == {2: ("N1", "N2"), 3: ("N1", "N2")}


def test_the_next_node_is_used_when_one_is_full() -> None:
    county = county_with({"max_pieces": 2}, {"max_pieces": 1})
    assert places(county, {}, {}, {}) == {2: ("N1",), 3: ("N1",), 4: ("N2",)}


def test_what_finds_every_node_full_is_held_with_a_reason() -> None:
    answer = pooled(county_with({"max_pieces": 1}, {"max_pieces": 1}), {}, {}, {})
    assert answer.held.select("row", "reason").rows() == [(4, HeldReason.NODE_FULL)]
    assert "已满" in answer.held["detail"][0]


def test_shelves_fill_up_by_volume_too() -> None:
    county = county_with({"max_volume_ml": 6_000}, {})
    assert places(county, {}, {}, {}) == {2: ("N1",), 3: ("N1",), 4: ("N2",)}


def test_a_closed_node_is_passed_over() -> None:
    assert places(county_with({"open_weekdays": (2, 3)}, {}), {}) == {2: ("N2",)}
    assert places(county_with({"open_weekdays": (MONDAY,)}, {}), {}) == {2: ("N1", "N2")}


@pytest.mark.parametrize("direction", ["INBOUND", "OUTBOUND"])
def test_a_village_whose_nodes_are_all_closed_waits_for_another_day(direction: str) -> None:
    held = pooled(county_with({"open_weekdays": (7,)}), {"direction": direction}).held
    assert held["reason"].to_list() == [HeldReason.NODE_CLOSED]


def test_outbound_goods_need_no_door() -> None:
    county = county_with({"max_pieces": 1})
    assert places(county, {}, {"direction": "OUTBOUND", "pieces": 5}) == {2: ("N1",), 3: ("N1",)}


def test_emergencies_come_first_then_what_is_due_first() -> None:
    county = county_with({"max_pieces": 2})
    rows = ({"due_in_days": 2}, {"due_in_days": 1}, {"due_in_days": 2, "emergency": True})
    assert places(county, *rows) == {2: (), 3: ("N1",), 4: ("N1",)}


def test_a_parcel_larger_than_a_node_leaves_the_node_to_others() -> None:
    county = county_with({"max_pieces": 2}, {})
    assert places(county, {"pieces": 3}, {"pieces": 2}) == {2: ("N2",), 3: ("N1",)}


drawn_nodes = st.lists(
    st.fixed_dictionaries(
        {
            "max_pieces": st.sampled_from((None, 1, 3, 7)),
            "max_volume_ml": st.sampled_from((None, 4_000, 20_000)),
            "open_weekdays": st.sampled_from(((), (), (7,))),
        }
    ),
    min_size=1,
    max_size=3,
)
drawn_rows = st.lists(
    st.fixed_dictionaries(
        {
            "pieces": st.integers(1, 4),
            "volume_ml": st.sampled_from((0, 1_000, 5_000)),
            "direction": st.sampled_from(("INBOUND", "INBOUND", "OUTBOUND")),
            "due_in_days": st.integers(0, 2),
            "emergency": st.sampled_from((False, False, True)),
        }
    ),
    max_size=15,
)


@given(drawn_nodes, drawn_rows)
@settings(deadline=None, max_examples=80)
def test_no_node_takes_more_than_it_keeps_and_nothing_is_held_that_fits(
    nodes: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> None:
    county = county_with(*nodes)
    answer = pooled(county, *rows)
    parcels = small_parcels(*rows)
    by_row = {parcel["row"]: parcel for parcel in parcels.iter_rows(named=True)}
    opened = {
        node.node_id: node
        for node in county.network.nodes
        if node.village_code == VILLAGES[0] and node.open_weekdays != (7,)
    }
    used = {name: [0, 0] for name in opened}
    limited = any(n.max_pieces is not None or n.max_volume_ml is not None for n in opened.values())
    for row, ordinal in answer.fates.iter_rows():
        nodes_of = answer.consignments[ordinal].node_ids
        assert set(nodes_of) <= set(opened)
        if limited and by_row[row]["direction"] == "INBOUND":
            (name,) = nodes_of
            used[name][0] += by_row[row]["pieces"]
            used[name][1] += by_row[row]["volume_ml"]
    for name, (pieces, volume_ml) in used.items():
        node = opened[name]
        assert node.max_pieces is None or pieces <= node.max_pieces
        assert node.max_volume_ml is None or volume_ml <= node.max_volume_ml
    for reason, row in answer.held.select("reason", "row").iter_rows():
        assert reason == (HeldReason.NODE_FULL if opened else HeldReason.NODE_CLOSED)
        assert not any(n.max_pieces is None and n.max_volume_ml is None for n in opened.values())
        assert not opened or by_row[row]["direction"] == "INBOUND"


def test_the_table_names_every_village_node_once() -> None:
    answer = pooled(county_with({"max_pieces": 1}, {}), {}, {}, {"direction": "OUTBOUND"})
    assert answer.table.select(pl.col("node_ids").list.len()).to_series().to_list() == [1, 1, 2]
