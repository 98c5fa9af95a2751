"""ConsolidationService at the edge: messages in, the model's answer out, nothing decided here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl
from cuntong.consolidation.v1 import bags_pb2, trace_pb2
from cuntong.consolidation.v1 import consolidation_service_pb2 as pb
from cuntong.consolidation.v1 import consolidation_service_pb2_grpc as pb_grpc

from services.consolidation.admissibility import way_violations
from services.consolidation.bagging.bags import bag_day, seal_bags
from services.consolidation.consolidate import Consolidation, consolidate
from services.consolidation.plan_source import PlanSource, read_plan_of
from services.consolidation.trace import trace
from services.model.bags import Bagging, BagRules, BagSeal
from services.model.day import County, Day, HoldPolicy
from services.model.errors import InvalidInputError, Limit, OverloadedError, PlanNotFoundError, Violation
from services.model.network import Village
from services.model.parcels import PARCEL_SCHEMA
from services.model.plan import PlanResult
from services.runtime.metrics import Metrics
from services.validation import county_violations, gazetteer_violations
from services.validation.bags import pieces_violations
from services.validation.fields import amount_violations
from services.wire.bags import encode_bagging, read_bag_rules
from services.wire.codec import decode, decode_date, encode
from services.wire.consolidation import ConsolidationAnswer, encode_answer
from services.wire.parcels import decode_parcels, decode_parcels_arrow

MAX_ROWS: Final = 2_000_000
MAX_BYTES: Final = 512 * 1024 * 1024
MAX_PARCEL_CHARS: Final = 600
_RETRY_AFTER_S: Final = 60


@dataclass(frozen=True, slots=True)
class _Header:
    county: County
    service_date: date
    villages: tuple[Village, ...]
    hold: HoldPolicy
    arrow_answer: bool


class ConsolidationApi(pb_grpc.ConsolidationServiceServicer):
    """Answers calls; each carries all it needs, so any replica can."""

    def __init__(self, metrics: Metrics, plans: PlanSource) -> None:
        self._metrics = metrics
        self._plans = plans

    async def Consolidate(
        self, request_iterator: AsyncIterator[pb.ConsolidateRequest], context: Any
    ) -> AsyncIterator[pb.ConsolidateResponse]:
        """Read the header and the batches, then consolidate them all."""
        header: _Header | None = None
        batches: list[pl.DataFrame] = []
        rows = size = 0
        async for request in request_iterator:
            if request.WhichOneof("part") == "header" and header is None:
                header = await asyncio.to_thread(_read_header, request.header)
            elif request.WhichOneof("part") in ("parcels", "parcels_arrow") and header is not None:
                size += request.ByteSize()
                _refuse_above(rows + len(request.parcels.row), size)
                batches.append(await asyncio.to_thread(_read_batch, request, len(batches)))
                rows += len(batches[-1])
                _refuse_above(rows, size)
            else:
                raise InvalidInputError([Violation("part", "must be one header first, then parcels")])
        if header is None:
            raise InvalidInputError([Violation("header", "is missing")])
        result = await asyncio.to_thread(_consolidate, header, batches)
        self._count(result)
        answer = ConsolidationAnswer(
            result.table, result.admission_sets, result.fates, result.held, result.unknown_categories
        )
        parts = encode_answer(answer, header.arrow_answer)
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            yield part

    async def PackBags(self, request: bags_pb2.PackBagsRequest, context: Any) -> bags_pb2.PackBagsResponse:
        """Pack a day's goods; of a plan that is named there must be one."""
        rules, seals = read_bag_rules(request)
        day, result = await read_plan_of(request, self._plans)
        if result is None and request.WhichOneof("plan") == "plan_id":
            raise PlanNotFoundError(f"the job {request.plan_id} has no plan, or not yet")
        return await asyncio.to_thread(_pack, day, result, rules, seals)

    async def TraceParcel(self, request: trace_pb2.TraceParcelRequest, context: Any) -> trace_pb2.TraceParcelResponse:
        """Tell what became of a parcel, by the plan or, where there is none yet, by the day."""
        rules, seals = read_bag_rules(request)
        if not 0 < len(request.parcel.strip()) <= MAX_PARCEL_CHARS:
            raise InvalidInputError([Violation("parcel", f"must be carrier/waybill, at most {MAX_PARCEL_CHARS} long")])
        day, result = await read_plan_of(request, self._plans)
        return await asyncio.to_thread(_trace, day, result, rules, seals, request.parcel)

    def _count(self, result: Consolidation) -> None:
        self._metrics.parcels_consolidated.inc(len(result.fates))
        self._metrics.consignments.inc(len(result.table))
        for reason, count in result.held["reason"].value_counts().iter_rows():
            self._metrics.parcels_held.labels(reason).inc(count)


