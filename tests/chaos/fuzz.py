"""Throws at running services whatever a network can bring, and sees whether they stand.

``python -m tests.chaos.fuzz --seconds 600`` starts both services and a store on loopback and attacks them: bytes that
are no messages, messages with damaged bytes, messages of hostile values, deep nesting, odd metadata, streams that break
off, garbage on the socket, connections and calls that say nothing. A finding is a status INTERNAL or UNKNOWN, a job
that failed by a mistake of ours, an error in the logs, a process that ended, or a service that does not answer
afterwards. The last line is a JSON object; the exit code is 1 where there are findings.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import socket
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc
import pyarrow as pa
import pyarrow.ipc
from cuntong.consolidation.v1 import bags_pb2, consolidation_service_pb2, trace_pb2
from cuntong.route.v1 import plan_pb2, planned_day_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb
from cuntong.route.v1 import route_service_pb2_grpc as route_grpc
from cuntong.settlement.v1 import settlement_pb2, settlement_service_pb2
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.cli.client import upload_parts
from services.cli.local import Running, local_services
from services.model.agreements import Sharing
from services.model.plan import PlanResult
from services.model.settlement import SettlementSettings
from services.runtime.config import StoreSettings
from services.wire.codec import encode
from tests.builders import small_day
from tests.contracts import methods
from tests.running import header, parcels, plan_request
from tests.settlements import county, day_of, express, goods, third_party
from tests.settlements import planned as plan_of

_CALL_S: Final = 10.0
_JOB_S: Final = 60.0
_SOCKET_S: Final = 0.3
_MOST_ANSWERS: Final = 20
_MOST_FINDINGS: Final = 20
_SILENT_CONNECTIONS: Final = 30
_BAD: Final = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS: Final = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_OPEN: Final = (route_pb.JOB_STATE_QUEUED, route_pb.JOB_STATE_RUNNING)

_Metadata = tuple[tuple[str, str | bytes], ...]


@dataclass
class Tally:
    """What was done and what was found."""

    calls: int = 0
    sockets: int = 0
    jobs: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def find(self, what: str) -> None:
        """Note a finding."""
        if len(self.findings) < _MOST_FINDINGS:
            self.findings.append(what)

    def line(self, seconds: float) -> str:
        """Write it as one line of JSON."""
        return json.dumps(
            {
                "seconds": round(seconds, 1),
                "calls": self.calls,
                "sockets": self.sockets,
                "jobs": self.jobs,
                "statuses": dict(sorted(self.statuses.items())),
                "findings": self.findings,
            },
            ensure_ascii=False,
        )


# --- messages ---


def whole_requests() -> dict[str, list[Message]]:
    """Requests that are in order, by method; what is hostile is made from these."""
    day: Any = encode(small_day(), plan_pb2.Day)
    planned = planned_day_pb2.PlannedDay(day=day)
    submit = plan_request("fuzz", iterations=1, compare=False)
    settings = encode(SettlementSettings(iterations=1), settlement_pb2.SettlementSettings)
    shared = day_of(
        county(express(Sharing.SHAPLEY), third_party(Sharing.TARIFF, tariff_piece_fen=110)),
        goods("C-1", "EXP-A"),
        goods("C-2", "EXP-B", 2),
    )
    plan = plan_of(shared, {"VAN-A": [("C-1", ""), ("C-2", "AG-A")]})
    settled = planned_day_pb2.PlannedDay(
        day=encode(shared, plan_pb2.Day), result=encode(PlanResult(plan), plan_pb2.PlanResult, shared.service_date)
    )
    return {
        "SubmitPlan": [submit],
        "UploadPlan": list(upload_parts(submit.SerializeToString(), 700)),
        "WatchPlan": [route_pb.WatchPlanRequest(plan_id="plan-0", after_sequence=1)],
        "GetPlan": [route_pb.GetPlanRequest(plan_id="plan-0")],
        "ListPlans": [route_pb.ListPlansRequest(page_size=3, page_token="plan-0")],
        "CancelPlan": [route_pb.CancelPlanRequest(plan_id="plan-0")],
        "CheckPlan": [route_pb.CheckPlanRequest(day=settled.day, plan=settled.result.plan)],
        "Consolidate": [header(), parcels(3), parcels(2, 7)],
        "PackBags": [bags_pb2.PackBagsRequest(planned=settled, seals=[bags_pb2.BagSeal(code="a", seal="b")])],
        "TraceParcel": [trace_pb2.TraceParcelRequest(planned=planned, parcel="EXP-A/1")],
        "Settle": [settlement_service_pb2.SettleRequest(planned=settled, settings=settings)],
    }


_WHOLE_NUMBERS: Final = (
    0,
    1,
    -1,
    2,
    7,
    10**6,
    10**9,
    2**31 - 1,
    -(2**31),
    2**31,
    2**53,
    10**12,
    10**12 + 1,
    2**63 - 1,
    -(2**63),
)
_FRACTIONS: Final = (0.0, -0.0, float("nan"), float("inf"), -float("inf"), 1e308, 5e-324, -1e308, 180.0, 90.0, 1e-9)
_TEXTS: Final = (
    "",
    " ",
    "\x00",
    "\x7f\u2028",
    "村" * 200,
    "x" * 5_000,
    "../../etc/passwd",
    "a\r\nb: c",
    "\U0010ffff",
    "\u202e",
    "=1+1",
    "*",
    "2026-02-30",
    "9999-12-31",
    "0000-00-00",
    "HUB",
    "NaN",
    "EXP-A",
)


def hostile_value(descriptor: Any, chance: random.Random) -> Any:
    """Make a value of a field's type that nobody means."""
    if descriptor.enum_type is not None:
        return chance.choice((0, 1, 2, 3, 99, -1, 2**31 - 1, -(2**31)))
    match descriptor.cpp_type:
        case descriptor.CPPTYPE_BOOL:
            return chance.random() < 0.5
        case descriptor.CPPTYPE_STRING if descriptor.type == descriptor.TYPE_BYTES:
            return chance.randbytes(chance.choice((0, 1, 32, 500)))
        case descriptor.CPPTYPE_STRING:
            return chance.choice(_TEXTS)
        case descriptor.CPPTYPE_DOUBLE | descriptor.CPPTYPE_FLOAT:
            return chance.choice(_FRACTIONS)
        case _:
            return chance.choice(_WHOLE_NUMBERS)


