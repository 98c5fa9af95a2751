"""What Prometheus sees of real services and a worker: the names that the manual has, and labels from closed lists."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import grpc
import pytest
from cuntong.route.v1 import plan_pb2, planned_day_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb
from cuntong.settlement.v1 import settlement_pb2
from cuntong.settlement.v1 import settlement_service_pb2 as settlement_pb
from cuntong.settlement.v1 import settlement_service_pb2_grpc as settlement_grpc
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from services.model.agreements import CooperationModel, Role
from services.model.errors import Limit, TokenFault
from services.model.held import HeldReason
from services.model.plan import Cost
from services.model.settlement import FindingKind, Purpose
from services.runtime.embedded import EmbeddedStore
from services.runtime.lifeline import start_child
from services.runtime.metrics import Killed
from services.runtime.permissions import OPEN_SERVICES, PERMISSIONS
from services.wire.codec import encode
from tests.builders import small_day
from tests.credentials import Issuer, make_issuer
from tests.running import TIMEOUT_S, header, parcels, plan_request, refused, serving
from tests.waiting import metrics_of, wait_until

ROOT = Path(__file__).resolve().parents[2]
OURS = re.compile(r"(?:cuntong|grpc_server)_\w+")
IN_MANUAL = re.compile(r"`((?:cuntong|grpc_server)_\w+)(?:\{([\w,]+)\})?`")
METHODS = [*PERMISSIONS, *(f"{service}/{method}" for service in OPEN_SERVICES for method in ("Check", "Watch", "List"))]
CLOSED: dict[tuple[str, str], set[str]] = {
    ("cuntong_jobs", "state"): {"QUEUED", "RUNNING"},
    ("cuntong_jobs_ended_total", "state"): {"SUCCEEDED", "FAILED", "CANCELLED"},
    ("cuntong_children_killed_total", "reason"): set(Killed),
    ("cuntong_store_errors_total", "kind"): {"connection", "timeout", "full", "read only", "unable"},
    ("cuntong_plans_total", "forecast"): {"on target", "under target", "no forecast"},
    ("cuntong_pieces_planned_total", "model"): {"OWN", *CooperationModel},
    ("cuntong_plan_cost_fen", "part"): {part.name.removesuffix("_fen") for part in fields(Cost)},
    ("cuntong_plan_consignments", "model"): {"OWN", *CooperationModel},
    ("cuntong_plan_run_load_factor", "measure"): {"weight", "volume", "pieces"},
    ("cuntong_plan_trip_load_factor", "measure"): {"weight", "volume", "pieces"},
    ("cuntong_parcels_held_total", "reason"): set(HeldReason),
    ("cuntong_settled_payments_fen", "purpose"): set(Purpose),
    ("cuntong_settled_role_saving_fen", "role"): set(Role),
    ("cuntong_settlement_findings_total", "kind"): set(FindingKind),
    ("cuntong_calls_refused_total", "reason"): {"unauthenticated", "not permitted", *Limit},
    ("cuntong_authentication_failures_total", "reason"): set(TokenFault),
}
OF_CALLS: dict[str, set[str]] = {
    "grpc_type": {"unary", "client_stream", "server_stream", "bidi_stream"},
    "grpc_service": {method.partition("/")[0] for method in METHODS},
    "grpc_method": {method.partition("/")[2] for method in METHODS},
    "grpc_code": {code.name.title().replace("_", "") for code in grpc.StatusCode} | {"OK", "Canceled"},
}


@dataclass(frozen=True, slots=True)
class Page:
    """A process's metrics by the names that they are shown under."""

    families: Mapping[str, Metric]

    def value(self, name: str, **labels: str) -> float:
        """One sample."""
        found = [s.value for f in self.families.values() for s in f.samples if (s.name, s.labels) == (name, labels)]
        assert len(found) == 1, (name, labels)
        return found[0]

    def labels(self) -> dict[str, set[str]]:
        """Of each of our metrics, its labels; those of the manual leave out the bounds of a histogram."""
        return {
            name: {label for sample in family.samples for label in sample.labels} - {"le"}
            for name, family in self.families.items()
            if OURS.fullmatch(name)
        }


def read_page(address: str) -> Page:
    families = text_string_to_metric_families(metrics_of(address))
    named = {f"{one.name}_total" if one.type == "counter" else one.name: one for one in families}
    return Page({name: one for name, one in named.items() if not name.endswith("_created")})


