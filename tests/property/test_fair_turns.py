"""Laws of whose turn it is, for any jobs of any tenants, in a real store."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.runtime.job_records import JobRecord, JobState
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect
from tests.stores import store_of_tests

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIMITS: Final = JobLimits(max_queued=10_000, max_tenant_solve_s=10_000_000)


@dataclass(frozen=True, slots=True)
class Asked:
    """A job that somebody asks for when so many jobs have been begun."""

    tenant: int
    solve_s: int
    after: int = 0


@dataclass(frozen=True, slots=True)
class Begun:
    """A job that was begun, and which tenants had jobs waiting then."""

    number: int
    waiting: frozenset[int]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with store_of_tests() as address:
        yield address


async def play(url: str, asked: Sequence[Asked], workers: int) -> list[Begun]:
    """Let so many workers work on the jobs, each for as long as it says; what was begun, in order."""
    redis = connect(url)
    now = NOON
    store = JobStore(redis, lambda: now, LIMITS)
    coming = sorted(range(len(asked)), key=lambda number: asked[number].after)
    waiting: set[int] = set()
    ends: list[tuple[datetime, int]] = []
    begun: list[Begun] = []
    try:
        await redis.flushall()
        while coming or waiting or ends:
            while coming and (asked[coming[0]].after <= len(begun) or not (waiting or ends)):
                number = coming.pop(0)
                now += timedelta(microseconds=1)
                await store.submit(record(number, asked[number]), "x", b"")
                waiting.add(number)
            while waiting and len(ends) < workers:
                plan_id = await store.next_job()
                assert plan_id is not None
                assert await store.begin(plan_id, plan_id) == 1
                number = int(plan_id)
                begun.append(Begun(number, frozenset(asked[other].tenant for other in waiting)))
                waiting.remove(number)
                ends.append((now + timedelta(seconds=asked[number].solve_s), number))
            ends.sort()
            now, ended = ends.pop(0)
            assert await store.commit(str(ended), 1, JobState.SUCCEEDED) is JobState.SUCCEEDED
        assert await store.next_job() is None
    finally:
        await redis.aclose()
    return begun


def record(number: int, asked: Asked) -> JobRecord:
    return JobRecord(
        plan_id=str(number),
        request_id=str(number),
        tenant=f"tenant-{asked.tenant}",
        county_id="huadian",
        service_date=date(2026, 3, 2),
        solve_s=asked.solve_s,
        create_time=NOON,
        update_time=NOON,
    )


jobs = st.builds(Asked, st.integers(0, 3), st.integers(1, 100), st.integers(0, 30))


@settings(max_examples=60, deadline=None)
@given(st.lists(jobs, min_size=1, max_size=40), st.integers(1, 3))
@example([Asked(0, 100)] * 20 + [Asked(1, 1)], 1)
def test_every_job_is_begun_once_and_a_tenants_in_their_order(url: str, asked: list[Asked], workers: int) -> None:
    begun = [job.number for job in asyncio.run(play(url, asked, workers))]
    assert sorted(begun) == list(range(len(asked)))
    came = sorted(range(len(asked)), key=lambda number: asked[number].after)
    for tenant in range(4):
        assert [n for n in begun if asked[n].tenant == tenant] == [n for n in came if asked[n].tenant == tenant]


@settings(max_examples=60, deadline=None)
@given(st.lists(jobs, min_size=1, max_size=40), st.integers(1, 3))
@example([Asked(0, 100)] * 20 + [Asked(1, 10)] * 20, 1)
def test_while_two_tenants_wait_they_get_the_same_seconds_of_search(url: str, asked: list[Asked], workers: int) -> None:
    """To within the longest job of each, as start-time fair queueing has it."""
    begun = asyncio.run(play(url, asked, workers))
    longest = {tenant: max((job.solve_s for job in asked if job.tenant == tenant), default=0) for tenant in range(4)}
    for one in range(4):
        for other in range(one):
            for stretch in stretches(begun, {one, other}):
                for first in range(len(stretch)):
                    had: Counter[int] = Counter()
                    for job in stretch[first:]:
                        had[asked[job.number].tenant] += asked[job.number].solve_s
                        assert abs(had[one] - had[other]) <= longest[one] + longest[other]


def stretches(begun: Sequence[Begun], tenants: set[int]) -> list[list[Begun]]:
    """The longest stretches in which these tenants had jobs waiting all the time."""
    found: list[list[Begun]] = [[]]
    for job in begun:
        if tenants <= job.waiting:
            found[-1].append(job)
        elif found[-1]:
            found.append([])
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 100), min_size=1, max_size=20), st.integers(1, 20), st.integers(2, 12))
@example([100] * 20, 1, 3)
def test_a_newcomer_waits_for_one_job_of_each_other_tenant_at_most(
    url: str, large: list[int], solve_s: int, after: int
) -> None:
    asked = [Asked(tenant, job_s) for job_s in large for tenant in range(3)] + [Asked(3, solve_s, after)]
    begun = [job.number for job in asyncio.run(play(url, asked, workers=1))]
    assert begun.index(len(asked) - 1) - min(after, len(asked) - 1) <= 3
