"""What the manuals tell an operator to type is typed here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.commands import PARCELS
from tests.county_files import write_county
from tests.credentials import Authority, make_issuer
from tests.deploy.legs import needs
from tests.deploy.manifests import K8S, ROOT
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


def test_the_morning_s_job_plans_every_county_and_says_which_failed(tmp_path: Path) -> None:
    counties, papers = tmp_path / "counties", tmp_path / "papers"
    for name in ("good", "broken"):
        county = write_county(counties / name)
        county = county.rename(counties / f"county-{name}")
        (county / "parcels.csv").write_text(PARCELS, encoding="utf-8")
        (counties / name).rmdir()
    (counties / "county-broken/vehicles.csv").unlink()
    issuer, authority = make_issuer(tmp_path), Authority(tmp_path, "own")
    server = authority.sign("server")
    token = tmp_path / "token"
    token.write_text(issuer.token(), encoding="utf-8")
    guards = issuer.settings | {"tls_cert_file": server.cert, "tls_key_file": server.key}
    with serving(tmp_path, guards=guards) as services:
        given = {
            "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
            "COUNTIES": str(counties),
            "PAPERS": str(papers),
            "CONSOLIDATION": services.running["consolidation"].grpc,
            "ROUTE": services.running["route"].grpc,
            "AT_ONCE": "2",
            "BUDGET_S": "1",
            "CUNTONG_CA": str(authority.cert_file),
            "CUNTONG_TOKEN_FILE": str(token),
        }
        script = ["sh", str(K8S / "components/daily-plan/daily-plan.sh")]

        def run() -> tuple[int, list[str]]:
            done = subprocess.run(
                script, env=os.environ | given, capture_output=True, text=True, check=False, timeout=240
            )
            return done.returncode, [line for line in done.stdout.splitlines() if line.startswith("county-")]

        code, said = run()
        assert (code != 0, sorted(said)) == (True, ["county-broken: FAILED", "county-good: planned"])
        shutil.rmtree(counties / "county-broken")
        assert run() == (0, ["county-good: planned already"])
    (today,) = (papers / "county-good").iterdir()
    assert (today / "plan.json").is_file()
