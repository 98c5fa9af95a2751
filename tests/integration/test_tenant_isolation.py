"""No tenant gets a byte of another's, by any method of any service, whatever it names.

The methods and the fields that can name something are taken from the descriptors: a method that is added tomorrow is
asked as well. Tenant A's day carries marks in every text that a caller chooses; none may reach tenant B, and to B
whatever A has looks exactly as if it were not there.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from cuntong.consolidation.v1 import trace_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_status import rpc_status

from services.model.agreements import Sharing
from services.model.units import instant
from tests.builders import SERVICE_DATE
from tests.contracts import methods
from tests.credentials import Issuer, make_issuer
from tests.running import TIMEOUT_S, Services, plan_request, serving
from tests.settlements import county, day_of, express, goods, third_party

MARK = "Marked7f3a"
REQUEST_ID = f"{MARK}-request"
PARCEL = f"EXP-A/{MARK}-parcel"
# Messages that a field may hold in which nothing is looked up: what they say is the caller's own.
OWN_CONTENT = {
    "Day",
    "Plan",
    "PlannedDay",
    "County",
    "ConsolidationHeader",
    "ParcelBatch",
    "Revision",
    "Events",
    "Analysis",
    "PlanSettings",
}
MOST_ANSWERS = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a caller sees of a call."""

    code: str
    text: str
    seen: bytes

    def of(self, named: str) -> Outcome:
        """The same with the name that was asked for taken out."""
        here = named.encode()
        return Outcome(self.code, self.text.replace(named, "NAME"), self.seen.replace(here, b"NAME"))


@dataclass(frozen=True, slots=True)
class Tenants:
    """Running services, and whoever calls them."""

    services: Services
    issuer: Issuer
    channels: dict[str, grpc.Channel]
    plan_id: str

    def call(self, method: Any, requests: list[Message], tenant: str) -> Outcome:
        """Make a call of any kind and take down all that comes back."""
        service = method.containing_service.full_name
        channel = self.channels["route" if ".route." in service else "consolidation"]
        raw = [request.SerializeToString() for request in requests]
        kind = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
        ask = getattr(channel, kind)(f"/{service}/{method.name}", None, None)
        metadata = (("authorization", f"Bearer {self.issuer.token(tenant)}"),)
        given = iter(raw) if method.client_streaming else raw[0]
        seen: list[bytes] = []
        try:
            answered = ask(given, metadata=metadata, timeout=TIMEOUT_S)
            if method.server_streaming:
                for message in answered:
                    seen.append(message)
                    if len(seen) == MOST_ANSWERS:
                        answered.cancel()
                        break
            else:
                seen.append(answered)
        except grpc.RpcError as error:
            failed: Any = error
            status = rpc_status.from_call(failed)
            details = b"" if status is None else status.SerializeToString()
            return Outcome(failed.code().name, failed.details(), b"".join([*seen, details]))
        return Outcome("OK", "", b"".join(seen))


def marked_request() -> route_pb.SubmitPlanRequest:
    """Ask for a plan of a day with three consignments, marked wherever a caller may write what it likes."""
    day = day_of(
        county(express(Sharing.SHAPLEY), third_party(Sharing.TARIFF, tariff_piece_fen=110)),
        goods(f"{MARK}-C1", "EXP-A"),
        goods(f"{MARK}-C2", "EXP-B", 2),
    )
    request = plan_request(REQUEST_ID, day, compare=False)
    message: Any = request.day
    message.county.county_id = f"{MARK}-county"
    for node in message.county.network.nodes:
        node.name = f"{MARK}-{node.name}"[:100]
    for partner in message.county.partners:
        partner.name = f"{MARK}-{partner.name}"
    first = message.consignments[0]
    del first.parcel_ids[:], first.parcel_g[:], first.parcel_ml[:], first.parcel_pieces[:]
    first.pieces = 1
    first.parcel_ids.append(PARCEL)
    return request


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    folder = tmp_path_factory.mktemp("tenants")
    issuer = make_issuer(folder)
    with serving(folder, guards=issuer.settings) as services:
        channels = {name: grpc.insecure_channel(running.grpc) for name, running in services.running.items()}
        metadata = (("authorization", f"Bearer {issuer.token('a')}"),)
        job = services.route.SubmitPlan(marked_request(), metadata=metadata, timeout=TIMEOUT_S).job
        watched = services.route.WatchPlan(
            route_pb.WatchPlanRequest(plan_id=job.plan_id), metadata=metadata, timeout=TIMEOUT_S
        )
        assert [one.job.state for one in watched][-1] == route_pb.JOB_STATE_SUCCEEDED
        yield Tenants(services, issuer, channels, job.plan_id)
        for channel in channels.values():
            channel.close()


def text_fields(descriptor: Any) -> Iterator[tuple[str, ...]]:
    """Paths to all texts of a message in which something could be named."""
    for field in descriptor.fields:
        if field.type == field.TYPE_STRING:
            yield (field.name,)
        elif (inner := field.message_type) is not None and inner.name not in OWN_CONTENT:
            yield from ((field.name, *rest) for rest in text_fields(inner))


def put(message: Any, path: tuple[str, ...], value: str) -> None:
    """Write a text to a path, in a new entry where something is repeated."""
    *within, last = path
    for name in within:
        inner = getattr(message, name)
        message = inner.add() if hasattr(inner, "add") else inner
    held = getattr(message, last)
    if isinstance(held, str):
        setattr(message, last, value)
    else:
        held.append(value)


