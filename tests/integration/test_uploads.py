"""Days in parts through a real route service, and both ways of the command line into guarded services."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from cuntong.route.v1 import route_service_pb2 as pb
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status import rpc_status

from services.cli import client as cli_client
from services.cli.access import Access, AccessError, channel_to
from services.cli.app import main
from services.cli.client import finished_plan, pack_remotely, submit_plan, upload_parts, watch_plan
from services.model.day import PlanSettings
from services.route.checker import check
from tests.builders import small_day
from tests.credentials import Authority, Issuer, make_issuer
from tests.running import TIMEOUT_S, Services, plan_request, refused, serving, violated_paths

MOST = 2_000_000
INVALID = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return make_issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "root")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    # A small limit of messages stands for a large day.
    guards = {"max_message_bytes": 5_000, "max_upload_bytes": MOST}
    with serving(tmp_path_factory.mktemp("uploads"), guards=guards) as running:
        yield running


def upload(services: Services, parts: Iterator[pb.UploadPlanRequest] | list[pb.UploadPlanRequest]) -> pb.PlanJob:
    job: pb.PlanJob = services.route.UploadPlan(iter(parts), timeout=TIMEOUT_S).job
    return job


def test_a_day_beyond_the_limit_of_messages_comes_in_parts(services: Services) -> None:
    request = plan_request("large")
    whole = request.SerializeToString()
    assert len(whole) > 1_000
    job = upload(services, upload_parts(whole, 300))
    assert job.state == pb.JOB_STATE_QUEUED
    # Parts are a way to send, not another request.
    assert upload(services, upload_parts(whole, 4_000)).plan_id == job.plan_id
    with refused(grpc.StatusCode.ALREADY_EXISTS):
        upload(services, upload_parts(plan_request("large", seed=2).SerializeToString(), 300))


def changed(**changes: Any) -> Callable[[list[pb.UploadPlanRequest]], None]:
    def change(parts: list[pb.UploadPlanRequest]) -> None:
        for name, value in changes.items():
            setattr(parts[0], name, value)

    return change


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda parts: parts.clear(), "data"),
        (lambda parts: parts.pop(), "total_bytes"),
        (lambda parts: parts.pop(1), "offset"),
        (lambda parts: parts.append(parts[-1]), "offset"),
        (lambda parts: parts.insert(1, pb.UploadPlanRequest(offset=300)), "data"),
        (lambda parts: parts[1].MergeFrom(pb.UploadPlanRequest(total_bytes=1)), "total_bytes"),
        (changed(total_bytes=0), "total_bytes"),
        (changed(total_bytes=MOST + 1), "total_bytes"),
        (changed(total_bytes=-(2**63)), "total_bytes"),
        (changed(total_bytes=500), "data"),
        (changed(sha256=b""), "sha256"),
        (changed(sha256=b"x" * 32), "sha256"),
        (changed(offset=1), "offset"),
        (changed(data=b""), "data"),
    ],
)
def test_an_upload_that_is_not_what_it_says_is_refused_by_path(
    services: Services, change: Callable[[list[pb.UploadPlanRequest]], None], path: str
) -> None:
    parts = list(upload_parts(plan_request("wrong").SerializeToString(), 300))
    change(parts)
    with refused(INVALID) as errors:
        upload(services, parts)
    assert violated_paths(errors[0]) == {path}


def test_parts_of_something_else_are_refused(services: Services) -> None:
    for whole, path in ((b"\xff" * 600, "data"), (b"\x0a\x00", "request_id")):
        with refused(INVALID) as errors:
            upload(services, upload_parts(whole, 300))
        assert path in violated_paths(errors[0])


def test_uploads_of_one_tenant_at_once_have_a_limit(services: Services) -> None:
    first = pb.UploadPlanRequest(data=b"x", total_bytes=MOST, sha256=hashlib.sha256(b"").digest())
    may_end = threading.Event()

    def silent() -> Iterator[pb.UploadPlanRequest]:
        yield first
        may_end.wait(20)

    slow = services.route.UploadPlan.future(silent(), timeout=TIMEOUT_S)
    try:
        whole = plan_request("beside").SerializeToString()
        for _ in range(200):
            try:
                upload(services, upload_parts(whole, 4_000))
            except grpc.RpcError as error:
                failed: Any = error
                break
        assert failed.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        status = rpc_status.from_call(failed)
        assert status is not None
        assert any(detail.Is(RetryInfo.DESCRIPTOR) for detail in status.details)
    finally:
        slow.cancel()
        may_end.set()
    for _ in range(100):
        try:
            assert upload(services, upload_parts(whole, 4_000)).plan_id
            return
        except grpc.RpcError:
            continue
    raise AssertionError("the room was not given back")


def test_the_command_line_uploads_what_is_too_large_to_send(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_client, "_MAX_MESSAGE_BYTES", 1_000)
    monkeypatch.setattr(cli_client, "_PART_BYTES", 700)
    day = small_day()
    with channel_to(services.running["route"].grpc) as channel:
        plan_id = submit_plan(channel, day, PlanSettings(iterations=20, cores=1), "by-command-line")
        watch_plan(channel, plan_id, lambda _: None)
        result = finished_plan(channel, plan_id)
    assert check(day, result.plan) == []
    with channel_to(services.running["consolidation"].grpc) as channel:
        assert pack_remotely(channel, day, result, plan_id).bags


# --- the command line and what guards services ---


@pytest.fixture(scope="module")
def guarded(
    tmp_path_factory: pytest.TempPathFactory, issuer: Issuer, authority: Authority
) -> Iterator[tuple[Services, dict[str, str]]]:
    """Services that want certificates and tokens, and the files that open them by the environment's name."""
    folder = tmp_path_factory.mktemp("guarded")
    own, mine = authority.sign("service"), authority.sign("client")
    guards = issuer.settings | {
        "tls_cert_file": own.cert,
        "tls_key_file": own.key,
        "tls_client_ca_file": authority.cert_file,
    }
    token = folder / "token"
    token.write_text(issuer.token() + "\n")
    files = {"TOKEN_FILE": token, "CA": authority.cert_file, "CERT": mine.cert, "KEY": mine.key}
    with serving(folder, guards=guards) as running:
        yield running, {name: str(path) for name, path in files.items()}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["cuntong", *arguments])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


