"""Calls to both services, in the model's words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import grpc
import polars as pl
from cuntong.consolidation.v1 import bags_pb2, trace_pb2
from cuntong.consolidation.v1 import consolidation_service_pb2 as consolidation_pb
from cuntong.consolidation.v1 import consolidation_service_pb2_grpc as consolidation_grpc
from cuntong.network.v1 import county_pb2, network_pb2
from cuntong.route.v1 import plan_pb2, planned_day_pb2, revision_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb
from cuntong.route.v1 import route_service_pb2_grpc as route_grpc
from cuntong.settlement.v1 import settlement_pb2
from cuntong.settlement.v1 import settlement_service_pb2 as settlement_service_pb
from cuntong.settlement.v1 import settlement_service_pb2_grpc as settlement_grpc

from services.model.analysis import Analysis
from services.model.bags import Bagging
from services.model.day import County, Day, PlanSettings
from services.model.errors import InvalidInputError, PlanningFailedError, Violation
from services.model.events import Revision
from services.model.network import Village
from services.model.plan import Plan, PlanResult
from services.model.settlement import Settlement, SettlementSettings
from services.model.trace import Trace
from services.route.checker import BrokenLaw
from services.wire.bags import decode_bagging
from services.wire.codec import decode, decode_date, encode
from services.wire.consolidation import ConsolidationAnswer, decode_answer
from services.wire.parcels import encode_parcels_arrow

_MIB: Final = 1024 * 1024
# What services take in one message unless they are told otherwise, and the parts that larger requests are sent in.
_MAX_MESSAGE_BYTES: Final = 32 * _MIB
_PART_BYTES: Final = 4 * _MIB
_RECONNECT: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)

SUCCEEDED: Final = route_pb.JOB_STATE_SUCCEEDED
OnSolved = Callable[[int, int], None]
"""Hears how many plans of coalitions are there and how many are needed."""

OPEN_STATES: Final = (route_pb.JOB_STATE_QUEUED, route_pb.JOB_STATE_RUNNING)


def consolidate_remotely(
    channel: grpc.Channel, county: County, service_date: date, villages: Sequence[Village], parcels: pl.DataFrame
) -> ConsolidationAnswer:
    """Send a day's parcels and put the answer together."""

    def requests() -> Iterator[consolidation_pb.ConsolidateRequest]:
        header = consolidation_pb.ConsolidationHeader(
            county=encode(county, county_pb2.County),
            service_date=service_date.isoformat(),
            villages=[encode(village, network_pb2.Village) for village in villages],
            arrow_answer=True,
        )
        yield consolidation_pb.ConsolidateRequest(header=header)
        for data in encode_parcels_arrow(parcels):
            yield consolidation_pb.ConsolidateRequest(parcels_arrow=data)

    answer = decode_answer(consolidation_grpc.ConsolidationServiceStub(channel).Consolidate(requests()))
    back = pl.concat([answer.fates["row"], answer.held["row"]]).sort()
    if not back.equals(parcels["row"].cast(pl.UInt32).sort()):
        raise InvalidInputError([Violation("parcels.row", "the rows that came back are not those that were sent")])
    return answer


def pack_remotely(channel: grpc.Channel, day: Day, result: PlanResult, plan_id: str) -> Bagging:
    """Have what a plan carries packed into bags; one that is too large to be sent is named."""
    planned = planned_day_pb2.PlannedDay(
        day=encode(day, plan_pb2.Day), result=encode(result, plan_pb2.PlanResult, day.service_date)
    )
    request = bags_pb2.PackBagsRequest(planned=planned)
    if request.ByteSize() > _MAX_MESSAGE_BYTES:
        request = bags_pb2.PackBagsRequest(plan_id=plan_id)
    return decode_bagging(consolidation_grpc.ConsolidationServiceStub(channel).PackBags(request))


def trace_remotely(channel: grpc.Channel, plan_id: str, parcel: str) -> Trace:
    """Ask what became of a parcel of a stored plan's day."""
    request = trace_pb2.TraceParcelRequest(plan_id=plan_id, parcel=parcel)
    message = consolidation_grpc.ConsolidationServiceStub(channel).TraceParcel(request).trace
    violations: list[Violation] = []
    service_date = decode_date(message.service_date, "trace.service_date", violations)
    account = decode(Trace, message, violations, "trace", service_date) if service_date else None
    if account is None:
        raise InvalidInputError(violations)
    return account


def submit_plan(
    channel: grpc.Channel,
    day: Day,
    settings: PlanSettings,
    request_id: str,
    about: Revision | Analysis | None = None,
) -> str:
    """Submit a day for planning, or a plan of it to revise or tell about, in parts where it is large.

    Returns the job's id.
    """
    request = route_pb.SubmitPlanRequest(
        request_id=request_id, day=encode(day, plan_pb2.Day), settings=encode(settings, plan_pb2.PlanSettings)
    )
    if isinstance(about, Revision):
        request.revision.CopyFrom(encode(about, revision_pb2.Revision, day.service_date))
    elif about is not None:
        request.analysis.CopyFrom(encode(about, route_pb.Analysis, day.service_date))
    stub = route_grpc.RouteServiceStub(channel)
    if request.ByteSize() <= _MAX_MESSAGE_BYTES:
        return str(stub.SubmitPlan(request).job.plan_id)
    return str(stub.UploadPlan(upload_parts(request.SerializeToString(), _PART_BYTES)).job.plan_id)


def upload_parts(whole: bytes, part_bytes: int) -> Iterator[route_pb.UploadPlanRequest]:
    """Cut a serialised request into the messages of an upload."""
    for offset in range(0, len(whole), part_bytes):
        part = route_pb.UploadPlanRequest(offset=offset, data=whole[offset : offset + part_bytes])
        if not offset:
            part.total_bytes, part.sha256 = len(whole), hashlib.sha256(whole).digest()
        yield part