def _read_header(message: pb.ConsolidationHeader) -> _Header:
    violations: list[Violation] = []
    county = decode(County, message.county, violations, "county")
    service_date = decode_date(message.service_date, "service_date", violations)
    villages = [decode(Village, v, violations, f"villages[{i}]") for i, v in enumerate(message.villages)]
    violations += gazetteer_violations([v for v in villages if v is not None])
    hold = decode(HoldPolicy, message.hold, violations, "hold")
    violations += amount_violations(hold, "hold") if hold is not None else []
    if county is not None:
        violations += county_violations(county)
    if county is not None and service_date is not None and not violations:
        violations += way_violations(county, service_date)
    if violations or county is None or service_date is None or hold is None:
        raise InvalidInputError([Violation(f"header.{v.path}", v.message) for v in violations])
    known = tuple(v for v in villages if v is not None)
    return _Header(county, service_date, known, hold, message.arrow_answer)


def _refuse_above(rows: int, size: int) -> None:
    if rows > MAX_ROWS or size > MAX_BYTES:
        raise OverloadedError(
            f"more than {MAX_ROWS} parcels or {MAX_BYTES} bytes in one call: split the day", _RETRY_AFTER_S, Limit.SIZE
        )


def _pack(
    day: Day, result: PlanResult | None, rules: BagRules, seals: tuple[BagSeal, ...]
) -> bags_pb2.PackBagsResponse:
    return encode_bagging(_bag(day, result, rules, seals))


def _trace(
    day: Day, result: PlanResult | None, rules: BagRules, seals: tuple[BagSeal, ...], parcel: str
) -> trace_pb2.TraceParcelResponse:
    account = trace(day, result.plan if result else None, _bag(day, result, rules, seals), parcel)
    return trace_pb2.TraceParcelResponse(trace=encode(account, trace_pb2.Trace, day.service_date))


def _bag(day: Day, result: PlanResult | None, rules: BagRules, seals: tuple[BagSeal, ...]) -> Bagging:
    if too_many := list(pieces_violations(day)):
        raise InvalidInputError(too_many)
    return seal_bags(bag_day(day, result.plan if result else None, rules), seals)


def _read_batch(request: pb.ConsolidateRequest, position: int) -> pl.DataFrame:
    violations: list[Violation] = []
    if request.WhichOneof("part") == "parcels":
        frame = decode_parcels(request.parcels, f"parcels[{position}]", violations)
    else:
        frame = decode_parcels_arrow(request.parcels_arrow, f"parcels_arrow[{position}]", violations)
    if frame is None:
        raise InvalidInputError(violations)
    return frame


def _consolidate(header: _Header, batches: list[pl.DataFrame]) -> Consolidation:
    parcels = pl.concat(batches, rechunk=True) if batches else pl.DataFrame(schema=PARCEL_SCHEMA)
    batches.clear()  # the joined columns are a copy; a million rows should not be kept twice
    twice = parcels["row"].filter(parcels["row"].is_duplicated())
    if len(twice):
        raise InvalidInputError([Violation("parcels.row", f"row {twice[0]} is given more than once")])
    return consolidate(header.county, header.service_date, header.villages, parcels, hold=header.hold)