COMMANDS = [
    ("show", ["plan-0"], "--route"),
    ("watch", ["plan-0"], "--route"),
    ("cancel", ["plan-0"], "--route"),
    ("settle", ["plan-0"], "--consolidation"),
    ("trace", ["甲/1", "--plan-id", "plan-0"], "--consolidation"),
]


@pytest.mark.parametrize(("command", "arguments", "option"), COMMANDS, ids=[command for command, *_ in COMMANDS])
@pytest.mark.parametrize("by", ["options", "environment"])
def test_commands_bring_certificate_and_token(
    guarded: tuple[Services, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    arguments: list[str],
    option: str,
    by: str,
) -> None:
    services, files = guarded
    address = services.running[option.removeprefix("--")].grpc
    given: list[str] = []
    for name, path in files.items():
        if by == "options":
            given += [f"--{name.lower().replace('_', '-')}", path]
        else:
            monkeypatch.setenv(f"CUNTONG_{name}", path)
    # Let in, and told that there is no such plan.
    assert run(monkeypatch, command, *arguments, option, address, *given) == 2
    assert "NOT_FOUND" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("without", "said"),
    [("TOKEN_FILE", "UNAUTHENTICATED"), ("CERT", "--cert and --key go together"), ("CA", "UNAVAILABLE")],
)
def test_what_is_missing_is_said(
    guarded: tuple[Services, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    without: str,
    said: str,
) -> None:
    services, files = guarded
    for name in files.keys() - {without}:
        monkeypatch.setenv(f"CUNTONG_{name}", files[name])
    assert run(monkeypatch, "show", "plan-0", "--route", services.running["route"].grpc) == 2
    assert said in capsys.readouterr().err


def test_a_whole_day_goes_through_guarded_services(
    guarded: tuple[Services, dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    services, files = guarded
    for name, path in files.items():
        monkeypatch.setenv(f"CUNTONG_{name}", path)
    addresses = [f"--{name}={running.grpc}" for name, running in services.running.items()]
    arguments = ["data/huadian", "--date=2026-11-23", "--iterations=5", "--no-compare", f"--out={tmp_path}"]
    assert run(monkeypatch, "plan", *arguments, *addresses) == 0
    assert (tmp_path / "2026-11-23" / "plan.json").is_file()


def test_services_of_a_command_are_its_own_whatever_the_environment_guards(
    monkeypatch: pytest.MonkeyPatch, issuer: Issuer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CUNTONG_AUTH_KEY_FILE", str(issuer.key_file))
    monkeypatch.setenv("CUNTONG_AUTH_ISSUER", "i")
    monkeypatch.setenv("CUNTONG_TLS_CERT_FILE", str(tmp_path / "nothing"))
    assert run(monkeypatch, "consolidate", "data/huadian", "--date=2026-11-23") == 0


def test_no_token_leaves_this_machine_readable(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc")
    for address in ("services.example:50052", "10.0.0.1:50052", "dns:///services.example"):
        with pytest.raises(AccessError, match="without TLS"), channel_to(address, Access(token_file=token)):
            pass
    with channel_to("127.0.0.1:1", Access(token_file=token)):
        pass


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", "令牌".encode(), b"a\x00b"])
def test_a_file_without_a_token_is_named(tmp_path: Path, content: bytes) -> None:
    token = tmp_path / "token"
    token.write_bytes(content)
    with pytest.raises(AccessError, match="holds no token"), channel_to("127.0.0.1:1", Access(token_file=token)):
        pass
    with pytest.raises(AccessError, match="cannot read"), channel_to("127.0.0.1:1", Access(ca=tmp_path / "nothing")):
        pass


def test_a_newer_token_is_taken_for_the_next_call(
    guarded: tuple[Services, dict[str, str]], issuer: Issuer, tmp_path: Path
) -> None:
    services, files = guarded
    token = tmp_path / "token"
    token.write_text("expired.long.ago")
    access = Access(token, *(Path(files[name]) for name in ("CA", "CERT", "KEY")))
    with channel_to(services.running["route"].grpc, access) as channel:
        ask = channel.unary_unary("/cuntong.route.v1.RouteService/ListPlans", None, pb.ListPlansResponse.FromString)
        with refused(grpc.StatusCode.UNAUTHENTICATED):
            ask(b"", timeout=TIMEOUT_S)
        token.write_text(issuer.token())
        ask(b"", timeout=TIMEOUT_S)