def spoil(message: Any, chance: random.Random) -> None:
    """Change one thing somewhere in a message."""
    descriptor = chance.choice(message.DESCRIPTOR.fields)
    if descriptor.message_type is None:
        with suppress(ValueError, TypeError):  # out of the field's own range
            _spoil_value(message, descriptor, chance)
    elif hasattr(getattr(message, descriptor.name), "add"):
        _spoil_list(getattr(message, descriptor.name), chance)
    elif chance.random() < 0.1:
        message.ClearField(descriptor.name)
    elif descriptor.message_type.fields:
        spoil(getattr(message, descriptor.name), chance)


def _spoil_list(held: Any, chance: random.Random) -> None:
    if not len(held):
        held.add()
        return
    match chance.randrange(10):
        case 0:
            del held[:]
        case 1:
            held.add()
        case 2:
            held.add().CopyFrom(chance.choice(held))
        case 3:
            del held[chance.randrange(len(held))]
        case _:
            spoil(chance.choice(held), chance)


def _spoil_value(message: Any, descriptor: Any, chance: random.Random) -> None:
    held = getattr(message, descriptor.name)
    if not hasattr(held, "append"):
        setattr(message, descriptor.name, hostile_value(descriptor, chance))
        return
    match chance.randrange(4):
        case 0:
            del held[:]
        case 1 if len(held):
            held[chance.randrange(len(held))] = hostile_value(descriptor, chance)
        case 2:
            held.extend([hostile_value(descriptor, chance)] * chance.choice((1, 3, 2_000)))
        case _:
            held.append(hostile_value(descriptor, chance))


def hostile(requests: Sequence[Message], chance: random.Random) -> list[bytes]:
    """Spoil some of a call's requests in a few places."""
    made: list[bytes] = []
    for request in requests:
        copy = type(request)()
        copy.CopyFrom(request)
        for _ in range(chance.choice((0, 1, 1, 2, 5))):
            spoil(copy, chance)
        made.append(copy.SerializeToString())
    return made


