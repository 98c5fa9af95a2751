"""Every method that a service offers has its scopes, and nothing else has."""

from __future__ import annotations

from services.runtime.caller import Scope
from services.runtime.permissions import OPEN_SERVICES, PERMISSIONS
from tests.contracts import methods

REFLECTION = "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


def test_every_method_of_every_service_needs_scopes_that_are_declared() -> None:
    declared = {f"{method.containing_service.full_name}/{method.name}" for method in methods()}
    assert len(declared) > 9
    assert set(PERMISSIONS) == declared | {REFLECTION}
    assert all(scopes and scopes <= set(Scope) for scopes in PERMISSIONS.values())


def test_only_health_is_open() -> None:
    assert {"grpc.health.v1.Health"} == OPEN_SERVICES


def test_an_operator_sees_jobs_and_not_what_is_in_them() -> None:
    open_to = {path.rpartition("/")[2] for path, scopes in PERMISSIONS.items() if Scope.OPERATOR in scopes}
    assert open_to == {"WatchPlan", "ListPlans", "CancelPlan", "GetBatch", "CancelBatch", "ServerReflectionInfo"}


def test_a_dispatcher_settles_nothing() -> None:
    closed = {path.rpartition("/")[2] for path, scopes in PERMISSIONS.items() if Scope.DISPATCHER not in scopes}
    assert closed == {"Settle", "ServerReflectionInfo"}
