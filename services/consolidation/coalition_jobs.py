"""Coalitions' days planned by the route service, as jobs in the store that both services share."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from services.model.day import Day
from services.model.errors import CuntongError, OverloadedError, PlanningFailedError, StoreUnavailableError
from services.model.plan import Plan
from services.runtime.caller import current_caller
from services.runtime.job_records import JobRecord, JobState
from services.runtime.store import JobStore
from services.settlement.solver import SearchEffort
from services.wire.coalitions import coalition_request, read_coalition_plan

# Enough for several workers to have the next at hand, few enough for others' plans not to wait long.
_WINDOW: Final = 24
# A job that broke off or was cancelled is asked for again under another name.
_MAX_TRIES: Final = 3

OnProgress = Callable[[int, int], None]
"""Hears how many plans are there and how many are needed."""


def coalitions_of(tenant: str) -> str:
    """Whose jobs coalitions are in the store: no tenant finds them among its own, or profits from another's.

    No token names a tenant with a stroke in it.
    """
    return f"{tenant}/coalitions"


@dataclass(frozen=True, slots=True)
class _Job:
    """A day's job in the store, and the how manieth it is."""

    plan_id: str
    tries: int


@dataclass(slots=True)
class _Batch:
    """Days on their way: those not submitted yet, those being planned, those that are there."""

    days: Sequence[Day]
    effort: SearchEffort
    coming: Iterator[int]
    tenant: str
    pending: dict[int, _Job] = field(default_factory=dict)
    plans: dict[int, Plan] = field(default_factory=dict)


class CoalitionJobs:
    """Plans days through the store.

    Parameters
    ----------
    store
        Where the route service looks for jobs.
    now
        The time, with a time zone.
    new_id
        Makes a new id.
    clock
        Seconds that only grow.
    poll_s
        Time between looks at the jobs.
    patience_s
        How long nothing at all may be worked on before nobody is taken to be there.
    """

    def __init__(
        self,
        store: JobStore,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        *,
        clock: Callable[[], float] = time.monotonic,
        poll_s: float = 0.1,
        patience_s: float = 60.0,
    ) -> None:
        self._store = store
        self._now = now
        self._new_id = new_id
        self._clock = clock
        self._poll_s = poll_s
        self._patience_s = patience_s

    async def solve(self, days: Sequence[Day], effort: SearchEffort, on_progress: OnProgress) -> list[Plan]:
        """Plan days, in their order, several at a time; what was planned before is taken from the store.

        Jobs that are still open when this ends early are cancelled.

        Raises
        ------
        PlanningFailedError
            When a day cannot be planned.
        StoreUnavailableError
            When the store does not answer, or nobody works on its jobs.
        """
        batch = _Batch(days, effort, iter(range(len(days))), coalitions_of(current_caller().tenant))
        waiting_since = self._clock()
        try:
            while len(batch.plans) < len(days):
                await self._submit_some(batch)
                if await self._collect(batch):
                    on_progress(len(batch.plans), len(days))
                    waiting_since = self._clock()
                    continue
                if await self._is_anybody_at_work():
                    waiting_since = self._clock()
                if self._clock() - waiting_since > self._patience_s:
                    raise StoreUnavailableError("nobody works on coalitions' plans: is the route service up?")
                await asyncio.sleep(self._poll_s)
        finally:
            await self._cancel(batch)
        return [batch.plans[position] for position in range(len(days))]

    async def _submit_some(self, batch: _Batch) -> None:
        """Keep the window full, as far as the store takes jobs."""
        while len(batch.pending) < _WINDOW:
            position = next(batch.coming, None)
            if position is None:
                return
            try:
                batch.pending[position] = await self._submit(batch, position, tries=1)
            except OverloadedError:
                batch.coming = iter([position, *batch.coming])
                return

    async def _submit(self, batch: _Batch, position: int, tries: int) -> _Job:
        day = batch.days[position]
        request = await asyncio.to_thread(coalition_request, day, batch.effort.iterations, batch.effort.seed)
        payload = request.SerializeToString(deterministic=True)
        record = JobRecord(
            plan_id=f"plan-{self._new_id()}",
            request_id=request.request_id if tries == 1 else f"{request.request_id}-{tries}",
            tenant=batch.tenant,
            county_id=day.county.county_id,
            service_date=day.service_date,
            create_time=self._now(),
            update_time=self._now(),
        )
        asking = asyncio.create_task(self._store.submit(record, hashlib.sha256(payload).hexdigest(), payload))
        try:
            job, _ = await asyncio.shield(asking)
        except asyncio.CancelledError:
            # The store may have taken a job whose name never got here: only its answer says which to cancel.
            with suppress(CuntongError):
                job, _ = await asking
                await self._store.request_cancel(job.plan_id)
            raise
        return _Job(job.plan_id, tries)

    async def _collect(self, batch: _Batch) -> bool:
        """Take the plans of jobs that have ended; False when none has."""
        still_open = {job.plan_id for job in await self._store.open_jobs()}
        ended = [(position, job) for position, job in batch.pending.items() if job.plan_id not in still_open]
        for position, job in ended:
            record = await self._store.get(job.plan_id)
            if record.state.is_open:
                continue
            plan = await self._plan(batch.days[position], record)
            if plan is not None:
                batch.plans[position] = plan
                del batch.pending[position]
            elif job.tries < _MAX_TRIES:
                batch.pending[position] = await self._submit(batch, position, job.tries + 1)
            else:
                raise PlanningFailedError(f"the plan of a coalition could not be made: {record.reason or record.state}")
        return bool(ended)

    async def _plan(self, day: Day, record: JobRecord) -> Plan | None:
        """Read what a job made; None where it was cancelled, failed, or is too long ago."""
        if record.state is not JobState.SUCCEEDED:
            return None
        result = await self._store.result(record.plan_id)
        return None if result is None else await asyncio.to_thread(read_coalition_plan, day, result)

    async def _is_anybody_at_work(self) -> bool:
        return any(job.state is JobState.RUNNING for job in await self._store.open_jobs())

    async def _cancel(self, batch: _Batch) -> None:
        for job in batch.pending.values():
            # What cannot be cancelled now is short and ends by itself.
            with suppress(CuntongError):
                await self._store.request_cancel(job.plan_id)