def damaged(requests: Sequence[Message], chance: random.Random) -> list[bytes]:
    """Change, cut or repeat bytes of a call's requests: what was text may be no UTF-8, lengths may be lies."""
    made: list[bytes] = []
    for request in requests:
        whole = bytearray(request.SerializeToString())
        for _ in range(chance.choice((1, 1, 2, 6))):
            at = chance.randrange(len(whole) + 1)
            match chance.randrange(8):
                case 0:
                    whole[at:at] = chance.randbytes(chance.randint(1, 8))
                case 1:
                    del whole[at : at + chance.randint(1, 8)]
                case 2:
                    whole += whole[at : at + 40]
                case _ if at < len(whole):
                    whole[at] = chance.randrange(256)
        made.append(bytes(whole))
    return made


def nested(depth: int, chance: random.Random) -> bytes:
    """Nest messages, or groups that nobody knows, beyond what anybody reads."""
    if chance.random() < 0.5:
        number = chance.choice((1, 2, 3, 100))
        start, end = _varint(number << 3 | 3), _varint(number << 3 | 4)
        return start * depth + (end * depth if chance.random() < 0.5 else b"")
    content, tag = b"", _varint(chance.choice((1, 2, 3)) << 3 | 2)
    for _ in range(min(depth, 2_000)):
        content = tag + _varint(len(content)) + content
    return content