def request_of(method: Any, **known: str) -> Any:
    """Make an empty request with what a look-up needs besides the name."""
    request: Any = GetMessageClass(method.input_type)()
    for name, value in known.items():
        if name in method.input_type.fields_by_name:
            setattr(request, name, value)
    if "now_time" in method.input_type.fields_by_name:
        request.now_time.FromDatetime(instant(SERVICE_DATE, 0))
    return request


CASES = [(method, path) for method in methods() for path in text_fields(method.input_type)]


def name_of(case: tuple[Any, tuple[str, ...]]) -> str:
    return f"{case[0].name}.{'.'.join(case[1])}"


def named(name: str) -> Any:
    return next(method for method in methods() if method.name == name)


def test_there_is_something_to_name() -> None:
    assert {name_of(case) for case in CASES} >= {
        "GetPlan.plan_id",
        "WatchPlan.plan_id",
        "CancelPlan.plan_id",
        "ListPlans.page_token",
        "PackBags.plan_id",
        "TraceParcel.plan_id",
        "TraceParcel.parcel",
        "Settle.plan_id",
        "SubmitPlan.request_id",
    }
    # A request that names something under a name without text would be overlooked.
    for method in methods():
        for field in method.input_type.fields:
            assert "plan" not in field.name or field.type in (field.TYPE_STRING, field.TYPE_MESSAGE), field.full_name


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_what_another_tenant_has_looks_as_if_it_were_not_there(
    tenants: Tenants, case: tuple[Any, tuple[str, ...]]
) -> None:
    method, path = case
    for owned in (tenants.plan_id, REQUEST_ID):
        # Another name of the same length and kind, that nobody has.
        unknown = f"plan-{uuid.uuid4().hex}"[: len(owned)].ljust(len(owned), "0")
        outcomes = []
        for name in (owned, unknown):
            request = request_of(method, parcel=PARCEL)
            put(request, path, name)
            outcomes.append(tenants.call(method, [request], "b").of(name))
        assert outcomes[0] == outcomes[1]
        assert MARK not in outcomes[0].text
        assert MARK.encode() not in outcomes[0].of(PARCEL).seen
        assert tenants.plan_id.encode() not in outcomes[0].seen


def test_the_same_names_open_all_of_it_to_their_owner(tenants: Tenants) -> None:
    """Or the test above would pass with services that answer nobody."""
    seen: dict[str, Outcome] = {}
    for method in methods():
        if "plan_id" in method.input_type.fields_by_name:
            request = request_of(method, parcel=PARCEL, plan_id=tenants.plan_id, request_id=method.name)
            seen[method.name] = tenants.call(method, [request], "a")
    assert {"GetPlan", "WatchPlan", "PackBags", "TraceParcel", "Settle"} <= set(seen)
    assert {outcome.code for outcome in seen.values()} == {"OK"}
    for name in ("GetPlan", "WatchPlan", "CancelPlan", "PackBags", "TraceParcel", "Settle"):
        assert MARK.encode() in seen[name].seen, name


def test_every_method_of_a_tenant_without_anything_answers_with_nothing(tenants: Tenants) -> None:
    for method in methods():
        outcome = tenants.call(method, [request_of(method)], "b")
        assert MARK not in outcome.text
        assert MARK.encode() not in outcome.seen
        assert tenants.plan_id.encode() not in outcome.seen


def test_the_same_request_of_two_tenants_makes_two_plans(tenants: Tenants) -> None:
    submit = named("SubmitPlan")
    request = marked_request()
    outcome = tenants.call(submit, [request], "c")
    assert outcome.code == "OK"
    job = route_pb.SubmitPlanResponse.FromString(outcome.seen).job
    assert job.plan_id != tenants.plan_id
    request.settings.seed = 99
    assert tenants.call(submit, [request], "d").code == "OK"
    refused = tenants.call(submit, [request], "a")
    assert (refused.code, tenants.plan_id in refused.text) == ("ALREADY_EXISTS", True)


def test_a_tenant_cannot_stop_anothers_job(tenants: Tenants) -> None:
    submit, cancel, watch = (named(name) for name in ("SubmitPlan", "CancelPlan", "WatchPlan"))
    request = marked_request()
    request.request_id = f"{MARK}-long"
    request.settings.ClearField("iterations")
    request.settings.time_budget_s = 2
    job = route_pb.SubmitPlanResponse.FromString(tenants.call(submit, [request], "a").seen).job
    for tenant in ("b", "coalitions", "default"):
        asked = route_pb.CancelPlanRequest(plan_id=job.plan_id)
        assert tenants.call(cancel, [asked], tenant).code == "NOT_FOUND"
    outcome = tenants.call(watch, [route_pb.WatchPlanRequest(plan_id=job.plan_id)], "a")
    assert outcome.code == "OK"
    got = tenants.call(named("GetPlan"), [route_pb.GetPlanRequest(plan_id=job.plan_id)], "a")
    assert route_pb.GetPlanResponse.FromString(got.seen).job.state == route_pb.JOB_STATE_SUCCEEDED


def test_coalitions_of_one_tenant_are_nobodys_plans(tenants: Tenants) -> None:
    listing = named("ListPlans")
    for tenant in ("b", "coalitions", "default"):
        outcome = tenants.call(listing, [route_pb.ListPlansRequest()], tenant)
        assert (outcome.code, outcome.seen) == ("OK", b"")


def test_a_stored_plan_is_traced_by_its_owner_only(tenants: Tenants) -> None:
    trace = named("TraceParcel")
    asked = trace_pb2.TraceParcelRequest(plan_id=tenants.plan_id, parcel=PARCEL)
    assert tenants.call(trace, [asked], "a").code == "OK"
    assert tenants.call(trace, [asked], "b").code == "NOT_FOUND"
