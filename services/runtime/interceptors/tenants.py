"""Bounds what one tenant may ask for: calls a second, and calls under way.

Each process counts for itself: with n of them a tenant has n times as much.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from services.model.errors import Limit, OverloadedError
from services.runtime.caller import current_caller
from services.runtime.interceptors.load import ASIDE
from services.runtime.interceptors.wrapping import Call

_RETRY_AFTER_S: Final = 1
# Tenants whose rate is remembered; whoever has not called for longest starts anew with a full bucket.
_MAX_TENANTS: Final = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class CallRate:
    """Token buckets: ``burst`` calls at once, and ``per_s`` a second from then on, for each tenant.

    ``clock`` gives seconds that only grow.
    """

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float]) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, tenant: str) -> float:
        """Take a token; the answer is 0, or the seconds until there is one."""
        now = self._clock()
        bucket = self._buckets.setdefault(tenant, _Bucket(self._burst, now))
        self._buckets.move_to_end(tenant)
        if len(self._buckets) > _MAX_TENANTS:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at_s) * self._per_s)
        bucket.at_s = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._per_s
        bucket.tokens -= 1
        return 0.0


class TenantLimit:
    """At most so many calls of one tenant, a second and at once."""

    def __init__(self, rate: CallRate, max_calls: int) -> None:
        self._rate = rate
        self._max_calls = max_calls
        self._under_way: Counter[str] = Counter()

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[None]:
        """Count a call of the current caller's tenant.

        Raises
        ------
        OverloadedError
            When there are too many.
        """
        if call.service.startswith(ASIDE):
            yield
            return
        tenant = current_caller().tenant
        wait_s = self._rate.take(tenant)
        if wait_s:
            raise OverloadedError("this tenant calls too often", math.ceil(wait_s), Limit.RATE)
        if self._under_way[tenant] >= self._max_calls:
            raise OverloadedError(
                f"{self._max_calls} calls of this tenant are under way", _RETRY_AFTER_S, Limit.CONCURRENCY
            )
        self._under_way[tenant] += 1
        try:
            yield
        finally:
            self._under_way[tenant] -= 1
            if not self._under_way[tenant]:
                del self._under_way[tenant]
