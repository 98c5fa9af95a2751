"""Manifests are valid, as strict as we mean to be, and name nothing that the code does not have."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema
import kubernetes_validate
import pytest
import yaml
from cuntong.consolidation.v1 import consolidation_service_pb2
from cuntong.route.v1 import route_service_pb2
from cuntong.settlement.v1 import settlement_service_pb2
from prometheus_client import CollectorRegistry

from services.runtime.config import ConsolidationSettings, RouteSettings, Settings, WorkerSettings
from services.runtime.metrics import define_metrics
from tests.deploy.manifests import (
    APPLIED,
    K8S,
    ROOT,
    Document,
    Workload,
    all_documents,
    documents_of,
    manifest_files,
    rendered,
    workloads,
)

KUBERNETES: Final = "1.34"
CUSTOM: Final = json.loads((Path(__file__).parent / "custom_resources.json").read_text(encoding="utf-8"))
PROGRAMS: Final[dict[str, type[Settings]]] = {
    "consolidation": ConsolidationSettings,
    "route": RouteSettings,
    "worker": WorkerSettings,
}
BASE: Final = K8S / "base"
SETTINGS: Final = dict(line.split("=", 1) for line in (BASE / "settings.env").read_text(encoding="utf-8").split())


def validate(document: Document) -> None:
    """Hold a document against the schema of its kind, with no field that it does not know."""
    schema = CUSTOM.get(f"{document['apiVersion']}/{document['kind']}")
    if schema is None:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
    else:
        jsonschema.Draft202012Validator(schema).validate(document["spec"])


@pytest.mark.parametrize("path", manifest_files(), ids=lambda path: str(path.relative_to(K8S)))
def test_every_file_is_valid(path: Path) -> None:
    documents = documents_of(path)
    assert documents
    for document in documents:
        validate(document)


@pytest.mark.parametrize("folder", APPLIED)
def test_what_is_applied_renders_to_what_is_valid(folder: str) -> None:
    documents = rendered(folder)
    for document in documents:
        validate(document)
    names = Counter((one["kind"], one["metadata"]["name"]) for one in documents)
    assert set(names.values()) == {1}
    assert {one["metadata"].get("namespace") for one in documents if one["kind"] != "Namespace"} == {"cuntong"}
    for workload in workloads(documents):
        keep_policies(workload)
        assert all(re.fullmatch(r".+:[\w.-]+", container["image"]) for container in workload.containers), workload.name
    made = {name for kind, name in names if kind == "ConfigMap"}
    for workload in workloads(documents):
        assert config_maps(workload) <= made, workload.name


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["spec"].update(repliccas=3),
        lambda d: d["spec"].update(replicas="two"),
        lambda d: d["spec"]["template"]["spec"]["containers"][0].pop("name"),
    ],
)
def test_what_is_not_valid_is_refused(spoil: Callable[[Any], Any]) -> None:
    deployment = next(one for one in documents_of(BASE / "route.yaml") if one["kind"] == "Deployment")
    spoil(deployment)
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(deployment)


def test_a_custom_resource_that_is_not_valid_is_refused() -> None:
    (scaled,) = documents_of(K8S / "components/keda/worker-scaling.yaml")
    del scaled["spec"]["triggers"][0]["metadata"]["query"]
    with pytest.raises(jsonschema.ValidationError):
        validate(scaled)


def keep_policies(workload: Workload) -> None:
    """Hold a workload against our own rules: few rights, known needs, and somebody who looks after it."""
    pod, name = workload.pod, workload.name
    assert pod["automountServiceAccountToken"] is False, name
    assert pod["serviceAccountName"] == "cuntong", name
    assert pod["securityContext"]["runAsNonRoot"] is True, name
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), name
    assert not any("hostPath" in volume for volume in pod["volumes"]), name
    for container in workload.containers:
        rights = container["securityContext"]
        assert rights["allowPrivilegeEscalation"] is False, name
        assert rights["readOnlyRootFilesystem"] is True, name
        assert rights["capabilities"] == {"drop": ["ALL"]}, name
        needed = container["resources"]
        assert needed["requests"].keys() == {"cpu", "memory"} and "memory" in needed["limits"], name
        # Secrets are files: the environment goes to every child and every crash report.
        assert not any("valueFrom" in one for one in container.get("env", ())), name
        assert not any("secretRef" in one for one in container.get("envFrom", ())), name
        assert not container["image"].endswith(":latest"), name
        if workload.kind in ("Deployment", "StatefulSet"):
            assert {"startupProbe", "livenessProbe"} <= container.keys(), name


def config_maps(workload: Workload) -> set[str]:
    """The maps that a workload names, as files and as environment."""
    named = {volume["configMap"]["name"] for volume in workload.pod["volumes"] if "configMap" in volume}
    for container in workload.containers:
        named |= {one["configMapRef"]["name"] for one in container.get("envFrom", ())}
    return named


@pytest.mark.parametrize("workload", list(workloads(all_documents())), ids=lambda workload: workload.name)
def test_every_workload_keeps_our_own_rules(workload: Workload) -> None:
    keep_policies(workload)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda w: w.pod.pop("automountServiceAccountToken"), "automountServiceAccountToken"),
        (lambda w: w.containers[0]["securityContext"].update(readOnlyRootFilesystem=False), "route"),
        (lambda w: w.containers[0].update(image="cuntong:latest"), "route"),
        (lambda w: w.containers[0]["env"].append({"name": "X", "valueFrom": {}}), "route"),
    ],
)
def test_what_breaks_our_own_rules_is_found(spoil: Callable[[Workload], Any], what: str) -> None:
    (route,) = workloads(documents_of(BASE / "route.yaml"))
    spoil(route)
    with pytest.raises((AssertionError, KeyError), match=what):
        keep_policies(route)


def test_everything_that_stays_up_has_a_disruption_budget_and_is_reachable_by_its_policies() -> None:
    budgets = {
        one["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"]
        for one in documents_of(BASE / "disruption.yaml")
    }
    up = [one for one in workloads(all_documents()) if one.kind in ("Deployment", "StatefulSet")]
    assert budgets == {one.labels["app.kubernetes.io/component"] for one in up}
    policies = {one["metadata"]["name"]: one["spec"] for one in documents_of(BASE / "network.yaml")}
    assert policies["nothing-by-default"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    ports = {port["name"] for one in up for container in one.containers for port in container.get("ports", ())}
    named = {
        port["port"]
        for spec in policies.values()
        for rule in (*spec.get("ingress", ()), *spec.get("egress", ()))
        for port in rule.get("ports", ())
        if isinstance(port["port"], str)
    }
    assert named <= ports


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_setting_is_one_of_a_program_s_and_good(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {f"CUNTONG_{name.upper()}" for kind in PROGRAMS.values() for name in kind.model_fields}
    assert SETTINGS.keys() - known == {"CUNTONG_SECRETS_DIR"}
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    (workload,) = workloads(documents_of(BASE / f"{program}.yaml"))
    (container,) = workload.containers
    for one in container.get("env", ()):
        assert one["name"] in known
        monkeypatch.setenv(one["name"], one["value"])
    monkeypatch.delenv("CUNTONG_SECRETS_DIR")
    monkeypatch.setenv("CUNTONG_REDIS_URL", "rediss://:secret@redis.cuntong:6379/0")
    settings = PROGRAMS[program]()
    # What a setting names as a port or as a file is there.
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    listens = {"grpc": "listen", "health": "health_listen", "metrics": "metrics_listen"}
    for port, number in ports.items():
        assert getattr(settings, listens[port]).endswith(f":{number}")
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    files = [value for name, value in SETTINGS.items() if name.endswith("_FILE") and program != "worker"]
    assert all(any(value.startswith(f"{mount}/") for mount in mounts) for value in files)
    assert SETTINGS["CUNTONG_SECRETS_DIR"] in mounts
    drains_s = float(SETTINGS["CUNTONG_WORK_DRAIN_S" if program == "worker" else "CUNTONG_DRAIN_S"])
    assert workload.pod["terminationGracePeriodSeconds"] >= drains_s + 10


def test_what_the_image_is_asked_to_be_it_knows() -> None:
    entry = (ROOT / "bin/in-image").read_text(encoding="utf-8")
    roles = dict(re.findall(r"^  (\w+)\) set -- python -P -m ([\w.]+) ;;$", entry, re.MULTILINE))
    assert roles.keys() == PROGRAMS.keys()
    for module in roles.values():
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
    for workload in workloads(all_documents()):
        for container in workload.containers:
            assert container["image"] in ("cuntong", "redis")
            if container["image"] == "cuntong":
                assert container["args"][0] in (*roles, "sh")
    (release,) = re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    images = {one["name"]: one["newTag"] for one in yaml.safe_load((BASE / "kustomization.yaml").read_text())["images"]}
    assert images["cuntong"] == release


def test_scripts_are_given_what_they_ask_for() -> None:
    for script, workload in (
        (BASE / "backup.sh", next(one for one in workloads(documents_of(BASE / "backup.yaml")))),
        (K8S / "restore/restore.sh", next(one for one in workloads(documents_of(K8S / "restore/restore.yaml")))),
        (
            K8S / "components/daily-plan/daily-plan.sh",
            next(one for one in workloads(documents_of(K8S / "components/daily-plan/daily-plan.yaml"))),
        ),
    ):
        text = script.read_text(encoding="utf-8")
        checked = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
        asked = set(re.findall(r"\$\{?([A-Z][A-Z_]+)\}?(?![:\w-])", text)) - {"CUNTONG_CA", "CUNTONG_TOKEN_FILE"}
        given = {one["name"] for one in workload.containers[0]["env"]}
        own = set(re.findall(r"^(?:export )?([A-Z_]+)=", text, re.MULTILINE))
        assert asked - own == given


def test_the_ingress_has_a_path_for_each_service() -> None:
    (ingress,) = documents_of(K8S / "components/ingress/ingress.yaml")
    named = {
        f"/{service.full_name}"
        for file in (consolidation_service_pb2, settlement_service_pb2, route_service_pb2)
        for service in file.DESCRIPTOR.services_by_name.values()
    }
    (rule,) = ingress["spec"]["rules"]
    assert {path["path"] for path in rule["http"]["paths"]} == named
    services = {one["metadata"]["name"]: one for one in all_documents() if one["kind"] == "Service"}
    for path in rule["http"]["paths"]:
        backend = path["backend"]["service"]
        assert backend["port"]["name"] in {port["name"] for port in services[backend["name"]]["spec"]["ports"]}


def test_certificates_are_for_all_names_that_are_called() -> None:
    certificates = [one for one in documents_of(K8S / "components/cert-manager/certificates.yaml")]
    names = {name for one in certificates for name in one["spec"].get("dnsNames", ())}
    services = [one["metadata"]["name"] for one in all_documents() if one["kind"] == "Service"]
    assert names == {"localhost"} | {f"{name}{end}" for name in services for end in ("", ".cuntong", ".cuntong.svc")}
    made = {one["spec"].get("secretName") for one in certificates}
    assert {"cuntong-tls"} <= made


def test_workers_are_scaled_by_metrics_that_are_there() -> None:
    registry = CollectorRegistry()
    define_metrics(registry)
    known = {sample.name for family in registry.collect() for sample in family.samples}
    (scaled,) = documents_of(K8S / "components/keda/worker-scaling.yaml")
    queries = [one["metadata"]["query"] for one in scaled["spec"]["triggers"] if one["type"] == "prometheus"]
    named = {name for query in queries for name in re.findall(r"cuntong_\w+", query)}
    assert named == {"cuntong_jobs", "cuntong_queue_age_seconds"} <= known


def test_every_secret_that_is_named_is_said_how_to_make() -> None:
    named = {
        volume["secret"]["secretName"]
        for workload in workloads(all_documents())
        for volume in workload.pod["volumes"]
        if "secret" in volume
    }
    manual = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert {name for name in named if f"create secret generic {name} " not in manual} == set()


def test_the_image_is_built_as_its_linter_wants() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    linted = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, "")
