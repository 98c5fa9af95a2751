"""The consolidation service's answer between frames and its streamed parts, as messages or as Arrow IPC streams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from cuntong.consolidation.v1 import consolidation_service_pb2 as pb
from cuntong.goods.v1 import consignments_pb2, held_pb2

from services.model.consignment_table import CONSIGNMENT_SCHEMA, consignments_of
from services.model.consignments import AdmissionSet, Consignment
from services.model.errors import InvalidInputError, Violation
from services.wire.arrow import decode_frame, encode_frame
from services.wire.codec import M, decode, encode, enum_names, enum_number, enum_of

ITEMS_PER_PART: Final = 5_000
BYTES_PER_PART: Final = 4 * 1024 * 1024

HELD_SCHEMA: Final = {
    "row": pl.UInt32(),
    "waybill": pl.String(),
    "carrier": pl.String(),
    "reason": pl.String(),
    "detail": pl.String(),
    "candidates": pl.List(pl.String()),
}
FATES_SCHEMA: Final = {"row": pl.UInt32(), "ordinal": pl.UInt32()}
CATEGORIES_SCHEMA: Final = {"category": pl.String(), "rows": pl.Int64()}


@dataclass(frozen=True, slots=True)
class ConsolidationAnswer:
    """What the service said: consignments, what they may use, where each row went, what is held.

    ``table`` is a frame of ``CONSIGNMENT_SCHEMA``.
    ``unknown_categories`` are categories that travel as ordinary goods because nobody knows them, with their rows.
    """

    table: pl.DataFrame
    admission_sets: tuple[AdmissionSet, ...]
    fates: pl.DataFrame
    held: pl.DataFrame
    unknown_categories: pl.DataFrame

    @property
    def consignments(self) -> tuple[Consignment, ...]:
        """The consignments one by one, made anew at each call."""
        return tuple(consignments_of(self.table))


def encode_answer(answer: ConsolidationAnswer, arrow: bool = False) -> Iterator[pb.ConsolidateResponse]:
    """Cut an answer into parts, the totals last."""
    for sets in _batched(encode(s, consignments_pb2.AdmissionSet) for s in answer.admission_sets):
        yield pb.ConsolidateResponse(admission_sets=sets)
    yield from _arrow_parts(answer) if arrow else _message_parts(answer)
    totals = pb.ConsolidationTotals(
        rows=len(answer.fates) + len(answer.held),
        consigned_rows=len(answer.fates),
        held_rows=len(answer.held),
        consignments=len(answer.table),
        unknown_categories=[
            pb.CategoryCount(category=category, rows=rows) for category, rows in answer.unknown_categories.iter_rows()
        ],
    )
    yield pb.ConsolidateResponse(totals=totals)


def _arrow_parts(answer: ConsolidationAnswer) -> Iterator[pb.ConsolidateResponse]:
    yield from (pb.ConsolidateResponse(consignments_arrow=data) for data in encode_frame(answer.table))
    yield from (pb.ConsolidateResponse(fates_arrow=data) for data in encode_frame(answer.fates))
    yield from (pb.ConsolidateResponse(held_arrow=data) for data in encode_frame(answer.held))


def _message_parts(answer: ConsolidationAnswer) -> Iterator[pb.ConsolidateResponse]:
    messages = (encode(c, consignments_pb2.Consignment) for c in consignments_of(answer.table))
    for consignments in _batched(messages):
        yield pb.ConsolidateResponse(consignments=consignments)
    for fates in answer.fates.iter_slices(ITEMS_PER_PART * 10):
        columns = pb.ParcelFates(row=fates["row"].to_list(), consignment_ordinal=fates["ordinal"].to_list())
        yield pb.ConsolidateResponse(fates=columns)
    reasons = enum_of(held_pb2.HeldParcel.DESCRIPTOR, "reason")
    for held in _batched(
        held_pb2.HeldParcel(**{**row, "reason": enum_number(reasons, row["reason"])})
        for row in answer.held.iter_rows(named=True)
    ):
        yield pb.ConsolidateResponse(held=held)


def _batched(messages: Iterable[M]) -> Iterator[list[M]]:
    """Cut a list where it has enough messages or bytes for one part."""
    batch: list[M] = []
    size = 0
    for message in messages:
        message_size = message.ByteSize()
        if batch and (len(batch) == ITEMS_PER_PART or size + message_size > BYTES_PER_PART):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += message_size
    if batch:
        yield batch


def decode_answer(parts: Iterable[pb.ConsolidateResponse]) -> ConsolidationAnswer:
    """Put the parts of an answer together, in whichever form they came.

    Raises
    ------
    InvalidInputError
        When a part cannot be read, the totals do not add up, or a part names what no part brought: then something
        was lost on the way.
    """
    violations: list[Violation] = []
    tables: list[pl.DataFrame] = []
    fates: list[pl.DataFrame] = []
    held: list[pl.DataFrame] = []
    sets: list[AdmissionSet | None] = []
    totals = pb.ConsolidationTotals()
    is_complete = False
    for part in parts:
        tables += _consignments(part, sum(map(len, tables)), violations)
        fates += _fates(part, violations)
        held += _held(part, violations)
        for message in part.admission_sets:
            sets.append(decode(AdmissionSet, message, violations, f"admission_sets[{len(sets)}]"))
        if part.HasField("totals"):
            totals, is_complete = part.totals, True
    answer = ConsolidationAnswer(
        pl.concat([pl.DataFrame(schema=CONSIGNMENT_SCHEMA), *tables]),
        tuple(s for s in sets if s is not None),
        pl.concat([pl.DataFrame(schema=FATES_SCHEMA), *fates]),
        pl.concat([pl.DataFrame(schema=HELD_SCHEMA), *held]),
        pl.DataFrame([(c.category, c.rows) for c in totals.unknown_categories], schema=CATEGORIES_SCHEMA, orient="row"),
    )
    violations += _losses(answer, totals if is_complete else None)
    if violations:
        raise InvalidInputError(violations)
    return answer


def _losses(answer: ConsolidationAnswer, totals: pb.ConsolidationTotals | None) -> Iterator[Violation]:
    rows, held, ordinals = len(answer.fates), len(answer.held), answer.fates["ordinal"]
    counted = (rows + held, rows, held, len(answer.table))
    stated = (totals.rows, totals.consigned_rows, totals.held_rows, totals.consignments) if totals else None
    if counted != stated:
        yield Violation("totals", f"state {stated} where {counted} arrived")
    last: Any = ordinals.max()
    if last is not None and last >= len(answer.table):
        yield Violation("fates", f"name consignment {last} of {len(answer.table)}")
    for set_id in sorted(set(answer.table["admission_set_id"].unique()) - {s.set_id for s in answer.admission_sets}):
        yield Violation("admission_sets", f"{set_id!r} did not arrive")


def _consignments(part: pb.ConsolidateResponse, before: int, violations: list[Violation]) -> Iterator[pl.DataFrame]:
    if part.consignments_arrow:
        frame = decode_frame(
            part.consignments_arrow,
            CONSIGNMENT_SCHEMA,
            "consignments_arrow",
            violations,
            nullable=frozenset({"wait_fen"}),
        )
        if frame is not None:
            yield frame
    read = [
        decode(Consignment, message, violations, f"consignments[{before + i}]")
        for i, message in enumerate(part.consignments)
    ]
    good = [consignment for consignment in read if consignment is not None]
    if good:
        columns = {name: [_plain(getattr(c, name)) for c in good] for name in CONSIGNMENT_SCHEMA}
        yield pl.DataFrame(columns, schema=CONSIGNMENT_SCHEMA)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _fates(part: pb.ConsolidateResponse, violations: list[Violation]) -> Iterator[pl.DataFrame]:
    if part.fates_arrow:
        frame = decode_frame(part.fates_arrow, FATES_SCHEMA, "fates_arrow", violations)
        if frame is not None:
            yield frame
    row, ordinal = part.fates.row, part.fates.consignment_ordinal
    if len(row) != len(ordinal):
        violations.append(Violation("fates", "have columns of different lengths"))
    elif row:
        yield pl.DataFrame({"row": list(row), "ordinal": list(ordinal)}, schema=FATES_SCHEMA)


def _held(part: pb.ConsolidateResponse, violations: list[Violation]) -> Iterator[pl.DataFrame]:
    if part.held_arrow:
        frame = decode_frame(part.held_arrow, HELD_SCHEMA, "held_arrow", violations)
        if frame is not None:
            yield frame
    if not part.held:
        return
    reasons = enum_names(enum_of(held_pb2.HeldParcel.DESCRIPTOR, "reason"))
    violations += [
        Violation(f"held[{i}].reason", "is not specified") for i, h in enumerate(part.held) if h.reason not in reasons
    ]
    rows = [(h.row, h.waybill, h.carrier, reasons.get(h.reason, ""), h.detail, list(h.candidates)) for h in part.held]
    yield pl.DataFrame(rows, schema=HELD_SCHEMA, orient="row")
