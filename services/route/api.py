"""RouteService at the edge: messages in, jobs and plans out, nothing decided here."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any, Final

from cuntong.route.v1 import plan_pb2, route_service_pb2_grpc
from cuntong.route.v1 import route_service_pb2 as pb
from google.protobuf.message import DecodeError

from services.model.day import Day, PlanSettings
from services.model.errors import InvalidInputError, Violation
from services.model.plan import PlanResult
from services.route.engines.engine import Engine
from services.route.planner import plan_day
from services.runtime.caller import current_caller
from services.runtime.interceptors.entries import bound_entries
from services.runtime.jobs import Report, ShouldStop, TaskEngine, Work
from services.runtime.metrics import Metrics
from services.runtime.store import JobRecord, JobStore
from services.runtime.uploads import Assembly, UploadRoom
from services.validation import day_violations
from services.wire.coalitions import is_coalition
from services.wire.codec import decode, encode

ENGINES: Final = ("search", "pyvrp", "ortools")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DEFAULT_PAGE: Final = 50
_MAX_PAGE: Final = 100
_MAX_BUDGET_S: Final = 3_600
_MAX_ITERATIONS: Final = 10_000_000
_MAX_CORES: Final = 64
_MAX_SEED: Final = 2**31 - 1


class RouteApi(route_service_pb2_grpc.RouteServiceServicer):
    """Answers calls; jobs live in the store, so any replica can."""

    def __init__(
        self,
        store: JobStore,
        tasks: TaskEngine,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        draining: asyncio.Event,
        uploads: UploadRoom,
    ) -> None:
        self._store = store
        self._tasks = tasks
        self._clock = clock
        self._new_id = new_id
        self._draining = draining
        self._uploads = uploads

    async def SubmitPlan(self, request: pb.SubmitPlanRequest, context: Any) -> pb.SubmitPlanResponse:
        """Accept a day for planning."""
        return pb.SubmitPlanResponse(job=await self._submit(request))

    async def UploadPlan(
        self, request_iterator: AsyncIterator[pb.UploadPlanRequest], context: Any
    ) -> pb.UploadPlanResponse:
        """Accept a day for planning that comes in parts."""
        first = await anext(request_iterator, None)
        if first is None:
            raise InvalidInputError([Violation("data", "is missing")])
        with self._uploads.taken(current_caller().tenant, first.total_bytes):
            parts = Assembly(first.total_bytes, first.sha256)
            parts.add(first.offset, first.data)
            async for part in request_iterator:
                if part.total_bytes or part.sha256:
                    raise InvalidInputError([Violation("total_bytes", "and sha256 are for the first part only")])
                parts.add(part.offset, part.data)
            request = await asyncio.to_thread(_put_together, parts)
            return pb.UploadPlanResponse(job=await self._submit(request))

    async def _submit(self, request: pb.SubmitPlanRequest) -> pb.PlanJob:
        county_id, service_date, payload = await asyncio.to_thread(_accept, request)
        now = self._clock()
        record = JobRecord(
            plan_id=f"plan-{self._new_id()}",
            request_id=request.request_id,
            tenant=current_caller().tenant,
            county_id=county_id,
            service_date=service_date,
            create_time=now,
            update_time=now,
        )
        job, _ = await self._store.submit(record, hashlib.sha256(payload).hexdigest(), payload)
        await self._tasks.enqueue(job.plan_id)
        return _job_message(job)

    async def WatchPlan(self, request: pb.WatchPlanRequest, context: Any) -> AsyncIterator[pb.WatchPlanResponse]:
        """Stream a job's progress until it ends or this server does."""
        job = await self._store.get(request.plan_id, current_caller().tenant)
        if job.sequence <= request.after_sequence and not job.state.is_open:
            yield pb.WatchPlanResponse(job=_job_message(job))
            return
        ending = asyncio.create_task(self._draining.wait())
        try:
            async with aclosing(self._store.watch(request.plan_id, request.after_sequence)) as changes:
                while True:
                    change = asyncio.ensure_future(anext(changes, None))
                    await asyncio.wait((change, ending), return_when=asyncio.FIRST_COMPLETED)
                    if not change.done():
                        change.cancel()
                        await asyncio.gather(change, return_exceptions=True)
                        return
                    if (newer := change.result()) is None:
                        return
                    yield pb.WatchPlanResponse(job=_job_message(newer))
        finally:
            ending.cancel()

    async def GetPlan(self, request: pb.GetPlanRequest, context: Any) -> pb.GetPlanResponse:
        """Return a job and its plan."""
        job = await self._store.get(request.plan_id, current_caller().tenant)
        result = None if job.state.is_open else await self._store.result(request.plan_id)
        response = pb.GetPlanResponse(job=_job_message(job))
        if result is not None:
            response.result.ParseFromString(result)
        return response

    async def ListPlans(self, request: pb.ListPlansRequest, context: Any) -> pb.ListPlansResponse:
        """Return a page of jobs."""
        if not 0 <= request.page_size <= _MAX_PAGE:
            raise InvalidInputError(
                [Violation("page_size", f"must be from 1 to {_MAX_PAGE}, or 0 for {_DEFAULT_PAGE}")]
            )
        page = await self._store.list(request.page_size or _DEFAULT_PAGE, request.page_token, current_caller().tenant)
        return pb.ListPlansResponse(jobs=[_job_message(j) for j in page.jobs], next_page_token=page.next_page_token)

    async def CancelPlan(self, request: pb.CancelPlanRequest, context: Any) -> pb.CancelPlanResponse:
        """Stop a job."""
        await self._store.get(request.plan_id, current_caller().tenant)
        return pb.CancelPlanResponse(job=_job_message(await self._store.request_cancel(request.plan_id)))


