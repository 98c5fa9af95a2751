"""Both services as a user has them: real processes, real gRPC on free ports of this machine, an embedded store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from cuntong.consolidation.v1 import consolidation_service_pb2 as consolidation_pb
from cuntong.consolidation.v1 import consolidation_service_pb2_grpc as consolidation_grpc
from cuntong.network.v1 import county_pb2
from cuntong.route.v1 import plan_pb2
from cuntong.route.v1 import route_service_pb2 as route_pb
from cuntong.route.v1 import route_service_pb2_grpc as route_grpc
from google.rpc.error_details_pb2 import BadRequest
from grpc_status import rpc_status

from services.cli.local import Running, local_services
from services.model.day import County, Day, PlanSettings
from services.runtime.config import StoreSettings
from services.wire.codec import encode
from tests.builders import SERVICE_DATE, VILLAGES, small_county, small_day

TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Services:
    """Both services, a stub for each, and where their logs go."""

    running: dict[str, Running]
    consolidation: Any
    route: Any
    log: Path


LOOPBACK: Final = {name: ("127.0.0.1:0", "127.0.0.1:0") for name in ("consolidation", "route")}


@contextmanager
def serving(folder: Path, redis_url: str | None = None, guards: Mapping[str, Any] | None = None) -> Iterator[Services]:
    """Start both services, and a store unless one is named; stop them at the end.

    ``guards`` are settings of tokens and TLS.
    """
    log_path = folder / "services.log"
    with log_path.open("ab") as log, ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in (guards or {}).items():
                environment.setenv(f"CUNTONG_{name.upper()}", str(value))
            listen = LOOPBACK if guards else None
            running = stack.enter_context(local_services(StoreSettings(redis_url=redis_url), listen, log))
        channels = {name: grpc.insecure_channel(service.grpc) for name, service in running.items()}
        try:
            yield Services(
                running,
                consolidation_grpc.ConsolidationServiceStub(channels["consolidation"]),
                route_grpc.RouteServiceStub(channels["route"]),
                log_path,
            )
        finally:
            for channel in channels.values():
                channel.close()


def plan_request(request_id: str, day: Day | None = None, **settings: Any) -> route_pb.SubmitPlanRequest:
    """Ask for a plan of the small day, by a few iterations unless told otherwise."""
    chosen = PlanSettings(**({"iterations": 20, "cores": 1} | settings))
    return route_pb.SubmitPlanRequest(
        request_id=request_id,
        day=encode(day or small_day(), plan_pb2.Day),
        settings=encode(chosen, plan_pb2.PlanSettings),
    )


def header(county: County | None = None, service_date: date = SERVICE_DATE) -> consolidation_pb.ConsolidateRequest:
    """Make the header of a consolidation of the small county."""
    return consolidation_pb.ConsolidateRequest(
        header=consolidation_pb.ConsolidationHeader(
            county=encode(county or small_county(), county_pb2.County), service_date=service_date.isoformat()
        )
    )


def parcels(count: int = 1, first_row: int = 2, **columns: Any) -> consolidation_pb.ConsolidateRequest:
    """Make a batch of parcels of EXP-A to the first village; ``columns`` replace whole columns."""
    rows = range(first_row, first_row + count)
    good: dict[str, Any] = {
        "row": list(rows),
        "waybill": [f"W{row}" for row in rows],
        "carrier": ["EXP-A"] * count,
        "direction": [1] * count,
        "village_code": [VILLAGES[0]] * count,
        "address": [""] * count,
        "weight_g": [1_000] * count,
        "volume_ml": [2_000] * count,
        "pieces": [1] * count,
        "temperature": [1] * count,
        "due_in_days": [0] * count,
        "category": [""] * count,
        "emergency": [False] * count,
        "inspected": [True] * count,
        "real_name": [True] * count,
        "scanned": [True] * count,
        "fault": [""] * count,
    }
    return consolidation_pb.ConsolidateRequest(parcels=consolidation_pb.ParcelBatch(**(good | columns)))


@contextmanager
def refused(code: grpc.StatusCode) -> Iterator[list[grpc.RpcError]]:
    """Expect a call to fail with this status; the error is the list's one entry afterwards."""
    errors: list[grpc.RpcError] = []
    with pytest.raises(grpc.RpcError) as caught:
        yield errors
    error: Any = caught.value
    assert error.code() is code, f"{error.code()}: {error.details()}"
    errors.append(error)


def violated_paths(error: Any) -> set[str]:
    """Give the paths of a status's ``BadRequest``."""
    status = rpc_status.from_call(error)
    assert status is not None
    details = BadRequest()
    assert any(detail.Unpack(details) for detail in status.details)
    return {violation.field for violation in details.field_violations}
