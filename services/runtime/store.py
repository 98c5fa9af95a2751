"""Jobs in Redis: each change is one atomic script, and this module alone talks to Redis about them.

Keys, all with a time to live: ``cuntong:job:<plan>`` (hash), ``progress``, ``payload``, ``result`` and ``lease`` beside
it; ``cuntong:request:<tenant>:<request id>`` (which plan a request made), ``cuntong:batch:<tenant>:<batch>`` (which
plans a batch made), ``cuntong:accepted:<tenant>:<date>:<county>`` (the plan that the day goes by);
``cuntong:planned:<date>`` (the tenants' counties that a plan was made for); ``cuntong:open`` (jobs not ended, by age),
``cuntong:load:<tenant>`` (the seconds of search that a tenant's open jobs may take), ``cuntong:served`` (the seconds
that tenants had, for whose turn it is) and ``cuntong:jobs:<tenant>`` (all jobs, by age). A running job belongs to
whoever holds its lease; an attempt's number is its right to commit, so that a worker given up for dead cannot overwrite
what came after it.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from services.model.errors import (
    InvalidInputError,
    Limit,
    OtherPlanAcceptedError,
    OverloadedError,
    PlanNotFoundError,
    PlanUnfinishedError,
    RequestConflictError,
    StoreUnavailableError,
    Violation,
)
from services.runtime.cancels import heeding_cancels
from services.runtime.job_records import (
    JobPage,
    JobRecord,
    JobState,
    Orders,
    StoreFault,
    decode_job,
    encode_job,
    to_micros,
    to_text,
)
from services.runtime.logs import bound
from services.runtime.store_keys import (
    LOOKER_KEY,
    OPEN_KEY,
    accepted_key,
    batch_key,
    channel_key,
    index_key,
    job_key,
    lease_key,
    load_key,
    payload_key,
    planned_key,
    progress_key,
    request_key,
    result_key,
)
from services.runtime.traces import NO_TRACES, Traces, traceparent

_RETRY_AFTER_S: Final = 5
# What a store answers that is there and cannot do its work: it fails to save, lacks memory, or has lost its others.
_UNABLE: Final = frozenset({"MISCONF", "OOM", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "READONLY", "LOADING"})
# A tenant may hold so many times as many places of the queue as are free. A lone one gets three quarters of them, and
# however many want more than they get, all get the same and some are left for who has none.
_SHARE_FACTOR: Final = 3
_log: Final = logging.getLogger(__name__)
_WEEK_DAYS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """How many jobs, how long, how often."""

    inputs_s: int = 7 * 86_400
    """How long what was submitted stays, from when it was accepted; a job that is not planned by then never will be."""
    plans_s: int = 90 * 86_400
    """How long a job and its plan stay, from when it was accepted and again from when it ended."""
    progress_s: int = 86_400
    """How long it can be read how far a job had come, from the last news of it."""
    requests_s: int = 3 * 86_400
    """How long a request's id stands for the job that it made."""
    max_queued: int = 256
    """How many jobs may be open at once."""
    max_tenant_solve_s: int = 14_400
    """How many seconds of search one tenant's open jobs may take together; a single job is always taken."""
    lease_s: float = 10.0
    """How long after its last sign of life a worker is taken for dead."""
    max_break_offs: int = 3
    """How often a job's search may break off, since its process died of it, before the job is given up."""
    max_deaths: int = 10
    """How many workers may die with a job before it is given up; searches have processes of their own, so that it is
    seldom the job that they die of."""
    watch_poll_s: float = 5.0
    """How often a watcher looks even though nothing was announced, since announcements may be lost."""

    @property
    def lease_ms(self) -> int:
        """The lease in milliseconds, as the store counts it."""
        return round(self.lease_s * 1000)


