"""The project's errors in the model's words; the edge turns them into gRPC statuses or messages on a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with an input: where (``vehicles[3].capacity_g``) and what."""

    path: str
    message: str


class CuntongError(Exception):
    """Everything that the project raises on purpose."""


class InvalidInputError(CuntongError):
    """Malformed or contradictory input, with every violation found."""

    def __init__(self, violations: list[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(f"{v.path}: {v.message}" for v in violations))


class RequestConflictError(CuntongError):
    """The same request id was used before with other content."""

    def __init__(self, plan_id: str) -> None:
        self.plan_id = plan_id
        super().__init__(f"this request id already made {plan_id} from other content")


class PlanUnfinishedError(CuntongError):
    """The job has not made a plan, or not yet."""


class OtherPlanAcceptedError(CuntongError):
    """Another plan is accepted for the county's day."""

    def __init__(self, plan_id: str) -> None:
        self.plan_id = plan_id
        known = (
            f"{plan_id} is accepted for this county's day" if plan_id else "no plan is accepted for this county's day"
        )
        super().__init__(known)


class PlanNotFoundError(CuntongError):
    """No plan of this name is known to the caller."""


class ParcelNotFoundError(CuntongError):
    """A day has no parcel of this name; ``alike`` are some with the same number."""

    def __init__(self, parcel: str, alike: tuple[str, ...]) -> None:
        self.alike = alike
        hint = f"；同号的有 of this number there is {'、'.join(alike)}" if alike else ""
        said = f"没有快件“{parcel[:80]}”there is no such parcel{hint}"
        super().__init__(f"{said}；请按 快递公司/运单号 填写 name it carrier/waybill")


class NoPlanStoreError(CuntongError):
    """A plan was named where no store of plans is known."""


class PlanUnreadableError(CuntongError):
    """A stored plan cannot be read by this version."""


class StoreUnavailableError(CuntongError):
    """The store does not answer."""


class Limit(StrEnum):
    """Which limit a caller has met, for who counts."""

    RATE = "rate"  # calls of a tenant in a while
    CONCURRENCY = "concurrency"  # calls under way, of a tenant or of all
    TENANT_FULL = "tenant full"  # seconds of search that a tenant has open
    QUEUE_FULL = "queue full"  # open jobs of all
    UPLOADS = "uploads"  # memory for days that come in parts
    SIZE = "size"  # one call's parcels
    OTHER = "other"


class OverloadedError(CuntongError):
    """Too much was asked for at once; ask again after ``retry_after_s``."""

    def __init__(self, message: str, retry_after_s: int, limit: Limit = Limit.OTHER) -> None:
        self.retry_after_s = retry_after_s
        self.limit = limit
        super().__init__(message)


class TokenFault(StrEnum):
    """What is wrong with a token, for who counts."""

    MISSING = "missing"  # none, or more than one
    UNREADABLE = "unreadable"
    KEY = "key"  # signed with a key that is not known here, or in a way that the key is not for
    SIGNATURE = "signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    CLAIMS = "claims"  # one is missing, or is not what it should be


class UnauthenticatedError(CuntongError):
    """Nobody knows who calls; ``cause`` and ``fault`` are for the log and are not told to the caller."""

    def __init__(self, cause: str, fault: TokenFault = TokenFault.UNREADABLE) -> None:
        self.cause = cause
        self.fault = fault
        super().__init__("a valid token is needed")


class NotPermittedError(CuntongError):
    """The caller is known and may not do this."""


class DeadlineError(CuntongError):
    """The time that a call was given has passed, or is too short to begin."""


class PlanningFailedError(CuntongError):
    """No plan could be made; the message says why."""


class BudgetTooShortError(PlanningFailedError):
    """The time budget ended before any plan was found."""


class PlanRefusedError(PlanningFailedError):
    """The checker refused a plan that an engine made; carries the broken laws."""

    def __init__(self, broken: list[tuple[str, str]]) -> None:
        self.broken = tuple(broken)
        super().__init__("; ".join(f"{law}: {detail}" for law, detail in broken[:5]))