def entry_bomb(descriptor: Any, chance: random.Random) -> bytes:
    """Put as many empty messages into a message, somewhere, as a request has room for."""
    path: list[Any] = []
    while inner := [field for field in descriptor.fields if field.message_type is not None]:
        path.append(chance.choice(inner))
        descriptor = path[-1].message_type
        if path[-1].is_repeated and chance.random() < 0.5:
            break
    if not path:
        return b""
    tags = [_varint(field.number << 3 | 2) for field in path]
    content = (tags[-1] + b"\x00") * (chance.choice((100_000, 3_000_000, 14_000_000)) // len(tags[-1]))
    for tag in reversed(tags[:-1]):
        content = tag + _varint(len(content)) + content
    return content


def arrow_bomb(chance: random.Random) -> bytes:
    """Write a stream whose rows take no bytes, or next to none."""
    if chance.random() < 0.5:
        table, compression = pa.table({"row": pa.nulls(10**9)}), None
    else:
        table, compression = pa.table({"waybill": pa.array(["x" * 1_000] * 50_000)}), "zstd"
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return buffer.getvalue()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


# --- calls ---


class Attack:
    """Running services under attack, by a generator that repeats."""

    def __init__(self, running: dict[str, Running], tally: Tally, chance: random.Random) -> None:
        self._running = running
        self._tally = tally
        self._chance = chance
        self._whole = whole_requests()
        self._methods = methods()
        self._jobs: list[str] = []
        missing = {method.name for method in self._methods} - set(self._whole)
        # A method that is added is attacked too, with nothing to begin from.
        for method in self._methods:
            if method.name in missing:
                self._whole[method.name] = [GetMessageClass(method.input_type)()]

    def once(self) -> None:
        """Do one thing."""
        ways: list[tuple[int, Callable[[], None]]] = [
            (80, lambda: self._call(hostile)),
            (60, lambda: self._call(damaged)),
            (20, self._garbage_call),
            (10, self._nested_call),
            (10, self._odd_metadata),
            (10, self._broken_off),
            (20, self._garbage_socket),
            (2, self._bomb),
        ]
        weights, actions = zip(*ways, strict=True)
        self._chance.choices(actions, weights)[0]()

    def _address(self, method: Any) -> str:
        return self._running["route" if ".route." in method.full_name else "consolidation"].grpc

    def _call(self, make: Callable[[Sequence[Message], random.Random], list[bytes]]) -> None:
        method = self._chance.choice(self._methods)
        self._send(method, make(self._whole[method.name], self._chance))

    def _garbage_call(self) -> None:
        method = self._chance.choice(self._methods)
        size = self._chance.choice((0, 1, 3, 10, 100, 10_000, 1_000_000))
        self._send(method, [self._chance.randbytes(size)])

    def _nested_call(self) -> None:
        method = self._chance.choice(self._methods)
        self._send(method, [nested(self._chance.choice((90, 110, 10_000, 1_000_000)), self._chance)])

    def _bomb(self) -> None:
        """Send what is small on the wire and large in memory."""
        method = self._chance.choice(self._methods)
        if method.name == "Consolidate" and self._chance.random() < 0.5:
            part = consolidation_service_pb2.ConsolidateRequest(parcels_arrow=arrow_bomb(self._chance))
            self._send(method, [header().SerializeToString(), part.SerializeToString()])
        else:
            self._send(method, [entry_bomb(method.input_type, self._chance)])

    def _odd_metadata(self) -> None:
        method = self._chance.choice(self._methods)
        odds: list[_Metadata] = [
            (("x-request-id", "a" * 3_000),),
            (("x-request-id", "~" * 70),),
            (("x-request-id-bin", self._chance.randbytes(50)),),
            (("authorization", "Bearer " + "x" * 5_000),),
            (("authorization", ""),),
            (("grpc-encoding-x", "gzip"),) * 30,
            (("x-request-id", "one"), ("x-request-id", "two")),
        ]
        odd = self._chance.choice(odds)
        whole = [request.SerializeToString() for request in self._whole[method.name]]
        self._send(method, whole, odd, timeout_s=self._chance.choice((1e-6, 0.001, 0.05, _CALL_S)))

    def _broken_off(self) -> None:
        """Begin a call and go away."""
        method = self._chance.choice(self._methods)
        with grpc.insecure_channel(self._address(method)) as channel:
            ask = channel.stream_stream(_path(method), None, None)
            whole = [request.SerializeToString() for request in self._whole[method.name]]
            call: Any = ask(iter(whole[: self._chance.randint(0, len(whole))]), timeout=_CALL_S)
            time.sleep(self._chance.choice((0, 0.001, 0.02)))
            call.cancel()
        self._tally.calls += 1

    def _send(
        self,
        method: Any,
        requests: list[bytes],
        metadata: _Metadata = (),
        timeout_s: float = _CALL_S,
    ) -> None:
        """Send requests as a stream whatever the method takes; on the wire it is the same."""
        answers: list[bytes] = []
        code = grpc.StatusCode.OK
        with grpc.insecure_channel(self._address(method)) as channel:
            call: Any = channel.stream_stream(_path(method), None, None)(
                iter(requests), metadata=metadata, timeout=timeout_s
            )
            try:
                for answer in call:
                    answers.append(answer)
                    if len(answers) == _MOST_ANSWERS:
                        call.cancel()
            except grpc.RpcError as error:
                failed: Any = error
                code = failed.code()
                if code in _BAD:
                    self._tally.find(f"{method.name}: {code.name} {failed.details()[:300]}")
        self._tally.calls += 1
        self._tally.statuses[code.name] += 1
        if answers and method.name in ("SubmitPlan", "UploadPlan"):
            with suppress(DecodeError):
                self._jobs.append(route_pb.SubmitPlanResponse.FromString(answers[0]).job.plan_id)
                self._end_jobs()

    def _end_jobs(self, most: int = 8) -> None:
        """See how accepted jobs end, before they are too many to accept more."""
        while len(self._jobs) > most:
            plan_id = self._jobs.pop(0)
            self._tally.jobs += 1
            reason = self._end_of(plan_id)
            if reason is None:
                self._tally.find(f"{plan_id} does not end")
            elif "internal error" in reason or "broke off" in reason:
                self._tally.find(f"{plan_id}: {reason[:300]}")

    def _end_of(self, plan_id: str) -> str | None:
        with grpc.insecure_channel(self._running["route"].grpc) as channel:
            stub: Any = route_grpc.RouteServiceStub(channel)
            stub.CancelPlan(route_pb.CancelPlanRequest(plan_id=plan_id), timeout=_CALL_S)
            deadline = time.monotonic() + _JOB_S
            while time.monotonic() < deadline:
                job = stub.GetPlan(route_pb.GetPlanRequest(plan_id=plan_id), timeout=_CALL_S).job
                if job.state not in _OPEN:
                    return str(job.reason)
                time.sleep(0.02)
        return None

    def finish(self) -> None:
        """See all accepted jobs to their end."""
        self._end_jobs(most=0)

    # --- sockets ---

    def _garbage_socket(self) -> None:
        running = self._chance.choice(list(self._running.values()))
        self._tally.sockets += 1
        with _connected(running.grpc) as connection, suppress(OSError):
            for piece in self._garbage():
                connection.sendall(piece)
            connection.settimeout(_SOCKET_S)
            while connection.recv(65_536):
                pass

    def _garbage(self) -> Iterator[bytes]:
        chance = self._chance
        match chance.randrange(9):
            case 0:
                yield chance.randbytes(chance.choice((1, 100, 100_000)))
            case 1:
                yield b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"A" * 10_000
            case 2:
                yield _PREFACE + chance.randbytes(5_000)
            case 3:
                yield _PREFACE + _SETTINGS
                for _ in range(chance.randint(1, 50)):
                    yield _frame(
                        chance.randrange(16),
                        chance.randrange(256),
                        chance.randrange(2**31),
                        chance.randbytes(chance.randrange(200)),
                    )
            case 4:
                yield _PREFACE + _SETTINGS * 2_000
            case 5:
                yield _PREFACE + _SETTINGS
                yield _frame(6, 0, 0, b"12345678") * 2_000
            case 6:
                # Headers without an end, then a continuation for ever.
                yield _PREFACE + _SETTINGS + _frame(1, 0, 1, b"\x82\x86")
                for _ in range(200):
                    yield _frame(9, 0, 1, b"\x00\x01a" + b"\x7f\x81\x00" + b"b" * 256)
            case 7:
                # Streams opened and reset at once.
                yield _PREFACE + _SETTINGS
                for stream in range(1, 2_001, 2):
                    yield _frame(1, 4, stream, _headers()) + _frame(3, 0, stream, struct.pack(">I", 8))
            case _:
                # A frame that announces more than comes, and more than is allowed.
                yield _PREFACE + _SETTINGS + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + chance.randbytes(1_000)


@contextmanager
def _connected(address: str) -> Iterator[socket.socket]:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        yield connection


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def _headers() -> bytes:
    """A gRPC call's headers, plainly written (HPACK literals without indexing)."""

    def literal(name: bytes, value: bytes) -> bytes:
        return b"\x00" + bytes((len(name),)) + name + bytes((len(value),)) + value

    path = b"/cuntong.route.v1.RouteService/GetPlan"
    pairs = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"x")]
    pairs += [(b"te", b"trailers"), (b"content-type", b"application/grpc")]
    return b"".join(literal(name, value) for name, value in pairs)


