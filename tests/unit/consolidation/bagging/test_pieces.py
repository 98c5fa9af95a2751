"""A consignment's pieces are all its goods, whatever is known of its parcels."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consolidation.bagging.pieces import Piece, pieces_of, share
from tests.builders import small_consignment

AMOUNTS = st.integers(0, 10**6)


def pieces(**changes: Any) -> list[tuple[str, int, int, int]]:
    goods = small_consignment(**changes)
    return [(p.parcel_id, p.number, p.weight_g, p.volume_ml) for p in pieces_of(goods)]


def test_pieces_of_one_parcel_are_equal_and_the_first_has_the_remainder() -> None:
    known = {"parcel_g": (2_002, 998), "parcel_ml": (7_000, 2_001), "parcel_pieces": (3, 1)}
    assert pieces(pieces=4, volume_ml=9_001, **known) == [
        ("EXP-A/1", 1, 668, 2_334),
        ("EXP-A/1", 2, 667, 2_333),
        ("EXP-A/1", 3, 667, 2_333),
        ("EXP-A/2", 1, 998, 2_001),
    ]


def test_a_parcel_each_is_a_piece_each_where_nothing_else_is_known() -> None:
    assert pieces() == [("EXP-A/1", 1, 1_500, 4_500), ("EXP-A/2", 1, 1_500, 4_500)]


def test_all_pieces_are_the_only_parcel_s() -> None:
    found = pieces(pieces=3, parcel_ids=("EXP-A/1",))
    assert [(name, number) for name, number, _, _ in found] == [("EXP-A/1", 1), ("EXP-A/1", 2), ("EXP-A/1", 3)]


@pytest.mark.parametrize("names", [(), ("EXP-A/1", "EXP-A/2")])
def test_where_no_parcel_says_its_pieces_they_are_the_consignments(names: tuple[str, ...]) -> None:
    assert pieces(pieces=3, parcel_ids=names) == [("", 1, 1_000, 3_000), ("", 2, 1_000, 3_000), ("", 3, 1_000, 3_000)]


@given(st.lists(st.tuples(st.integers(1, 9), AMOUNTS, AMOUNTS), min_size=1, max_size=6), st.booleans(), st.booleans())
def test_weights_volumes_and_pieces_add_up(sizes: list[tuple[int, int, int]], has_g: bool, has_ml: bool) -> None:
    goods = small_consignment(
        pieces=sum(n for n, _, _ in sizes),
        weight_g=sum(g for _, g, _ in sizes),
        volume_ml=sum(ml for _, _, ml in sizes),
        parcel_ids=tuple(f"EXP-A/{i}" for i in range(len(sizes))),
        parcel_pieces=tuple(n for n, _, _ in sizes),
        parcel_g=tuple(g for _, g, _ in sizes) if has_g else (),
        parcel_ml=tuple(ml for _, _, ml in sizes) if has_ml else (),
    )
    made: list[Piece] = list(pieces_of(goods))
    assert len(made) == goods.pieces
    assert sum(p.weight_g for p in made) == goods.weight_g
    assert sum(p.volume_ml for p in made) == goods.volume_ml
    assert Counter(p.parcel_id for p in made) == dict(zip(goods.parcel_ids, goods.parcel_pieces, strict=True))
    assert min(p.weight_g for p in made) >= 0


@given(AMOUNTS, st.lists(st.integers(1, 50), min_size=1).map(tuple))
def test_shares_add_up(amount: int, counts: tuple[int, ...]) -> None:
    assert sum(share(amount, counts)) == amount
    assert min(share(amount, counts)) >= 0
