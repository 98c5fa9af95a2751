"""Over drawn days: every row comes back once, totals are exact, what travels as one is alike and within the limits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any, Final

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.consolidation.consolidate import Consolidation, consolidate
from services.consolidation.grouping import ConsignmentLimits
from services.model.agreements import Direction
from services.model.consignments import Admission, Consignment
from services.model.day import County, Day
from services.model.held import HeldReason
from services.model.parcels import PARCEL_SCHEMA
from services.validation import day_violations
from tests.builders import SERVICE_DATE, VILLAGES, small_county
from tests.parcels import GAZETTEER, small_parcels

quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

PLACES: Final = (
    {"village_code": VILLAGES[0], "address": ""},
    {"village_code": VILLAGES[1], "address": ""},
    {"village_code": "", "address": "桦甸市夹皮沟镇东村"},
    {"village_code": "", "address": "桦甸市某村"},
    {"village_code": "220299999999", "address": "西村"},
)
_AMOUNTS: Final = st.sampled_from((1, 300, 500, 999, 1_000, 1_001, 2_500))


def _county() -> County:
    county = small_county()
    first, second = county.agreements
    return replace(county, agreements=(first, replace(second, excluded_categories=("LIQUID",), emergency=True)))


COUNTY: Final = _county()

rows = st.tuples(
    st.sampled_from(PLACES),
    st.fixed_dictionaries(
        {
            "carrier": st.sampled_from(("EXP-A", "EXP-A", "EXP-B", "乙速递", "无名")),
            "direction": st.sampled_from(("INBOUND", "INBOUND", "OUTBOUND", "")),
            "weight_g": _AMOUNTS | st.sampled_from((-5, 0)),
            "volume_ml": st.just(0) | _AMOUNTS,
            "pieces": st.sampled_from((1, 1, 1, 2, 3, 7)),
            "temperature": st.sampled_from(("AMBIENT", "AMBIENT", "AMBIENT", "FROZEN")),
            "due_in_days": st.sampled_from((0, 0, 1, -1)),
            "category": st.sampled_from(("书籍", "书籍", "蜂蜜", "毒品")),
            "emergency": st.sampled_from((False, False, False, True)),
            "scanned": st.sampled_from((True, True, True, False)),
        }
    ),
    st.none() | st.integers(0, 5).map("W-{}".format),
).map(lambda drawn: {**drawn[0], **drawn[1], **({"waybill": drawn[2]} if drawn[2] else {})})

plain_rows = st.fixed_dictionaries(
    {"weight_g": _AMOUNTS, "volume_ml": st.just(0) | _AMOUNTS, "pieces": st.integers(1, 7)}
)
limits_drawn = st.builds(
    ConsignmentLimits,
    weight_g=st.sampled_from((1_000, 3_000, 100_000)),
    volume_ml=st.sampled_from((1_000, 3_000, 700_000)),
    pieces=st.sampled_from((1, 4, 40)),
)
days = st.lists(rows, max_size=40).map(lambda changes: small_parcels(*changes))


def run(parcels: pl.DataFrame, limits: ConsignmentLimits | None = None) -> Consolidation:
    return consolidate(COUNTY, SERVICE_DATE, GAZETTEER, parcels, limits)


def parcels_of(answer: Consolidation, parcels: pl.DataFrame) -> list[tuple[Consignment, list[dict[str, Any]]]]:
    """Each consignment with its parcels in row order."""
    members: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for parcel in parcels.join(answer.fates, on="row").sort("row").iter_rows(named=True):
        members[parcel["ordinal"]].append(parcel)
    assert sorted(members) == list(range(len(answer.consignments)))
    return [(consignment, members[ordinal]) for ordinal, consignment in enumerate(answer.consignments)]


@given(days, limits_drawn)
@quick
def test_every_row_is_consigned_or_held_once(parcels: pl.DataFrame, limits: ConsignmentLimits) -> None:
    answer = run(parcels, limits)
    assert sorted([*answer.fates["row"], *answer.held["row"]]) == parcels["row"].to_list()
    assert set(answer.held["reason"]) <= set(HeldReason)
    assert all(answer.held["detail"])


@given(days, limits_drawn)
@quick
def test_totals_are_exact(parcels: pl.DataFrame, limits: ConsignmentLimits) -> None:
    answer = run(parcels, limits)
    for consignment, members in parcels_of(answer, parcels):
        for name in ("pieces", "weight_g", "volume_ml"):
            assert getattr(consignment, name) == sum(parcel[name] for parcel in members)
        assert consignment.max_piece_g == max(-(-parcel["weight_g"] // parcel["pieces"]) for parcel in members)


@given(days, limits_drawn)
@quick
def test_only_a_parcel_alone_passes_the_limits(parcels: pl.DataFrame, limits: ConsignmentLimits) -> None:
    for consignment, members in parcels_of(run(parcels, limits), parcels):
        within = all(getattr(consignment, n) <= getattr(limits, n) for n in ("weight_g", "volume_ml", "pieces"))
        assert within or len(members) == 1


def _fill_one_by_one(parcels: list[dict[str, Any]], limits: ConsignmentLimits) -> list[list[int]]:
    filled: list[list[dict[str, Any]]] = []
    for parcel in parcels:
        together = [*filled[-1], parcel] if filled else []
        if together and all(
            sum(p[name] for p in together) <= getattr(limits, name) for name in ("weight_g", "volume_ml", "pieces")
        ):
            filled[-1].append(parcel)
        else:
            filled.append([parcel])
    return [[parcel["row"] for parcel in members] for members in filled]


@given(st.lists(plain_rows, max_size=40), limits_drawn)
@quick
def test_a_consignment_is_filled_in_row_order_until_the_next_parcel_has_no_room(
    changes: list[dict[str, Any]], limits: ConsignmentLimits
) -> None:
    parcels = small_parcels(*changes)
    cut = [[parcel["row"] for parcel in members] for _, members in parcels_of(run(parcels, limits), parcels)]
    assert cut == _fill_one_by_one(list(parcels.iter_rows(named=True)), limits)


def _key(consignment: Consignment, answer: Consolidation) -> tuple[Any, ...]:
    sets = {s.set_id: s.admissions for s in answer.admission_sets}
    admissions: tuple[Admission, ...] = sets[consignment.admission_set_id]
    return (
        *(consignment.village_code, consignment.direction, consignment.temperature, consignment.due_date),
        *(consignment.carrier_id, consignment.emergency, admissions),
    )


@given(days, st.data())
@quick
def test_what_travels_as_one_is_alike(parcels: pl.DataFrame, data: st.DataObject) -> None:
    answer = run(parcels)
    for consignment, members in parcels_of(answer, parcels):
        parcel = data.draw(st.sampled_from(members))
        alone = run(parcels.filter(pl.col("row") == parcel["row"]))
        assert [_key(c, alone) for c in alone.consignments] == [_key(consignment, answer)]


@given(days)
@quick
def test_what_is_alike_and_has_room_travels_as_one(parcels: pl.DataFrame) -> None:
    wide = ConsignmentLimits(10**12, 10**12, 10**9)
    answer = run(parcels, wide)
    keys = [_key(consignment, answer) for consignment in answer.consignments]
    assert len(keys) == len(set(keys))
    assert {c.admission_set_id for c in answer.consignments} == {s.set_id for s in answer.admission_sets}


@given(days, limits_drawn, st.randoms(use_true_random=False))
@quick
def test_the_order_in_which_rows_arrive_changes_nothing(
    parcels: pl.DataFrame, limits: ConsignmentLimits, random: Any
) -> None:
    order = list(range(len(parcels)))
    random.shuffle(order)
    first, second = run(parcels, limits), run(parcels[order] if order else parcels, limits)
    assert (first.consignments, first.admission_sets) == (second.consignments, second.admission_sets)
    assert first.fates.equals(second.fates)
    assert first.held.equals(second.held)


@given(days, limits_drawn)
@quick
def test_the_answer_is_a_sound_day_to_plan(parcels: pl.DataFrame, limits: ConsignmentLimits) -> None:
    answer = run(parcels, limits)
    assert day_violations(Day(COUNTY, SERVICE_DATE, answer.consignments, answer.admission_sets)) == []
    assert len({c.consignment_id for c in answer.consignments}) == len(answer.consignments)


def test_300_000_rows_come_back_once_within_the_limits() -> None:
    count = 300_000
    row = pl.int_range(count, dtype=pl.Int64)
    varied = small_parcels({}).drop("row", "waybill", "village_code", "weight_g", "volume_ml", "due_in_days")
    parcels = varied.join(
        pl.select(
            row=(row + 2).cast(pl.UInt32),
            waybill=pl.format("W{}", row),
            village_code=pl.lit(pl.Series(VILLAGES)).gather(row % 3),
            weight_g=row % 4_999 + 1,
            volume_ml=row % 7_001,
            due_in_days=(row % 2).cast(pl.Int32),
        ),
        how="cross",
    ).select(list(PARCEL_SCHEMA))
    answer = run(parcels)
    assert len(answer.held) == 0
    assert answer.fates["row"].to_list() == parcels["row"].to_list()
    limits = ConsignmentLimits()
    assert max(c.weight_g for c in answer.consignments) <= limits.weight_g
    assert max(c.volume_ml for c in answer.consignments) <= limits.volume_ml
    assert max(c.pieces for c in answer.consignments) <= limits.pieces
    assert sum(c.weight_g for c in answer.consignments) == parcels["weight_g"].sum()
    assert {c.direction for c in answer.consignments} == {Direction.INBOUND}
