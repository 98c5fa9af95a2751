"""What watches the services asks for what they show, and every alert says what to do."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from inspect import signature
from pathlib import Path

import pytest
import yaml

from services.cli.serve import serve
from services.cli.worker import worker
from services.runtime.config import ConsolidationSettings, RouteSettings, StoreSettings, WorkerSettings
from tests.deploy.legs import needs
from tests.deploy.manifests import K8S, all_documents, workloads
from tests.deploy.promql import Family, Metrics, WrongQueryError, words_of
from tests.deploy.watched import (
    DASHBOARDS,
    PROMETHEUS,
    ROOT,
    RULE_TESTS,
    RUNBOOKS,
    Panel,
    Rule,
    alerts,
    known,
    our_families,
    panels,
    queries,
    scrape_jobs,
)

HEADS = ["What it means", "What users notice", "How to look", "What to do", "How to know that it is over"]
SOME = Metrics(
    {
        "jobs": Family(frozenset({"state", "job"}), {"state": {"QUEUED", "RUNNING"}}),
        "seconds_bucket": Family(frozenset({"le", "job"})),
        "age": Family(frozenset({"job"})),
    }
)


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ('sum by (state) (rate(jobs{state=~"QUEUED|RUN.*"}[5m]))', {"state"}),
        ("sum without (state) (jobs) > age", {"job"}),
        ("jobs and on (job) age", {"state", "job"}),
        ("max(jobs) > 0 and on () (vector(time()) % 2 == 1)", set()),
        ('absent(jobs{state="QUEUED"}) or age', {"state", "job"}),
        ("histogram_quantile(0.9, sum by (le) (rate(seconds_bucket[5m])))", set()),
    ],
)
def test_the_check_knows_the_labels_of_an_answer(query: str, labels: set[str]) -> None:
    assert SOME.labels(query) == labels


@pytest.mark.parametrize(
    "query",
    [
        "sum by (state) (jobs",
        "no_such_metric",
        "sum(rate(no_such_metric[5m]))",
        'jobs{kind="x"}',
        'jobs{state="QUEUE"}',
        'jobs{state!="QUEUE"}',
        'jobs{state=~"QUEUED|RUNING"}',
        "sum by (kind) (jobs)",
        "jobs > age",
        "jobs and on (state) age",
        "histogram_quantile(0.9, sum(rate(seconds_bucket[5m])))",
    ],
)
def test_the_check_finds_what_is_wrong_with_a_query(query: str) -> None:
    with pytest.raises(WrongQueryError):
        SOME.labels(query)


@pytest.mark.parametrize(("where", "query"), [*queries()])
def test_every_query_asks_for_metrics_labels_and_values_that_are_shown(where: str, query: str) -> None:
    known().labels(query)


def test_every_metric_of_ours_is_watched_somewhere() -> None:
    asked = " ".join(query for _, query in queries())
    ours = {re.sub(r"_(bucket|sum|count)$", "", name) for name in our_families() if name.startswith("cuntong_")}
    assert len(ours) > 30
    assert {name for name in ours if not re.search(rf"\b{name}(_bucket)?\b", asked)} == set()


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert.name)
def test_an_alert_says_what_it_is_about_and_where_to_read_on(alert: Rule) -> None:
    assert alert.severity in {"critical", "warning"}
    assert alert.annotations.keys() == {"summary", "description", "runbook_url"}
    assert alert.annotations["runbook_url"] == f"docs/runbooks/{alert.page}"
    named = {word for text in alert.annotations.values() for word in words_of(text)}
    assert named <= known().labels(alert.expr)


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert.name)
def test_an_alerts_page_says_what_to_do(alert: Rule) -> None:
    text = (RUNBOOKS / alert.page).read_text("utf-8")
    assert text.startswith(f"# {alert.name} ")
    assert f"\nSeverity: {alert.severity}.\n" in text
    assert re.findall("^## (.+)$", text, re.MULTILINE) == HEADS
    assert all(part.strip() for part in re.split("^#+ .+$", text, flags=re.MULTILINE)[2:])
    assert len(text.splitlines()) < 50


def test_every_page_is_an_alerts_and_the_manual_leads_there() -> None:
    assert sorted(page.name for page in RUNBOOKS.iterdir()) == sorted(alert.page for alert in alerts())
    manual = (ROOT / "docs/operations.md").read_text("utf-8").partition("## Watching")[2].partition("\n## ")[0]
    listed = re.findall(r"(\*\*)?\[(\w+)\]\(runbooks/([\w-]+\.md)\)", manual)
    assert [(f"Cuntong{name}", page, bool(bold)) for bold, name, page in listed] == [
        (alert.name, alert.page, alert.severity == "critical") for alert in alerts()
    ]


@pytest.mark.parametrize("page", sorted(RUNBOOKS.iterdir()), ids=lambda page: page.name)
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert (page.parent / link).exists(), link
    for quoted in re.findall(r"`([^`\n]+)`", text):
        if re.search(r"^up\b|\b(cuntong|grpc_server|process|kubelet|kube|node|container)_", quoted):
            known().labels(quoted)
    settings = {
        f"CUNTONG_{name.upper()}"
        for program in (ConsolidationSettings, RouteSettings, WorkerSettings, StoreSettings)
        for name in program.model_fields
    }
    assert set(re.findall(r"\bCUNTONG_\w+", text)) <= settings


def test_every_alert_is_tried_with_its_fault_and_without() -> None:
    fired: defaultdict[str, set[bool]] = defaultdict(set)
    for path in RULE_TESTS:
        for one in yaml.safe_load(path.read_text("utf-8"))["tests"]:
            for asked in one["promql_expr_test"]:
                for name in re.findall(r'alertname="(\w+)"', asked["expr"]):
                    fired[name].add(bool(asked["exp_samples"]))
    assert fired == {alert.name: {True, False} for alert in alerts()}


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel.where)
def test_a_panel_can_be_read(panel: Panel) -> None:
    shown = panel.shown
    assert re.match(r"[A-Z].+ [\u4e00-\u9fff]+$", shown["title"])
    if shown["type"] == "row":
        return
    assert shown["description"].endswith(".")
    assert shown["fieldConfig"]["defaults"]["unit"]
    assert panel.queries
    for used in (shown, *shown["targets"]):
        assert used["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for query, legend in panel.queries:
        assert legend
        assert set(words_of(legend)) <= known().labels(query), legend


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_panels_have_a_place_each(path: Path) -> None:
    board = yaml.safe_load(path.read_text("utf-8"))
    assert [(one["name"], one["type"], one["query"]) for one in board["templating"]["list"]] == [
        ("datasource", "datasource", "prometheus")
    ]
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    places = Counter(
        (place["x"] + across, place["y"] + down)
        for place in (panel["gridPos"] for panel in board["panels"])
        for across in range(place["w"])
        for down in range(place["h"])
    )
    assert set(places.values()) == {1}
    assert max(across for across, _ in places) < 24


def test_a_leg_without_its_program_is_said_not_to_have_run() -> None:
    with pytest.raises(pytest.skip.Exception, match="LEG NOT RUN: no-such-program is not on PATH"):
        needs("no-such-program")
    assert needs("sh").endswith("/sh")


def test_legs_that_did_not_run_are_told_at_the_end() -> None:
    assert re.search(r'^addopts = .*"?.* -rs\b', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)


def test_what_serve_and_worker_show_on_one_machine_is_scraped_as_it_is() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text("utf-8"))
    scraped = {job["job_name"]: job["static_configs"] for job in config["scrape_configs"]}
    assert scraped == {
        f"cuntong-{name}": [{"targets": [signature(program).parameters[option].default]}]
        for name, program, option in (
            ("consolidation", serve, "consolidation_metrics"),
            ("route", serve, "route_metrics"),
            ("worker", worker, "metrics"),
        )
    }


def test_pods_that_show_metrics_are_scraped_by_the_same_names() -> None:
    config = yaml.safe_load((PROMETHEUS / "kubernetes.yaml").read_text("utf-8"))
    (found,) = config["scrape_configs"]
    (pods,) = found["kubernetes_sd_configs"]
    base = yaml.safe_load((K8S / "base/kustomization.yaml").read_text("utf-8"))
    assert (pods["role"], pods["namespaces"]["names"]) == ("pod", [base["namespace"]])
    ports, job, *_ = found["relabel_configs"]
    assert (ports["source_labels"], ports["action"]) == (["__meta_kubernetes_pod_container_port_name"], "keep")
    assert job["source_labels"] == ["__meta_kubernetes_pod_label_app_kubernetes_io_component"]
    shown = {
        job["replacement"].replace("$1", one.labels["app.kubernetes.io/component"])
        for one in workloads(all_documents())
        for container in one.containers
        for port in container.get("ports", [])
        if port["name"] == ports["regex"]
    }
    assert shown == scrape_jobs()
