"""docs/operations.md, "A second machine": a worker on a second host; whichever host dies, no plan is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import redis
from cuntong.route.v1 import route_service_pb2 as pb
from cuntong.route.v1 import route_service_pb2_grpc as pb_grpc

from tests.chaos.stores import Store
from tests.credentials import Authority, Issuer, make_issuer
from tests.deploy.hosts import Host, two_hosts
from tests.deploy.legs import needs
from tests.running import TIMEOUT_S, plan_request
from tests.waiting import wait_until

PASSWORD = "of the store"
LEASE_S = 3.0
PORT = 6379


@dataclass(frozen=True, slots=True)
class Installation:
    """Store and route service on the first host, a worker on the second."""

    first: Host
    second: Host
    authority: Authority
    issuer: Issuer
    program: str

    @property
    def store_url(self) -> str:
        """Where the store is, as the second host has it."""
        password = PASSWORD.replace(" ", "%20")
        return f"rediss://:{password}@{self.first.address}:{PORT}/0?ssl_ca_certs={self.authority.cert_file}"

    def start_first(self) -> None:
        """Start the store and the route service, which plans nothing itself."""
        certificate = self.authority.sign("first", addresses=[self.first.address])
        data = self.first.folder / "store"
        data.mkdir(exist_ok=True)
        store = Store(self.program, data, PORT, certificate, self.authority.cert_file)
        # Of an option that is named twice the last counts.
        words = [*store.words, "--bind", self.first.address, "--requirepass", PASSWORD]
        self.first.start("store", self.program, *words)
        wait_until(self._store_answers)
        ready = self.first.folder / "route.json"
        ready.unlink(missing_ok=True)
        environment = {
            "CUNTONG_REDIS_URL": self.store_url,
            "CUNTONG_LEASE_S": str(LEASE_S),
            "CUNTONG_WORKERS": "0",
            "CUNTONG_LISTEN": f"{self.first.address}:0",
            "CUNTONG_READY_FILE": str(ready),
            "CUNTONG_TLS_CERT_FILE": str(certificate.cert),
            "CUNTONG_TLS_KEY_FILE": str(certificate.key),
            **{f"CUNTONG_{name.upper()}": str(value) for name, value in self.issuer.settings.items()},
        }
        self.first.start_module("services.route.app", environment)
        wait_until(ready.exists)

    def start_second(self) -> None:
        """Start a worker."""
        environment = {"CUNTONG_REDIS_URL": self.store_url, "CUNTONG_LEASE_S": str(LEASE_S), "CUNTONG_WORKERS": "2"}
        self.second.start_module("services.route.worker", environment)

    @contextmanager
    def calling(self) -> Iterator[Any]:
        """Call the route service as a county's dispatch system would."""
        address = json.loads((self.first.folder / "route.json").read_text(encoding="utf-8"))["grpc"]
        credentials = grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(self.authority.cert_file.read_bytes()),
            grpc.access_token_call_credentials(self.issuer.token()),
        )
        with grpc.secure_channel(address, credentials) as channel:
            yield pb_grpc.RouteServiceStub(channel)

    def _store_answers(self) -> bool:
        with suppress(redis.RedisError), redis.Redis.from_url(self.store_url) as client:
            return bool(client.ping())
        return False


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    program = needs("redis-server")
    with two_hosts(tmp_path) as (first, second):
        made = Installation(first, second, Authority(tmp_path, "own"), make_issuer(tmp_path), program)
        try:
            made.start_first()
            made.start_second()
            yield made
        except BaseException:
            print(first.said(), second.said())
            raise


def submit(installation: Installation, name: str) -> list[str]:
    """Have two plans under way, or one of them, and give their names."""
    with installation.calling() as stub:
        requests = [plan_request(f"{name}-{number}", iterations=None, time_budget_s=2) for number in range(2)]
        plan_ids = [stub.SubmitPlan(one, timeout=TIMEOUT_S).job.plan_id for one in requests]

        def is_one_running() -> bool:
            asked = (stub.GetPlan(pb.GetPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S) for plan_id in plan_ids)
            return any(one.job.state == pb.JOB_STATE_RUNNING for one in asked)

        wait_until(is_one_running)
    return plan_ids


def test_whichever_host_dies_no_plan_is_lost(installation: Installation) -> None:
    deaths = {
        "second": (installation.second, installation.start_second),
        "first": (installation.first, installation.start_first),
    }
    for name, (host, start) in deaths.items():
        plan_ids = submit(installation, name)
        host.die()
        start()
        with installation.calling() as stub:
            for plan_id in plan_ids:
                *_, last = stub.WatchPlan(pb.WatchPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S)
                assert last.job.state == pb.JOB_STATE_SUCCEEDED, (name, last)
                assert stub.GetPlan(pb.GetPlanRequest(plan_id=plan_id), timeout=TIMEOUT_S).result.plan.runs