def _path(method: Any) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


@contextmanager
def silence(running: dict[str, Running]) -> Iterator[None]:
    """Hold connections that say nothing, or half of something, and calls whose message does not come."""
    with ExitStack() as stack:
        for service in running.values():
            for number in range(_SILENT_CONNECTIONS):
                connection = stack.enter_context(_connected(service.grpc))
                connection.sendall((b"", _PREFACE[:10], _PREFACE + _SETTINGS + _frame(1, 4, 1, _headers()))[number % 3])
        yield


def answers(running: dict[str, Running]) -> Iterator[str]:
    """Say what is wrong with services afterwards."""
    for name, service in running.items():
        if service.process.poll() is not None:
            yield f"the {name} service has ended with {service.process.returncode}"
            continue
        try:
            with grpc.insecure_channel(service.grpc) as channel:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=_CALL_S)
                if answer.status != health_pb2.HealthCheckResponse.SERVING:
                    yield f"the {name} service is not serving"
        except grpc.RpcError as error:
            failed: Any = error
            yield f"the {name} service does not answer: {failed.code().name}"


def fuzz(seconds: float, seed: int, least_calls: int = 0) -> Tally:
    """Attack for so long, and until so many calls were made, and say what was found."""
    tally, chance = Tally(), random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        log_path = Path(folder) / "log"
        with log_path.open("wb") as log, local_services(StoreSettings(), None, log, workers=2) as running:
            attack = Attack(running, tally, chance)
            end = time.monotonic() + seconds
            with silence(running):
                while (time.monotonic() < end or tally.calls < least_calls) and not list(_ended(running)):
                    attack.once()
                if not list(_ended(running)):
                    attack.finish()
            for finding in answers(running):
                tally.find(finding)
        for line in log_path.read_text("utf-8", "replace").splitlines():
            if "Traceback" in line or '"level": "ERROR"' in line:
                tally.find(f"log: {line[-1500:]}")
    return tally


def _ended(running: dict[str, Running]) -> Iterator[str]:
    return (name for name, service in running.items() if service.process.poll() is not None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    started = time.monotonic()
    tally = fuzz(given.seconds, given.seed)
    print(tally.line(time.monotonic() - started), flush=True)
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
