"""SettlementService at the edge: messages in, the settlement out, nothing decided here."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, Final, Protocol

from cuntong.settlement.v1 import settlement_pb2
from cuntong.settlement.v1 import settlement_service_pb2 as pb
from cuntong.settlement.v1 import settlement_service_pb2_grpc as pb_grpc

from services.consolidation.plan_source import PlanSource, read_plan_of
from services.model.agreements import Role
from services.model.day import Day
from services.model.errors import InvalidInputError, NoPlanStoreError, Violation
from services.model.plan import Plan
from services.model.settlement import Purpose, Settlement, SettlementSettings
from services.runtime.metrics import Metrics
from services.settlement.settle import settle
from services.settlement.solver import SearchEffort
from services.wire.codec import decode, encode

_RANGES: Final = {"iterations": (1, 100_000), "seed": (0, 2**31 - 1), "sampled_pairs": (30, 1_000)}

OnProgress = Callable[[int, int], None]


class DayPlanner(Protocol):
    """Whoever plans coalitions' days."""

    def solve(
        self, days: Sequence[Day], effort: SearchEffort, on_progress: OnProgress
    ) -> Coroutine[Any, Any, list[Plan]]:
        """Plan days in their order."""


class NoPlanner:
    """What a service without a store has."""

    async def solve(self, days: Sequence[Day], effort: SearchEffort, on_progress: OnProgress) -> list[Plan]:
        """Refuse, and say what to do."""
        raise NoPlanStoreError(
            "this service knows no store to have coalitions planned through: start it with CUNTONG_REDIS_URL"
        )


class SettlementApi(pb_grpc.SettlementServiceServicer):
    """Answers calls; each carries or names all it needs, so any replica can."""

    def __init__(self, plans: PlanSource, planner: DayPlanner, metrics: Metrics) -> None:
        self._plans = plans
        self._planner = planner
        self._metrics = metrics

    async def Settle(self, request: pb.SettleRequest, context: Any) -> AsyncIterator[pb.SettleResponse]:
        """Settle a plan, telling how far it has come."""
        settings = _settings(request)
        day, result = await read_plan_of(request, self._plans)
        if result is None:
            raise InvalidInputError([Violation("plan", "is not there: the day has no plan yet, or the job made none")])
        news: asyncio.Queue[tuple[int, int] | None] = asyncio.Queue()
        solver = _Bridge(self._planner, asyncio.get_running_loop(), news)
        work = asyncio.create_task(asyncio.to_thread(settle, day, result, settings, solver))
        work.add_done_callback(lambda _: news.put_nowait(None))
        try:
            while (progress := await news.get()) is not None:
                solved, needed = progress
                yield pb.SettleResponse(progress=pb.SettleProgress(solved=solved, needed=needed))
            settlement = await work
        finally:
            # The caller is gone, or all is done: a thread cannot be cancelled, what it waits for can.
            solver.stop()
        self._count(day, settlement)
        yield pb.SettleResponse(settlement=await asyncio.to_thread(encode, settlement, settlement_pb2.Settlement))

    def _count(self, day: Day, settlement: Settlement) -> None:
        self._metrics.settlements.inc()
        self._metrics.coalitions_planned.inc(settlement.solves)
        self._metrics.settled_fen.set(settlement.spent_fen)
        self._metrics.settled_saving_fen.set(sum(account.saving_fen for account in settlement.accounts))
        roles = {partner.partner_id: partner.role for partner in day.county.partners}
        for role in Role:
            saved = sum(account.saving_fen for account in settlement.accounts if roles[account.partner_id] is role)
            self._metrics.settled_role_saving_fen.labels(role).set(saved)
        self._metrics.settled_least_saving_fen.set(
            min((account.saving_fen for account in settlement.accounts), default=0)
        )
        # Of the two sides of a payment, that of the payer.
        paid: Counter[Purpose] = Counter()
        for entry in settlement.entries:
            paid[entry.purpose] += max(0, entry.fen)
        for purpose in Purpose:
            self._metrics.settled_payments_fen.labels(purpose).set(paid[purpose])
        for finding in settlement.findings:
            self._metrics.settlement_findings.labels(finding.kind).inc()


class _Bridge:
    """Lets a settlement's thread wait for plans that the event loop gets."""

    def __init__(
        self,
        planner: DayPlanner,
        loop: asyncio.AbstractEventLoop,
        news: asyncio.Queue[tuple[int, int] | None],
    ) -> None:
        self._planner = planner
        self._loop = loop
        self._news = news
        self._waiting: Future[list[Plan]] | None = None
        self._solved = 0
        self._is_stopped = False

    def solve(self, days: Sequence[Day], effort: SearchEffort) -> Sequence[Plan]:
        """Plan each day, in order."""
        before, self._solved = self._solved, self._solved + len(days)

        def tell(solved: int, needed: int) -> None:
            self._news.put_nowait((before + solved, before + needed))

        solving = self._planner.solve(days, effort, tell)
        self._waiting = asyncio.run_coroutine_threadsafe(solving, self._loop)
        if self._is_stopped:
            self._waiting.cancel()
        return self._waiting.result()

    def stop(self) -> None:
        """Wait no longer, and have the planning cancelled."""
        self._is_stopped = True
        if self._waiting is not None:
            self._waiting.cancel()


def _settings(request: pb.SettleRequest) -> SettlementSettings:
    violations: list[Violation] = []
    settings = decode(SettlementSettings, request.settings, violations, "settings")
    if settings is None or not request.HasField("settings"):
        settings = SettlementSettings()
    for name, (low, high) in _RANGES.items():
        value = getattr(settings, name)
        if value is not None and not low <= value <= high:
            violations.append(Violation(f"settings.{name}", f"must be from {low} to {high}, not {value}"))
    if violations:
        raise InvalidInputError(violations)
    return settings
