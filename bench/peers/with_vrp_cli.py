"""The solver of reinterpretcat/vrp, through vrp-cli: ``python -m bench.peers.with_vrp_cli``; see ``question``.

Its form is "pragmatic" JSON, in which a moment is a date to the second: moment 0 is the beginning of 1970.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

import vrp_cli

from bench.peers.question import NO_LIMIT, Answer, Client, Kind, Question, answer

# Instead of never.
_LATE: Final = 2_000_000_000


def solve(question: Question) -> Answer:
    """Have it plan on one thread; a profile stands for each kind's skills."""
    if any(sum(client.deliver) and sum(client.pick_up) for client in question.clients):
        return Answer(unknown="knows no delivery and pick-up in one visit")
    problem = {
        "plan": {"jobs": [_job(number, client, len(question.kinds)) for number, client in enumerate(question.clients)]},
        "fleet": {
            "vehicles": [
                _vehicles(number, kind, question.vehicles_first) for number, kind in enumerate(question.kinds)
            ],
            "profiles": [{"name": "all"}],
        },
        "objectives": [
            [{"type": "minimize-unassigned"}],
            *([[{"type": "minimize-tours"}]] if question.vehicles_first else []),
            [{"type": "minimize-cost"}],
        ],
    }
    matrix = {
        "profile": "all",
        "travelTimes": list(chain.from_iterable(question.duration)),
        "distances": list(chain.from_iterable(question.distance)),
    }
    config = {
        "termination": {"maxTime": max(1, round(question.seconds))},
        "environment": {
            "parallelism": {"numThreadPools": 1, "threadsPerPool": 1},
            "logging": {"enabled": False},
        },
    }
    found = json.loads(vrp_cli.solve_pragmatic(json.dumps(problem), [json.dumps(matrix)], json.dumps(config)))
    return Answer([_route(tour) for tour in found["tours"]])


def _job(number: int, client: Client, kinds: int) -> dict[str, Any]:
    place: dict[str, Any] = {"location": {"index": client.location}, "duration": client.service}
    if client.latest < NO_LIMIT:
        place["times"] = [[_moment(client.earliest), _moment(client.latest)]]
    way, demand = ("pickups", client.pick_up) if sum(client.pick_up) else ("deliveries", client.deliver)
    job: dict[str, Any] = {"id": str(number), way: [{"places": [place], "demand": list(demand)}]}
    if len(client.kinds) < kinds:
        job["skills"] = {"oneOf": [str(kind) for kind in client.kinds]}
    return job


def _vehicles(number: int, kind: Kind, vehicles_first: bool) -> dict[str, Any]:
    start: dict[str, Any] = {"earliest": _moment(kind.earliest), "location": {"index": kind.start}}
    if kind.leaves_by < kind.back_by:
        start["latest"] = _moment(kind.leaves_by)
    limits: dict[str, int] = {}
    if kind.longest_distance < NO_LIMIT:
        limits["maxDistance"] = kind.longest_distance
    if kind.longest_duration < NO_LIMIT:
        limits["maxDuration"] = kind.longest_duration
    vehicles: dict[str, Any] = {
        "typeId": str(number),
        "vehicleIds": [f"{number}_{one}" for one in range(kind.count)],
        "profile": {"matrix": "all"},
        "costs": {"fixed": 0 if vehicles_first else kind.fixed, "distance": kind.per_distance, "time": 0},
        "shifts": [{"start": start, "end": {"latest": _moment(kind.back_by), "location": {"index": kind.end}}}],
        "capacity": list(kind.capacity),
        "skills": [str(number)],
    }
    return {**vehicles, "limits": limits} if limits else vehicles


def _route(tour: dict[str, Any]) -> tuple[int, list[int]]:
    activities = [activity for stop in tour["stops"] for activity in stop["activities"]]
    jobs = [int(a["jobId"]) for a in activities if a["type"] in {"delivery", "pickup"}]
    return int(tour["typeId"]), jobs


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(min(seconds, _LATE), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    answer(solve)
