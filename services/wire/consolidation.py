"""The consolidation service's answer between the model and its streamed parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl
from cuntong.consolidation.v1 import consolidation_service_pb2 as pb
from cuntong.goods.v1 import consignments_pb2, held_pb2

from services.model.consignments import AdmissionSet, Consignment
from services.model.errors import InvalidInputError, Violation
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


@dataclass(frozen=True, slots=True)
class ConsolidationAnswer:
    """What the service said: consignments, what they may use, where each row went, what is held."""

    consignments: tuple[Consignment, ...]
    admission_sets: tuple[AdmissionSet, ...]
    fates: pl.DataFrame
    held: pl.DataFrame


def encode_answer(answer: ConsolidationAnswer) -> Iterator[pb.ConsolidateResponse]:
    """Cut an answer into parts, the totals last."""
    for sets in _batched(encode(s, consignments_pb2.AdmissionSet) for s in answer.admission_sets):
        yield pb.ConsolidateResponse(admission_sets=sets)
    for consignments in _batched(encode(c, consignments_pb2.Consignment) for c in answer.consignments):
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
    totals = pb.ConsolidationTotals(
        rows=len(answer.fates) + len(answer.held),
        consigned_rows=len(answer.fates),
        held_rows=len(answer.held),
        consignments=len(answer.consignments),
    )
    yield pb.ConsolidateResponse(totals=totals)


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
    """Put the parts of an answer together.

    Raises
    ------
    InvalidInputError
        When a part cannot be read, the totals do not add up, or a part names what no part brought: then something
        was lost on the way.
    """
    violations: list[Violation] = []
    consignments: list[Consignment | None] = []
    sets: list[AdmissionSet | None] = []
    rows: list[int] = []
    ordinals: list[int] = []
    held: list[tuple[object, ...]] = []
    totals: pb.ConsolidationTotals | None = None
    reasons = enum_names(enum_of(held_pb2.HeldParcel.DESCRIPTOR, "reason"))
    for part in parts:
        if len(part.fates.row) != len(part.fates.consignment_ordinal):
            violations.append(Violation("fates", "have columns of different lengths"))
        for message in part.consignments:
            consignments.append(decode(Consignment, message, violations, f"consignments[{len(consignments)}]"))
        for set_message in part.admission_sets:
            sets.append(decode(AdmissionSet, set_message, violations, f"admission_sets[{len(sets)}]"))
        rows += part.fates.row
        ordinals += part.fates.consignment_ordinal
        held += [
            (h.row, h.waybill, h.carrier, reasons.get(h.reason, ""), h.detail, list(h.candidates)) for h in part.held
        ]
        totals = part.totals if part.HasField("totals") else totals
    violations += [Violation(f"held[{i}].reason", "is not specified") for i, parcel in enumerate(held) if not parcel[3]]
    counted = (len(rows) + len(held), len(rows), len(held), len(consignments))
    stated = (totals.rows, totals.consigned_rows, totals.held_rows, totals.consignments) if totals else None
    if counted != stated:
        violations.append(Violation("totals", f"state {stated} where {counted} arrived"))
    if max(ordinals, default=-1) >= len(consignments):
        violations.append(Violation("fates", f"name consignment {max(ordinals)} of {len(consignments)}"))
    lost = {c.admission_set_id for c in consignments if c} - {s.set_id for s in sets if s}
    violations += [Violation("admission_sets", f"{set_id!r} did not arrive") for set_id in sorted(lost)]
    if violations:
        raise InvalidInputError(violations)
    return ConsolidationAnswer(
        tuple(c for c in consignments if c is not None),
        tuple(s for s in sets if s is not None),
        pl.DataFrame({"row": rows, "ordinal": ordinals}, schema=FATES_SCHEMA),
        pl.DataFrame(held, schema=HELD_SCHEMA, orient="row"),
    )
