"""What a peer's program is asked and answers, as JSON on its standard input and output.

It knows nothing of the project's packages, which the peers' environment does not have.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

# What stands for "no limit" in a question.
NO_LIMIT: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Client:
    """Who is to be visited; every client must be. ``kinds`` are the vehicle kinds that may."""

    location: int
    service: int
    earliest: int
    latest: int
    deliver: Sequence[int]
    pick_up: Sequence[int]
    kinds: Sequence[int]


@dataclass(frozen=True, slots=True)
class Kind:
    """Vehicles alike; they neither reload nor pay for time."""

    count: int
    start: int
    end: int
    capacity: Sequence[int]
    fixed: int
    per_distance: int
    longest_distance: int
    longest_duration: int
    earliest: int
    leaves_by: int
    back_by: int


@dataclass(frozen=True, slots=True)
class Question:
    """An instance, and one core for so many seconds; matrices are rows of whole numbers."""

    distance: Sequence[Sequence[int]]
    duration: Sequence[Sequence[int]]
    clients: Sequence[Client]
    kinds: Sequence[Kind]
    vehicles_first: bool
    seconds: float
    seed: int

    def to_json(self) -> str:
        """As one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Question:
        """From what ``to_json`` made."""
        told = json.loads(text)
        clients = [Client(**client) for client in told.pop("clients")]
        kinds = [Kind(**kind) for kind in told.pop("kinds")]
        return cls(clients=clients, kinds=kinds, **told)


@dataclass(frozen=True, slots=True)
class Answer:
    """Routes, each a kind and its clients in order; or a word on what the peer does not know."""

    routes: Sequence[tuple[int, Sequence[int]]] = ()
    unknown: str = ""

    def to_json(self) -> str:
        """As one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Answer:
        """From what ``to_json`` made."""
        return cls(**json.loads(text))


def answer(solve: Callable[[Question], Answer]) -> None:
    """Read a question, have it answered, and write the answer as the last line."""
    found = solve(Question.from_json(sys.stdin.read()))
    print(found.to_json(), flush=True)
