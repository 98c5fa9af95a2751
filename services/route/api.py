"""RouteService at the edge: messages in, jobs and plans out, nothing decided here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from cuntong.route.v1 import route_service_pb2 as pb
from cuntong.route.v1 import route_service_pb2_grpc
from google.protobuf.message import DecodeError

from services.model.errors import InvalidInputError, PlanUnfinishedError, StoreUnavailableError, Violation
from services.route.batches import read_days, read_header
from services.route.judgement import judge
from services.route.requests import AcceptedDay, accept_day, analysis_request, revision_request
from services.runtime.caller import current_caller
from services.runtime.interceptors.entries import bound_entries
from services.runtime.job_records import JobRecord
from services.runtime.jobs import TaskEngine
from services.runtime.store import JobStore
from services.runtime.uploads import Assembly, UploadRoom
from services.wire.codec import decode_date

_DEFAULT_PAGE: Final = 50
_MAX_PAGE: Final = 100
# Judging is arithmetic in Python: more at once would only take turns, and hold up what decodes other calls.
_JUDGES: Final = 2
_READERS: Final = 2  # so is reading, of which each under way holds its whole day

Read = TypeVar("Read")


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
        self._judges = ThreadPoolExecutor(_JUDGES, thread_name_prefix="judge")
        self._reading = asyncio.Semaphore(_READERS)

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
            request = await self._aside(_put_together, parts)
            return pb.UploadPlanResponse(job=await self._submit(request))

    async def _aside(self, read: Callable[..., Read], *given: Any) -> Read:
        """Read or check a day while other calls go on."""
        async with self._reading:
            return await asyncio.to_thread(read, *given)

    async def _submit(self, request: pb.SubmitPlanRequest) -> pb.PlanJob:
        await self._store.expect_room(current_caller().tenant, request.request_id)
        accepted = await self._aside(accept_day, request)
        return _job_message(await self._store_job(f"plan-{self._new_id()}", request.request_id, accepted))

    async def _store_job(self, plan_id: str, request_id: str, accepted: AcceptedDay, batch_id: str = "") -> JobRecord:
        now = self._clock()
        record = JobRecord(
            plan_id=plan_id,
            request_id=request_id,
            tenant=current_caller().tenant,
            county_id=accepted.county_id,
            service_date=accepted.service_date,
            solve_s=accepted.solve_s,
            cores=accepted.cores,
            batch_id=batch_id,
            create_time=now,
            update_time=now,
        )
        job, _ = await self._store.submit(record, accepted.digest.hex(), accepted.payload)
        if job.state.is_open:
            # It is accepted: should the queue be away now, the next look for lost jobs finds it.
            with suppress(StoreUnavailableError):
                await self._tasks.enqueue(job)
        return job

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
                    try:
                        await asyncio.wait((change, ending), return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        # Also when the caller has gone: what is still being waited for keeps its connection.
                        if is_over := not change.done():
                            change.cancel()
                            await asyncio.gather(change, return_exceptions=True)
                    if is_over or (newer := change.result()) is None:
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

    async def AcceptPlan(self, request: pb.AcceptPlanRequest, context: Any) -> pb.AcceptPlanResponse:
        """Make a plan the one that its county's day goes by."""
        await self._store.get(request.plan_id, current_caller().tenant)
        job = await self._store.accept(request.plan_id, request.replaced_plan_id)
        return pb.AcceptPlanResponse(job=_job_message(job))

    async def GetAcceptedPlan(self, request: pb.GetAcceptedPlanRequest, context: Any) -> pb.GetAcceptedPlanResponse:
        """Return the plan that a county's day goes by."""
        violations: list[Violation] = []
        service_date = decode_date(request.service_date, "service_date", violations)
        if service_date is None:
            raise InvalidInputError(violations)
        job = await self._store.accepted(current_caller().tenant, request.county_id, service_date)
        response = pb.GetAcceptedPlanResponse(job=_job_message(job))
        result = await self._store.result(job.plan_id)
        if result is not None:
            response.result.ParseFromString(result)
        return response

    async def RevisePlan(self, request: pb.RevisePlanRequest, context: Any) -> pb.RevisePlanResponse:
        """Accept the revision of a stored plan."""
        return pb.RevisePlanResponse(job=await self._go_on(request, revision_request))

    async def ExplainPlan(self, request: pb.ExplainPlanRequest, context: Any) -> pb.ExplainPlanResponse:
        """Accept the question why a stored plan leaves something behind."""
        return pb.ExplainPlanResponse(job=await self._go_on(request, analysis_request))

    async def BoundPlan(self, request: pb.BoundPlanRequest, context: Any) -> pb.BoundPlanResponse:
        """Accept the question how much better any other plan could be than a stored one."""
        return pb.BoundPlanResponse(job=await self._go_on(request, analysis_request))

    async def ForecastPlan(self, request: pb.ForecastPlanRequest, context: Any) -> pb.ForecastPlanResponse:
        """Accept the question how punctual a stored plan will be."""
        return pb.ForecastPlanResponse(job=await self._go_on(request, analysis_request))

    async def _go_on(self, request: Any, compose: Callable[[Any, bytes, bytes], pb.SubmitPlanRequest]) -> pb.PlanJob:
        """Submit what follows from a stored plan and its day."""
        job = await self._store.get(request.plan_id, current_caller().tenant)
        result = await self._store.result(request.plan_id)
        if result is None or job.state.is_open:
            raise PlanUnfinishedError(f"{request.plan_id} has made no plan, or not yet")
        payload = await self._store.payload(request.plan_id)
        return await self._submit(await self._aside(compose, request, payload, result))

    async def SubmitBatch(
        self, request_iterator: AsyncIterator[pb.SubmitBatchRequest], context: Any
    ) -> pb.SubmitBatchResponse:
        """Accept several days for planning."""
        header = read_header(await anext(request_iterator, None))
        tenant = current_caller().tenant
        with self._uploads.taken(tenant, header.total_bytes):
            batch = await read_days(header, request_iterator)
            fresh = [f"plan-{self._new_id()}" for _ in batch.days]
            plan_ids = await self._store.open_batch(tenant, batch.batch_id, batch.digest, fresh)
            jobs = []
            for number, (plan_id, day) in enumerate(zip(plan_ids, batch.days, strict=True)):
                # With a stroke, which no caller's own request id has.
                jobs.append(await self._store_job(plan_id, f"{batch.batch_id}/{number}", day, batch.batch_id))
        return pb.SubmitBatchResponse(batch=_batch_message(batch.batch_id, jobs))

    async def GetBatch(self, request: pb.GetBatchRequest, context: Any) -> pb.GetBatchResponse:
        """Return a batch."""
        jobs = await self._store.batch(current_caller().tenant, request.batch_id)
        return pb.GetBatchResponse(batch=_batch_message(request.batch_id, jobs))

    async def CancelBatch(self, request: pb.CancelBatchRequest, context: Any) -> pb.CancelBatchResponse:
        """Stop all jobs of a batch."""
        jobs = await self._store.batch(current_caller().tenant, request.batch_id)
        ended = [await self._store.request_cancel(job.plan_id) for job in jobs]
        return pb.CancelBatchResponse(batch=_batch_message(request.batch_id, ended))

    async def CheckPlan(self, request: pb.CheckPlanRequest, context: Any) -> pb.CheckPlanResponse:
        """Judge a plan that somebody else made."""
        return await asyncio.get_running_loop().run_in_executor(self._judges, judge, request)


