"""commiv: ``python -m bench.peers.with_commiv``; see ``question``.

It knows one depot, vehicles that are alike, and deliveries. It counts in 32 bits, and what has no windows is given to
its solver with windows, since only that one takes a time limit.
"""

from __future__ import annotations

from typing import Final

import commiv

from bench.peers.question import NO_LIMIT, Answer, Question, answer

_LATE: Final = 1_000_000_000
_ENDLESS: Final = 2_000_000_000


def solve(question: Question) -> Answer:
    """Have it plan on one thread."""
    if unknown := _unknown(question):
        return Answer(unknown=unknown)
    (kind,) = question.kinds
    nodes = [kind.start, *(client.location for client in question.clients)]
    found = commiv.solve_vrptw(
        [[question.distance[a][b] for b in nodes] for a in nodes],
        demand=[0, *(client.deliver[0] for client in question.clients)],
        capacity=min(kind.capacity[0], _LATE),
        ready=[0, *(client.earliest for client in question.clients)],
        due=[min(kind.back_by, _LATE), *(min(client.latest, _LATE) for client in question.clients)],
        service=[0, *(client.service for client in question.clients)],
        seed=question.seed,
        iters=_ENDLESS,
        fleet_min=question.vehicles_first,
        max_vehicles=kind.count if kind.count < len(question.clients) else 0,
        wall_ms=round(question.seconds * 1_000),
    )
    return Answer([(0, [node - 1 for node in route]) for route in found.routes])


def _unknown(question: Question) -> str:
    kind = question.kinds[0]
    limits = (kind.longest_distance, kind.longest_duration)
    knows = {
        "one kind of vehicle": len(question.kinds) == 1,
        "one depot": kind.start == kind.end,
        "no pick-ups beside deliveries": not any(any(client.pick_up) for client in question.clients),
        "one dimension of load": len(kind.capacity) == 1,
        "no limit on distance or on departure": min(limits) >= NO_LIMIT and kind.leaves_by >= kind.back_by,
        "one matrix": question.distance == question.duration,
    }
    return next((f"knows {what}" for what, holds in knows.items() if not holds), "")


if __name__ == "__main__":
    answer(solve)
