"""Limits of tenants: how often, how many at once, and a place for those who ask little."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model.errors import OverloadedError
from services.runtime.caller import Caller, calling, current_caller
from services.runtime.interceptors.load import LoadLimit
from services.runtime.interceptors.tenants import CallRate, TenantLimit
from services.runtime.interceptors.wrapping import Around, Call, RpcKind

CONTEXT: Any = None


def call(kind: RpcKind = RpcKind.UNARY, service: str = "test.Probe") -> Call:
    return Call(service, "Unary", kind, CONTEXT)


async def held(stack: AsyncExitStack, around: Around, tenant: str, count: int, **which: Any) -> int:
    """How many of so many calls of a tenant find a place, and keep it."""
    found = 0
    with calling(Caller(tenant, frozenset())):
        for _ in range(count):
            try:
                await stack.enter_async_context(around(call(**which)))
            except OverloadedError as error:
                assert error.retry_after_s >= 1
            else:
                found += 1
    return found


def test_outside_a_call_there_is_no_caller() -> None:
    with pytest.raises(RuntimeError, match="no caller"):
        current_caller()
    with calling(Caller("one", frozenset())):
        assert current_caller().tenant == "one"
        with calling(Caller("two", frozenset())):
            assert current_caller().tenant == "two"
        assert current_caller().tenant == "one"


def test_a_tenant_that_floods_leaves_places_for_a_small_one() -> None:
    async def whole() -> None:
        load = LoadLimit(64, 16, is_shared=True)
        async with AsyncExitStack() as stack:
            assert await held(stack, load.around, "flood", 100) == 48
            assert await held(stack, load.around, "small", 3) == 3
            assert await held(stack, load.around, "flood", 1) == 0
            assert await held(stack, load.around, "second flood", 100) == 4
            assert await held(stack, load.around, "flood", 100, kind=RpcKind.SERVER_STREAM) == 12
            assert await held(stack, load.around, "small", 1, kind=RpcKind.BIDI_STREAM) == 1
            assert load.under_way == 68
        assert load.under_way == 0
        async with AsyncExitStack() as stack:
            assert await held(stack, load.around, "flood", 100) == 48

    asyncio.run(whole())


def test_where_there_is_one_tenant_it_has_all_places() -> None:
    async def whole() -> None:
        load = LoadLimit(64, 16)
        async with AsyncExitStack() as stack:
            assert await held(stack, load.around, "default", 100) == 64

    asyncio.run(whole())


def test_health_has_places_of_its_own() -> None:
    async def whole() -> None:
        load = LoadLimit(4, 16, is_shared=True)
        async with AsyncExitStack() as stack:
            await held(stack, load.around, "flood", 100)
            found = await held(stack, load.around, "", 100, service="grpc.health.v1.Health")
            assert (found, load.under_way) == (16, 3)

    asyncio.run(whole())


def clock(*times: float) -> Callable[[], float]:
    coming = iter(times)
    return lambda: next(coming)


def test_a_bucket_empties_and_fills_again() -> None:
    rate = CallRate(2.0, 3, clock(0, 0, 0, 0, 0, 0.25, 0.5, 0.5, 100, 100, 100, 100))
    taken = [rate.take("one") for _ in range(4)]
    assert taken == [0, 0, 0, 0.5]
    assert rate.take("two") == 0
    assert rate.take("one") == 0.25
    assert rate.take("one") == 0
    assert rate.take("one") == 0.5
    assert [rate.take("one") > 0 for _ in range(4)] == [False, False, False, True]


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200), st.floats(0.1, 20), st.integers(1, 20))
def test_in_no_time_does_anybody_get_more_than_burst_and_rate_allow(
    pauses_s: list[float], per_s: float, burst: int
) -> None:
    now = 0.0
    rate = CallRate(per_s, burst, lambda: now)
    admitted: list[float] = []
    for pause_s in pauses_s:
        now += pause_s
        if not rate.take("one"):
            admitted.append(now)
    for first in range(len(admitted)):
        for last in range(first, len(admitted)):
            assert last - first + 1 <= burst + per_s * (admitted[last] - admitted[first]) + 1e-6


def test_calls_of_one_tenant_at_once_are_bounded() -> None:
    async def whole() -> None:
        limit = TenantLimit(CallRate(1_000, 1_000, lambda: 0.0), 5)
        async with AsyncExitStack() as stack:
            assert await held(stack, limit.around, "one", 9) == 5
            assert await held(stack, limit.around, "two", 9) == 5
        async with AsyncExitStack() as stack:
            assert await held(stack, limit.around, "one", 9) == 5

    asyncio.run(whole())