def _put_together(parts: Assembly) -> pb.SubmitPlanRequest:
    whole = parts.finish()
    bound_entries(pb.SubmitPlanRequest.DESCRIPTOR, whole)
    try:
        return pb.SubmitPlanRequest.FromString(whole)
    except DecodeError as error:
        raise InvalidInputError([Violation("data", "is no serialised SubmitPlanRequest")]) from error


def _batch_message(batch_id: str, jobs: Iterable[JobRecord]) -> pb.PlanBatch:
    return pb.PlanBatch(batch_id=batch_id, jobs=map(_job_message, jobs))


def _job_message(job: JobRecord) -> pb.PlanJob:
    message = pb.PlanJob(
        plan_id=job.plan_id,
        county_id=job.county_id,
        service_date=job.service_date.isoformat(),
        state=pb.JobState.Value(f"JOB_STATE_{job.state}"),
        reason=job.reason,
        batch_id=job.batch_id,
        progress=pb.Progress(
            sequence=job.sequence, phase=job.phase, best_cost_fen=job.best_cost_fen, percent=job.percent
        ),
    )
    message.create_time.FromDatetime(job.create_time.astimezone(UTC))
    message.update_time.FromDatetime(job.update_time.astimezone(UTC))
    if job.accept_time is not None:
        message.accept_time.FromDatetime(job.accept_time.astimezone(UTC))
    return message
