"""A leg with Prometheus: it watches real services and a worker, and tells when they are broken on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from subprocess import Popen

import grpc
import pytest
from cuntong.route.v1 import plan_pb2, planned_day_pb2
from cuntong.settlement.v1 import settlement_pb2
from cuntong.settlement.v1 import settlement_service_pb2 as settlement_pb
from cuntong.settlement.v1 import settlement_service_pb2_grpc as settlement_grpc

from services.model.agreements import Sharing
from services.model.consignments import ResourceKind
from services.model.day import Day
from services.model.plan import PlanResult
from services.model.settlement import SettlementSettings
from services.model.units import ZONE
from services.runtime.embedded import EmbeddedStore
from services.wire.codec import encode
from tests.builders import small_day
from tests.deploy.legs import needs
from tests.deploy.monitored import Prometheus, free_address, prometheus, worker
from tests.deploy.watched import queries, rules
from tests.running import TIMEOUT_S, Services, plan_request, serving
from tests.settlements import county, day_of, goods, planned, third_party
from tests.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Watched:
    """All that runs, and who watches it."""

    store: EmbeddedStore
    services: Services
    worker: Popen[bytes]
    prometheus: Prometheus

    def wait_for(self, alert: str, *, fires: bool = True) -> None:
        """Wait until an alert fires, or does no more."""
        wait_until(lambda: (alert in self.prometheus.firing()) is fires, self.prometheus.firing)

    def wait_until(self, query: str, value: float) -> None:
        """Wait until a query has this value."""
        wait_until(lambda: self.prometheus.value(query) == value, lambda: (query, self.prometheus.value(query)))


def today() -> Day:
    """The small day, today in Asia/Shanghai."""
    date, day = datetime.now(UTC).astimezone(ZONE).date(), small_day()
    goods = tuple(replace(one, due_date=date) for one in day.consignments)
    return replace(day, service_date=date, consignments=goods)


def without_a_way() -> Day:
    """The same where nothing may carry what EXP-B's village has."""
    day = today()
    of_a, of_b = day.admission_sets
    nodes = tuple(one for one in of_b.admissions if one.kind is ResourceKind.NODE)
    return replace(day, admission_sets=(of_a, replace(of_b, admissions=nodes)))


def settle_a_dear_tariff(watched: Watched) -> None:
    """EXP-A pays 900 yuan a piece on another's van, and has a van."""
    dear = county(third_party(Sharing.TARIFF, tariff_piece_fen=90_000))
    day = day_of(dear, goods("C-1", "EXP-A"))
    plan = planned(day, {"VAN-T": [("C-1", "AG-T")]})
    asked = settlement_pb.SettleRequest(
        planned=planned_day_pb2.PlannedDay(
            day=encode(day, plan_pb2.Day), result=encode(PlanResult(plan), plan_pb2.PlanResult, day.service_date)
        ),
        settings=encode(SettlementSettings(iterations=5), settlement_pb2.SettlementSettings),
    )
    with grpc.insecure_channel(watched.services.running["consolidation"].grpc) as channel:
        list(settlement_grpc.SettlementServiceStub(channel).Settle(asked, timeout=TIMEOUT_S))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    program = needs("prometheus")
    folder = tmp_path_factory.mktemp("watched")
    with ExitStack() as stack:
        store = stack.enter_context(EmbeddedStore())
        guards = {"workers": 0, "lease_s": 2, "health_s": 0.1}
        services = stack.enter_context(serving(folder, store.url, guards))
        targets = {f"cuntong-{name}": running.metrics for name, running in services.running.items()}
        targets["cuntong-worker"] = free_address()
        # It begins to look after five seconds; the worker begins meanwhile.
        watching = stack.enter_context(prometheus(program, folder, targets))
        settings = {"metrics_listen": targets["cuntong-worker"], "lease_s": "2", "work_drain_s": "0"}
        process = stack.enter_context(worker(folder, store.url, **settings))
        yield Watched(store, services, process, watching)


def submit(watched: Watched, request_id: str, day: Day, **settings: int) -> None:
    watched.services.route.SubmitPlan(plan_request(request_id, day, **settings), timeout=TIMEOUT_S)


def test_what_breaks_is_told_and_what_does_not_break_is_not(watched: Watched) -> None:
    asked = watched.prometheus
    submit(watched, "first", today())
    jobs = {"cuntong-consolidation", "cuntong-route", "cuntong-worker"}
    wait_until(lambda: asked.health() == dict.fromkeys(jobs, "up"), asked.health)
    watched.wait_until("sum(cuntong_plans_total)", 1)
    watched.wait_until("max(cuntong_counties_planned)", 1)
    watched.wait_until("cuntong_plan_villages_reached > 0", 3)
    loaded = [rule for group in asked.ask("rules")["groups"] for rule in group["rules"]]
    assert sorted((rule["name"], rule["health"], rule.get("lastError")) for rule in loaded) == sorted(
        (rule.name, "ok", None) for rule in rules()
    )
    watched.wait_for("CuntongServiceDown", fires=False)
    watched.wait_for("CuntongNoPlanToday", fires=False)
    # The small day's plan may be late; that is no fault.
    assert asked.firing() <= {"CuntongForecastUnderTarget"}
    for where, query in queries():
        assert asked.ask("query", query=query)["resultType"] in {"vector", "scalar"}, where

    # A plan without a village, a settlement at a partner's cost.
    submit(watched, "without", without_a_way())
    settle_a_dear_tariff(watched)
    watched.wait_for("CuntongVillagesLeftOut")
    watched.wait_for("CuntongPartnerAboveStandAlone")
    assert (asked.value("min(cuntong_settled_least_saving_fen)") or 0) < -100_000

    # The worker dies with a job, and another waits.
    for number in range(2):
        submit(watched, f"long-{number}", today(), iterations=10_000_000)
    watched.wait_until("max(cuntong_jobs_leased)", 1)
    watched.wait_for("CuntongNobodyPlans", fires=False)
    watched.worker.kill()
    watched.wait_for("CuntongNobodyPlans")
    watched.wait_for("CuntongWorkerDown")
    assert not {"CuntongNotServing", "CuntongStoreErrors"} & asked.firing()

    # The store goes away.
    watched.store.__exit__(None, None, None)
    watched.wait_for("CuntongNotServing")
    watched.wait_for("CuntongStoreErrors")
    assert "CuntongServiceDown" not in asked.firing()
    told = [text for alert in asked.ask("alerts")["alerts"] for text in alert["annotations"].values()]
    assert [text for text in told if "{{" in text or "error expanding" in text] == []
