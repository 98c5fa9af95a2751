"""VROOM, through pyvroom: ``python -m bench.peers.with_vroom``; see ``question``.

It takes whole numbers of 32 bits and searches as deep as it knows, at most for the seconds given; what it begins with
is not limited. That takes time with the number of vehicles, so where all are alike it is given a quarter more than
loads need at least. It has no seed.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import vroom

from bench.peers.question import NO_LIMIT, Answer, Kind, Question, answer

_DEEPEST: Final = 5
_LARGEST: Final = (1 << 32) - 1
_BARRED: Final = 1 << 29
_DEAR: Final = 100
_SPARE: Final = 1.25
_UNITS: Final = (1, 10, 100, 1_000, 10_000)


def solve(question: Question) -> Answer:
    """Have VROOM plan, in the smallest unit of cost that its sums hold."""
    if unknown := _unknown(question):
        return Answer(unknown=unknown)
    distance = np.array(question.distance, dtype=np.int64)
    # What is barred must stay dear and not so dear that sums grow beyond what they hold.
    distance = np.minimum(distance, _DEAR * int(distance[distance < _BARRED].max()))
    for unit in _UNITS:
        try:
            return _solve(question, distance, unit)
        except vroom._vroom.VroomInputException as error:
            if "overflow" not in str(error):
                raise
    return Answer(unknown="cannot add up costs as large as these")


def _solve(question: Question, distance: npt.NDArray[np.int64], unit: int) -> Answer:
    """Vehicles are numbered through all kinds; a skill stands for each set of kinds that may serve somebody."""
    problem = vroom.Input()
    for rate in {kind.per_distance for kind in question.kinds}:
        costs = (distance * rate + unit // 2) // unit
        if costs.max() > _LARGEST:
            raise vroom._vroom.VroomInputException("overflow of 32 bits")
        problem.set_durations_matrix(str(rate), np.minimum(question.duration, _LARGEST).astype(np.uint32))
        problem.set_distances_matrix(str(rate), distance.astype(np.uint32))
        problem.set_costs_matrix(str(rate), costs.astype(np.uint32))
    sets = sorted({tuple(client.kinds) for client in question.clients})
    for number, client in enumerate(question.clients):
        windows = [] if client.latest >= NO_LIMIT else [vroom.TimeWindow(client.earliest, client.latest)]
        problem.add_job(
            vroom.Job(
                number,
                location=client.location,
                default_service=client.service,
                delivery=list(client.deliver),
                pickup=list(client.pick_up),
                skills={sets.index(tuple(client.kinds))},
                time_windows=windows,
            )
        )
    kind_of: list[int] = []
    for number, kind in enumerate(question.kinds):
        skills = {place for place, kinds in enumerate(sets) if number in kinds}
        for _ in range(_count(question, kind)):
            problem.add_vehicle(_vehicle(len(kind_of), kind, skills, unit))
            kind_of.append(number)
    found = problem.solve(_DEEPEST, nb_threads=1, timeout=timedelta(seconds=question.seconds))
    routes: dict[int, list[int]] = {}
    for step in found.routes.itertuples():
        if step.type == "job":
            routes.setdefault(int(step.vehicle_id), []).append(int(step.id))
    return Answer([(kind_of[vehicle], clients) for vehicle, clients in routes.items()])


def _count(question: Question, kind: Kind) -> int:
    if len(question.kinds) > 1:
        return kind.count
    amounts = [np.array([getattr(client, way) for client in question.clients]) for way in ("deliver", "pick_up")]
    loads = np.maximum(*(amount.sum(axis=0) for amount in amounts)) / np.maximum(1, kind.capacity)
    return min(kind.count, 1 + math.ceil(_SPARE * float(loads.max())))


def _unknown(question: Question) -> str:
    for kind in question.kinds:
        if kind.longest_duration < NO_LIMIT:
            return "knows no longest duration with waiting"
        if kind.leaves_by < kind.back_by:
            return "knows no latest departure"
    return ""


def _vehicle(number: int, kind: Kind, skills: set[int], unit: int) -> vroom.Vehicle:
    window = None if kind.back_by >= NO_LIMIT else vroom.TimeWindow(kind.earliest, kind.back_by)
    return vroom.Vehicle(
        number,
        start=kind.start,
        end=kind.end,
        profile=str(kind.per_distance),
        capacity=list(kind.capacity),
        skills=skills,
        time_window=window,
        costs=vroom.VehicleCosts(fixed=kind.fixed // unit),
        max_distance=min(kind.longest_distance, _LARGEST),
    )


if __name__ == "__main__":
    answer(solve)
