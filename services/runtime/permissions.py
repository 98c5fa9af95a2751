"""Which scope opens which method. A method that is not listed is closed to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.runtime.caller import Scope

_PLANNING: Final = frozenset({Scope.DISPATCHER, Scope.COOPERATIVE})
_JOBS: Final = frozenset(Scope)
_MONEY: Final = frozenset({Scope.COOPERATIVE})
_INSPECTION: Final = frozenset({Scope.OPERATOR})

PERMISSIONS: Final[Mapping[str, frozenset[Scope]]] = MappingProxyType(
    {
        "cuntong.consolidation.v1.ConsolidationService/Consolidate": _PLANNING,
        "cuntong.consolidation.v1.ConsolidationService/PackBags": _PLANNING,
        "cuntong.consolidation.v1.ConsolidationService/TraceParcel": _PLANNING,
        "cuntong.route.v1.RouteService/SubmitPlan": _PLANNING,
        "cuntong.route.v1.RouteService/UploadPlan": _PLANNING,
        "cuntong.route.v1.RouteService/GetPlan": _PLANNING,
        "cuntong.route.v1.RouteService/WatchPlan": _JOBS,
        "cuntong.route.v1.RouteService/ListPlans": _JOBS,
        "cuntong.route.v1.RouteService/CancelPlan": _JOBS,
        "cuntong.route.v1.RouteService/AcceptPlan": _PLANNING,
        "cuntong.route.v1.RouteService/GetAcceptedPlan": _PLANNING,
        "cuntong.route.v1.RouteService/RevisePlan": _PLANNING,
        "cuntong.route.v1.RouteService/ExplainPlan": _PLANNING,
        "cuntong.route.v1.RouteService/BoundPlan": _PLANNING,
        "cuntong.route.v1.RouteService/ForecastPlan": _PLANNING,
        "cuntong.route.v1.RouteService/SubmitBatch": _PLANNING,
        "cuntong.route.v1.RouteService/GetBatch": _JOBS,
        "cuntong.route.v1.RouteService/CancelBatch": _JOBS,
        "cuntong.route.v1.RouteService/CheckPlan": _PLANNING,
        "cuntong.settlement.v1.SettlementService/Settle": _MONEY,
        # What there is to call is nobody's data, yet a list of it for everybody on the network helps nobody else.
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": _INSPECTION,
    }
)
"""By ``service/method``: a caller needs one of these scopes."""

OPEN_SERVICES: Final = frozenset({"grpc.health.v1.Health"})
"""Whoever watches over a service has to be able to ask whether it is well, without a token."""
