"""Who makes the call under way: whose data it may see, and what it may do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """What a caller works as, in the words of a token's ``scope``."""

    DISPATCHER = "dispatcher"
    """调度员: has parcels pooled and days planned, and reads all of it."""
    COOPERATIVE = "cooperative"
    """合作社: does that as well, and settles."""
    OPERATOR = "operator"
    """运维: sees jobs and may stop them, but not what is in them."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in. ``tenant`` is the county or cooperative whose data they see."""

    tenant: str
    scopes: frozenset[Scope]
    subject: str = ""


LOCAL_CALLER: Final = Caller("default", frozenset(Scope))
"""Whoever calls a service that listens on loopback and asks for no tokens."""

_current: Final[ContextVar[Caller]] = ContextVar("cuntong_caller")


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Let everything inside, tasks and threads that inherit the context included, be done for this caller."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)


def current_caller() -> Caller:
    """Return who makes the call under way.

    Raises
    ------
    RuntimeError
        Outside a call. There is no default: what forgets its caller must not see anybody's data.
    """
    try:
        return _current.get()
    except LookupError:
        raise RuntimeError("there is no call under way, and so no caller") from None