def in_manual() -> dict[str, set[str]]:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    table = text.partition("## Health and metrics")[2].partition("\n## ")[0]
    return {name: set(labels.split(",")) - {""} for name, labels in IN_MANUAL.findall(table)}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return make_issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def pages(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Page]]:
    """Both services and a worker, after parcels were pooled, a day planned and settled, and some calls refused."""
    folder = tmp_path_factory.mktemp("pages")
    by_token = (("authorization", f"Bearer {issuer.token()}"),)
    expired = (("authorization", f"Bearer {issuer.token(exp=1)}"),)
    no_scope = (("authorization", f"Bearer {issuer.token(scope='operator')}"),)
    guards = issuer.settings | {"workers": 0, "max_queued_jobs": 1}
    with EmbeddedStore() as store, serving(folder, store.url, guards) as services:
        first = services.route.SubmitPlan(plan_request("a"), timeout=TIMEOUT_S, metadata=by_token).job
        with refused(grpc.StatusCode.RESOURCE_EXHAUSTED):
            services.route.SubmitPlan(plan_request("b"), timeout=TIMEOUT_S, metadata=by_token)
        with refused(grpc.StatusCode.UNAUTHENTICATED):
            services.route.SubmitPlan(plan_request("c"), timeout=TIMEOUT_S, metadata=expired)
        with refused(grpc.StatusCode.PERMISSION_DENIED):
            services.route.SubmitPlan(plan_request("d"), timeout=TIMEOUT_S, metadata=no_scope)
        waiting = read_page(services.running["route"].metrics)
        ready = folder / "worker.json"
        worker = start_child(
            [sys.executable, "-m", "services.route.worker"],
            environment={
                "PYTHONPATH": f"{ROOT}:{ROOT / 'services/_generated'}",
                "REDIS_URL": store.url,
                "CUNTONG_READY_FILE": str(ready),
                "CUNTONG_WORK_DRAIN_S": "0",
            },
        )
        try:
            watching = services.route.WatchPlan(
                route_pb.WatchPlanRequest(plan_id=first.plan_id), timeout=TIMEOUT_S, metadata=by_token
            )
            assert [news.job.state for news in watching][-1] == route_pb.JOB_STATE_SUCCEEDED
            result = services.route.GetPlan(
                route_pb.GetPlanRequest(plan_id=first.plan_id), timeout=TIMEOUT_S, metadata=by_token
            ).result
            planned = planned_day_pb2.PlannedDay(day=encode(small_day(), plan_pb2.Day), result=result)
            asked = settlement_pb.SettleRequest(
                planned=planned, settings=settlement_pb2.SettlementSettings(iterations=5, sampled_pairs=30)
            )
            with grpc.insecure_channel(services.running["consolidation"].grpc) as channel:
                stub = settlement_grpc.SettlementServiceStub(channel)
                list(stub.Settle(asked, timeout=TIMEOUT_S, metadata=by_token))
            day = iter([header(), parcels(3, carrier=["EXP-A", "nobody", "EXP-B"])])
            list(services.consolidation.Consolidate(day, timeout=TIMEOUT_S, metadata=by_token))
            addresses = {name: running.metrics for name, running in services.running.items()}
            addresses["worker"] = json.loads(ready.read_text())["metrics"]
            wait_until(lambda: read_page(addresses["worker"]).value("cuntong_jobs_ended_total", state="SUCCEEDED") >= 1)
            yield {"waiting": waiting} | {name: read_page(address) for name, address in addresses.items()}
        finally:
            worker.terminate()
            worker.wait(TIMEOUT_S)


def test_the_manual_names_every_metric_with_its_labels_and_no_other(pages: dict[str, Page]) -> None:
    manual = in_manual()
    for name in ("consolidation", "route"):
        assert {one: labels for one, labels in pages[name].labels().items() if labels or one in manual} == manual
    assert pages["worker"].labels() == {
        name: labels
        for name, labels in manual.items()
        if not name.startswith(("grpc_", "cuntong_serving", "cuntong_calls", "cuntong_authentication"))
    }


def test_every_label_has_its_values_from_a_closed_list(pages: dict[str, Page]) -> None:
    seen = set()
    for page in pages.values():
        for name, family in page.families.items():
            if not OURS.fullmatch(name):
                continue
            for sample in family.samples:
                for label, value in sample.labels.items():
                    if label == "le":
                        continue
                    allowed = OF_CALLS[label] if name.startswith("grpc_") else CLOSED[name, label]
                    assert value in allowed, (name, label, value)
                    seen.add((name, label))
    assert seen >= CLOSED.keys()


def test_the_closed_lists_are_shown_whole_from_the_beginning(pages: dict[str, Page]) -> None:
    for (name, label), values in CLOSED.items():
        family = pages["waiting"].families[name]
        assert {sample.labels[label] for sample in family.samples if sample.name == name} == values


def test_what_was_refused_is_counted_by_its_reason(pages: dict[str, Page]) -> None:
    page = pages["waiting"]
    for reason in ("queue full", "unauthenticated", "not permitted"):
        assert page.value("cuntong_calls_refused_total", reason=reason) == 1, reason
    assert page.value("cuntong_authentication_failures_total", reason="expired") == 1
    assert page.value("cuntong_calls_refused_total", reason="rate") == 0


def test_what_waits_is_seen_by_the_service_and_what_is_made_by_the_worker(pages: dict[str, Page]) -> None:
    assert pages["waiting"].value("cuntong_serving") == 1
    assert pages["route"].value("cuntong_plan_villages_reached") == 0
    page = pages["worker"]
    assert page.value("cuntong_plan_villages_reached") == 3
    assert sum(page.value("cuntong_plans_total", forecast=one) for one in ("on target", "under target")) == 1
    assert sum(page.value("cuntong_pieces_planned_total", model=model) for model in ("OWN", *CooperationModel)) >= 3
    assert 0 <= page.value("cuntong_plan_bound_gap") < 1
    assert 0 < page.value("cuntong_plan_forecast_on_time_ratio") <= 1
    assert page.value("cuntong_jobs_ended_total", state="SUCCEEDED") >= 1
    assert page.value("cuntong_children_started_total") >= 1
    assert sum(page.value("cuntong_plan_consignments", model=model) for model in ("OWN", *CooperationModel)) == 3
    for measure in ("weight", "volume", "pieces"):
        assert 0 < page.value("cuntong_plan_run_load_factor", measure=measure) <= 1


def test_held_parcels_and_settlements_are_counted_where_they_are_made(pages: dict[str, Page]) -> None:
    page = pages["consolidation"]
    assert page.value("cuntong_parcels_held_total", reason="UNKNOWN_CARRIER") == 1
    assert page.value("cuntong_settlements_total") == 1
    assert page.value("cuntong_settled_fen") > 0
    by_role = [page.value("cuntong_settled_role_saving_fen", role=role) for role in Role]
    assert sum(by_role) == page.value("cuntong_settled_saving_fen")
    assert page.value("cuntong_settled_least_saving_fen") <= min(by_role)