def make_work(engines: Mapping[str, Engine], metrics: Metrics) -> Work:
    """What a worker does with an accepted request: plan its day and write the result out.

    ``engines`` has all of ``ENGINES``.
    """

    def work(payload: bytes, should_stop: ShouldStop, report: Report) -> bytes:
        request = pb.SubmitPlanRequest.FromString(payload)
        day, settings = read_request(request)
        is_asked_for = not is_coalition(request)
        result = plan_day(day, settings, engines[settings.engine], should_stop, report, with_ways=is_asked_for)
        if is_asked_for:
            _measure(metrics, day, result)
        message = encode(result, plan_pb2.PlanResult, day.service_date)
        return message.SerializeToString(deterministic=True)

    return work


def read_request(request: pb.SubmitPlanRequest) -> tuple[Day, PlanSettings]:
    """Decode and validate a request.

    Raises
    ------
    InvalidInputError
        With all violations at once.
    """
    violations: list[Violation] = []
    if not _REQUEST_ID.fullmatch(request.request_id):
        violations.append(Violation("request_id", "must be 1 to 64 letters, digits, dots, dashes and underscores"))
    settings = decode(PlanSettings, request.settings, violations, "settings") if request.HasField("settings") else None
    if not request.HasField("day"):
        violations.append(Violation("day", "is missing"))
    day = decode(Day, request.day, violations, "day")
    if day is not None:
        violations += [Violation(f"day.{v.path}", v.message) for v in day_violations(day)]
    if settings is None:
        settings = PlanSettings()
    violations += [Violation(f"settings.{v.path}", v.message) for v in _settings_violations(settings)]
    if violations or day is None:
        raise InvalidInputError(violations)
    return day, settings


def _settings_violations(settings: PlanSettings) -> list[Violation]:
    ranges = {
        "time_budget_s": (1, _MAX_BUDGET_S, settings.time_budget_s),
        "iterations": (1, _MAX_ITERATIONS, 1 if settings.iterations is None else settings.iterations),
        "seed": (0, _MAX_SEED, settings.seed),
        "cores": (1, _MAX_CORES, settings.cores),
    }
    violations = [
        Violation(name, f"must be from {low} to {high}, not {value}")
        for name, (low, high, value) in ranges.items()
        if not low <= value <= high
    ]
    if settings.engine not in ENGINES:
        violations.append(Violation("engine", f"must be one of {', '.join(ENGINES)}"))
    return violations


def _accept(request: pb.SubmitPlanRequest) -> tuple[str, date, bytes]:
    """Validate a request; what is kept is its canonical form, so that equal requests have equal bytes."""
    day, _ = read_request(request)
    return day.county.county_id, day.service_date, request.SerializeToString(deterministic=True)


def _put_together(parts: Assembly) -> pb.SubmitPlanRequest:
    whole = parts.finish()
    bound_entries(pb.SubmitPlanRequest.DESCRIPTOR, whole)
    try:
        return pb.SubmitPlanRequest.FromString(whole)
    except DecodeError as error:
        raise InvalidInputError([Violation("data", "is no serialised SubmitPlanRequest")]) from error


def _measure(metrics: Metrics, day: Day, result: PlanResult) -> None:
    cost = result.plan.cost
    for part in fields(cost):
        metrics.plan_cost_fen.labels(part.name.removesuffix("_fen")).set(getattr(cost, part.name))
    unserved = {u.consignment_id for u in result.plan.unserved}
    metrics.plan_unserved.set(len(unserved))
    waiting = {one.consignment_id for one in result.plan.waiting}
    metrics.plan_waiting.set(len(waiting))
    reached = {c.village_code for c in day.consignments if c.consignment_id not in unserved | waiting}
    metrics.plan_villages_reached.set(len(reached))


def _job_message(job: JobRecord) -> pb.PlanJob:
    message = pb.PlanJob(
        plan_id=job.plan_id,
        county_id=job.county_id,
        service_date=job.service_date.isoformat(),
        state=pb.JobState.Value(f"JOB_STATE_{job.state}"),
        reason=job.reason,
        progress=pb.Progress(
            sequence=job.sequence, phase=job.phase, best_cost_fen=job.best_cost_fen, percent=job.percent
        ),
    )
    message.create_time.FromDatetime(job.create_time.astimezone(UTC))
    message.update_time.FromDatetime(job.update_time.astimezone(UTC))
    return message
