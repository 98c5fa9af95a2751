"""What is deployed for watching, as it is written, and the metrics that there are to watch."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import grpc
import yaml
from prometheus_client import CollectorRegistry

from services.runtime.config import ServiceSettings
from services.runtime.interceptors.metrics import count_calls
from services.runtime.interceptors.wrapping import Call, Context, RpcKind
from services.runtime.metrics import define_metrics, make_registry
from services.runtime.permissions import OPEN_SERVICES, PERMISSIONS
from services.runtime.server import GrpcServer
from tests.deploy.promql import Family, Metrics

ROOT: Final = Path(__file__).resolve().parents[2]
PROMETHEUS: Final = ROOT / "deploy/prometheus"
RULES: Final = PROMETHEUS / "rules/cuntong.yaml"
RULE_TESTS: Final = sorted((PROMETHEUS / "tests").glob("*.yaml"))
DASHBOARDS: Final = sorted((ROOT / "deploy/grafana").glob("*.json"))
RUNBOOKS: Final = ROOT / "docs/runbooks"
TARGET: Final = frozenset({"job", "instance"})
# Shown by others: the kubelet with its cAdvisor, kube-state-metrics and the node exporter; labels that we ask for.
FOREIGN: Final = {
    "kubelet_volume_stats_available_bytes": {"namespace", "persistentvolumeclaim"},
    "kubelet_volume_stats_capacity_bytes": {"namespace", "persistentvolumeclaim"},
    "container_memory_working_set_bytes": {"namespace", "pod"},
    "kube_cronjob_status_last_successful_time": {"namespace", "cronjob"},
    "node_filesystem_avail_bytes": {"device", "fstype", "mountpoint"},
    "node_filesystem_size_bytes": {"device", "fstype", "mountpoint"},
}


@dataclass(frozen=True, slots=True)
class Rule:
    """An alert or a recording rule."""

    name: str
    expr: str
    is_alert: bool
    severity: str
    annotations: dict[str, str]

    @property
    def page(self) -> str:
        """The name of an alert's runbook."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.name).lower() + ".md"


@cache
def rules() -> tuple[Rule, ...]:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return tuple(
        Rule(
            name=rule.get("alert") or rule["record"],
            expr=rule["expr"],
            is_alert="alert" in rule,
            severity=rule.get("labels", {}).get("severity", ""),
            annotations=rule.get("annotations", {}),
        )
        for group in groups
        for rule in group["rules"]
    )


def alerts() -> tuple[Rule, ...]:
    return tuple(rule for rule in rules() if rule.is_alert)


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of a dashboard with its queries, each beside its legend."""

    where: str
    shown: dict[str, Any]
    queries: tuple[tuple[str, str], ...]


@cache
def panels() -> tuple[Panel, ...]:
    return tuple(
        Panel(
            f"{path.name}: {panel['title']}",
            panel,
            tuple((target["expr"], target["legendFormat"]) for target in panel.get("targets", [])),
        )
        for path in DASHBOARDS
        for panel in json.loads(path.read_text("utf-8"))["panels"]
    )


def queries() -> Iterator[tuple[str, str]]:
    """Every expression of rules and dashboards, and where it stands."""
    yield from ((rule.name, rule.expr) for rule in rules())
    yield from ((panel.where, expr) for panel in panels() for expr, _ in panel.queries)


@cache
def our_families() -> dict[str, Family]:
    """All that a service shows, as a real server defines it, with the labels that a scrape adds."""
    registry = make_registry()
    define_metrics(registry)
    GrpcServer(ServiceSettings(), [], registry=registry, new_id=lambda: "id")
    calls = CollectorRegistry()
    asyncio.run(_every_call(calls))
    labels: dict[str, set[str]] = {}
    values: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for family in (*registry.collect(), *calls.collect()):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
            for label, value in sample.labels.items():
                values[sample.name][label].add(value)
    jobs = scrape_jobs()
    return {
        name: Family(frozenset(own) | TARGET, {**values[name], "job": jobs})
        for name, own in labels.items()
        if not name.endswith("_created")
    }


async def _every_call(registry: CollectorRegistry) -> None:
    """Count a call of every method that there is with every status: these metrics show no label before its first."""
    around = count_calls(registry, lambda: 0.0)
    methods = [*PERMISSIONS, *(f"{service}/Check" for service in OPEN_SERVICES)]
    for path in methods:
        service, _, method = path.rpartition("/")
        for kind in RpcKind:
            for code in grpc.StatusCode:
                context = cast(Context, SimpleNamespace(code=lambda code=code: code))
                async with around(Call(service, method, kind, context)):
                    pass


def scrape_jobs() -> set[str]:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text("utf-8"))
    return {job["job_name"] for job in config["scrape_configs"]}


@cache
def known() -> Metrics:
    """All that queries may ask for: ours, Prometheus's own, others', and what rules record, in their order."""
    families = {
        **our_families(),
        "up": Family(TARGET, {"job": scrape_jobs()}),
        "ALERTS": Family(
            frozenset({"alertname", "alertstate", "severity"}),
            {"alertname": {alert.name for alert in alerts()}, "alertstate": {"pending", "firing"}},
        ),
        **{name: Family(frozenset(labels) | TARGET) for name, labels in FOREIGN.items()},
    }
    for rule in rules():
        if not rule.is_alert:
            families[rule.name] = Family(Metrics(families).labels(rule.expr))
    return Metrics(families)
