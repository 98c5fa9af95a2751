"""What a worker and the child in which it solves say to each other: pickles behind their length, over pipes.

Only these two talk to each other, so the pickles never come from outside.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, Final

LENGTH: Final = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Solve:
    """What is to be solved, how many seconds of a core that may take, and what the child's log names it by.

    ``traceparent`` names the span that it is part of, where there is one.
    """

    payload: bytes
    plan_id: str
    cpu_s: int
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Come to an end with the best so far."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come, and when that was, in nanoseconds since 1970."""

    phase: str
    best_cost_fen: int
    percent: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The best so far, as it would be returned."""

    result: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """The answer, and figures about it for whoever counts."""

    result: bytes
    figures: Any = None


@dataclass(frozen=True, slots=True)
class Refused:
    """There is no answer, and why, for the caller to read."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broke:
    """Something unforeseen; what it was stands in the log beside the incident's id."""

    incident: str


Order = Solve | Stop
Answer = Progress | Kept | Done | Refused | Broke


def packed(message: Order | Answer) -> bytes:
    """A message with its length before it."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body
