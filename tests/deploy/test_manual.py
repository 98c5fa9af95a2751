"""What the manuals tell an operator to type is typed here."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.deploy.legs import needs
from tests.deploy.manifests import ROOT
from tests.running import serving


def test_a_call_by_curl_alone_is_answered(tmp_path: Path) -> None:
    needs("curl")
    manual = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^(printf .*?ListPlans)$", manual, re.MULTILINE | re.DOTALL)
    with serving(tmp_path) as services:
        typed = example.replace("127.0.0.1:50052", services.running["route"].grpc)
        asked = subprocess.run(
            ["sh", "-c", typed], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )
    assert (asked.returncode, "grpc-status: 0" in asked.stderr) == (0, True), asked.stderr
    assert (tmp_path / "plans.bin").read_bytes() == b"\0\0\0\0\0"  # no plans yet: a message without fields