def watch_plan(
    channel: grpc.Channel, plan_id: str, on_progress: Callable[[route_pb.PlanJob], None]
) -> route_pb.PlanJob:
    """Follow a job until it ends; a stream that breaks off is taken up again where it was."""
    stub, seen, failures = route_grpc.RouteServiceStub(channel), 0, 0
    while True:
        try:
            for response in stub.WatchPlan(route_pb.WatchPlanRequest(plan_id=plan_id, after_sequence=seen)):
                seen, failures = response.job.progress.sequence, 0
                on_progress(response.job)
                if response.job.state not in OPEN_STATES:
                    return response.job
        except grpc.RpcError as error:
            failures += 1
            if failures > 3 or error.code() not in _RECONNECT:
                raise


def get_plan(channel: grpc.Channel, plan_id: str) -> tuple[route_pb.PlanJob, PlanResult | None]:
    """Fetch a job and, where there is one, its plan."""
    response = route_grpc.RouteServiceStub(channel).GetPlan(route_pb.GetPlanRequest(plan_id=plan_id))
    if not response.HasField("result"):
        return response.job, None
    violations: list[Violation] = []
    service_date = date.fromisoformat(response.job.service_date)
    result = decode(PlanResult, response.result, violations, "result", service_date)
    if result is None:
        raise InvalidInputError(violations)
    return response.job, result


def finished_plan(channel: grpc.Channel, plan_id: str) -> PlanResult:
    """Fetch the plan of a job that has ended; one that was cancelled may have a plan as well.

    Raises
    ------
    PlanningFailedError
        With the job's reason, when it has no plan.
    """
    job, result = get_plan(channel, plan_id)
    if result is None:
        raise PlanningFailedError(job.reason or f"{plan_id} is {route_pb.JobState.Name(job.state)}")
    return result


@dataclass(frozen=True, slots=True)
class Judgement:
    """The laws that a plan breaks, and how many more of them there are."""

    broken: tuple[BrokenLaw, ...]
    left_out: int


def check_remotely(channel: grpc.Channel, day: Day, plan: Plan) -> Judgement:
    """Have a plan judged that somebody else made.

    Raises
    ------
    InvalidInputError
        When it has numbers for which the contract has no room.
    """
    try:
        message = encode(plan, plan_pb2.Plan, plan.service_date)
    except ValueError as error:
        raise InvalidInputError([Violation("plan", f"has a number that is too large to be sent: {error}")]) from error
    request = route_pb.CheckPlanRequest(day=encode(day, plan_pb2.Day), plan=message)
    response = route_grpc.RouteServiceStub(channel).CheckPlan(request)
    violations: list[Violation] = []
    broken = [decode(BrokenLaw, one, violations, f"broken_laws[{i}]") for i, one in enumerate(response.broken_laws)]
    if violations:
        raise InvalidInputError(violations)
    return Judgement(tuple(one for one in broken if one is not None), response.left_out)


def accept_plan(channel: grpc.Channel, plan_id: str, replaced_plan_id: str = "") -> route_pb.PlanJob:
    """Accept a plan, in place of the one named where one is accepted already."""
    request = route_pb.AcceptPlanRequest(plan_id=plan_id, replaced_plan_id=replaced_plan_id)
    job: route_pb.PlanJob = route_grpc.RouteServiceStub(channel).AcceptPlan(request).job
    return job


def cancel_plan(channel: grpc.Channel, plan_id: str) -> route_pb.PlanJob:
    """Ask for a job to be stopped."""
    return route_grpc.RouteServiceStub(channel).CancelPlan(route_pb.CancelPlanRequest(plan_id=plan_id)).job


def settle_planned(
    channel: grpc.Channel, day: Day, result: PlanResult, settings: SettlementSettings, on_progress: OnSolved
) -> Settlement:
    """Have a day's plan settled."""
    planned = planned_day_pb2.PlannedDay(
        day=encode(day, plan_pb2.Day), result=encode(result, plan_pb2.PlanResult, day.service_date)
    )
    return _settle(channel, settlement_service_pb.SettleRequest(planned=planned), settings, on_progress)


def settle_stored(
    channel: grpc.Channel, plan_id: str, settings: SettlementSettings, on_progress: OnSolved
) -> Settlement:
    """Have a plan settled that the route service keeps."""
    return _settle(channel, settlement_service_pb.SettleRequest(plan_id=plan_id), settings, on_progress)


def settle_accepted(
    channel: grpc.Channel, county_id: str, service_date: date, settings: SettlementSettings, on_progress: OnSolved
) -> Settlement:
    """Have the plan settled that a county's day goes by."""
    accepted = settlement_service_pb.AcceptedDay(county_id=county_id, service_date=service_date.isoformat())
    return _settle(channel, settlement_service_pb.SettleRequest(accepted=accepted), settings, on_progress)


def _settle(
    channel: grpc.Channel,
    request: settlement_service_pb.SettleRequest,
    settings: SettlementSettings,
    on_progress: OnSolved,
) -> Settlement:
    request.settings.CopyFrom(encode(settings, settlement_pb2.SettlementSettings))
    settlement: Settlement | None = None
    violations: list[Violation] = []
    for response in settlement_grpc.SettlementServiceStub(channel).Settle(request):
        if response.WhichOneof("part") == "progress":
            on_progress(response.progress.solved, response.progress.needed)
        else:
            settlement = decode(Settlement, response.settlement, violations, "settlement")
    if violations:
        raise InvalidInputError(violations)
    if settlement is None:
        raise PlanningFailedError("the settlement did not arrive")
    return settlement