class JobStore:
    """The jobs of a store. Every method raises ``StoreUnavailableError`` when the store does not answer.

    Parameters
    ----------
    redis
        From ``connect``.
    clock
        The time, with a time zone.
    limits
        How many, how long, how often.
    on_error
        Hears each time that the store does not answer.
    traces
        Where spans go.
    """

    def __init__(
        self,
        redis: Redis,
        clock: Callable[[], datetime],
        limits: JobLimits,
        on_error: Callable[[StoreFault], None] = lambda _: None,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._limits = limits
        self._on_error = on_error
        self._traces = traces
        scripts = files(__package__) / "scripts"
        prelude = (scripts / "end_job.lua").read_text("utf-8")
        self._scripts = {
            name: redis.register_script(prelude + (scripts / f"{name}.lua").read_text("utf-8"))
            for name in (
                *("submit", "room", "next", "begin", "renew", "progress", "commit", "release", "cancel"),
                *("accept", "open_batch"),
            )
        }

    async def ping(self) -> None:
        """Ask for an answer."""
        with self._translated():
            await self._redis.execute_command("PING")  # type: ignore[no-untyped-call]

    async def submit(self, record: JobRecord, digest: str, payload: bytes) -> tuple[JobRecord, bool]:
        """Store a queued job, once for each tenant and request id.

        Parameters
        ----------
        record
            The new job; its times and progress are set here.
        digest
            Stands for the request's content.
        payload
            What ``payload`` gives to the worker.

        Returns
        -------
        tuple
            The job and whether it is new; for a repeated request, the first job.

        Raises
        ------
        RequestConflictError
            When the request id came before with another digest.
        OverloadedError
            When too many jobs are open, or too many for one tenant, or the tenant's would take too long.
        """
        with self._traces.span("submit") as span:
            job, is_new = await self._submit(replace(record, traceparent=traceparent()), digest, payload)
            span.set_attribute("cuntong.plan_id", job.plan_id)
        with bound(plan_id=job.plan_id):
            # The one line that has both ids.
            _log.info("accepted" if is_new else "accepted before")
        return job, is_new

    async def _submit(self, record: JobRecord, digest: str, payload: bytes) -> tuple[JobRecord, bool]:
        now = self._clock()
        limits = self._limits
        fresh = replace(record, state=JobState.QUEUED, create_time=now, update_time=now, attempt=0, sequence=1)
        keys = [
            request_key(record.tenant, record.request_id),
            job_key(record.plan_id),
            payload_key(record.plan_id),
            OPEN_KEY,
            index_key(record.tenant),
            load_key(record.tenant),
        ]
        head = [record.plan_id, digest, limits.max_queued, _SHARE_FACTOR, limits.max_tenant_solve_s, record.solve_s]
        oldest = [to_micros(now - timedelta(seconds=seconds)) for seconds in (limits.inputs_s, limits.plans_s)]
        ages = [limits.requests_s, limits.inputs_s, limits.plans_s, to_micros(now), *oldest]
        words = [
            word
            for name, value in {**encode_job(fresh), "released": 0, "broke_offs": 0}.items()
            for word in (name, value)
        ]
        outcome, plan_id = await self._run("submit", keys, [*head, *ages, payload, *words])
        match outcome:
            case b"CREATED":
                return fresh, True
            case b"KNOWN":
                return await self.get(plan_id.decode()), False
            case b"CONFLICT":
                raise RequestConflictError(plan_id.decode())
            case _:
                raise self._overloaded(outcome)

    async def expect_room(self, tenant: str, request_id: str) -> None:
        """Refuse a request before anything is done for it, where ``submit`` would refuse it now however short its job.

        Raises
        ------
        OverloadedError
            As ``submit`` does.
        """
        limits = self._limits
        keys = [request_key(tenant, request_id), OPEN_KEY, load_key(tenant)]
        outcome = await self._run("room", keys, [limits.max_queued, _SHARE_FACTOR, limits.max_tenant_solve_s])
        if outcome:
            raise self._overloaded(outcome)

    def _overloaded(self, outcome: bytes) -> OverloadedError:
        limits = self._limits
        match outcome:
            case b"TENANT_FULL":
                text = f"the jobs that you have open may take {limits.max_tenant_solve_s} s of search already"
                limit = Limit.TENANT_FULL
            case b"SHARE_FULL":
                text = "what is left of the queue is for those who have fewer jobs open"
                limit = Limit.TENANT_FULL
            case _:
                text, limit = f"{limits.max_queued} jobs are open, no more are accepted", Limit.QUEUE_FULL
        return OverloadedError(text, _RETRY_AFTER_S, limit)

    async def next_job(self, leaving_out: Iterable[str] = ()) -> str | None:
        """Say whose turn it is of the jobs that wait or whose worker has died, these left out; None when none is.

        Jobs begun before go first, then those of the tenant that had the fewest seconds of search. Somebody else may be
        told the same: whoever begins it has it, and the other asks again.
        """
        return to_text(await self._run("next", [OPEN_KEY], list(leaving_out))) or None

    async def begin(self, plan_id: str, owner: str) -> int | None:
        """Take a job that is queued or whose worker has died, for ``owner``.

        A job that broke off too often ends as failed here, one to be cancelled as cancelled.

        Returns
        -------
        int | None
            The attempt's number, from 1; None when the job is not to be had.
        """
        keys = [job_key(plan_id), lease_key(plan_id), OPEN_KEY, progress_key(plan_id)]
        limits = [self._limits.lease_ms, self._limits.max_break_offs, self._limits.max_deaths]
        return await self._run("begin", keys, [plan_id, owner, *limits, channel_key(plan_id), *self._ages()]) or None

    async def renew(self, plan_id: str, attempt: int, owner: str) -> Orders:
        """Give a sign of life, several times in ``lease_s``, and hear what to do."""
        answer = await self._run(
            "renew", [job_key(plan_id), lease_key(plan_id)], [attempt, owner, self._limits.lease_ms]
        )
        return Orders(answer.decode())

    async def progress(self, plan_id: str, attempt: int, phase: str, best_cost_fen: int, percent: int) -> bool:
        """Note how far an attempt has come; False when it is not the current one."""
        words = [attempt, phase, best_cost_fen, percent, channel_key(plan_id), to_micros(self._clock())]
        return bool(
            await self._run("progress", [job_key(plan_id), progress_key(plan_id)], [*words, self._limits.progress_s])
        )

    async def commit(
        self,
        plan_id: str,
        attempt: int,
        state: JobState,
        reason: str = "",
        result: bytes | None = None,
        *,
        is_plan: bool = False,
    ) -> JobState | None:
        """End a job and keep its result, in one step; safe to repeat.

        ``is_plan`` says that the result, if it is kept as a success, is a plan that the county's day could go by.

        Returns
        -------
        JobState | None
            The state in which it ended, cancelled if that was asked for; None when the attempt is not the current
            one, and then nothing is kept.
        """
        keys = [job_key(plan_id), lease_key(plan_id), OPEN_KEY, result_key(plan_id)]
        words = [plan_id, attempt, str(state), reason, channel_key(plan_id), *self._ages(), int(is_plan)]
        answer = await self._run("commit", keys, words if result is None else [*words, result])
        return JobState(answer.decode()) if answer else None

    async def release(self, plan_id: str, attempt: int) -> bool:
        """Put a running job back for another worker; False when the attempt is not the current one."""
        return await self._put_back(plan_id, attempt, counts=False)

    async def break_off(self, plan_id: str, attempt: int, reason: str) -> bool:
        """Put a running job back since its attempt broke off; False when that is not the current one.

        The attempt counts, and ``reason`` is told should it have been the last.
        """
        return await self._put_back(plan_id, attempt, counts=True, reason=reason)

    async def _put_back(self, plan_id: str, attempt: int, *, counts: bool, reason: str = "") -> bool:
        words = [attempt, channel_key(plan_id), to_micros(self._clock()), int(counts), reason]
        return bool(await self._run("release", [job_key(plan_id), lease_key(plan_id)], words))

    async def request_cancel(self, plan_id: str) -> JobRecord:
        """Ask for the end of a job; one that is queued ends at once, one that has ended stays as it is.

        Raises
        ------
        PlanNotFoundError
            When there is no such job.
        """
        keys = [job_key(plan_id), lease_key(plan_id), OPEN_KEY]
        await self._run("cancel", keys, [plan_id, channel_key(plan_id), *self._ages()])
        return await self.get(plan_id)

    async def is_cancel_requested(self, plan_id: str) -> bool:
        """Whether the end of a job was asked for."""
        with self._translated():
            return bool(await self._redis.hexists(job_key(plan_id), "cancel"))

    async def accept(self, plan_id: str, replaced_plan_id: str = "") -> JobRecord:
        """Make a plan the one that its county's day goes by; safe to repeat.

        ``replaced_plan_id`` names the plan that it takes the place of, where one is accepted already.

        Raises
        ------
        PlanNotFoundError
            When there is no such job.
        PlanUnfinishedError
            When it has not made a plan, or not yet.
        OtherPlanAcceptedError
            When another plan is accepted than the one to be replaced.
        """
        job = await self.get(plan_id)
        accepted = accepted_key(job.tenant, job.county_id, job.service_date)
        keys = [job_key(plan_id), accepted, result_key(plan_id), payload_key(plan_id)]
        outcome, other = await self._run(
            "accept", keys, [plan_id, replaced_plan_id, channel_key(plan_id), *self._ages()]
        )
        match outcome:
            case b"ACCEPTED":
                return await self.get(plan_id)
            case b"OTHER":
                raise OtherPlanAcceptedError(other.decode())
            case _:
                raise PlanUnfinishedError(f"{plan_id} has no finished plan: it is {job.state}")

    async def accepted(self, tenant: str, county_id: str, service_date: date) -> JobRecord:
        """Return the job of the plan that a county's day goes by.

        Raises
        ------
        PlanNotFoundError
            When none is accepted.
        """
        plan_id = await self._bytes(accepted_key(tenant, county_id, service_date))
        if plan_id is None:
            raise PlanNotFoundError(f"no plan is accepted for {county_id} on {service_date}")
        return await self.get(plan_id.decode(), tenant)

    async def open_batch(self, tenant: str, batch_id: str, digest: str, plan_ids: Sequence[str]) -> list[str]:
        """Say which plans a batch makes: those given, or the first time's where the batch is known.

        Raises
        ------
        RequestConflictError
            When the batch came before with another digest.
        """
        answer = await self._run(
            "open_batch", [batch_key(tenant, batch_id)], [digest, self._limits.requests_s, *plan_ids]
        )
        if answer[0] == b"CONFLICT":
            raise RequestConflictError(f"the batch {batch_id}")
        return [to_text(plan_id) for plan_id in answer[1:]]

    async def batch(self, tenant: str, batch_id: str) -> tuple[JobRecord, ...]:
        """Return a batch's jobs, those that were accepted so far, in the order of its days.

        Raises
        ------
        PlanNotFoundError
            When there is no such batch.
        """
        with self._translated():
            plan_ids = await self._redis.lrange(batch_key(tenant, batch_id), 1, -1)
        if not plan_ids:
            raise PlanNotFoundError(f"there is no batch {batch_id}")
        return await self._records([to_text(plan_id) for plan_id in plan_ids])

    async def get(self, plan_id: str, tenant: str | None = None) -> JobRecord:
        """Return a job; with a tenant given, only if it is that tenant's.

        Raises
        ------
        PlanNotFoundError
            When there is none.
        """
        found = await self._records([plan_id])
        record = found[0] if found else None
        if record is None or (tenant is not None and record.tenant != tenant):
            raise PlanNotFoundError(f"there is no plan {plan_id}")
        return record

    async def payload(self, plan_id: str) -> bytes:
        """Return what was submitted.

        Raises
        ------
        PlanNotFoundError
            When it is not, or no longer, there.
        """
        payload = await self._bytes(payload_key(plan_id))
        if payload is None:
            raise PlanNotFoundError(f"there is no plan {plan_id}")
        return payload

    async def result(self, plan_id: str) -> bytes | None:
        """Return what a job made, if anything."""
        return await self._bytes(result_key(plan_id))

    async def list(self, page_size: int, page_token: str = "", tenant: str = "default") -> JobPage:
        """Return a page of a tenant's jobs, newest first.

        Raises
        ------
        InvalidInputError
            When the token is not one of this list, or its place has expired.
        """
        start = 0
        with self._translated():
            if page_token:
                rank = await self._redis.zrevrank(index_key(tenant), page_token)
                if not isinstance(rank, int):
                    raise InvalidInputError([Violation("page_token", "unknown or expired")])
                start = rank + 1
            found = await self._redis.zrange(index_key(tenant), start, start + page_size, desc=True)
        plan_ids = [to_text(plan_id) for plan_id in found]
        page = plan_ids[:page_size]
        return JobPage(await self._records(page), page[-1] if len(plan_ids) > page_size else "")

    async def open_jobs(self) -> tuple[JobRecord, ...]:
        """Return the jobs that have not ended, oldest first."""
        with self._translated():
            found = await self._redis.zrange(OPEN_KEY, 0, -1)
        return tuple(job for job in await self._records([to_text(plan_id) for plan_id in found]) if job.state.is_open)

    async def counties(self, today: date) -> tuple[int, int]:
        """Count counties with a plan for ``today``, and those with one in the week before only; of all tenants."""
        before = [planned_key(today - timedelta(days=days)) for days in range(1, _WEEK_DAYS + 1)]
        with self._translated():
            planned = await self._redis.smembers(planned_key(today))
            known = await self._redis.sunion(before)
        return len(planned), len(set(known) - set(planned))

    async def leased(self, plan_ids: Sequence[str]) -> Set[str]:
        """Which of these jobs a living worker has."""
        if not plan_ids:
            return frozenset()
        with self._translated():
            leases = await self._redis.mget([lease_key(plan_id) for plan_id in plan_ids])
        return {plan_id for plan_id, lease in zip(plan_ids, leases, strict=True) if lease is not None}

    async def may_look(self, owner: str, seconds: float) -> bool:
        """Whether it is for ``owner`` to look for lost jobs; it then stays so for ``seconds``."""
        life_ms = round(seconds * 1000)
        with self._translated():
            if await self._redis.set(LOOKER_KEY, owner, nx=True, px=life_ms):
                return True
            if to_text(await self._redis.get(LOOKER_KEY)) != owner:
                return False
            return bool(await self._redis.pexpire(LOOKER_KEY, life_ms))

    async def watch(self, plan_id: str, after_sequence: int = 0) -> AsyncGenerator[JobRecord, None]:
        """Yield a job whenever it changed after ``after_sequence``, and its end in any case.

        A slow reader misses states in between, never the newest.

        Raises
        ------
        PlanNotFoundError
            When there is no such job.
        """
        with self._translated():
            async with self._redis.pubsub() as changes:
                await changes.subscribe(channel_key(plan_id))
                while True:
                    record = await self.get(plan_id)
                    if record.sequence > after_sequence or not record.state.is_open:
                        yield record
                    if not record.state.is_open:
                        return
                    after_sequence = max(after_sequence, record.sequence)
                    await changes.get_message(timeout=self._limits.watch_poll_s)
                    while await changes.get_message(timeout=0):
                        pass

    def _ages(self) -> tuple[int, int]:
        return to_micros(self._clock()), self._limits.plans_s

    async def _run(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        with self._translated():
            return await self._scripts[script](keys, args)

    async def _bytes(self, key: str) -> bytes | None:
        with self._translated():
            value = await self._redis.get(key)
        return value if isinstance(value, bytes) else None

    async def _records(self, plan_ids: Sequence[str]) -> tuple[JobRecord, ...]:
        with self._translated():
            async with self._redis.pipeline(transaction=False) as pipeline:
                for plan_id in plan_ids:
                    pipeline.hgetall(job_key(plan_id))
                    pipeline.hgetall(progress_key(plan_id))
                stored = await pipeline.execute()
        pairs = zip(stored[::2], stored[1::2], strict=True)
        return tuple(decode_job({**record, **progress}) for record, progress in pairs if record)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with heeding_cancels():
                yield
        except (RedisConnectionError, RedisTimeoutError, OutOfMemoryError, ReadOnlyError, OSError) as error:
            self._on_error(_fault(error))
            raise StoreUnavailableError(f"the store does not answer: {type(error).__name__}") from error
        except ResponseError as error:
            reason = str(error).partition(" ")[0]
            if reason not in _UNABLE:
                raise
            self._on_error(StoreFault.UNABLE)
            raise StoreUnavailableError(f"the store takes nothing now: {reason}") from error


def _fault(error: Exception) -> StoreFault:
    match error:
        case RedisTimeoutError() | TimeoutError():
            return StoreFault.TIMEOUT
        case OutOfMemoryError():
            return StoreFault.FULL
        case ReadOnlyError():
            return StoreFault.READ_ONLY
        case _:
            return StoreFault.CONNECTION
