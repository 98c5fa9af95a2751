"""The consolidation's answer in parts and put together again; a lost part is noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cuntong.consolidation.v1 import consolidation_service_pb2 as pb

from services.consolidation.consolidate import Consolidation
from services.model.errors import InvalidInputError
from services.wire import consolidation as wire
from services.wire.consolidation import ConsolidationAnswer, decode_answer, encode_answer
from tests.builders import VILLAGES
from tests.parcels import consolidate_small, small_parcels


def answered(result: Consolidation) -> ConsolidationAnswer:
    return ConsolidationAnswer(
        result.table, result.admission_sets, result.fates, result.held, result.unknown_categories
    )


@pytest.fixture
def answer() -> ConsolidationAnswer:
    result = consolidate_small(
        small_parcels(
            *({"village_code": village} for village in VILLAGES for _ in range(3)),
            {"temperature": "FROZEN"},
            {"village_code": "", "address": "永吉县夹皮沟镇东村"},
            {"weight_g": -1},
        )
    )
    assert len(result.held) == 2
    return answered(result)


@pytest.fixture
def parts(answer: ConsolidationAnswer, monkeypatch: pytest.MonkeyPatch) -> list[pb.ConsolidateResponse]:
    """The answer in the smallest parts."""
    monkeypatch.setattr(wire, "ITEMS_PER_PART", 1)
    return [pb.ConsolidateResponse.FromString(part.SerializeToString()) for part in encode_answer(answer)]


def paths(parts: list[pb.ConsolidateResponse]) -> set[str]:
    """The paths that are wrong when these parts are put together."""
    with pytest.raises(InvalidInputError) as error:
        decode_answer(parts)
    return {violation.path for violation in error.value.violations}


def same(one: ConsolidationAnswer, other: ConsolidationAnswer) -> bool:
    return (
        (one.consignments, one.admission_sets) == (other.consignments, other.admission_sets)
        and one.fates.equals(other.fates)
        and one.held.equals(other.held)
    )


def test_an_answer_comes_back_as_it_went(answer: ConsolidationAnswer) -> None:
    assert same(decode_answer(encode_answer(answer)), answer)


def test_an_answer_in_many_parts_comes_back_as_it_went(
    answer: ConsolidationAnswer, parts: list[pb.ConsolidateResponse]
) -> None:
    assert len(parts) > len(answer.consignments)
    assert same(decode_answer(parts), answer)


def test_an_empty_answer_comes_back_empty() -> None:
    nothing = consolidate_small(small_parcels())
    answer = answered(nothing)
    assert same(decode_answer(encode_answer(answer)), answer)


def test_the_totals_come_last_and_add_up(parts: list[pb.ConsolidateResponse]) -> None:
    assert [part.HasField("totals") for part in parts] == [False] * (len(parts) - 1) + [True]
    totals = parts[-1].totals
    assert (totals.rows, totals.consigned_rows, totals.held_rows, totals.consignments) == (12, 10, 2, 4)


def test_any_lost_part_is_noticed(parts: list[pb.ConsolidateResponse]) -> None:
    for lost in range(len(parts)):
        assert paths(parts[:lost] + parts[lost + 1 :]) & {"totals", "admission_sets"}


def test_a_part_that_arrives_twice_is_noticed(parts: list[pb.ConsolidateResponse]) -> None:
    counted = [part for part in parts if part.consignments or part.fates.row or part.held]
    assert len(counted) == 7
    for twice in counted:
        assert "totals" in paths([*parts, twice])


def test_no_parts_are_no_answer() -> None:
    assert paths([]) == {"totals"}


def _spoil_direction(part: pb.ConsolidateResponse) -> None:
    for consignment in part.consignments:
        consignment.ClearField("direction")


def _spoil_kind(part: pb.ConsolidateResponse) -> None:
    for admission_set in part.admission_sets:
        admission_set.admissions[0].ClearField("kind")


def _spoil_reason(part: pb.ConsolidateResponse) -> None:
    for parcel in part.held:
        parcel.ClearField("reason")


def _spoil_ordinal(part: pb.ConsolidateResponse) -> None:
    for index in range(len(part.fates.consignment_ordinal)):
        part.fates.consignment_ordinal[index] = 4


def _spoil_fates(part: pb.ConsolidateResponse) -> None:
    if part.fates.row:
        part.fates.consignment_ordinal.append(0)


@pytest.mark.parametrize(
    ("spoil", "path"),
    [
        (_spoil_direction, "consignments[0].direction"),
        (_spoil_kind, "admission_sets[0].admissions[0].kind"),
        (_spoil_reason, "held[1].reason"),
        (_spoil_ordinal, "fates"),
        (_spoil_fates, "fates"),
    ],
)
def test_what_cannot_be_read_is_named(
    spoil: Callable[[pb.ConsolidateResponse], None], path: str, answer: ConsolidationAnswer
) -> None:
    parts = list(encode_answer(answer))
    for part in parts:
        spoil(part)
    assert path in paths(parts)
