"""Manifests as they are read and as overlays are rendered, and what pods are in them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.deploy.legs import needs

ROOT: Final = Path(__file__).resolve().parents[2]
K8S: Final = ROOT / "deploy/k8s"
APPLIED: Final = ["files", "restore", *sorted(f"overlays/{path.name}" for path in (K8S / "overlays").iterdir())]
"""What an operator applies."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that runs pods."""

    kind: str
    name: str
    spec: Document
    pod: Document
    labels: dict[str, str]

    @property
    def containers(self) -> list[Document]:
        """All containers of a pod."""
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]


def manifest_files() -> list[Path]:
    """The files that hold manifests; kustomizations say how these are put together."""
    return sorted(path for path in K8S.rglob("*.yaml") if path.name != "kustomization.yaml")


def documents_of(path: Path) -> list[Document]:
    """The documents of a file."""
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one is not None]


def all_documents() -> list[Document]:
    """The documents of all files, before anything is put together."""
    return [one for path in manifest_files() for one in documents_of(path)]


def rendered(folder: str) -> list[Document]:
    """What would be applied of a folder of deploy/k8s; this needs kubectl."""
    command = [needs("kubectl"), "kustomize", str(K8S / folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert made.returncode == 0, made.stderr
    return [one for one in yaml.safe_load_all(made.stdout) if one is not None]


def workloads(documents: list[Document]) -> Iterator[Workload]:
    """All that runs pods."""
    for one in documents:
        kind, name = one["kind"], one["metadata"]["name"]
        if kind in ("Deployment", "StatefulSet", "Job"):
            template, spec = one["spec"]["template"], one["spec"]
        elif kind == "CronJob":
            spec = one["spec"]
            template = spec["jobTemplate"]["spec"]["template"]
        elif kind == "Pod":
            template, spec = one, one["spec"]
        else:
            continue
        yield Workload(kind, name, spec, template["spec"], template["metadata"]["labels"])
