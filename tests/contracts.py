"""The services' methods as their descriptors have them, so that none can be forgotten."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def methods() -> list[Any]:
    """Descriptors of all methods in ``protos/``."""
    found: list[Any] = []
    for path in sorted((ROOT / "protos").rglob("*.proto")):
        name = ".".join(path.relative_to(ROOT / "protos").with_suffix("").parts)
        descriptor = importlib.import_module(f"{name}_pb2").DESCRIPTOR
        found += [method for service in descriptor.services_by_name.values() for method in service.methods]
    return found
